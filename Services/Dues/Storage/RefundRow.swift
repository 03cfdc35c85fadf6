import Contracts
import DuesDomain
import Foundation
import Postgres

/// A refund as it is kept, with what is needed of its order and payment.
struct RefundRow: Sendable {
    var refund: Refund
    let orderId: OrderID
    let paymentId: PaymentID
    let reference: PaymentReference
    let channel: String
    let payeeId: OrganizationID
    let payerMemberId: MemberID?
    let orderCreatedAt: Date
    /// The gateway's own number of the payment.
    let paidTransaction: String
    let amount: Dong
    let isFull: Bool
    let reason: String
    let requestedAt: Date
    let approvedBy: MemberID?
    let approvedAt: Date?
    let endedBy: MemberID?
    let endedReason: String?
    let endedAt: Date?
    let sentAt: Date?
    let gatewayTransaction: String?
    let gatewayCode: String?
    /// Counts sendings and questions.
    let asked: Int
    /// The gateway's numbers of other refunds of the payment.
    let others: [String]

    /// The statement's head; conditions follow.
    private static let selection: SQL = """
        SELECT f.*, o.reference, o.channel, o.payee_id, o.payer_member_id, o.created_at AS order_created_at,
            p.gateway_transaction AS paid_transaction,
            ARRAY(
                SELECT g.gateway_transaction FROM refunds g
                WHERE g.payment_id = f.payment_id AND g.refund_id <> f.refund_id AND g.gateway_transaction IS NOT NULL
            ) AS others
        FROM refunds f JOIN payment_orders o ON o.order_id = f.order_id JOIN payments p ON p.payment_id = f.payment_id
        """

    init(row: PostgresRow, parts: [RefundPart]) throws {
        guard let kind = RefundKind(rawValue: try row.get("kind")),
            let state = RefundState(rawValue: try row.get("state"))
        else { throw PostgresError(.decoding, "a refund has an unknown kind or state") }
        refund = Refund(
            refundId: try row.get("refund_id"), kind: kind, state: state, parts: parts,
            requestedBy: try row.get("requested_by"))
        orderId = try row.get("order_id")
        paymentId = try row.get("payment_id")
        reference = try row.get("reference")
        channel = try row.get("channel")
        payeeId = try row.get("payee_id")
        payerMemberId = try row.get("payer_member_id")
        orderCreatedAt = try row.get("order_created_at")
        paidTransaction = try row.get("paid_transaction")
        amount = try row.get("amount")
        isFull = try row.get("is_full")
        reason = try row.get("reason")
        requestedAt = try row.get("requested_at")
        approvedBy = try row.get("approved_by")
        approvedAt = try row.get("approved_at")
        endedBy = try row.get("ended_by")
        endedReason = try row.get("ended_reason")
        endedAt = try row.get("ended_at")
        sentAt = try row.get("sent_at")
        gatewayTransaction = try row.get("gateway_transaction")
        gatewayCode = try row.get("gateway_code")
        asked = try row.get("asked")
        others = try row.get("others")
    }

    /// The refund, without a lock.
    static func find(_ id: RefundID, in session: any PostgresQueryable) async throws -> RefundRow? {
        try await rows("\(selection) WHERE f.refund_id = \(id)", in: session).first
    }

    /// The refund with its order, locked until the transaction ends; the order first, as everywhere.
    static func lock(_ id: RefundID, in transaction: PostgresTransaction) async throws -> RefundRow? {
        _ = try await transaction.pipeline([
            """
            SELECT FROM payment_orders WHERE order_id = (SELECT order_id FROM refunds WHERE refund_id = \(id))
            FOR UPDATE
            """,
            "SELECT FROM refunds WHERE refund_id = \(id) FOR UPDATE",
        ])
        return try await find(id, in: transaction)
    }

    /// The next one that is to be sent or asked about, locked as `lock` does; one that is in other hands is left to them.
    static func lockDue(at now: Date, in transaction: PostgresTransaction) async throws -> RefundRow? {
        let found = try await transaction.queryOptional(
            """
            SELECT f.refund_id FROM refunds f JOIN payment_orders o USING (order_id) WHERE f.next_at <= \(now)
            ORDER BY f.next_at, f.refund_id LIMIT 1 FOR UPDATE OF o, f SKIP LOCKED
            """)
        guard let found else { return nil }
        return try await find(found.get("refund_id"), in: transaction)
    }

