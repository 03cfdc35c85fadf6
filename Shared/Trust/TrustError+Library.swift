import COpenSSL

extension TrustError {
    /// Takes OpenSSL's newest reason off this thread's queue and empties the queue.
    static func fromLibrary(_ what: String, _ code: Code = .library) -> TrustError {
        let reasons = libraryReasons()
        return TrustError(code, reasons.isEmpty ? what : "\(what): \(reasons.joined(separator: "; "))")
    }
}

/// The reasons that OpenSSL left on this thread's queue, oldest first, with the queue emptied.
///
/// Only the fixed reason texts, not the attached data: that can quote file names and attribute values.
func libraryReasons() -> [String] {
    var reasons: [String] = []
    while true {
        let number = ERR_get_error()
        guard number != 0 else { return reasons }
        guard let text = ERR_reason_error_string(number) else {
            reasons.append("error \(number)")
            continue
        }
        reasons.append(String(cString: text))
    }
}
