import Contracts
import Messaging
import Postgres
import RoutingDomain

/// Whom a case is about, as the service's own copies have him.
struct CaseSubject: Sendable {
    /// Nil while he is unknown here.
    let member: MemberState?
    /// Nil while Dues has told nothing of him.
    let dues: DuesStanding?

    /// The question of whom a case is about.
    static func of(_ dossier: DossierID) -> SQL {
        """
        SELECT \(columns) FROM cases c LEFT JOIN directory_members m ON m.id = c.member_id
            LEFT JOIN dues_standings d ON d.member_id = c.member_id
        WHERE c.dossier_id = \(dossier)
        """
    }

    private static let columns: SQL = "m.state AS member, d.paid_through, d.arrears_months, d.arrears"

    static func read(_ id: MemberID, in session: any PostgresQueryable) async throws -> CaseSubject? {
        try await session.queryOptional(
            """
            SELECT \(columns) FROM directory_members m LEFT JOIN dues_standings d ON d.member_id = m.id
            WHERE m.id = \(id)
            """
        ).map(CaseSubject.init)
    }

    init(_ row: PostgresRow) throws {
        member = try row.get("member", as: PostgresJSON?.self).map { try ContractsJSON.decode(from: $0.bytes) }
        dues = try row.get("arrears", as: Dong?.self).map { arrears in
            DuesStanding(
                paidThrough: try row.get("paid_through"), arrearsMonths: try row.get("arrears_months"), arrears: arrears
            )
        }
    }
}
