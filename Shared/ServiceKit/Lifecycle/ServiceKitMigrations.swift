public import Postgres

/// The tables that every service has beside its own.
public enum ServiceKitMigrations {
    /// All of them, in order.
    public static let all: [Migration] = [
        Migration(
            component: "servicekit", version: 1, name: "idempotency_and_audit",
            bytes: PackageResources._001_idempotency_and_audit_sql),
        Migration(
            component: "servicekit", version: 2, name: "audit_stands",
            bytes: PackageResources._002_audit_stands_sql),
    ]
}
