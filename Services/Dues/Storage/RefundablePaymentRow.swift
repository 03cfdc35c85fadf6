import Contracts
import DuesDomain
import Foundation
import Postgres

/// A payment with everything that a decision on giving it back needs, locked until the transaction ends.
struct RefundablePaymentRow: Sendable {
    struct Line: Sendable {
        let key: DuesKey
        /// The cell of the line, with which an advance waits.
        let holderId: OrganizationID
        /// The cell in whose books the month stands.
        let cellId: OrganizationID
        let assessmentId: AssessmentID?
        let sources: RefundableLine
        /// What is left to pay of the month; nil while it is not assessed.
        let open: Dong?
    }

    /// What lines of files took back of it.
    struct Reversed: Sendable {
        let told: Dong
        /// What no refund accounts for that has gone: while it is not noted, nothing else of the payment is given back.
        let takenBack: Dong
        /// What neither those account for nor refunds that were sent, of which the lines may tell.
        let open: Dong
        /// What reversals are to note that wait for their second person.
        let noted: Dong
    }

    let order: PaymentOrder
    let paymentId: PaymentID
    let amount: Dong
    let refundable: RefundablePayment
    /// Whether the money came another way than through the gateway of the order: by another one's settlement file, or as
    /// settled money that a person gave to the order.
    let cameOtherwise: Bool
    let reversed: Reversed
    let lines: [DuesKey: Line]

    /// Locks the order, the payment, the months of its lines (`MonthLock`), their assessments and the advances; then reads,
    /// so that it sees what the holder of each lock before it has committed. Two who ask at once follow one another.
    static func lock(
        _ payment: PaymentID, in transaction: PostgresTransaction
    ) async throws -> RefundablePaymentRow? {
        guard
            let found = try await transaction.queryOptional(
                "SELECT order_id FROM payments WHERE payment_id = \(payment)")
        else { return nil }
        let id: OrderID = try found.get("order_id")
        let results = try await transaction.pipeline([
            "SELECT \(PaymentOrder.columns) FROM payment_orders o WHERE o.order_id = \(id) FOR UPDATE",
            "SELECT FROM payments WHERE payment_id = \(payment) FOR UPDATE",
            MonthLock.together(monthsOf: id),
            """
            SELECT FROM order_lines l JOIN assessments a ON a.member_id = l.member_id AND a.month = l.month
            WHERE l.order_id = \(id) ORDER BY a.member_id, a.month FOR UPDATE OF a
            """,
            "SELECT FROM advances WHERE payment_id = \(payment) ORDER BY member_id, month FOR UPDATE",
            totals(payment), linesQuery(payment),
        ])
        guard let orderRow = results[0].rows.first, let sums = results[5].rows.first else { return nil }
        let rows = results[6].rows
        var lines: [DuesKey: Line] = [:]
        var refundable: [RefundablePayment.Line] = []
        for row in rows {
            let line = try Line(row: row)
            lines[line.key] = line
            refundable.append(
                RefundablePayment.Line(
                    key: line.key, rest: try row.get("rest"),
                    surplus: line.sources.returned + line.sources.lowered - (try row.get("reserved"))))
        }
        return RefundablePaymentRow(
            order: try PaymentOrder(row: orderRow, lines: [:]), paymentId: payment, amount: try sums.get("amount"),
            refundable: RefundablePayment(
                rest: try sums.get("rest"), overpaid: try sums.get("overpaid"), lines: refundable),
            cameOtherwise: try sums.get("came_otherwise"),
            reversed: Reversed(
                told: try sums.get("taken"), takenBack: try sums.get("taken_back"), open: try sums.get("told"),
                noted: try sums.get("noted")), lines: lines)
    }

    static let stands: SQL = "f.state = ANY(\(RefundState.standing.map(\.rawValue)))"

