import Contracts
import DuesDomain
import Foundation
import Messaging
import Metrics
import Postgres
import ServiceKit

/// Chases what nobody said was passed up in time: says so on the topic, again and again, and as a gauge.
struct RemittanceReminders: Sendable {
    let kit: ServiceContext
    /// Days between two reminders of the same remittance.
    let daysBetween: Int

    func run() async throws {
        while try await step() { try Task.checkCancellation() }
        let late: Int64 =
            try await kit.pool.query(
                """
                SELECT count(*) AS late FROM remittances
                WHERE state = 'due' AND due_on < \(Day(containing: kit.time.now))
                """
            ).first.map { try $0.get("late") } ?? 0
        Gauge(label: "dues.remittances.late").record(late)
    }

    /// Reminds of some of them; false when there is none left.
    private func step(limit: Int = 500) async throws -> Bool {
        let context = kit.eventContext()
        let today = Day(containing: context.now)
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let rows = try await transaction.query(
                """
                UPDATE remittances SET reminders = reminders + 1, reminded_on = \(today), version = version + 1
                WHERE remittance_id IN (
                    SELECT remittance_id FROM remittances
                    WHERE state = 'due' AND due_on < \(today)
                        AND (reminded_on IS NULL OR reminded_on <= \(today.adding(days: -daysBetween)))
                    ORDER BY due_on, remittance_id LIMIT \(limit) FOR UPDATE SKIP LOCKED
                ) RETURNING *
                """
            ).map(RemittanceRow.init)
            let events = try rows.compactMap { row -> OutboxEntry? in
                guard let superior = row.superiorId else { return nil }
                return try kit.outbox.entry(
                    of: RemittanceOverdue(
                        remittanceId: row.remittanceId, fromOrganizationId: row.organizationId,
                        toOrganizationId: superior, month: row.month, passed: row.passed, dueOn: row.dueOn,
                        reminder: row.reminders, remindedAt: context.now),
                    key: row.remittanceId.value, version: row.version, context: context)
            }
            try await kit.outbox.append(events, in: transaction)
            return rows.count == limit
        }
    }
}
