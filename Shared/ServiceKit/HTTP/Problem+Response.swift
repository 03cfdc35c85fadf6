import Contracts
import HTTPTypes
public import Hummingbird
import NIOCore

extension Problem: HTTPResponseError {
    /// The problem as an answer to this request.
    public func response(from request: Request, context: some RequestContext) throws -> Response {
        let englishFirst = Self.prefersEnglish(request.headers[.acceptLanguage])
        let text = json(traceID: CurrentTrace.context?.traceID, englishFirst: englishFirst)
        var headers = headers
        headers[.contentType] = "application/problem+json; charset=utf-8"
        headers[.contentLanguage] = englishFirst ? "en, vi" : "vi, en"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// The JSON; `title` and `detail` are in the language asked for, the other one is always beside them.
    public func json(traceID: String?, englishFirst: Bool) -> String {
        var text = "{\"type\":"
        JSONText.append(type, to: &text)
        text += ",\"status\":\(status.code)"
        append("title", title, englishFirst, to: &text)
        if let detail { append("detail", detail, englishFirst, to: &text) }
        if let traceID { text += ",\"traceId\":\"\(traceID)\"" }
        if !errors.isEmpty {
            text += ",\"errors\":["
            for (index, error) in errors.enumerated() {
                if index > 0 { text += "," }
                append(error, englishFirst, to: &text)
            }
            text += "]"
        }
        return text + "}"
    }

    private func append(_ name: String, _ value: LocalizedText, _ englishFirst: Bool, to text: inout String) {
        text += ",\"\(name)\":"
        JSONText.append(englishFirst ? value.english : value.vietnamese, to: &text)
        text += ",\"\(name)Vi\":"
        JSONText.append(value.vietnamese, to: &text)
        text += ",\"\(name)En\":"
        JSONText.append(value.english, to: &text)
    }

    private func append(_ error: FieldError, _ englishFirst: Bool, to text: inout String) {
        text += "{\"field\":"
        JSONText.append(error.field, to: &text)
        text += ",\"rule\":"
        JSONText.append(error.rule, to: &text)
        if let line = error.line { text += ",\"line\":\(line)" }
        if let column = error.column { text += ",\"column\":\(column)" }
        append("message", LocalizedText(vietnamese: error.vietnamese, english: error.english), englishFirst, to: &text)
        text += "}"
    }

    /// Whether English stands before Vietnamese in an `Accept-Language` header.
    static func prefersEnglish(_ header: String?) -> Bool {
        guard let header, header.utf8.count <= 256 else { return false }
        var quality = ["vi": 0.0, "en": 0.0]
        for part in header.split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard let language = pieces.first?.lowercased().split(separator: "-").first.map(String.init) else {
                continue
            }
            let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if let known = quality[language] { quality[language] = max(known, weight) }
        }
        return (quality["en"] ?? 0) > (quality["vi"] ?? 0)
    }
}
