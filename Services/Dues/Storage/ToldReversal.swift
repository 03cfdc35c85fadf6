import Contracts
import DuesDomain
import Postgres

/// What somebody told of a payment that its gateway took back by itself and nobody has noted.
struct ToldReversal: Sendable {
    /// What files tell and nobody notes.
    private let left: Dong
    /// What is left of the payment.
    private let rest: Dong
    /// Whether a callback told it, which says no amount, or a gateway of a refund that a person had denied.
    private let isCalledBack: Bool
    /// Whether some of it is noted, or is a refund of ours that was told.
    private let isNotedInPart: Bool

    /// Nil when nobody told.
    ///
    /// - Parameters:
    ///   - row: locked, so that of two who note the same one waits for the other.
    ///   - own: what the reversal is of that is about to be approved.
    static func read(
        of row: RefundablePaymentRow, besides own: Dong = .zero, in transaction: PostgresTransaction
    ) async throws -> ToldReversal? {
        let reversed = SettlementState.reversed.rawValue
        let told = try await transaction.queryOne(
            """
            SELECT count(*) AS told, coalesce(bool_or(e.kind <> \(reversed)), false) AS called_back,
                coalesce(sum(e.amount) FILTER (WHERE e.kind = \(reversed) AND e.payment_id IS NULL), 0)::bigint AS unplaced
            FROM exceptions e
            WHERE e.order_id = \(row.order.orderId) AND coalesce(e.payment_id, \(row.paymentId)) = \(row.paymentId)
                AND e.settled_at IS NULL AND (e.kind IN (\(reversed), \(ExceptionKind.contradiction.rawValue))
                    OR e.kind = \(ExceptionKind.refundContradiction.rawValue) AND \(RefundBooking.isDenied("e")))
            """)
        guard try told.get("told", as: Int64.self) > 0 else { return nil }
        return try ToldReversal(told, of: row, besides: own)
    }

    private init(_ told: PostgresRow, of row: RefundablePaymentRow, besides own: Dong) throws {
        isCalledBack = try told.get("called_back")
        let noted = row.reversed.noted - own
        left = max(row.reversed.open + (try told.get("unplaced")) - noted, .zero)
        rest = row.refundable.rest
        isNotedInPart = row.reversed.told > .zero || noted > .zero
    }

    /// What a reversal notes: never more than files tell; nil, all that is left of the payment, only where a callback alone
    /// told it and nothing of it is noted.
    func amount(asked: Dong?) throws -> Dong? {
        guard left > .zero else {
            guard isCalledBack, asked != nil || !isNotedInPart else { throw Self.noted }
            return asked
        }
        // More can be told than is left of the payment: what is above it is nobody's, and not noted.
        guard let asked else { return rest > .zero ? min(left, rest) : nil }
        guard asked <= left || isCalledBack else {
            throw InvalidValue(
                field: "amount", rule: "refund.above-told",
                vietnamese: "Chỉ \(left) đồng được báo là đã bị cổng thu hồi mà chưa ghi nhận.",
                english: "Only \(left) đồng were told to be taken back and are not noted.")
        }
        return asked
    }

    private static let noted = InvalidValue(
        field: "kind", rule: "refund.reversal-noted",
        vietnamese: "Số tiền cổng đã thu hồi đã được ghi nhận, đang chờ duyệt hoặc thuộc một khoản hoàn đã gửi.",
        english: "What the gateway took back is noted, waits for its approval, or is of a refund that was sent.")
}
