public import Contracts

/// An organisation as the Party Member Database would write it.
public struct MadeUpOrganization: Sendable, Equatable {
    public var code: String
    public var type: OrganizationType
    public var name: String
    public var parentCode: String?
    public var residential: Bool
    public var duesRegion: DuesRegion
    /// The day of the month of its regular meeting.
    public var meetingDay: Int?

    public init(
        code: String, type: OrganizationType, name: String, parentCode: String?, residential: Bool,
        duesRegion: DuesRegion, meetingDay: Int? = nil
    ) {
        self.code = code
        self.type = type
        self.name = name
        self.parentCode = parentCode
        self.residential = residential
        self.duesRegion = duesRegion
        self.meetingDay = meetingDay
    }
}

/// A member as the Party Member Database would write him, errors included.
public struct MadeUpMember: Sendable, Equatable {
    /// His number in that database.
    public var sourceId: String
    /// Twelve digits of a range that no person has; absent where the record lacks it.
    public var personalId: String?
    public var fullName: String
    public var sex: PersonalID.Sex
    public var birthDate: Day
    public var cardNumber: String?
    public var recordNumber: String
    public var joinedOn: Day
    public var recognisedOn: Day?
    public var cellCode: String
    public var residenceCellCode: String?
    public var state: MembershipState
    public var duesCategory: DuesCategory
}

/// Somebody who holds a role at an organisation.
public struct MadeUpOfficer: Sendable, Equatable {
    public var sourceId: String
    public var organizationCode: String
    public var role: RoleName
}
