/// The members of a JSON object (RFC 8259), read strictly from the bytes that came in.
///
/// Signatures of gateways are made over values as they are written, so a number keeps its text.
struct FlatJSON: Sendable {
    enum Value: Sendable, Hashable {
        case text(String)
        /// As it is written: `15930`, `1.5e4`.
        case number(String)
        case null
        /// A truth value, an array or an object; what is in it is checked for its form and not kept.
        case other
    }

    /// Why the bytes are not taken.
    enum Fault: String, Error, Sendable, CaseIterable {
        case notJSON = "not-json"
        /// A name stands there twice; readers would differ on which one counts.
        case nameTwice = "name-twice"
        /// A text has a character of the value 0.
        case nul
        case tooManyMembers = "too-many-members"
        case tooDeep = "too-deep"
    }

    private let members: [String: Value]

    init(_ bytes: [UInt8]) throws(Fault) {
        var scanner = FlatJSONScanner(bytes)
        members = try scanner.object()
    }

    /// Nil when there is no such member.
    subscript(name: String) -> Value? { members[name] }

    /// A text, or a number as it is written; nil when it is absent, null or anything else.
    func scalar(_ name: String) -> String? {
        switch members[name] {
        case .text(let text), .number(let text): text
        case .null, .other, nil: nil
        }
    }

    /// The values of the names as a signature is made over them, what is absent or null as nothing; nil when one of them
    /// is no text and no number.
    func signed(_ names: [String]) -> [String]? {
        var values: [String] = []
        for name in names {
            guard members[name] != .other else { return nil }
            values.append(scalar(name) ?? "")
        }
        return values
    }
}
