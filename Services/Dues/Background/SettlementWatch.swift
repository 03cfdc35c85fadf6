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

    /// No further back than this, in days, is looked at first; what was raised stays until it ends.
    private static let window = 62

    func run() async throws {
        let now = kit.time.now
        let today = Day(containing: now)
        let due = today.start.addingTimeInterval(Double(dueHour) * 3_600)
        let last = today.adding(days: now < due ? -2 : -1)
        // By itself: it is no matter of positions, and what fails of payments does not take it along.
        try await kit.pool.execute(missingFiles(through: last, now))
        try await kit.pool.transaction(TransactionOptions(statementTimeout: .seconds(600))) { transaction in
            try await transaction.execute(positions(now))
            // One process looks; the others have nothing to add.
            let positions = try await transaction.query(
                "SELECT gateway FROM settlement_watch WHERE gateway = ANY(\(gateways)) FOR UPDATE SKIP LOCKED")
            guard !positions.isEmpty else { return }
            let through = min(today.adding(days: -allowedDays).start, now.addingTimeInterval(-Self.settling))
            try await transaction.execute(unsettled(through: through, now))
            try await transaction.execute(
                """
                UPDATE settlement_watch SET looked_through = \(through)
                WHERE gateway = ANY(\(gateways)) AND looked_through < \(through)
                """)
        }
    }

    /// Whoever confirmed a payment before that has committed.
    private static let settling: TimeInterval = 3_600

    /// A gateway is looked at from its first file on. One of which none was ever taken in settles otherwise.
    private func positions(_ now: Date) -> SQL {
        """
        INSERT INTO settlement_watch (gateway, looked_through)
        SELECT g.name, \(Day(containing: now).adding(days: -Self.window).start)
        FROM unnest(\(gateways)) AS g (name)
        WHERE EXISTS (SELECT FROM settlement_files f WHERE f.gateway = g.name)
        ON CONFLICT DO NOTHING
        """
    }

    /// What `SettlementMatch.isMissingSettlement` says, of the payments that were not looked at: each is looked at once,
    /// when its days are over. One that was wholly given back before is not missed.
    private func unsettled(through: Date, _ now: Date) -> SQL {
        """
        INSERT INTO exceptions (exception_id, kind, owner_id, order_id, payment_id, amount, raised_at)
        SELECT uuid_v7(\(now)), \(SettlementState.missingSettlement.rawValue), p.payee_id, p.order_id, p.payment_id,
            p.holds, \(now)
        FROM (
            SELECT o.payee_id, p.order_id, p.payment_id, \(PaymentClearing.holds(of: "p.payment_id")) AS holds
            FROM settlement_watch w
                JOIN payments p ON p.channel = w.gateway AND p.confirmed_at >= w.looked_through
                JOIN payment_orders o USING (order_id)
            WHERE w.gateway = ANY(\(gateways)) AND p.source IN ('callback', 'status')
                AND p.confirmed_at >= (SELECT min(looked_through) FROM settlement_watch) AND p.confirmed_at < \(through)
                AND NOT EXISTS (
                    SELECT FROM settlement_lines l WHERE l.payment_id = p.payment_id AND NOT l.reversal)
        ) AS p
        WHERE p.holds > 0
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
