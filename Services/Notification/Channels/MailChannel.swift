import CCurl
import Contracts
import Dispatch
import Foundation
import NotificationDomain

/// Email over SMTP through libcurl.
///
/// At least once: a server that took the message and did not say so gets it again, with the same Message-ID, by which
/// mail programs show it once.
struct MailChannel: Channel {
    /// `smtp://host:port` or `smtps://host:port`.
    let server: String
    let sender: String
    let user: String?
    let password: String?
    /// Refuse to go on without TLS.
    let requiresTLS: Bool
    /// Whole seconds for connection and conversation.
    let timeout: Int
    /// Sending blocks; it has threads of its own.
    private let threads = DispatchQueue(label: "hoso.mail", attributes: .concurrent)

    init(server: String, sender: String, user: String?, password: String?, requiresTLS: Bool, timeout: Int) {
        self.server = server
        self.sender = sender
        self.user = user
        self.password = password
        self.requiresTLS = requiresTLS
        self.timeout = timeout
        // Once for the process and thread-safe since libcurl 7.84; a second call only counts.
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    }

    func send(_ delivery: Delivery) async -> DeliveryOutcome {
        guard MailHeader.isAddress(delivery.address) else { return .refused(reason: "address-malformed") }
        return await withCheckedContinuation { continuation in
            threads.async { continuation.resume(returning: sendNow(delivery)) }
        }
    }

    private func sendNow(_ delivery: Delivery) -> DeliveryOutcome {
        // The handle, the lists and the MIME tree live and end within this function; libcurl keeps no pointer to the
        // strings given to it.
        guard let handle = curl_easy_init() else { return .failed(reason: "no-handle") }
        defer { curl_easy_cleanup(handle) }
        let recipients = curl_slist_append(nil, "<\(delivery.address)>")
        defer { curl_slist_free_all(recipients) }
        var headers: UnsafeMutablePointer<curl_slist>?
        for line in MailHeader.lines(of: delivery, sender: sender) { headers = curl_slist_append(headers, line) }
        defer { curl_slist_free_all(headers) }
        guard let mime = curl_mime_init(handle), let part = curl_mime_addpart(mime) else {
            return .failed(reason: "no-handle")
        }
        defer { curl_mime_free(mime) }
        curl_mime_data(part, delivery.notice.body, Int(bitPattern: UInt.max))
        curl_mime_type(part, "text/plain; charset=utf-8")
        curl_mime_encoder(part, "base64")
        configure(handle)
        _ = hoso_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients)
        _ = hoso_curl_set_list(handle, CURLOPT_HTTPHEADER, headers)
        _ = hoso_curl_set_mime(handle, mime)
        let code = curl_easy_perform(handle)
        guard code != CURLE_OK else { return .sent }
        let answer = hoso_curl_response_code(handle)
        // 5xx is an answer for good; everything else may pass.
        let reason = answer > 0 ? "smtp-\(answer)" : "curl-\(code.rawValue)"
        return (500..<600).contains(answer) ? .refused(reason: reason) : .failed(reason: reason)
    }

    private func configure(_ handle: UnsafeMutableRawPointer) {
        _ = hoso_curl_set_text(handle, CURLOPT_URL, server)
        _ = hoso_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        _ = hoso_curl_set_text(handle, CURLOPT_MAIL_FROM, "<\(sender)>")
        _ = hoso_curl_set_number(handle, CURLOPT_TIMEOUT, timeout)
        _ = hoso_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        let security = requiresTLS ? CURLUSESSL_ALL : CURLUSESSL_TRY
        _ = hoso_curl_set_number(handle, CURLOPT_USE_SSL, Int(security.rawValue))
        if let user { _ = hoso_curl_set_text(handle, CURLOPT_USERNAME, user) }
        if let password { _ = hoso_curl_set_text(handle, CURLOPT_PASSWORD, password) }
    }
}

/// The header lines of a mail (RFC 5322, RFC 2047).
enum MailHeader {
    static func lines(of delivery: Delivery, sender: String) -> [String] {
        let domain = sender.split(separator: "@").last ?? "localhost"
        return [
            "From: <\(sender)>", "To: <\(delivery.address)>", "Subject: \(encoded(delivery.notice.subject))",
            "Date: \(date(delivery.id.value.time))", "Message-ID: <\(delivery.id)@\(domain)>",
            "Auto-Submitted: auto-generated",
        ]
    }

    /// A header's text in encoded words of at most 75 characters, cut between characters.
    static func encoded(_ text: String) -> String {
        var words: [String] = []
        var chunk = ""
        for character in text {
            // 45 bytes are 60 characters of Base64; with the frame of 12 that is within 75.
            if chunk.utf8.count + character.utf8.count > 45 {
                words.append(word(chunk))
                chunk = ""
            }
            chunk.append(character)
        }
        words.append(word(chunk))
        return words.joined(separator: "\r\n ")
    }

    /// A plain address: one `@`, no white space, no control or framing characters.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), text.utf8.count <= 254 else { return false }
        return text.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && ![0x22, 0x28, 0x29, 0x2C, 0x3C, 0x3E].contains($0)
        }
    }

    private static func word(_ text: String) -> String { "=?UTF-8?B?\(Data(text.utf8).base64EncodedString())?=" }

    private static func date(_ moment: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 7 * 3_600)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        return formatter.string(from: moment)
    }
}