    private static func totals(_ payment: PaymentID) -> SQL {
        """
        SELECT p.amount,
            p.amount + p.settled_above - coalesce((
                SELECT sum(f.amount) FROM refunds f WHERE f.payment_id = p.payment_id AND \(stands)), 0)::bigint AS rest,
            p.overpaid + p.settled_above - coalesce((
                SELECT sum(r.amount) FROM refund_parts r JOIN refunds f USING (refund_id)
                WHERE f.payment_id = p.payment_id AND r.member_id IS NULL AND \(stands)), 0)::bigint AS overpaid,
            p.source = \(OrderBooking.Source.exception.rawValue) OR EXISTS (
                SELECT FROM settlement_lines l
                WHERE l.payment_id = p.payment_id AND l.gateway <> p.channel AND NOT l.reversal
                    AND l.state = ANY(\(SettlementState.settling.map(\.rawValue)))) AS came_otherwise,
            b.taken, greatest(b.taken - r.gone, 0) AS taken_back, greatest(b.taken - r.gone - r.sent, 0) AS told, r.noted
        FROM payments p
            CROSS JOIN LATERAL (SELECT \(SettledReversals.takenBack(of: "p.payment_id")) AS taken) AS b
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(f.amount) FILTER (WHERE \(SettledReversals.hasGone("f"))), 0)::bigint AS gone,
                    coalesce(sum(f.amount) FILTER (
                        WHERE \(SettledReversals.isSent("f")) AND NOT \(SettledReversals.hasGone("f"))), 0)::bigint AS sent,
                    coalesce(sum(f.amount) FILTER (
                        WHERE f.kind = \(RefundKind.reversal.rawValue)
                            AND f.state = ANY(\(RefundState.underWay.map(\.rawValue)))), 0)::bigint AS noted
                FROM refunds f WHERE f.payment_id = p.payment_id
            ) AS r
        WHERE p.payment_id = \(payment)
        """
    }

    /// What each line took, as the books have it, and where that money is by now.
    private static func linesQuery(_ payment: PaymentID) -> SQL {
        """
        SELECT t.member_id, t.month, l.cell_id AS holder_id, coalesce(a.organization_id, l.cell_id) AS cell_id,
            coalesce(a.assessment_id, l.assessment_id) AS assessment_id, a.amount - a.paid AS open,
            coalesce(a.paid, 0) AS paid, t.amount - r.refunded AS rest, r.reserved,
            coalesce(v.amount - v.used - v.returned, 0) AS waiting,
            coalesce(v.returned, 0) + r.kept - r.returned AS returned, e.amount - r.lowered AS lowered
        FROM (
            SELECT l.member_id, l.month, sum(l.amount)::bigint AS amount
            FROM payments p JOIN ledger_postings l ON l.payment_id = p.payment_id AND l.posted_at >= p.confirmed_at
            WHERE p.payment_id = \(payment) AND l.cause = \(Posting.Cause.payment.rawValue)
                AND l.credit IN (\(AccountKind.memberReceivable.rawValue), \(AccountKind.advances.rawValue))
            GROUP BY l.member_id, l.month
        ) AS t
            JOIN payments p ON p.payment_id = \(payment)
            JOIN order_lines l ON l.order_id = p.order_id AND l.member_id = t.member_id AND l.month = t.month
            LEFT JOIN assessments a ON a.member_id = t.member_id AND a.month = t.month
            LEFT JOIN advances v
                ON v.payment_id = p.payment_id AND v.member_id = t.member_id AND v.month = t.month
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(r.amount) FILTER (WHERE own AND \(stands)), 0)::bigint AS refunded,
                    coalesce(sum(r.amount) FILTER (
                        WHERE own AND r.surplus AND f.state = \(RefundState.requested.rawValue)), 0)::bigint AS reserved,
                    coalesce(sum(r.from_returned + r.from_advance) FILTER (WHERE own AND \(stands)), 0)::bigint
                        AS returned,
                    coalesce(sum(r.kept) FILTER (WHERE own AND NOT \(stands)), 0)::bigint AS kept,
                    coalesce(sum(r.from_lowered) FILTER (WHERE \(stands)), 0)::bigint AS lowered
                FROM refund_parts r JOIN refunds f USING (refund_id)
                    CROSS JOIN LATERAL (SELECT f.payment_id = p.payment_id AS own) AS whose
                WHERE r.member_id = t.member_id AND r.month = t.month
            ) AS r
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(x.amount), 0)::bigint AS amount FROM exceptions x
                WHERE x.kind = \(ExceptionKind.assessmentLowered.rawValue) AND x.member_id = t.member_id AND x.month = t.month
            ) AS e
        ORDER BY l.position
        """
    }
}

extension RefundablePaymentRow.Line {
    init(row: PostgresRow) throws {
        key = DuesKey(memberId: try row.get("member_id"), month: try row.get("month"))
        holderId = try row.get("holder_id")
        cellId = try row.get("cell_id")
        assessmentId = try row.get("assessment_id")
        sources = RefundableLine(
            returned: try row.get("returned"), lowered: try row.get("lowered"), waiting: try row.get("waiting"),
            paid: try row.get("paid"))
        open = try row.get("open")
    }
}
