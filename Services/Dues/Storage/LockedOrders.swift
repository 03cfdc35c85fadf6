import Contracts
import DuesDomain
import Foundation
import Postgres

/// Orders with everything a decision on them needs, locked until the transaction ends.
struct LockedOrders: Sendable {
    private(set) var orders: [PaymentReference: PaymentOrder] = [:]
    /// What is left to pay of the months of their lines.
    var open = OpenDues()

    subscript(reference: PaymentReference?) -> PaymentOrder? {
        get { reference.flatMap { orders[$0] } }
        set { if let reference { orders[reference] = newValue } }
    }

    /// Locks the orders, then the months that some line pays ahead (`MonthLock`), then the assessments of their lines,
    /// each in the order of ids, so that two batches with the same orders wait for each other instead of meeting
    /// crosswise.
    ///
    /// One round trip; each statement sees what the holder of the lock before it has committed.
    static func lock(
        _ references: Set<PaymentReference>, in transaction: PostgresTransaction
    ) async throws -> LockedOrders {
        guard !references.isEmpty else { return LockedOrders() }
        let names = references.map(\.text).sorted()
        let results = try await transaction.pipeline([
            // Lines never change, so that those of a row which another transaction held are still its lines.
            """
            SELECT \(PaymentOrder.columns), l.member_id, l.month, l.cell_id, l.amount, l.assessment_id
            FROM payment_orders o JOIN order_lines l USING (order_id) WHERE o.reference = ANY(\(names))
            ORDER BY o.order_id, l.position FOR UPDATE OF o
            """,
            MonthLock.together(ordersOf: names),
            """
            SELECT a.member_id, a.month, a.amount - a.paid AS open
            FROM order_lines l JOIN payment_orders o USING (order_id)
                JOIN assessments a ON a.member_id = l.member_id AND a.month = l.month
            WHERE o.reference = ANY(\(names)) ORDER BY a.member_id, a.month FOR UPDATE OF a
            """,
        ])
        let lines = try PaymentOrder.lines(results[0].rows)
        var locked = LockedOrders()
        for row in results[0].rows {
            let reference: PaymentReference = try row.get("reference")
            if locked.orders[reference] == nil { locked.orders[reference] = try PaymentOrder(row: row, lines: lines) }
        }
        for row in results[2].rows {
            locked.open.add(
                try row.get("open"), of: DuesKey(memberId: try row.get("member_id"), month: try row.get("month")))
        }
        return locked
    }
}

extension PaymentOrder {
    static let columns: SQL = """
        o.order_id, o.reference, o.state, o.channel, o.payer_member_id, o.payee_id, o.payee_bank, o.payee_account,
        o.payee_holder, o.total, o.created_at, o.expires_at, o.version, o.heard
        """

    init(row: PostgresRow, lines: [OrderID: [OrderLine]]) throws {
        let id: OrderID = try row.get("order_id")
        guard let state = OrderState(rawValue: try row.get("state")) else {
            throw PostgresError(.decoding, "a payment order has an unknown state")
        }
        self.init(
            orderId: id, reference: try row.get("reference"), state: state, channel: try row.get("channel"),
            payerMemberId: try row.get("payer_member_id"), payeeId: try row.get("payee_id"),
            payeeAccount: try PayeeAccount(row: row), lines: lines[id] ?? [],
            total: try row.get("total"), createdAt: try row.get("created_at"), expiresAt: try row.get("expires_at"),
            version: try row.get("version"),
            heard: Set(try row.get("heard", as: [String].self).compactMap { Heard($0) }))
    }

    /// The lines by their orders.
    static func lines(_ rows: [PostgresRow]) throws -> [OrderID: [OrderLine]] {
        var lines: [OrderID: [OrderLine]] = [:]
        for row in rows {
            lines[try row.get("order_id"), default: []].append(try OrderLine(row: row))
        }
        return lines
    }

    /// The order, with its lines and without a lock.
    static func find(_ id: OrderID, in session: any PostgresQueryable) async throws -> PaymentOrder? {
        guard
            let row = try await session.queryOptional(
                "SELECT \(columns) FROM payment_orders o WHERE o.order_id = \(id)")
        else { return nil }
        let lines = try await session.query("SELECT * FROM order_lines WHERE order_id = \(id) ORDER BY position")
        return try PaymentOrder(row: row, lines: Self.lines(lines))
    }
}

extension PayeeAccount {
    init?(row: PostgresRow) throws {
        guard let bank: String = try row.get("payee_bank") else { return nil }
        self.init(
            bankCode: bank, accountNumber: try row.get("payee_account"), holderName: try row.get("payee_holder"))
    }
}

extension OrderLine {
    init(row: PostgresRow) throws {
        self.init(
            key: DuesKey(memberId: try row.get("member_id"), month: try row.get("month")),
            cellId: try row.get("cell_id"), amount: try row.get("amount"), assessmentId: try row.get("assessment_id"))
    }
}
