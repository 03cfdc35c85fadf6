import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceKit

/// Notices what did not come: payments that no file settled in time, refunds of which none says that they have gone, and
/// days for which a gateway sent no file.
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
            try await transaction.execute(untold(through: through, now))
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
    /// when its days are over, and so is each that was refunded, when the days of the refund or of its line are. One that
    /// was wholly given back before is not missed, nor one of which a person has an exception already.
    private func unsettled(through: Date, _ now: Date) -> SQL {
        """
        INSERT INTO exceptions (exception_id, kind, owner_id, order_id, payment_id, amount, raised_at)
        SELECT uuid_v7(\(now)), \(SettlementState.missingSettlement.rawValue), p.payee_id, p.order_id, p.payment_id,
            p.holds, \(now)
        FROM (
            SELECT o.payee_id, p.order_id, p.payment_id, \(PaymentClearing.holds(of: "p.payment_id")) AS holds
            FROM (
                SELECT p.payment_id FROM settlement_watch w JOIN payments p ON p.channel = w.gateway
                WHERE \(isLookedAt("p.confirmed_at", through)) AND p.source IN ('callback', 'status') AND NOT EXISTS (
                    SELECT FROM settlement_lines l
                    WHERE l.payment_id = p.payment_id AND NOT l.reversal
                        AND l.state <> \(SettlementState.duplicate.rawValue))
                UNION
                SELECT f.payment_id \(refunds(through))
                UNION
                SELECT l.payment_id
                FROM settlement_watch w JOIN settlement_files s USING (gateway) JOIN settlement_lines l USING (file_id)
                WHERE \(isLookedAt("s.imported_at", through)) AND l.refund_id IS NOT NULL
            ) AS looked JOIN payments p USING (payment_id) JOIN payment_orders o USING (order_id)
        ) AS p
        WHERE p.holds > 0 AND NOT EXISTS (
            SELECT FROM exceptions e
            WHERE e.payment_id = p.payment_id AND e.settled_at IS NULL AND e.kind = ANY(\(Self.waiting)))
        ON CONFLICT DO NOTHING
        """
    }

    /// Refunds that have gone and that no line told of, where their payment was settled: its clearing is below zero. The
    /// gateway of one that was never settled has kept both back.
    private func untold(through: Date, _ now: Date) -> SQL {
        """
        INSERT INTO exceptions (exception_id, kind, owner_id, order_id, payment_id, refund_id, amount, raised_at)
        SELECT uuid_v7(\(now)), \(ExceptionKind.refundUnsettled.rawValue), f.payee_id, f.order_id, f.payment_id,
            f.refund_id, least(f.amount, -f.holds), \(now)
        FROM (
            SELECT o.payee_id, f.order_id, f.payment_id, f.refund_id, f.amount - f.found AS amount,
                \(PaymentClearing.holds(of: "f.payment_id")) AS holds
            \(refunds(through)) AND NOT \(SettledReversals.isTold("f"))
        ) AS f
        WHERE f.holds < 0 AND NOT EXISTS (
            SELECT FROM exceptions e
            WHERE e.payment_id = f.payment_id AND e.refund_id = f.refund_id
                AND e.kind = \(ExceptionKind.refundUnsettled.rawValue))
        """
    }

    /// The refunds `f` of orders `o` that have gone in the stretch that is looked at.
    private func refunds(_ through: Date) -> SQL {
        """
        FROM settlement_watch w JOIN payment_orders o ON o.channel = w.gateway JOIN refunds f USING (order_id)
        WHERE \(isLookedAt("f.ended_at", through)) AND f.state = \(RefundState.succeeded.rawValue)
        """
    }

    /// Whether a moment lies in the stretch of its gateway `w` that was not looked at yet.
    private func isLookedAt(_ moment: SQL, _ through: Date) -> SQL {
        """
        w.gateway = ANY(\(gateways)) AND \(moment) >= w.looked_through
            AND \(moment) >= (SELECT min(looked_through) FROM settlement_watch) AND \(moment) < \(through)
        """
    }

    /// The kinds of exceptions that end with the clearing of their payment.
    private static let waiting = [
        SettlementState.amountDiffers, .wrongAccount, .reversed, .missingSettlement,
    ].map(\.rawValue)

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
