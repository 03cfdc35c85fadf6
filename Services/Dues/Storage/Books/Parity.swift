import Contracts
import DuesDomain
import Foundation
import Postgres

/// Orders, payments, ledger and events of a stretch of time, compared with one another in sets (decision 0046).
///
/// A payment is posted in its own transaction with one moment for both, and its event is written there, so that each
/// side of it lies in the same stretch.
struct Parity: Sendable {
    /// What can differ; the first in this order is the first difference.
    enum Kind: String, Codable, Sendable, CaseIterable {
        /// The order says paid, and there is no payment of it.
        case orderWithoutPayment = "order-without-payment"
        case paymentWithoutOrder = "payment-without-order"
        /// There is a payment, and the order says that none came.
        case paymentOfUnpaidOrder = "payment-of-unpaid-order"
        /// The payment is not the order's total.
        case paymentAmountDiffers = "payment-amount-differs"
        case paymentWithoutPosting = "payment-without-posting"
        /// A posting of a payment at a moment at which there is none.
        case postingWithoutPayment = "posting-without-payment"
        /// The postings are not the payment: an amount differs, or there is one too many.
        case postingAmountDiffers = "posting-amount-differs"
        /// What the postings owe back is not what was too much of the payment.
        case surplusPostingDiffers = "surplus-posting-differs"
        /// No event of the payment is in the outbox.
        case eventMissing = "event-missing"
        /// The broker refuses an event of the payment's order.
        case eventBlocked = "event-blocked"
    }

    /// How much of a kind was found, and the first of it.
    struct Difference: Codable, Sendable {
        let kind: Kind
        let differences: Int
        let orderId: OrderID?
        let paymentId: PaymentID?
        let postingId: UUIDv7?
        /// What the side says that stands first in the kind's name, and what the other says.
        let expected: Dong
        let found: Dong
    }

    let from: Date
    let through: Date
    /// Events of payments before this moment may be gone from the outbox with the topics' retention.
    let eventsSince: Date

    /// - Parameter eventsSince: events of payments before this moment may be gone from the outbox.
    init(from: Date, through: Date, eventsSince: Date) {
        (self.from, self.through, self.eventsSince) = (from, through, eventsSince)
    }

    /// - Parameter now: decides which events the outbox must still have.
    init(from: Date, through: Date, now: Date) {
        self.from = from
        self.through = through
        let kept = TimeInterval(TopicCatalogue.longestRetention.components.seconds)
        eventsSince = now.addingTimeInterval(86_400 - kept)
    }

    /// What differs, each kind once, in the order of `Kind`.
    ///
    /// More than a day is compared by sums first, and closely only where those differ (`ParityGlance`).
    func differences(in session: any PostgresQueryable) async throws -> [Difference] {
        guard through.timeIntervalSince(from) > Self.longest else {
            return try await closely([ordersAndPayments, paymentsAndPostings, paymentsAndEvents], in: session)
        }
        let glance = ParityGlance(of: self)
        let whole = try await glance.whole(in: session)
        var found: [Difference] = []
        if whole.ordersDiffer {
            found = try await closely([ordersAndPayments], in: session)
        }
        for stretch in whole.booksDiffer ? try await glance.stretches(in: session) : [] {
            found += try await stretch.closely([stretch.paymentsAndPostings, stretch.paymentsAndEvents], in: session)
        }
        return Kind.allCases.compactMap { kind in Difference(together: found.filter { $0.kind == kind }) }
    }

    /// In seconds.
    private static let longest: TimeInterval = 86_400

    /// Compares row by row.
    ///
    /// - Parameter parts: what selects differences.
    private func closely(_ parts: [SQL], in session: any PostgresQueryable) async throws -> [Difference] {
        let union = parts.dropFirst().reduce(parts[0]) { "\($0) UNION ALL \($1)" }
        let rows = try await session.query(
            """
            WITH paid AS (
                SELECT payment_id, order_id, amount, overpaid, confirmed_at FROM payments
                WHERE confirmed_at >= \(from) AND confirmed_at < \(through)
            ), found (kind, at, order_id, payment_id, expected, found) AS (\(union))
            SELECT f.*, (
                SELECT l.posting_id FROM ledger_postings l
                WHERE l.cause = \(Posting.Cause.payment.rawValue) AND l.posted_at >= \(from)
                    AND l.posted_at < \(through) AND f.kind IN (\(Kind.postingWithoutPayment.rawValue),
                        \(Kind.postingAmountDiffers.rawValue), \(Kind.surplusPostingDiffers.rawValue))
                    AND l.payment_id IS NOT DISTINCT FROM f.payment_id
                ORDER BY l.posting_id DESC LIMIT 1
            ) AS posting_id
            FROM (
                SELECT DISTINCT ON (kind) *, count(*) OVER (PARTITION BY kind) AS differences
                FROM found ORDER BY kind, at, order_id, payment_id
            ) AS f
            """)
        let found = try rows.map(Difference.init)
        return Kind.allCases.flatMap { kind in found.filter { $0.kind == kind } }
    }

