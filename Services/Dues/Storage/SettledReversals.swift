import Contracts
import DuesDomain
import Foundation
import Postgres

/// What the lines of a stretch that take money back may tell of: refunds that have gone, and payments.
///
/// The transaction holds the locks of the orders, so that no refund of them comes to its end meanwhile.
struct SettledReversals {
    /// A refund that has gone and that no line has told of.
    private struct Gone {
        let id: RefundID
        let payment: PaymentID
        /// What of it no line told of.
        let amount: Dong
        /// Its write-off, when no line had come.
        let writeOff: SettledWriteOff?
        /// Our number of it.
        let number: String
        let transaction: String?
        let paidTransaction: String
        /// Whether the gateway was told of it and has not said yet that it has gone: only a line with its number tells so.
        let isSent: Bool

        init(row: PostgresRow) throws {
            id = try row.get("refund_id")
            payment = try row.get("payment_id")
            amount = try row.get("amount")
            writeOff = try SettledWriteOff(row: row)
            number = RefundRow.number(of: id)
            transaction = try row.get("gateway_transaction")
            paidTransaction = try row.get("paid_transaction")
            isSent = try row.get("is_sent")
        }

        func isNamed(by line: SettlementLine) -> Bool {
            let names = [line.reference, line.transaction]
            return names.map { $0.lowercased() }.contains(number) || transaction.map(names.contains) ?? false
        }
    }

    private struct Paid {
        let id: PaymentID
        let transaction: String
        /// What lines did not take back yet.
        var rest: Dong
        /// What of its refunds has gone and no line took back: lines that came before their refunds count.
        var untold: Dong
    }

    /// What a line takes back.
    struct Match {
        /// Nil when nobody knows which, or when it has less left than the line takes.
        let payment: PaymentID?
        /// Nil when no refund of ours is it.
        let refund: RefundID?
        /// That of the refund, which the line undoes.
        let writeOff: SettledWriteOff?
        /// Whether there is less left than the line takes, of the payment or of all of the order.
        let isAboveLeft: Bool
    }

    /// The orders of refunds that lines name, by the numbers of the lines.
    struct Named {
        /// By our number of a refund.
        fileprivate(set) var ours: [Int: PaymentReference] = [:]
        /// By the gateway's, where the amount is the refund's too: such numbers can be short, and another sender's.
        fileprivate(set) var theirs: [Int: PaymentReference] = [:]
    }

    private var refunds: [OrderID: [Gone]] = [:]
    private var payments: [OrderID: [Paid]] = [:]

    static func references(
        of lines: [SettlementLine], channels: [String], in transaction: PostgresTransaction
    ) async throws -> Named {
        let reversals = lines.filter(\.isReversal)
        var named = Named()
        guard !reversals.isEmpty else { return named }
        var (byName, byNumber): ([String: [SettlementLine]], [String: [SettlementLine]]) = ([:], [:])
        for line in reversals {
            for name in Set([line.reference, line.transaction]) {
                byName[name, default: []].append(line)
                byNumber[name.lowercased(), default: []].append(line)
            }
        }
        let names = byName.keys
        let rows = try await transaction.query(
            """
            SELECT f.refund_id, f.gateway_transaction, f.amount, o.reference
            FROM refunds f JOIN payment_orders o USING (order_id)
            WHERE (f.refund_id = ANY(\(names.compactMap(RefundRow.id))) OR f.gateway_transaction = ANY(\(names.sorted())))
                AND o.channel = ANY(\(channels))
            """)
        for row in rows {
            let reference: PaymentReference = try row.get("reference")
            let number = RefundRow.number(of: try row.get("refund_id"))
            let (theirs, amount): (String?, Dong) = (try row.get("gateway_transaction"), try row.get("amount"))
            for line in byNumber[number] ?? [] { named.ours[line.number] = reference }
            for line in theirs.flatMap({ byName[$0] }) ?? [] where line.gross == amount {
                named.theirs[line.number] = reference
            }
        }
        return named
    }

    /// Reads what there is to take back of the orders.
    init(of orders: Set<OrderID>, in transaction: PostgresTransaction) async throws {
        guard !orders.isEmpty else { return }
        let ids = orders.sorted()
        let results = try await transaction.pipeline([
            """
            SELECT f.refund_id, f.order_id, f.payment_id, f.amount - f.found AS amount, f.gateway_transaction,
                p.gateway_transaction AS paid_transaction, \(Self.isSent("f")) AS is_sent, e.exception_id, e.cleared
            FROM refunds f JOIN payments p USING (payment_id)
                LEFT JOIN exceptions e ON e.payment_id = f.payment_id AND e.refund_id = f.refund_id
                    AND e.cleared <> e.came AND e.kind = \(ExceptionKind.refundUnsettled.rawValue)
            WHERE f.order_id = ANY(\(ids)) AND (f.state = \(RefundState.succeeded.rawValue) OR \(Self.isSent("f")))
                AND NOT \(Self.isTold("f"))
            ORDER BY f.refund_id
            """,
            """
            SELECT p.payment_id, p.order_id, p.gateway_transaction, p.amount + p.settled_above - t.taken AS rest,
                coalesce((
                    SELECT sum(f.amount) FROM refunds f
                    WHERE f.payment_id = p.payment_id AND \(Self.hasGone("f"))
                ), 0)::bigint - t.taken AS untold
            FROM payments p CROSS JOIN LATERAL (SELECT \(Self.takenBack(of: "p.payment_id")) AS taken) AS t
            WHERE p.order_id = ANY(\(ids)) ORDER BY p.payment_id
            """,
        ])
        for row in results[0].rows { refunds[try row.get("order_id"), default: []].append(try Gone(row: row)) }
        for row in results[1].rows {
            payments[try row.get("order_id"), default: []].append(
                Paid(
                    id: try row.get("payment_id"), transaction: try row.get("gateway_transaction"),
                    rest: try row.get("rest"), untold: try row.get("untold")))
        }
    }

