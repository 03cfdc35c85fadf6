public import Contracts
public import HTTPTypes

/// An answer that says what went wrong, as RFC 9457 writes it, in Vietnamese and in English.
public struct Problem: Error, Sendable, Equatable {
    /// The stable name; clients decide by it. The URN on the wire is `urn:hoso:problem:<id>`.
    public var id: String
    /// The HTTP status.
    public var status: HTTPResponse.Status
    /// What kind of problem it is; the same text for every occurrence.
    public var title: LocalizedText
    /// What happened this time. Never holds what the caller typed, a secret or a personal identifier.
    public var detail: LocalizedText?
    /// What is wrong with single fields.
    public var errors: [FieldError]
    /// Further headers of the answer, for example `Retry-After`.
    public var headers: HTTPFields

    /// Describes a problem.
    public init(
        _ status: HTTPResponse.Status, id: String, title: LocalizedText, detail: LocalizedText? = nil,
        errors: [FieldError] = [], headers: HTTPFields = [:]
    ) {
        self.status = status
        self.id = id
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// Describes a problem by its texts.
    public init(
        _ status: HTTPResponse.Status, id: String, vietnamese: String, english: String,
        errors: [FieldError] = []
    ) {
        self.init(status, id: id, title: LocalizedText(vietnamese: vietnamese, english: english), errors: errors)
    }

    /// The stable `type`.
    public var type: String { "urn:hoso:problem:\(id)" }

    /// The same problem with a text on this occurrence.
    public func with(vietnamese: String, english: String) -> Problem {
        var copy = self
        copy.detail = LocalizedText(vietnamese: vietnamese, english: english)
        return copy
    }
}

/// What is wrong with one field of a request.
public struct FieldError: Sendable, Hashable, Codable {
    /// The path of the field: `form.members[2].personalId`.
    public var field: String
    /// The stable name of the broken rule.
    public var rule: String
    /// The text for the person, in Vietnamese.
    public var vietnamese: String
    /// The same in English.
    public var english: String
    /// Where the field stands in a text that was sent, from 1; absent where the field says enough.
    public var line: Int?
    public var column: Int?

    /// Describes a fault of a field.
    public init(
        field: String, rule: String, vietnamese: String, english: String, line: Int? = nil, column: Int? = nil
    ) {
        self.field = field
        self.rule = rule
        self.vietnamese = vietnamese
        self.english = english
        self.line = line
        self.column = column
    }

    /// The fault that a validating initializer found.
    public init(_ invalid: InvalidValue) {
        self.init(
            field: invalid.field, rule: invalid.rule, vietnamese: invalid.vietnamese, english: invalid.english)
    }
}
