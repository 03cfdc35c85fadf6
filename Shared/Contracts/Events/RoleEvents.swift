/// The whole present state of a role that a person holds at an organisation.
public struct RoleState: EventPayload, Hashable {
    public static let type = "hoso.role.state.v1"
    public static let topic = TopicCatalogue.roles

    /// The role; also the key.
    public let roleId: RoleID
    /// Who holds it.
    public let memberId: MemberID
    /// Where it holds; it says nothing about the neighbours.
    public let organizationId: OrganizationID
    /// Which role it is.
    public let role: RoleName
    /// The first day.
    public let from: Day
    /// The last day; absent while open.
    public let to: Day?
    /// Whether it can be used.
    public let status: RoleStatus
    /// The role of the absent officer whom this person stands in for.
    public let substituteForRoleId: RoleID?

    public init(
        roleId: RoleID, memberId: MemberID, organizationId: OrganizationID, role: RoleName, from: Day, to: Day? = nil,
        status: RoleStatus, substituteForRoleId: RoleID? = nil
    ) {
        self.roleId = roleId
        self.memberId = memberId
        self.organizationId = organizationId
        self.role = role
        self.from = from
        self.to = to
        self.status = status
        self.substituteForRoleId = substituteForRoleId
    }
}