    /// Whether a line has told of a refund, as a condition: as its own, or as the reversal that was noted after it. Of one
    /// that has not gone after all no line will tell.
    static func isTold(_ refund: SQL) -> SQL {
        """
        (EXISTS (SELECT FROM settlement_lines l WHERE l.refund_id = \(refund).refund_id)
            OR \(refund).found = \(refund).amount
            OR EXISTS (
                SELECT FROM exceptions x
                WHERE x.payment_id = \(refund).payment_id AND x.refund_id = \(refund).refund_id AND \(isOwedAgain))
            OR \(refund).kind = \(RefundKind.reversal.rawValue) AND EXISTS (
                SELECT FROM settlement_lines l
                WHERE l.payment_id = \(refund).payment_id AND l.reversal AND l.refund_id IS NULL
                    AND l.state = \(SettlementState.reversed.rawValue) AND l.gross = \(refund).amount))
        """
    }

    /// What lines took back of a payment, as an expression; what of its refunds has not gone after all counts as well, so
    /// that it is less what refunds have gone in truth.
    static func takenBack(of payment: SQL) -> SQL {
        """
        (coalesce((
            SELECT sum(l.gross) FROM settlement_lines l
            WHERE l.payment_id = \(payment) AND l.reversal AND l.state = ANY(\(states))), 0)
        + coalesce((SELECT sum(n.found) FROM refunds n WHERE n.payment_id = \(payment)), 0)
        - coalesce((SELECT sum(x.cleared) FROM exceptions x WHERE x.payment_id = \(payment) AND \(isOwedAgain)), 0)
        )::bigint
        """
    }

    /// Whether the gateway was told of a refund and nobody knows yet how it ends, as a condition.
    static func isSent(_ refund: SQL) -> SQL {
        "(\(refund).sent_at IS NOT NULL AND \(refund).state = ANY(\(RefundState.underWay.map(\.rawValue))))"
    }

    /// Whether the gateway or a line that names it has said that a refund has gone, as a condition.
    static func hasGone(_ refund: SQL) -> SQL {
        """
        (\(refund).state = \(RefundState.succeeded.rawValue) OR \(isSent(refund)) AND EXISTS (
            SELECT FROM settlement_lines l WHERE l.refund_id = \(refund).refund_id))
        """
    }

    /// Whether an exception `x` ended with a refund being owed again, as it had not gone.
    private static let isOwedAgain: SQL =
        "x.kind = \(ExceptionKind.refundContradiction.rawValue) AND x.cleared < 0"

    /// The states of reversals that moved money.
    static let states = [SettlementState.matched, .reversed].map(\.rawValue)

    /// A payment that the same stretch made.
    mutating func add(_ payment: PaymentID, of order: OrderID, transaction: String, amount: Dong) {
        payments[order, default: []].append(Paid(id: payment, transaction: transaction, rest: amount, untold: .zero))
    }

    /// What the line takes back: a refund by its number, by the gateway's, or by its amount; else the payment by its
    /// transaction, or the only one of the order.
    func match(_ line: SettlementLine, of order: OrderID) -> Match {
        let paid = payments[order] ?? []
        let same = (refunds[order] ?? []).filter { refund in
            guard refund.amount == line.gross else { return false }
            if refund.isSent { return refund.isNamed(by: line) }
            return paid.contains { $0.id == refund.payment && $0.untold >= line.gross }
        }
        let names = [line.reference, line.transaction]
        let refund =
            same.first { names.map { $0.lowercased() }.contains($0.number) }
            ?? same.first { $0.transaction.map(names.contains) ?? false }
            ?? same.first { $0.paidTransaction == line.transaction } ?? same.first
        let payment =
            paid.first { $0.id == refund?.payment } ?? paid.first { $0.transaction == line.transaction }
            ?? (paid.count == 1 ? paid.first : nil)
        let isAboveLeft = refund == nil && (payment?.rest ?? paid.map(\.rest).sum()) < line.gross
        return Match(
            payment: isAboveLeft ? nil : payment?.id, refund: refund?.id, writeOff: refund?.writeOff,
            isAboveLeft: isAboveLeft)
    }

    /// The line has taken it back.
    mutating func take(_ match: Match, _ line: SettlementLine, of order: OrderID) {
        // What of sent refunds has gone is not counted with the payment: it is known by this line.
        let isOfSent = refunds[order]?.contains { $0.id == match.refund && $0.isSent } ?? false
        refunds[order]?.removeAll { $0.id == match.refund }
        guard let place = payments[order]?.firstIndex(where: { $0.id == match.payment }) else { return }
        payments[order]?[place].rest -= line.gross
        if !isOfSent { payments[order]?[place].untold -= line.gross }
    }
}
