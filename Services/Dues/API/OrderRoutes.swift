import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// Payment orders over HTTP.
struct OrderRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let desk: OrderDesk
    let gateways: GatewayRegistry

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/payment-orders") { try await create($0, $1) }
        router.get("/v1/payment-orders/:id") { try await show($0, $1) }
    }

    private func create(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let member = try context.requireMember()
        return try await kit.idempotent(request, context, as: OrderDesk.NewOrder.self) { body, transaction in
            let order = try await desk.create(body, by: member.caller, payer: member.id, in: transaction)
            return try .json(.created, view(order, payments: [], address: context.remoteAddress))
        }
    }

    private func show(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        guard let id = context.parameters.get("id").flatMap({ OrderID($0) }),
            let order = try await PaymentOrder.find(id, in: kit.pool)
        else { throw Problem.notFound }
        if caller.memberID == nil || caller.memberID != order.payerMemberId {
            for member in Set(order.lines.map(\.key.memberId)) {
                try await access.requireReader(of: member, caller, in: kit.pool)
            }
        }
        let payments = try await kit.pool.query(
            """
            SELECT p.*, r.receipt_id, r.number FROM payments p LEFT JOIN receipts r USING (payment_id)
            WHERE p.order_id = \(id) ORDER BY p.payment_id
            """
        ).map(OrderView.PaymentView.init(row:))
        return try .json(.ok, view(order, payments: payments, address: context.remoteAddress))
    }

    private func view(_ order: PaymentOrder, payments: [OrderView.PaymentView], address: String?) -> OrderView {
        let request = PaymentRequest(
            reference: order.reference, amount: order.total, description: "Dang phi \(order.reference.text)",
            createdAt: order.createdAt, expiresAt: order.expiresAt, payerAddress: address)
        return OrderView(
            orderId: order.orderId, reference: order.reference, state: order.state, gateway: order.channel,
            payerMemberId: order.payerMemberId, payeeOrganizationId: order.payeeId, total: order.total,
            lines: order.lines.map(\.payload), createdAt: order.createdAt, expiresAt: order.expiresAt,
            paymentUrl: order.state == .open ? gateways[order.channel]?.paymentURL(for: request) : nil,
            payments: payments)
    }
}

/// A payment order as it is shown.
struct OrderView: Encodable {
    let orderId: OrderID
    let reference: PaymentReference
    let state: OrderState
    let gateway: String
    let payerMemberId: MemberID?
    let payeeOrganizationId: OrganizationID
    let total: Dong
    let lines: [PaymentLine]
    let createdAt: Date
    let expiresAt: Date
    /// Where the payer goes; only while it can be paid.
    let paymentUrl: String?
    let payments: [PaymentView]

    struct PaymentView: Encodable, Sendable {
        let paymentId: PaymentID
        let amount: Dong
        let overpaid: Dong
        let gatewayTransaction: String
        let paidAt: Date
        let confirmedAt: Date
        let receiptId: ReceiptID?
        let receiptNumber: String?

        init(row: PostgresRow) throws {
            paymentId = try row.get("payment_id")
            amount = try row.get("amount")
            overpaid = try row.get("overpaid")
            gatewayTransaction = try row.get("gateway_transaction")
            paidAt = try row.get("paid_at")
            confirmedAt = try row.get("confirmed_at")
            receiptId = try row.get("receipt_id")
            receiptNumber = try row.get("number")
        }
    }
}
