import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// What the Party Member Database has to learn, as rows.
enum OutgoingStore {
    /// Writes down what of a change the source has to learn, in the transaction of the change.
    static func prepare(_ member: Member, at now: Date, in transaction: PostgresTransaction) async throws {
        let before: Member? = try await version("member", member.id.value, member.version - 1, in: transaction)
        guard let change = OutgoingChange(of: member, before: before) else { return }
        try await insert(change, .members, member.id.value, member.version, at: now, in: transaction)
    }

    /// The same of an organisation.
    static func prepare(_ organization: Organization, at now: Date, in transaction: PostgresTransaction) async throws {
        let before: Organization? = try await version(
            "organization", organization.id.value, organization.version - 1, in: transaction)
        guard let change = OutgoingChange(of: organization, before: before) else { return }
        try await insert(change, .organizations, organization.id.value, organization.version, at: now, in: transaction)
    }

    private static func version<Value: Decodable & SendableMetatype>(
        _ kind: String, _ id: UUIDv7, _ version: Int64, in transaction: PostgresTransaction
    ) async throws -> Value? {
        guard version > 0 else { return nil }
        return try await transaction.queryOptional(
            "SELECT document FROM history WHERE kind = \(kind) AND id = \(id) AND version = \(version)"
        ).map(Documents.read)
    }

    static func insert(
        _ change: OutgoingChange, _ subject: ImportSubject, _ id: UUIDv7, _ version: Int64, at now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO outgoing_changes (subject, subject_id, version, kind, fields, made_at)
            VALUES (\(subject.rawValue), \(id), \(version), \(change.kind.rawValue), \(change.fields), \(now))
            """)
    }
}
