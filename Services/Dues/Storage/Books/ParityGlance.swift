import Contracts
import DuesDomain
import Foundation
import Postgres

/// A comparison by sums: it says where rows have to be compared one by one.
///
/// Payments, ledger and events are compared as a whole, and by the hour where the whole differs: each amount is counted
/// times a number drawn from its payment's id, so that the sums of two sides are the same only where each payment has
/// the same on both (but for one chance in 2^52). What is the same in fact may look different here, at the edge of an
/// hour, and is then found the same row by row.
struct ParityGlance: Sendable {
    /// What has to be looked at closely.
    struct Whole: Sendable {
        /// An order and its payments contradict each other, or a payment has no order.
        let ordersDiffer: Bool
        /// Payments are not what ledger or events say, or an event is blocked.
        let booksDiffer: Bool
    }

    private let parity: Parity

    init(of parity: Parity) { self.parity = parity }

    /// Compares the sums of the whole stretch. Sums without groups are what PostgreSQL divides among its workers.
    func whole(in session: any PostgresQueryable) async throws -> Whole {
        let row = try await session.queryOne(
            """
            SELECT o.differing > 0 OR o.joined <> p.payments AS orders_differ,
                \(differing) AS books_differ
            FROM (\(orders)) AS o, (\(payments(by: .whole))) AS p, (\(postings(by: .whole))) AS l,
                (\(events(by: .whole))) AS e
            """)
        return Whole(ordersDiffer: try row.get("orders_differ"), booksDiffer: try row.get("books_differ"))
    }

    /// The stretches, in whole hours, in which the sums of payments, postings and events are not the same.
    func stretches(in session: any PostgresQueryable) async throws -> [Parity] {
        let hours = try await session.query(
            """
            SELECT hour
            FROM (\(payments(by: .hour))) AS p FULL JOIN (\(postings(by: .hour))) AS l USING (hour)
                FULL JOIN (\(events(by: .hour))) AS e USING (hour)
            WHERE \(differing)
            ORDER BY hour
            """
        ).map { try $0.get("hour", as: Date.self) }
        return together(hours)
    }

    /// Orders and their payments: how many payments of the stretch have an order, and what contradicts.
    private var orders: SQL {
        let (from, through) = (parity.from, parity.through)
        return """
            SELECT count(*) FILTER (WHERE p.confirmed_at >= \(from) AND p.confirmed_at < \(through)) AS joined,
                count(*) FILTER (WHERE p.order_id IS NULL AND o.created_at >= \(from) AND o.created_at < \(through)
                        AND o.state = \(OrderState.paid.rawValue)
                    OR p.confirmed_at >= \(from) AND p.confirmed_at < \(through)
                        AND (o.state = ANY(\(Parity.unpaid)) OR o.total <> p.amount)) AS differing
            FROM payment_orders o LEFT JOIN payments p ON p.order_id = o.order_id
            """
    }

    /// What is added up together.
    private enum Span { case whole, hour }

    /// Whether the sums of payments `p`, postings `l` and events `e` are not the same.
    private var differing: SQL {
        """
        (p.low, p.high, p.surplus) IS DISTINCT FROM (l.low, l.high, l.surplus) OR p.events IS DISTINCT FROM e.events
            OR EXISTS (SELECT FROM relay_blocked b WHERE b.topic = \(Self.topic))
        """
    }

    private func payments(by span: Span) -> SQL {
        sums(
            """
            count(*) AS payments, \(counted("amount")) AS low, \(counted("amount", 26)) AS high,
            \(counted("overpaid")) AS surplus,
            sum(hashtextextended(payment_id::text, 0)) FILTER (WHERE confirmed_at >= \(parity.eventsSince)) AS events
            """, "payments", "confirmed_at", by: span)
    }

    private func postings(by span: Span) -> SQL {
        sums(
            """
            \(counted("amount")) AS low, \(counted("amount", 26)) AS high,
            \(counted("CASE credit WHEN \(AccountKind.refunds.rawValue) THEN amount ELSE 0 END")) AS surplus
            """, "ledger_postings", "posted_at", "AND cause = \(Posting.Cause.payment.rawValue)", by: span)
    }

    private func events(by span: Span) -> SQL {
        sums(
            "sum(hashtextextended(\(Self.paymentOfEvent), 0)) AS events", "outbox", "time",
            """
            AND time >= \(parity.eventsSince) AND topic = \(Self.topic) AND type = \(PaymentReceived.type)
                AND NOT republished
            """, by: span)
    }

    /// - Parameters:
    ///   - columns: the sums.
    ///   - moment: the column by which a row belongs to the stretch.
    ///   - condition: what else holds of a row.
    private func sums(_ columns: SQL, _ table: SQL, _ moment: SQL, _ condition: SQL = "", by span: Span) -> SQL {
        let hour: SQL = "date_bin('1 hour', \(moment), \(parity.from))"
        let (before, after): (SQL, SQL) =
            switch span {
            case .whole: ("", "")
            case .hour: ("\(hour) AS hour,", "GROUP BY 1")
            }
        return """
            SELECT \(before) \(columns) FROM \(table)
            WHERE \(moment) >= \(parity.from) AND \(moment) < \(parity.through) \(condition) \(after)
            """
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

    /// The sum of amounts, each times 26 bits of its payment's number; below 2^36, which no amount reaches, nothing runs
    /// over. Most surpluses are nothing, and are not counted.
    private func counted(_ amount: SQL, _ shift: Int32 = 0) -> SQL {
        """
        sum(CASE \(amount) WHEN 0 THEN 0 ELSE (\(amount) & 68719476735)
            * ((coalesce(uuid_hash_extended(payment_id, 0), 1) >> \(shift)) & 67108863) END)
        """
    }

    private static let topic = PaymentReceived.topic(writtenBy: .dues).name

    /// The id of the payment in the JSON of an event.
    private static let paymentOfEvent: SQL = """
        encode(substring(data FROM position('"paymentId":"'::bytea IN data) + 13 FOR 36), 'escape')
        """
}
