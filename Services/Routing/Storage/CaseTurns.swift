import Contracts
import Postgres
import RoutingDomain

/// Open turns as rows: what lists, seats and deadlines are searched by.
enum CaseTurns {
    /// Writes the open turns of new cases.
    static func insert(_ cases: [RunningCase], in transaction: PostgresTransaction) throws {
        let rows = cases.flatMap { running in running.turns.map { (running, $0) } }
        guard !rows.isEmpty else { return }
        let turns = rows.map(\.1)
        try transaction.enqueue(
            """
            INSERT INTO case_turns (dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role, box,
                entered_at, due_at, due_calendar, stopped_at, alert_at, procedure, code, member_id,
                entered_by_member_id)
            SELECT * FROM unnest(\(rows.map(\.0.dossierId)), \(turns.map { Int32(clamping: $0.number) }),
                \(turns.map(\.step)), \(turns.map(\.organizationId)), \(turns.map(\.role.rawValue)),
                \(turns.map { $0.seat?.organizationId }), \(turns.map { $0.seat?.role.rawValue }),
                \(turns.map { $0.box.map { Int32(clamping: $0) } }), \(turns.map(\.enteredAt)), \(turns.map(\.due.at)),
                \(turns.map(\.due.calendarVersion)), \(turns.map(\.stoppedAt)), \(turns.map(\.alertAt)),
                \(rows.map(\.0.procedure)), \(rows.map(\.0.code)), \(rows.map(\.0.memberId)),
                \(rows.map(\.0.enteredByMemberId)))
            """)
    }

    /// Writes the open turns of a changed case anew, where they have changed.
    static func replace(
        _ before: RunningCase, by after: RunningCase, in transaction: PostgresTransaction
    ) throws {
        guard before.turns != after.turns else { return }
        try transaction.enqueue("DELETE FROM case_turns WHERE dossier_id = \(after.dossierId)")
        try insert([after], in: transaction)
    }
}
