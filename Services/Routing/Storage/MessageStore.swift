import Contracts
import Foundation
import Postgres
import RoutingDomain

/// The threads of cases; rows are only ever added.
enum MessageStore {
    static func insert(
        _ message: CaseMessage, to id: DossierID, at moment: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO case_messages (id, dossier_id, at, author_member_id, author_name, organization_id, text)
            VALUES (\(message.id), \(id), \(moment), \(message.author.memberId), \(message.author.fullName),
                    \(message.organizationId), \(message.text))
            """)
    }

    /// Messages in the order in which they were written.
    ///
    /// - Parameter after: the last one of the part before; the beginning where it is nil.
    static func page(
        of id: DossierID, after: UUIDv7?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [MessageView] {
        let rest: SQL = after.map { "AND id > \($0)" } ?? ""
        let rows = try await session.query(
            """
            SELECT id, at, author_member_id, author_name, organization_id, text FROM case_messages
            WHERE dossier_id = \(id) \(rest) ORDER BY id LIMIT \(limit)
            """)
        return try rows.map { row in
            MessageView(
                id: try row.get("id"), at: try row.get("at"), authorId: try row.get("author_member_id"),
                authorName: try row.get("author_name"), organizationId: try row.get("organization_id"),
                text: try row.get("text"))
        }
    }
}
