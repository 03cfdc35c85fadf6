import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// What members said of their own data.
enum ConfirmationStore {
    /// A field that its owner confirmed, with the value that he saw.
    struct Confirmation: PostgresRowDecodable, Sendable {
        let field: String
        let value: String?
        let confirmedAt: Date

        init(row: PostgresRow) throws {
            field = try row.get("field")
            value = try row.get("value")
            confirmedAt = try row.get("confirmed_at")
        }
    }

    static func all(of member: MemberID, in session: any PostgresQueryable) async throws -> [String: Confirmation] {
        let found = try await session.query(
            "SELECT field, value, confirmed_at FROM confirmations WHERE member_id = \(member)", as: Confirmation.self)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.field, $0) })
    }

    static func confirm(
        _ field: MemberField, value: String?, of member: MemberID, at now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO confirmations (member_id, field, value, confirmed_at)
            VALUES (\(member), \(field.rawValue), \(value), \(now))
            ON CONFLICT (member_id, field) DO UPDATE SET value = excluded.value, confirmed_at = excluded.confirmed_at
            """)
    }

    /// How far the members of a part of the tree have checked their data.
    struct Figures: Encodable, PostgresRowDecodable, Sendable {
        /// The members whose membership is not over.
        let members: Int
        /// Those who have confirmed every field as it is now.
        let confirmed: Int
        /// Those who dispute a field.
        let disputing: Int

        init(row: PostgresRow) throws {
            members = try row.get("members")
            confirmed = try row.get("confirmed")
            disputing = try row.get("disputing")
        }
    }

    static func figures(
        under organization: OrganizationID, in session: any PostgresQueryable
    ) async throws -> Figures {
        let ends = MembershipState.allCases.filter(\.isEnd).map(\.rawValue)
        return try await session.queryOne(
            """
            WITH RECURSIVE \(OrganizationStore.below(organization)),
            checked AS (
                SELECT m.id,
                    (SELECT count(*) FROM confirmations c
                     WHERE c.member_id = m.id AND c.value IS NOT DISTINCT FROM m.document ->> c.field) AS fields,
                    EXISTS (SELECT FROM requests r
                            WHERE r.member_id = m.id AND r.matter = 'data' AND r.state = 'open') AS disputes
                FROM members m JOIN below ON below.id = m.cell_id
                WHERE m.state <> ALL (\(ends)))
            SELECT count(*) AS members, count(*) FILTER (WHERE disputes) AS disputing,
                count(*) FILTER (WHERE fields = \(MemberField.allCases.count) AND NOT disputes) AS confirmed
            FROM checked
            """, as: Figures.self)
    }
}