    /// The oldest first.
    ///
    /// - Parameters:
    ///   - scope: the organisation to whose subtree their payees belong; everywhere when absent.
    ///   - state: all when absent.
    static func page(
        below scope: OrganizationID?, state: RefundState?, after: UUIDv7?, limit: Int,
        in session: any PostgresQueryable
    ) async throws -> [RefundRow] {
        try await rows(
            """
            WITH RECURSIVE \(Subtree.table(below: scope))
            \(selection)
            WHERE (\(after)::uuid IS NULL OR f.refund_id > \(after))
                AND (\(state?.rawValue)::text IS NULL OR f.state = \(state?.rawValue))
                AND (\(scope)::uuid IS NULL OR o.payee_id IN (SELECT id FROM subtree))
            ORDER BY f.refund_id LIMIT \(limit)
            """, in: session)
    }

    private static func rows(_ statement: SQL, in session: any PostgresQueryable) async throws -> [RefundRow] {
        let rows = try await session.query(statement)
        let ids = try rows.map { try $0.get("refund_id", as: RefundID.self) }
        guard !ids.isEmpty else { return [] }
        var parts: [RefundID: [RefundPart]] = [:]
        for row in try await session.query(
            "SELECT * FROM refund_parts WHERE refund_id = ANY(\(ids)) ORDER BY refund_id, position")
        {
            parts[try row.get("refund_id"), default: []].append(try RefundPart(row: row))
        }
        return try zip(rows, ids).map { try RefundRow(row: $0, parts: parts[$1] ?? []) }
    }

    /// What the gateway is told.
    var request: RefundRequest {
        RefundRequest(
            number: Self.number(of: refund.refundId), reference: reference,
            orderCreatedAt: orderCreatedAt, transaction: paidTransaction, amount: amount, isFull: isFull,
            approvedAt: approvedAt ?? requestedAt, others: Set(others))
    }

    /// Our number of a refund, as gateways are told it.
    static func number(of id: RefundID) -> String { id.description.filter { $0 != "-" } }

    /// The refund of a number; nil for what is none of ours.
    static func id(_ number: String) -> RefundID? {
        guard number.utf8.count == 32, number.allSatisfy(\.isHexDigit) else { return nil }
        let digits = Array(number.lowercased())
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
        return RefundID(parts.joined(separator: "-"))
    }

    /// The statements that write a new one.
    static func insertions(
        _ refund: Refund, of payment: RefundablePaymentRow, reason: String, at now: Date
    ) -> [SQL] {
        let parts = refund.parts
        return [
            """
            INSERT INTO refunds (refund_id, order_id, payment_id, kind, state, amount, reason, requested_by, requested_at,
                is_full)
            VALUES (\(refund.refundId), \(payment.order.orderId), \(payment.paymentId), \(refund.kind.rawValue),
                \(refund.state.rawValue), \(refund.amount), \(reason), \(refund.requestedBy), \(now),
                \(refund.amount == payment.amount))
            """,
            """
            INSERT INTO refund_parts (refund_id, position, member_id, month, surplus, amount)
            SELECT \(refund.refundId), p.* FROM unnest(\(parts.indices.map { Int16($0) }),
                \(parts.map(\.key?.memberId)), \(parts.map(\.key?.month)), \(parts.map(\.isSurplus)),
                \(parts.map(\.amount))) AS p
            """,
        ]
    }

    /// Whether a line of a file names it.
    func isTold(in transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.queryOptional(
            "SELECT FROM settlement_lines WHERE refund_id = \(refund.refundId) LIMIT 1") != nil
    }

    /// The gateway's code, where it refused what it was sent last.
    func refusal(in transaction: PostgresTransaction) async throws -> String? {
        let row = try await transaction.queryOptional(
            """
            SELECT reading FROM refund_answers
            WHERE refund_id = \(refund.refundId) AND question = 'refund' AND received_at >= \(sentAt)
            ORDER BY asked DESC LIMIT 1
            """)
        guard let reading: String = try row?.get("reading"), reading.hasPrefix("failed ") else { return nil }
        return String(reading.dropFirst("failed ".count))
    }

    /// The statement that keeps what a gateway answered.
    static func answerInsertion(
        _ id: RefundID, asked: Int, _ question: String, _ raw: [UInt8], _ reading: RefundReading, at moment: Date
    ) -> SQL {
        """
        INSERT INTO refund_answers (refund_id, asked, question, received_at, raw, reading)
        VALUES (\(id), \(asked), \(question), \(moment), \(raw), \(reading.name))
        """
    }
}

extension RefundPart {
    init(row: PostgresRow) throws {
        let member: MemberID? = try row.get("member_id")
        self.init(
            key: try member.map { DuesKey(memberId: $0, month: try row.get("month")) },
            isSurplus: try row.get("surplus"), amount: try row.get("amount"))
    }
}
