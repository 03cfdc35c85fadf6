/// What is wrong with a value that came from outside, in both languages.
///
/// It names the field and the rule, never the value: what was typed may be personal data.
public struct InvalidValue: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the field, as the caller knows it, for example `form.personalId`.
    public let field: String
    /// The stable id of the rule that was broken, for example `personal-id.digits`.
    public let rule: String
    /// What the member or officer reads.
    public let vietnamese: String
    /// The same in English.
    public let english: String

    /// Says that `field` breaks `rule`.
    public init(field: String, rule: String, vietnamese: String, english: String) {
        self.field = field
        self.rule = rule
        self.vietnamese = vietnamese
        self.english = english
    }

    public var description: String { "\(field): \(english) [\(rule)]" }

    /// The same fault under the name by which another caller knows the field.
    public func renamed(field: String) -> InvalidValue {
        InvalidValue(field: field, rule: rule, vietnamese: vietnamese, english: english)
    }
}