    private var ordersAndPayments: SQL {
        """
        SELECT \(Kind.orderWithoutPayment.rawValue) AS kind, o.created_at AS at, o.order_id, NULL::uuid AS payment_id,
            o.total AS expected, 0::bigint AS found
        FROM payment_orders o
        WHERE o.created_at >= \(from) AND o.created_at < \(through) AND o.state = \(OrderState.paid.rawValue)
            AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.order_id)
        UNION ALL
        SELECT CASE WHEN o.order_id IS NULL THEN \(Kind.paymentWithoutOrder.rawValue)
                WHEN o.state = ANY(\(Self.unpaid)) THEN \(Kind.paymentOfUnpaidOrder.rawValue)
                ELSE \(Kind.paymentAmountDiffers.rawValue) END,
            p.confirmed_at, p.order_id, p.payment_id, p.amount, coalesce(o.total, 0)
        FROM paid p LEFT JOIN payment_orders o ON o.order_id = p.order_id
        WHERE o.order_id IS NULL OR o.state = ANY(\(Self.unpaid)) OR o.total <> p.amount
        """
    }

    /// The states in which no money has come.
    static let unpaid = [OrderState.open, .unknown, .failed, .expired].map(\.rawValue)

    private var paymentsAndPostings: SQL {
        """
        SELECT CASE WHEN b.payment_id IS NULL AND p.payment_id IS NOT NULL THEN \(Kind.paymentWithoutPosting.rawValue)
                WHEN p.payment_id IS NULL THEN \(Kind.postingWithoutPayment.rawValue)
                WHEN b.amount <> p.amount THEN \(Kind.postingAmountDiffers.rawValue)
                ELSE \(Kind.surplusPostingDiffers.rawValue) END,
            coalesce(p.confirmed_at, b.posted_at), p.order_id, coalesce(p.payment_id, b.payment_id),
            CASE WHEN b.amount = p.amount THEN p.overpaid ELSE coalesce(p.amount, b.amount) END,
            CASE WHEN b.amount = p.amount THEN b.surplus WHEN p.payment_id IS NULL THEN 0 ELSE coalesce(b.amount, 0) END
        FROM paid p FULL JOIN (
            SELECT payment_id, min(posted_at) AS posted_at, sum(amount)::bigint AS amount,
                coalesce(sum(amount) FILTER (WHERE credit = \(AccountKind.refunds.rawValue)), 0)::bigint AS surplus
            FROM ledger_postings
            WHERE posted_at >= \(from) AND posted_at < \(through) AND cause = \(Posting.Cause.payment.rawValue)
            GROUP BY payment_id
        ) AS b ON b.payment_id = p.payment_id
        WHERE (p.amount, p.overpaid) IS DISTINCT FROM (b.amount, b.surplus)
        """
    }

    private var paymentsAndEvents: SQL {
        let topic = PaymentReceived.topic(writtenBy: .dues).name
        return """
            SELECT \(Kind.eventMissing.rawValue), p.confirmed_at, p.order_id, p.payment_id, p.amount, 0::bigint
            FROM paid p
            WHERE p.confirmed_at >= \(eventsSince) AND NOT EXISTS (
                SELECT FROM outbox e
                WHERE e.topic = \(topic) AND e.key = p.order_id AND e.type = \(PaymentReceived.type)
                    AND position(convert_to(p.payment_id::text, 'UTF8') IN e.data) > 0)
            UNION ALL
            SELECT \(Kind.eventBlocked.rawValue), p.confirmed_at, p.order_id, p.payment_id, p.amount, 0::bigint
            FROM paid p JOIN relay_blocked b ON b.topic = \(topic) AND b.key = p.order_id
            """
    }
}

extension Parity.Difference {
    /// Differences of one kind in stretches that follow one another; nil of none.
    fileprivate init?(together differences: [Parity.Difference]) {
        guard let first = differences.first else { return nil }
        self.init(
            kind: first.kind, differences: differences.map(\.differences).reduce(0, +), orderId: first.orderId,
            paymentId: first.paymentId, postingId: first.postingId, expected: first.expected, found: first.found)
    }

    init(row: PostgresRow) throws {
        guard let kind = Parity.Kind(rawValue: try row.get("kind")) else {
            throw PostgresError(.decoding, "a difference is of an unknown kind")
        }
        self.init(
            kind: kind, differences: try row.get("differences"), orderId: try row.get("order_id"),
            paymentId: try row.get("payment_id"), postingId: try row.get("posting_id"),
            expected: try row.get("expected"), found: try row.get("found"))
    }
}
