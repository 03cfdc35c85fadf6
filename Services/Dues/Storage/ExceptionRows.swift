import Contracts
import Foundation
import Postgres

/// What a person has to look at; what a settled line raises has the name of its state.
enum ExceptionKind: String, Sendable, CaseIterable {
    /// More money came than the lines take.
    case overpaid
    /// A gateway first said paid, then something else.
    case contradiction
    /// Debited, but the gateway suspects something.
    case doubtful
    /// An authentic callback with another amount than the order's.
    case amountDiffers = "callback-amount-differs"
    /// An advance of which the assessment of its month needed less, or nothing.
    case advanceSurplus = "advance-surplus"
    /// An assessment was lowered below what was paid on it.
    case assessmentLowered = "assessment-lowered"
    /// A person ended a refund, and then its gateway said the contrary.
    case refundContradiction = "refund-contradiction"
    /// A refund that has gone, and no file says so.
    case refundUnsettled = "refund-unsettled"
    /// A day for which a gateway sent no settlement file.
    case missingFile = "missing-file"
}

/// Exceptions on their way into the work list.
struct ExceptionRows: Sendable {
    private struct Row: Sendable {
        let id: UUIDv7
        let kind: String
        let owner: OrganizationID
        let order: OrderID?
        let payment: PaymentID?
        let settlement: String?
        let amount: Dong?
        let refund: RefundID?
    }

    private var rows: [Row] = []

    /// - Parameter amount: the amount at stake; one of nothing is none.
    mutating func add(
        _ kind: String, owner: OrganizationID, order: OrderID? = nil, payment: PaymentID? = nil,
        settlement: String? = nil, amount: Dong? = nil, refund: RefundID? = nil, id: UUIDv7
    ) {
        rows.append(
            Row(
                id: id, kind: kind, owner: owner, order: order, payment: payment, settlement: settlement,
                amount: amount.flatMap { $0 > .zero ? $0 : nil }, refund: refund))
    }

    /// The statement that writes them; nil when there is none.
    func insertion(at now: Date) -> SQL? {
        guard !rows.isEmpty else { return nil }
        return """
            INSERT INTO exceptions (exception_id, kind, owner_id, order_id, payment_id, settlement, amount,
                refund_id, raised_at)
            SELECT e.*, \(now)
            FROM unnest(\(rows.map(\.id)), \(rows.map(\.kind)), \(rows.map(\.owner)), \(rows.map(\.order)),
                \(rows.map(\.payment)), \(rows.map(\.settlement)), \(rows.map(\.amount)),
                \(rows.map(\.refund))) AS e
            ON CONFLICT DO NOTHING
            """
    }
}
