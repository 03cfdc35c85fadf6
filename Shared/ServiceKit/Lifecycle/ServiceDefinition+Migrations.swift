import Messaging
public import Postgres

extension ServiceDefinition {
    /// The tables of the shared modules, then the service's own.
    public static var allMigrations: [Migration] {
        MessagingMigrations.all + ServiceKitMigrations.all + migrations
    }
}
