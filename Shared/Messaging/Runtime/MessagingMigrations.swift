public import Postgres

/// The tables of messaging, applied before a service's own.
public enum MessagingMigrations {
    public static let all: [Migration] = [
        Migration(
            component: "messaging", version: 1, name: "messaging",
            sql: String(decoding: PackageResources._001_messaging_sql, as: UTF8.self))
    ]
}
