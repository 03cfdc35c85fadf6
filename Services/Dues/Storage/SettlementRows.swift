import Contracts
import DuesDomain
import Foundation
import Postgres

/// Settled lines on their way into the books.
struct SettlementRows {
    let file: UUIDv7
    let gateway: String
    private var lines: [SettlementLine] = []
    private var states: [SettlementState] = []
    private var orders: [OrderID?] = []
    private var payments: [PaymentID?] = []
    private var refunds: [RefundID?] = []

    init(file: UUIDv7, gateway: String) {
        self.file = file
        self.gateway = gateway
    }

    mutating func add(
        _ line: SettlementLine, _ state: SettlementState, order: OrderID?, payment: PaymentID?, refund: RefundID? = nil
    ) {
        lines.append(line)
        states.append(state)
        orders.append(order)
        payments.append(payment)
        refunds.append(refund)
    }

    /// The statement that writes them.
    var insertion: SQL {
        """
        INSERT INTO settlement_lines (file_id, gateway, number, reference, gateway_transaction, gross, fee, net,
            settled_on, state, order_id, payment_id, reversal, refund_id)
        SELECT \(file), \(gateway), l.*
        FROM unnest(\(lines.map(\.number)), \(lines.map(\.reference)), \(lines.map(\.transaction)),
            \(lines.map(\.gross)), \(lines.map(\.fee)), \(lines.map(\.net)), \(lines.map(\.settledOn)),
            \(states.map(\.rawValue)), \(orders), \(payments),
            \(lines.map(\.isReversal)), \(refunds)) AS l
        """
    }
}

/// What became of the lines of a file.
struct SettlementSummary: Sendable, Encodable {
    let fileId: UUIDv7
    let gateway: String
    let importedAt: Date
    let lines: Int
    let gross: Dong
    /// How many lines ended in each state.
    let states: [String: Int]

    /// The file of these bytes, when it was taken in before.
    static func find(
        gateway: String, digest: [UInt8], in session: any PostgresQueryable
    ) async throws -> SettlementSummary? {
        guard
            let row = try await session.queryOptional(
                "SELECT * FROM settlement_files WHERE gateway = \(gateway) AND sha256 = \(digest)")
        else { return nil }
        let id: UUIDv7 = try row.get("file_id")
        let counts = try await session.query(
            "SELECT state, count(*) AS lines FROM settlement_lines WHERE file_id = \(id) GROUP BY state")
        return SettlementSummary(
            fileId: id, gateway: gateway, importedAt: try row.get("imported_at"), lines: try row.get("lines"),
            gross: try row.get("gross"),
            states: Dictionary(
                uniqueKeysWithValues: try counts.map { (try $0.get("state"), try $0.get("lines", as: Int.self)) }))
    }
}
