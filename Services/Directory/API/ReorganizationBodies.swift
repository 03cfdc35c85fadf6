import Contracts
import DirectoryDomain

/// The body of `POST /v1/organizations/{id}/merger`.
struct MergerBody: Decodable, Sendable {
    /// The successor.
    let intoId: OrganizationID
    /// The roles that go on there; all others end.
    let keptRoles: [RoleID]?
    let effectiveOn: Day?
    let reason: Reason
}

/// The body of `POST /v1/organizations/{id}/dissolution`.
struct DissolutionBody: Decodable, Sendable {
    /// The cell that takes its members.
    let membersToId: OrganizationID?
    /// The organisation under which those below it hang afterwards.
    let organizationsToId: OrganizationID?
    let effectiveOn: Day?
    let reason: Reason
}

/// The body of `POST /v1/organizations/{id}/split`.
struct SplitBody: Decodable, Sendable {
    struct Part: Decodable, Sendable {
        let organization: NewOrganization
        /// Which of those below go along.
        let organizationIds: [OrganizationID]?
        let memberIds: [MemberID]?
        /// The roles that go on at the part.
        let roleIds: [RoleID]?
    }

    let parts: [Part]
    let effectiveOn: Day?
    let reason: Reason
}

/// What a reorganisation changed, as its author sees it.
struct ReorganizedView: Encodable {
    /// The new organisations.
    let founded: [VersionedView<OrganizationState>]
    /// Those that were there before.
    let organizations: [VersionedView<OrganizationState>]
    let movedMembers: [MemberID]
    let endedRoles: [RoleID]
    let grantedRoles: [RoleID]

    init(_ result: Reorganized) {
        founded = result.founded.map(\.view)
        organizations = result.organizations.map(\.view)
        movedMembers = result.members.map(\.id)
        endedRoles = result.endedRoles.map(\.id)
        grantedRoles = result.grantedRoles.map(\.id)
    }
}
