public import Contracts
public import Postgres

/// One service of the suite: what it is called, what it stores, what it can be told, and how its parts are put together.
///
/// A type that conforms and is marked `@main` is the whole executable, with the commands `serve`, `migrate`, `config`,
/// `publish-state` and `replay`.
public protocol ServiceDefinition: Sendable {
    /// The service's name.
    static var name: ServiceName { get }
    /// Its own tables, in order; those of the shared modules are added.
    static var migrations: [Migration] { get }
    /// Its own settings; the common ones are added.
    static var settings: [Setting] { get }
    /// Puts the parts together. The database and the broker may be away: nothing here asks them.
    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts
}
