public import Contracts
public import Foundation

/// What a member asks of those who keep his data, and what became of it.
public struct MemberRequest: Codable, Hashable, Sendable {
    /// What it is about.
    public enum Matter: String, Codable, Sendable, CaseIterable {
        /// The owner reports that somebody else used his account (regulation 338-QĐ/TW, articles 6.7 and 34.7).
        case misuse
        /// A field of his data is not right.
        case data
        /// His VNeID identity was not found, or fits several.
        case identity
    }

    public enum State: String, Codable, Sendable, CaseIterable {
        case open, accepted, refused
    }

    public let id: UUIDv7
    public let matter: Matter
    /// Who asks; absent while an identity is bound to nobody.
    public let memberId: MemberID?
    /// Where it is settled: his cell, or the organisation that he names.
    public let organizationId: OrganizationID
    /// The identity that it is about.
    public let identityId: UUIDv7?
    /// The field that it is about.
    public let field: MemberField?
    /// What the field should be.
    public let stated: String?
    public let text: String
    public let openedAt: Date
    public private(set) var state: State
    public private(set) var settledAt: Date?
    /// Who settled it: the subject of a token.
    public private(set) var settledBy: String?
    /// What he who asked is told.
    public private(set) var answer: String?

    public init(
        id: UUIDv7, matter: Matter, memberId: MemberID?, organizationId: OrganizationID, identityId: UUIDv7? = nil,
        field: MemberField? = nil, stated: String? = nil, text: String, openedAt: Date
    ) {
        self.id = id
        self.matter = matter
        self.memberId = memberId
        self.organizationId = organizationId
        self.identityId = identityId
        self.field = field
        self.stated = stated
        self.text = text
        self.openedAt = openedAt
        state = .open
    }

    /// The request with its end, or what is wrong with that.
    public func settled(
        as state: State, answer: String, by subject: String, at now: Date
    ) throws(Faults) -> MemberRequest {
        guard self.state == .open, state != .open else { throw Faults([Self.settledBefore]) }
        var next = self
        next.state = state
        next.answer = answer
        next.settledBy = subject
        next.settledAt = now
        return next
    }

    private static let settledBefore = InvalidValue(
        field: "outcome", rule: "request.settled", vietnamese: "Đề nghị này đã được giải quyết.",
        english: "The request was settled before.")
}
