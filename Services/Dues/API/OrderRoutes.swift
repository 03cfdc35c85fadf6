import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import QRCodes
import ServiceKit

/// Payment orders over HTTP.
struct OrderRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let desk: OrderDesk
    let cash: CashDesk
    let gateways: GatewayRegistry
    let banks: BankNumbers

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/payment-orders") { try await create($0, $1) }
        router.post("/v1/cash-payments") { try await takeCash($0, $1) }
        router.get("/v1/payment-orders") { try await list($0, $1) }
        router.get("/v1/payment-orders/:id") { try await show($0, $1) }
        router.get("/v1/payment-orders/:id/vietqr") { try await showCode($1) }
    }

    private func create(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let member = try context.requireMember()
        return try await kit.idempotent(request, context, as: OrderDesk.NewOrder.self) { body, transaction in
            let order = try await desk.create(
                body, by: member.caller, payer: member.id, from: context.remoteAddress, in: transaction)
            let page = try await PageRequestRows.page(of: order.orderId, in: transaction)
            return try .json(.created, view(order, page, payments: [], address: context.remoteAddress))
        }
    }

    private func takeCash(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let officer = try context.requireMember()
        return try await kit.idempotent(request, context, as: CashDesk.NewPayment.self) { body, transaction in
            let order = try await cash.take(body, by: officer.caller, officer: officer.id, in: transaction)
            let payments = try await OrderView.PaymentView.list(of: order.orderId, in: transaction)
            return try .json(.created, view(order, nil, payments: payments, address: nil))
        }
    }

    private func show(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let order = try await readable(context)
        let payments = try await OrderView.PaymentView.list(of: order.orderId, in: kit.pool)
        let page = try await PageRequestRows.page(of: order.orderId, in: kit.pool)
        return try .json(.ok, view(order, page, payments: payments, address: context.remoteAddress))
    }

    /// What `vietQR` says as an image (PNG), for apps that scan.
    private func showCode(_ context: HosoRequestContext) async throws -> Reply {
        let order = try await readable(context)
        guard order.state == .open else { throw Problem.orderNotPayable(order.state) }
        guard let text = banks.payload(of: order)?.text, let code = QRCode(text) else {
            throw Problem.orderWithoutVietQR
        }
        var headers = HTTPFields()
        headers[.contentType] = "image/png"
        headers[.cacheControl] = "private, no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Reply(.ok, headers: headers, body: try code.png())
    }

    /// The order of the path, when the caller may see it.
    private func readable(_ context: HosoRequestContext) async throws -> PaymentOrder {
        let caller = try context.requireCaller()
        guard let id = context.parameters.get("id").flatMap({ OrderID($0) }),
            let order = try await PaymentOrder.find(id, in: kit.pool)
        else { throw Problem.notFound }
        try await access.requireReader(ofOrder: order, caller, in: kit.pool)
        return order
    }

    private func view(
        _ order: PaymentOrder, _ page: PageRequestRows.Page?, payments: [OrderView.PaymentView], address: String?
    ) -> OrderView {
        let isPayable = order.state == .open
        let computed = gateways[order.channel]?.paymentURL(for: PaymentRequest(order, payerAddress: address))
        let code = isPayable ? banks.payload(of: order)?.text : nil
        return OrderView(
            orderId: order.orderId, reference: order.reference, state: order.state, gateway: order.channel,
            payerMemberId: order.payerMemberId, payeeOrganizationId: order.payeeId, total: order.total,
            lines: order.lines.map(\.payload), createdAt: order.createdAt, expiresAt: order.expiresAt,
            paymentUrl: isPayable ? page?.address ?? computed : nil, paymentPage: isPayable ? page?.state : nil,
            vietQR: code, vietQRImage: code.map { _ in "/v1/payment-orders/\(order.orderId)/vietqr" },
            payments: payments)
    }
}

extension Problem {
    fileprivate static func orderNotPayable(_ state: OrderState) -> Problem {
        Problem(
            .conflict, id: "order-not-payable", vietnamese: "Lệnh thanh toán này không còn chờ thanh toán",
            english: "This order does not wait for a payment",
            errors: [
                FieldError(
                    field: "state", rule: "order.open",
                    vietnamese:
                        "Mã QR chỉ có khi lệnh còn chờ thanh toán; lệnh này đang ở trạng thái “\(state.rawValue)”.",
                    english: "There is a QR code only while an order can be paid; this one is “\(state.rawValue)”.")
            ])
    }

    fileprivate static let orderWithoutVietQR = Problem(
        .conflict, id: "order-without-vietqr", vietnamese: "Lệnh thanh toán này không có mã VietQR",
        english: "This order has no VietQR code",
        errors: [
            FieldError(
                field: "vietQR", rule: "order.vietqr",
                vietnamese: "Chưa biết tài khoản nhận hoặc mã ngân hàng (BIN) của tổ chức nhận.",
                english: "The payee's account or the number of its bank (BIN) is not known.")
        ])
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
    /// How far the gateway is with an address that it gives out itself; ask again while it is `asked`.
    let paymentPage: PageRequestRows.State?
    /// What a QR code for a transfer to the payee's account says (VietQR); only while the order can be paid.
    let vietQR: String?
    /// Where its image is (PNG).
    let vietQRImage: String?
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

        static func list(of order: OrderID, in session: any PostgresQueryable) async throws -> [PaymentView] {
            try await session.query(
                """
                SELECT p.*, r.receipt_id, r.number FROM payments p LEFT JOIN receipts r USING (payment_id)
                WHERE p.order_id = \(order) ORDER BY p.payment_id
                """
            ).map(PaymentView.init(row:))
        }
    }
}
