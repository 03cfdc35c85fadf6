public import Contracts

/// What is to become different about an organisation; what is absent stays.
public struct OrganizationChange: Sendable {
    public var name: String?
    public var type: OrganizationType?
    public var parentId: OrganizationID?
    public var duesRegion: DuesRegion?
    public var hasSeal: Bool?
    public var residential: Bool?
    public var officeHours: [OrganizationState.OpeningPeriod]?
    public var meetingDay: Int?
    public var contactEmail: String?
    public var units: [OrganizationState.Unit]?
    public var activations: [OrganizationState.Activation]?

    public init(
        name: String? = nil, type: OrganizationType? = nil, parentId: OrganizationID? = nil,
        duesRegion: DuesRegion? = nil, hasSeal: Bool? = nil, residential: Bool? = nil,
        officeHours: [OrganizationState.OpeningPeriod]? = nil, meetingDay: Int? = nil, contactEmail: String? = nil,
        units: [OrganizationState.Unit]? = nil, activations: [OrganizationState.Activation]? = nil
    ) {
        self.name = name
        self.type = type
        self.parentId = parentId
        self.duesRegion = duesRegion
        self.hasSeal = hasSeal
        self.residential = residential
        self.officeHours = officeHours
        self.meetingDay = meetingDay
        self.contactEmail = contactEmail
        self.units = units
        self.activations = activations
    }

    /// Whether the tree becomes another one.
    public var concernsTree: Bool { type != nil || parentId != nil }
}

/// What stands around an organisation that is to be changed.
public struct OrganizationSurroundings: Sendable {
    /// Those above it after the change.
    public let above: OrganizationPath?
    /// The types of the active organisations directly below it.
    public let childTypes: Set<OrganizationType>
    /// How many living members belong to it as their cell.
    public let memberCount: Int
    /// How many living members have it as the cell of their residence.
    public let residentCount: Int
    /// The roles that somebody holds at it.
    public let roles: Set<RoleName>

    public init(
        above: OrganizationPath?, childTypes: Set<OrganizationType>, memberCount: Int, residentCount: Int = 0,
        roles: Set<RoleName> = []
    ) {
        self.above = above
        self.childTypes = childTypes
        self.memberCount = memberCount
        self.residentCount = residentCount
        self.roles = roles
    }
}

extension Organization {
    /// The organisation after the change, or everything that is wrong with it.
    public func changed(
        _ change: OrganizationChange, around: OrganizationSurroundings
    ) throws(Faults) -> Organization {
        var next = self
        next.version += 1
        next.name = change.name.map(TextRule.tidy) ?? name
        next.type = change.type ?? type
        next.parentId = around.above?.first?.id
        next.duesRegion = change.duesRegion ?? duesRegion
        next.hasSeal = change.hasSeal ?? hasSeal
        next.residential = change.residential ?? residential
        next.officeHours = change.officeHours ?? officeHours
        next.meetingDay = change.meetingDay ?? meetingDay
        next.contactEmail = change.contactEmail ?? contactEmail
        next.units = change.units ?? units
        next.activations = change.activations ?? activations
        var faults = status == .active ? next.faults : [Self.inactive]
        if change.concernsTree {
            faults += Hierarchy.faults(of: next.type, id: id, under: around.above)
            faults += Hierarchy.faults(of: next.type, above: around.childTypes)
            // A body outside the system has members, and nobody lives at it.
            let members = next.type == .external ? 0 : around.memberCount
            if !next.type.isCell, members + around.residentCount > 0 { faults.append(Self.hasMembers) }
            if !around.roles.allSatisfy({ RoleRule.places[$0]?.contains(next.type) == true }) {
                faults.append(Self.hasRoles)
            }
        }
        if !next.residential, around.residentCount > 0 { faults.append(Self.hasResidents) }
        try Faults.check(faults)
        return next
    }

    private static let hasMembers = InvalidValue(
        field: "type", rule: "organization.has-members", vietnamese: "Tổ chức đang có đảng viên sinh hoạt.",
        english: "Members belong to the organisation.")
    private static let hasResidents = InvalidValue(
        field: "residential", rule: "organization.has-residents",
        vietnamese: "Tổ chức đang là chi bộ nơi cư trú của đảng viên.",
        english: "Members have it as the cell of their residence.")
    private static let hasRoles = InvalidValue(
        field: "type", rule: "organization.has-roles",
        vietnamese: "Có vai trò đang giữ mà tổ chức loại này không có.",
        english: "Roles are held that an organisation of this type does not have.")
    static let inactive = InvalidValue(
        field: "id", rule: "organization.inactive", vietnamese: "Tổ chức không còn hoạt động.",
        english: "The organisation is not active.")
}
