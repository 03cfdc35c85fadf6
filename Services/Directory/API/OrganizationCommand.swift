import Contracts
import DirectoryDomain
import NIOCore
import ServiceKit

/// What is to become of an organisation, as a body says it.
enum OrganizationCommand: Sendable {
    /// The last part of the address that takes it.
    enum Kind: String, Sendable, CaseIterable {
        case changes, merger, dissolution, split
    }

    case change(OrganizationChangeBody)
    case merger(MergerBody)
    case dissolution(DissolutionBody)
    case split(SplitBody)

    init(_ kind: Kind, from body: ByteBuffer, contentType: String? = nil) throws {
        func read<Body: Decodable>() throws -> Body {
            try RequestBodyDecoder.decode(Body.self, from: body, contentType: contentType)
        }
        self =
            switch kind {
            case .changes: .change(try read())
            case .merger: .merger(try read())
            case .dissolution: .dissolution(try read())
            case .split: .split(try read())
            }
    }

    /// The first day on which it holds; absent: today.
    var effectiveOn: Day? {
        switch self {
        case .change(let body): body.effectiveOn
        case .merger(let body): body.effectiveOn
        case .dissolution(let body): body.effectiveOn
        case .split(let body): body.effectiveOn
        }
    }

    var reason: Reason {
        switch self {
        case .change(let body): body.reason
        case .merger(let body): body.reason
        case .dissolution(let body): body.reason
        case .split(let body): body.reason
        }
    }

    /// The action in the audit.
    var audited: String {
        switch self {
        case .change: "organization.changed"
        case .merger: "organization.merged"
        case .dissolution: "organization.dissolved"
        case .split: "organization.split"
        }
    }
}

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
