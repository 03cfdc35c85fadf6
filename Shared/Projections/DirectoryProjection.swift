public import Contracts
public import Messaging
public import Postgres

/// What a service keeps of Directory: organisations, members and roles, as the state topics tell them.
///
/// A service asks nobody; it reads its own copy. How old the copy may be for a decision is checked apart
/// (`ProjectionAges`).
public struct DirectoryProjection: Sendable {
    /// A part that a service may need.
    public enum Part: CaseIterable, Hashable, Sendable {
        case organizations, members, roles
    }

    /// The tables, the same in every service that has the projection.
    public static let migrations: [Migration] = [
        Migration(
            component: "projections", version: 1, name: "directory",
            sql: String(decoding: PackageResources._001_directory_sql, as: UTF8.self))
    ]

    private let service: ServiceName
    private let parts: Set<Part>

    /// - Parameter parts: what the service needs; nothing else is kept.
    public init(service: ServiceName, parts: Set<Part>) {
        self.service = service
        self.parts = parts
    }

    /// The consumer that keeps the copy, `<service>.directory`.
    public var consumer: ConsumerDefinition {
        var definition = ConsumerDefinition(
            name: Self.consumerName(of: service), topics: Part.allCases.filter(parts.contains).map(\.topic),
            kind: .projection(tables: Part.allCases.filter(parts.contains).map(\.table)))
        if parts.contains(.organizations) { definition = definition.on(OrganizationState.self, Self.keepOrganization) }
        if parts.contains(.members) { definition = definition.on(MemberState.self, Self.keepMember) }
        if parts.contains(.roles) { definition = definition.on(RoleState.self, Self.keepRole) }
        return definition
    }

    /// The name of the consumer, for asking its age.
    public static func consumerName(of service: ServiceName) -> String { "\(service.rawValue).directory" }
}

extension DirectoryProjection.Part {
    fileprivate var topic: Topic {
        switch self {
        case .organizations: TopicCatalogue.organizations
        case .members: TopicCatalogue.members
        case .roles: TopicCatalogue.roles
        }
    }

    fileprivate var table: String {
        switch self {
        case .organizations: "directory_organizations"
        case .members: "directory_members"
        case .roles: "directory_roles"
        }
    }
}
