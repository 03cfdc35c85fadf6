public import HTTPTypes

/// How much of an answer a client wants (RFC 7240, section 4.2).
public enum AnswerPreference: Sendable {
    /// What it changed, as it stands now: where the client says nothing.
    case representation
    /// No more than is needed to go on.
    case minimal

    /// What a request prefers; a preference that is not known here is passed over, as the standard wants.
    public init(in headers: HTTPFields) {
        let preferences = headers[values: .prefer].flatMap { $0.split(separator: ",") }
            .map { $0.prefix { $0 != ";" }.filter { !$0.isWhitespace && $0 != "\"" }.lowercased() }
        // Of two that speak of the same the first holds.
        self = preferences.first { $0.hasPrefix("return=") } == "return=minimal" ? .minimal : .representation
    }
}
