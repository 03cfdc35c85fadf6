public import Contracts

/// The text of a notice (thông báo) in both languages, with places for the facts: `{code}`.
public struct NoticeTemplate: Sendable, Hashable {
    public let subject: LocalizedText
    public let body: LocalizedText
    /// One line for a short message, Vietnamese only: it is paid for by length.
    public let short: String

    public init(subject: LocalizedText, body: LocalizedText, short: String) {
        self.subject = subject
        self.body = body
        self.short = short
    }

    /// The names of all places.
    public var places: Set<String> {
        Set(texts.flatMap(Self.places(in:)))
    }

    private var texts: [String] {
        [subject.vietnamese, subject.english, body.vietnamese, body.english, short]
    }

    /// The notice with the facts filled in.
    /// - Throws: ``NoticeFault`` when a place has no fact: a notice with a hole in it is not sent.
    public func filled(with facts: [String: String]) throws(NoticeFault) -> FilledNotice {
        for place in places.sorted() where facts[place] == nil { throw .missingFact(place) }
        return FilledNotice(
            subject: "\(Self.fill(subject.vietnamese, facts)) / \(Self.fill(subject.english, facts))",
            body: "\(Self.fill(body.vietnamese, facts))\n\n---\n\(Self.fill(body.english, facts))\n",
            short: Self.fill(short, facts))
    }

    private static func fill(_ text: String, _ facts: [String: String]) -> String {
        var filled = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            filled += rest[..<open]
            filled += oneLine(facts[String(rest[rest.index(after: open)..<close])] ?? "")
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }

    /// A fact never brings a line of its own, which in a subject would be a header of its own.
    private static func oneLine(_ fact: String) -> String {
        String(fact.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }

    private static func places(in text: String) -> [String] {
        text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap { part in
            part.firstIndex(of: "}").map { String(part[..<$0]) }
        }
    }
}

/// A notice ready to be sent.
public struct FilledNotice: Sendable, Hashable {
    public let subject: String
    public let body: String
    public let short: String

    public init(subject: String, body: String, short: String) {
        self.subject = subject
        self.body = body
        self.short = short
    }
}

/// Why a notice cannot be made.
public enum NoticeFault: Error, Sendable, Hashable, CustomStringConvertible {
    case missingFact(String)

    public var description: String {
        switch self {
        case .missingFact(let name): "the template needs \(name), the event does not have it"
        }
    }
}
