import Contracts
import Foundation
import Postgres

/// What a person has to look at.
enum ExceptionKind: String, Sendable {
    /// More money came than the lines take.
    case overpaid
    /// A gateway first said paid, then something else.
    case contradiction
    /// Debited, but the gateway suspects something.
    case doubtful
    /// An authentic callback with another amount than the order's.
    case amountDiffers = "callback-amount-differs"
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
    }

    private var rows: [Row] = []

    mutating func add(
        _ kind: String, owner: OrganizationID, order: OrderID? = nil, payment: PaymentID? = nil,
        settlement: String? = nil, id: UUIDv7
    ) {
        rows.append(Row(id: id, kind: kind, owner: owner, order: order, payment: payment, settlement: settlement))
    }

    /// The statement that writes them; nil when there is none.
    func insertion(at now: Date) -> SQL? {
        guard !rows.isEmpty else { return nil }
        return """
            INSERT INTO exceptions (exception_id, kind, owner_id, order_id, payment_id, settlement, raised_at)
            SELECT e.*, \(now)
            FROM unnest(\(rows.map(\.id)), \(rows.map(\.kind)), \(rows.map(\.owner)), \(rows.map(\.order)),
                \(rows.map(\.payment)), \(rows.map(\.settlement))) AS e
            ON CONFLICT DO NOTHING
            """
    }
}
