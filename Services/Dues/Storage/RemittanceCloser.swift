import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import Projections
import ServiceKit

/// Closes the months of all organisations when their days have come, chunk by chunk; each chunk is a transaction with the
/// progress of the turn in it, so that a turn goes on where it was after a crash.
struct RemittanceCloser: Sendable {
    let kit: ServiceContext
    let policies: Policies
    let calendar: RemittanceCalendar
    let chunk: Int

    /// Does chunks until nothing is due.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Does one chunk of the first turn that is due; false when there is none, or somebody else is at it.
    func step() async throws -> Bool {
        let context = kit.eventContext()
        // The month is summed up in one statement, which others wait for.
        let options = TransactionOptions(
            statementTimeout: .seconds(900), lockTimeout: .seconds(900), attempts: 3)
        return try await kit.pool.transaction(options) { transaction in
            guard let month = try await openMonth(context.now, in: transaction),
                let turn = try await openTurn(of: month, context.now, in: transaction)
            else { return false }
            // Who stands where is read from the copy of Directory, which must not be behind.
            try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service))
            let version = try await gather(month, context.now, in: transaction)
            guard let progress = try await lock(turn, of: month, context.now, in: transaction) else { return false }
            let book = try await policies.book(version, in: transaction)
            let chunk = RemittanceChunk(
                month: month, types: turn.types, after: progress, limit: chunk, book: book,
                dueOn: calendar.dueDay(closedOn: Day(containing: context.now)), kit: kit, context: context)
            let done = try await chunk.close(in: transaction)
            try await transaction.execute(
                """
                UPDATE remittance_turns SET after_id = coalesce(\(done.last), after_id),
                    organizations = organizations + \(done.lookedAt), updated_at = \(context.now),
                    state = \(done.lookedAt < self.chunk ? "done" : "running")
                WHERE month = \(month) AND day = \(Int16(turn.day))
                """)
            return true
        }
    }

    /// The first month whose last turn is not done: the first month in the books when none was ever closed.
    private func openMonth(_ now: Date, in transaction: PostgresTransaction) async throws -> DuesMonth? {
        let last = Int16(calendar.turns.last?.day ?? 0)
        let row = try await transaction.queryOptional(
            """
            SELECT month, EXISTS (
                SELECT FROM remittance_turns t WHERE t.month = m.month AND t.day = \(last) AND t.state = 'done') AS done
            FROM remittance_months m ORDER BY month DESC LIMIT 1
            """)
        let month: DuesMonth
        if let row {
            let newest: DuesMonth = try row.get("month")
            month = try row.get("done") ? newest.next : newest
        } else {
            // Ids carry their times, and the index of ids is there.
            guard
                let first = try await transaction.queryOptional(
                    "SELECT posted_at FROM ledger_postings ORDER BY posting_id LIMIT 1")
            else { return nil }
            month = DuesMonth(containing: try first.get("posted_at", as: Date.self))
        }
        return month < DuesMonth(containing: now) ? month : nil
    }

    /// The first turn of the month that is due and not done.
    private func openTurn(
        of month: DuesMonth, _ now: Date, in transaction: PostgresTransaction
    ) async throws -> RemittanceCalendar.Turn? {
        let done: Set<Int16> = Set(
            try await transaction.query(
                "SELECT day FROM remittance_turns WHERE month = \(month) AND state = 'done'"
            ).map { try $0.get("day") })
        let turn = calendar.turns.first { !done.contains(Int16($0.day)) }
        return turn.flatMap { calendar.closing($0, of: month) <= Day(containing: now) ? $0 : nil }
    }

    /// Sums the month up from the books, once; answers the version of the policy by which it is divided.
    private func gather(_ month: DuesMonth, _ now: Date, in transaction: PostgresTransaction) async throws -> Int {
        let newest = try await policies.shelf(in: transaction).version
        let results = try await transaction.pipeline([
            """
            INSERT INTO remittance_months (month, policy_version, gathered_at) VALUES (\(month), \(newest), \(now))
            ON CONFLICT (month) DO NOTHING RETURNING month
            """,
            "SELECT policy_version FROM remittance_months WHERE month = \(month)",
        ])
        if !results[0].rows.isEmpty { try await transaction.execute(Self.gathering(month)) }
        return try results[1].rows.first.map { try $0.get("policy_version") } ?? newest
    }

    /// What was credited to members in the month by anything but an assessment, less what was given back.
    static func gathering(_ month: DuesMonth) -> SQL {
        let receivable = AccountKind.memberReceivable.rawValue
        let assessed = AccountKind.assessedDues.rawValue
        return """
            INSERT INTO remittance_collections (month, organization_id, amount)
            SELECT \(month), organization_id, sum(amount)::bigint FROM (
                SELECT CASE WHEN credit = \(receivable) THEN credit_owner ELSE debit_owner END,
                    CASE WHEN credit = \(receivable) THEN amount ELSE -amount END
                FROM ledger_postings
                WHERE posted_at >= \(month.firstDay.start) AND posted_at < \(month.next.firstDay.start)
                    AND (credit = \(receivable) AND debit NOT IN (\(receivable), \(assessed))
                        OR debit = \(receivable) AND credit NOT IN (\(receivable), \(assessed)))
            ) AS moved (organization_id, amount)
            GROUP BY organization_id HAVING sum(amount) <> 0
            """
    }

    /// The turn, held until the transaction ends, with the last organisation that was looked at; nil when somebody else
    /// holds it.
    private func lock(
        _ turn: RemittanceCalendar.Turn, of month: DuesMonth, _ now: Date, in transaction: PostgresTransaction
    ) async throws -> OrganizationID?? {
        let results = try await transaction.pipeline([
            """
            INSERT INTO remittance_turns (month, day, state, updated_at)
            VALUES (\(month), \(Int16(turn.day)), 'running', \(now)) ON CONFLICT DO NOTHING
            """,
            """
            SELECT after_id FROM remittance_turns
            WHERE month = \(month) AND day = \(Int16(turn.day)) AND state = 'running' FOR UPDATE SKIP LOCKED
            """,
        ])
        guard let row = results[1].rows.first else { return nil }
        return .some(try row.get("after_id"))
    }
}
