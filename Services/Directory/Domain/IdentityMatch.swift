public import Contracts

/// Whom a VNeID identity belongs to.
public enum IdentityMatch: Equatable, Sendable {
    /// Exactly this member.
    case bound(MemberID)
    /// Somebody could be meant, but not surely.
    case ambiguous
    case notFound

    /// What the national identity says of a person.
    public struct Person: Sendable {
        public let personalID: PersonalID
        public let fullName: String
        public let birthDate: Day

        public init(personalID: PersonalID, fullName: String, birthDate: Day) {
            self.personalID = personalID
            self.fullName = fullName
            self.birthDate = birthDate
        }
    }

    /// A member who could be meant.
    public struct Candidate: Sendable {
        public let member: Member
        public let personalID: PersonalID?
        /// Whether another identity is bound to him.
        public let isTaken: Bool

        public init(member: Member, personalID: PersonalID?, isTaken: Bool) {
            self.member = member
            self.personalID = personalID
            self.isTaken = isTaken
        }
    }

    /// Sure is only who has the number *and* the name, and no other day of birth. Everything less a person settles.
    ///
    /// - Parameter candidates: all who have the number, or the name together with the day of birth.
    public init(_ person: Person, among candidates: [Candidate]) {
        guard let first = candidates.first else {
            self = .notFound
            return
        }
        let isSure =
            candidates.count == 1 && !first.isTaken && first.personalID == person.personalID
            && Self.folded(first.member.fullName) == Self.folded(person.fullName)
            && first.member.birthDate.map { $0 == person.birthDate } ?? true
        self = isSure ? .bound(first.member.id) : .ambiguous
    }

    /// Names are compared without regard to capitals and to spaces; tones and marks count.
    public static func folded(_ name: String) -> String { TextRule.tidy(name).lowercased() }
}
