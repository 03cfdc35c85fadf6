import Contracts
import Foundation
import Messaging
import Postgres

/// A supplement as a row.
struct SupplementRow: PostgresRowDecodable, Sendable {
    let number: Int
    let at: Date
    let byMember: MemberID
    let changedFields: [String]
    /// The whole form as it stood with it.
    let form: JSONValue

    init(row: PostgresRow) throws {
        number = try row.get("number")
        at = try row.get("at")
        byMember = try row.get("by_member_id")
        changedFields = try row.get("changed_fields")
        form = try ContractsJSON.decode(from: row.get("form", as: PostgresJSON.self).bytes)
    }
}

/// What applicants supplemented, as rows that are only ever added.
enum SupplementStore {
    static func insert(_ supplement: DossierSupplemented, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO supplements (dossier_id, number, at, by_member_id, request_sequence, changed_fields, form)
            VALUES (\(supplement.dossierId), \(supplement.number), \(supplement.suppliedAt), \(supplement.byMemberId),
                \(supplement.requestSequence), \(supplement.changedFields),
                \(PostgresJSON(bytes: try ContractsJSON.encode(supplement.form))))
            """)
    }

    /// The supplements of a dossier in their order.
    static func all(of dossier: DossierID, in session: any PostgresQueryable) async throws -> [SupplementRow] {
        try await session.query(
            """
            SELECT number, at, by_member_id, changed_fields, form FROM supplements
            WHERE dossier_id = \(dossier) ORDER BY number
            """, as: SupplementRow.self)
    }
}
