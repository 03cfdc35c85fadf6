import Contracts
import DuesDomain
import Foundation
import Postgres

/// A comparison by sums, each table read once: it says where rows have to be compared one by one.
///
/// Ledger and events are compared by the hour: each amount is counted times a number drawn from its payment's id, so that
/// the sums of two sides are the same only where each payment has the same on both (but for one chance in 2^52). What
/// is the same in fact may look different here, at the edge of an hour, and is then found the same row by row.
struct ParityGlance: Sendable {
    private let parity: Parity

    init(of parity: Parity) { self.parity = parity }

    /// Whether an order and its payments contradict each other, or a payment has no order.
    func ordersDiffer(in session: any PostgresQueryable) async throws -> Bool {
        let (from, through) = (parity.from, parity.through)
        return try await session.queryOne(
            """
            SELECT differing > 0 OR joined <> (
                SELECT count(*) FROM payments WHERE confirmed_at >= \(from) AND confirmed_at < \(through)
            ) AS differ
            FROM (
                SELECT count(*) FILTER (WHERE p.confirmed_at >= \(from) AND p.confirmed_at < \(through)) AS joined,
                    count(*) FILTER (WHERE p.order_id IS NULL AND o.created_at >= \(from) AND o.created_at < \(through)
                            AND o.state = \(OrderState.paid.rawValue)
                        OR p.confirmed_at >= \(from) AND p.confirmed_at < \(through)
                            AND (o.state = ANY(\(Parity.unpaid)) OR o.total <> p.amount)) AS differing
                FROM payment_orders o LEFT JOIN payments p ON p.order_id = o.order_id
            ) AS seen
            """
        ).get("differ")
    }

    /// The stretches, in whole hours, in which the sums of payments, postings and events are not the same.
    func stretches(in session: any PostgresQueryable) async throws -> [Parity] {
        let topic = PaymentReceived.topic(writtenBy: .dues).name
        let (from, through) = (parity.from, parity.through)
        let hours = try await session.query(
            """
            SELECT hour FROM (
                SELECT \(hour("confirmed_at")) AS hour, \(counted("amount")) AS low, \(counted("amount", 26)) AS high,
                    \(counted("overpaid")) AS surplus,
                    sum(hashtextextended(payment_id::text, 0)) FILTER (WHERE confirmed_at >= \(parity.eventsSince))
                        AS events
                FROM payments WHERE confirmed_at >= \(from) AND confirmed_at < \(through) GROUP BY 1
            ) AS p FULL JOIN (
                SELECT \(hour("posted_at")) AS hour, \(counted("amount")) AS low, \(counted("amount", 26)) AS high,
                    coalesce(\(counted("amount")) FILTER (WHERE credit = \(AccountKind.refunds.rawValue)), 0) AS surplus
                FROM ledger_postings
                WHERE posted_at >= \(from) AND posted_at < \(through) AND cause = \(Posting.Cause.payment.rawValue)
                GROUP BY 1
            ) AS l USING (hour) FULL JOIN (
                SELECT \(hour("time")) AS hour, sum(hashtextextended(\(Self.paymentOfEvent), 0)) AS events
                FROM outbox
                WHERE topic = \(topic) AND type = \(PaymentReceived.type) AND NOT republished
                    AND time >= greatest(\(from), \(parity.eventsSince)) AND time < \(through)
                GROUP BY 1
            ) AS e USING (hour)
            WHERE (p.low, p.high, p.surplus) IS DISTINCT FROM (l.low, l.high, l.surplus)
                OR p.events IS DISTINCT FROM e.events
                OR EXISTS (SELECT FROM relay_blocked b WHERE b.topic = \(topic))
            ORDER BY hour
            """
        ).map { try $0.get("hour", as: Date.self) }
        return together(hours)
    }

    /// Hours that follow one another are one stretch.
    private func together(_ hours: [Date]) -> [Parity] {
        var stretches: [(from: Date, through: Date)] = []
        for hour in hours {
            let end = min(hour.addingTimeInterval(Self.hour), parity.through)
            if let last = stretches.indices.last, stretches[last].through == hour {
                stretches[last].through = end
            } else {
                stretches.append((hour, end))
            }
        }
        return stretches.map { Parity(from: $0.from, through: $0.through, eventsSince: parity.eventsSince) }
    }

    private static let hour: TimeInterval = 3_600

    /// The hour of a moment, counted from the beginning of the stretch.
    private func hour(_ moment: SQL) -> SQL { "date_bin('1 hour', \(moment), \(parity.from))" }

    /// The sum of amounts, each times 26 bits of its payment's number; below 2^36, which no amount reaches, nothing runs
    /// over.
    private func counted(_ amount: SQL, _ shift: Int32 = 0) -> SQL {
        """
        sum((\(amount) & 68719476735) * ((coalesce(uuid_hash_extended(payment_id, 0), 1) >> \(shift)) & 67108863))
        """
    }

    /// The id of the payment in the JSON of an event.
    private static let paymentOfEvent: SQL = """
        encode(substring(data FROM position('"paymentId":"'::bytea IN data) + 13 FOR 36), 'escape')
        """
}
