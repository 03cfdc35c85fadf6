import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceKit

/// Notices what did not come: payments that no file settled in time, and days for which a gateway sent no file.
struct SettlementWatch: Sendable {
    let kit: ServiceContext
    /// The gateways whose files have a layout.
    let gateways: [String]
    /// Those of them that send a file for every day.
    let daily: [String]
    let allowedDays: Int
    /// The hour of the next day, in Vietnam, by which the file of a day is there.
    let dueHour: Int

    /// No further back than this is looked for what is missing; what was raised stays until it ends.
    private static let window = 62

    func run() async throws {
        let now = kit.time.now
        let today = Day(containing: now)
        let due = today.start.addingTimeInterval(Double(dueHour) * 3_600)
        let last = today.adding(days: now < due ? -2 : -1)
        // Two months of payments are looked through; the days without a file do not wait for that.
        try await kit.pool.execute(missingFiles(through: last, now))
        try await kit.pool.transaction(TransactionOptions(statementTimeout: .seconds(600))) { transaction in
            try await transaction.execute(unsettled(paidBefore: today.adding(days: -allowedDays), now))
        }
    }

    /// What `SettlementMatch.isMissingSettlement` says. A gateway of which no file was ever taken in settles otherwise.
    private func unsettled(paidBefore day: Day, _ now: Date) -> SQL {
        """
        INSERT INTO exceptions (exception_id, kind, owner_id, order_id, payment_id, amount, raised_at)
        SELECT uuid_v7(\(now)), \(SettlementState.missingSettlement.rawValue), o.payee_id, p.order_id, p.payment_id,
            p.amount, \(now)
        FROM payments p JOIN payment_orders o USING (order_id)
        WHERE p.channel = ANY(\(gateways)) AND p.source IN ('callback', 'status')
            AND p.paid_at < \(day.start) AND p.paid_at >= \(day.adding(days: -Self.window).start)
            AND EXISTS (SELECT FROM settlement_files f WHERE f.gateway = p.channel)
            AND NOT EXISTS (SELECT FROM settlement_lines l WHERE l.payment_id = p.payment_id)
            AND NOT EXISTS (
                SELECT FROM exceptions e
                WHERE e.payment_id = p.payment_id AND e.kind = \(SettlementState.missingSettlement.rawValue))
        ON CONFLICT DO NOTHING
        """
    }

    /// Every day after the gateway's first file that none of its files covers.
    private func missingFiles(through last: Day, _ now: Date) -> SQL {
        """
        INSERT INTO exceptions (exception_id, kind, owner_id, gateway, day, raised_at)
        SELECT uuid_v7(\(now)), \(ExceptionKind.missingFile.rawValue), f.payee_id, f.gateway, d.day::date, \(now)
        FROM (
            SELECT DISTINCT ON (gateway) gateway, payee_id, min(from_day) OVER (PARTITION BY gateway) AS first
            FROM settlement_files WHERE gateway = ANY(\(daily)) ORDER BY gateway, imported_at DESC
        ) AS f
        CROSS JOIN LATERAL generate_series(
            greatest(f.first, \(last.adding(days: -Self.window))::date)::timestamp, \(last)::date::timestamp,
            interval '1 day') AS d (day)
        WHERE NOT EXISTS (
            SELECT FROM settlement_files c
            WHERE c.gateway = f.gateway AND d.day::date BETWEEN c.from_day AND c.through_day)
        ON CONFLICT DO NOTHING
        """
    }
}
