import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// Receipts over HTTP: `GET /v1/receipts/:id`, and `PUT /v1/receipts/:id/document`, which asks for the document. Asking
/// again changes nothing; the answer is 202 until the document is there.
struct ReceiptRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let documents: ReceiptDocuments
    /// Where Signing gives the documents out, without a slash at its end.
    let address: String

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/receipts/:id") { _, context in
            let receipt = try await readable(context)
            return try Reply.json(.ok, await ReceiptView(receipt, at: address, in: kit.pool))
        }
        router.put("/v1/receipts/:id/document") { _, context in
            let receipt = try await readable(context)
            let view = try await kit.pool.transaction { transaction in
                try await documents.ask(receipt, in: transaction)
                return try await ReceiptView(receipt, at: address, in: transaction)
            }
            return try Reply.json(view.document.state == .issued ? .ok : .accepted, view)
        }
    }

    /// The receipt of the path, when the caller may see it.
    private func readable(_ context: HosoRequestContext) async throws -> ReceiptRow {
        let caller = try context.requireCaller()
        guard let id = context.parameters.get("id").flatMap({ ReceiptID($0) }),
            let receipt = try await ReceiptRow.find(id, in: kit.pool),
            let order = try await PaymentOrder.find(receipt.orderId, in: kit.pool)
        else { throw Problem.notFound }
        try await access.requireReader(ofOrder: order, caller, in: kit.pool)
        return receipt
    }
}

/// A receipt as it is shown.
struct ReceiptView: Encodable {
    enum Force: String, Encodable {
        case inForce = "in-force"
        /// A part of the money went back.
        case reduced
        /// All of it went back.
        case cancelled
    }

    struct Voucher: Encodable {
        let number: String
        let refundId: RefundID
        let amount: Dong
        let remaining: Dong
        let reversal: Bool
        let issuedAt: Date
    }

    struct Document: Encodable {
        let state: ReceiptDocumentState
        let askedAt: Date?
        /// Why it is late or failed, as a stable name.
        let reason: String?
        let verificationId: VerificationID?
        let sha256: ContentDigest?
        let size: Int64?
        let signedAt: Date?
        let links: Links?
    }

    struct Links: Encodable {
        let document: String
        let verification: String
    }

    let receiptId: ReceiptID
    let number: String
    let orderId: OrderID
    let paymentId: PaymentID
    let issuingOrganizationId: OrganizationID
    let payerMemberId: MemberID?
    let channel: String
    let lines: [PaymentLine]
    let amount: Dong
    let overpaid: Dong
    let issuedAt: Date
    let force: Force
    /// What went back, the first first.
    let vouchers: [Voucher]
    let document: Document

    init(_ receipt: ReceiptRow, at address: String, in session: any PostgresQueryable) async throws {
        receiptId = receipt.id
        number = receipt.number
        orderId = receipt.orderId
        paymentId = receipt.paymentId
        issuingOrganizationId = receipt.issuerId
        payerMemberId = receipt.payerMemberId
        channel = receipt.channel
        lines = receipt.lines.map(\.payload)
        amount = receipt.amount
        overpaid = receipt.overpaid
        issuedAt = receipt.issuedAt
        vouchers = try await session.query(
            "SELECT * FROM refund_vouchers WHERE receipt_id = \(receipt.id) ORDER BY year, ordinal"
        ).map(Voucher.init(row:))
        let remaining = vouchers.last?.remaining ?? amount
        force = remaining == amount ? .inForce : remaining > .zero ? .reduced : .cancelled
        let row = try await session.queryOptional("SELECT * FROM receipt_documents WHERE receipt_id = \(receipt.id)")
        document = try row.map { try Document(row: $0, receipt.id, at: address) } ?? .unasked
    }
}

extension ReceiptView.Voucher {
    init(row: PostgresRow) throws {
        number = try row.get("number")
        refundId = try row.get("refund_id")
        amount = try row.get("amount")
        remaining = try row.get("remaining")
        reversal = try row.get("reversal")
        issuedAt = try row.get("issued_at")
    }
}

extension ReceiptView.Document {
    static let unasked = ReceiptView.Document(
        state: .unasked, askedAt: nil, reason: nil, verificationId: nil, sha256: nil, size: nil, signedAt: nil,
        links: nil)

    init(row: PostgresRow, _ receipt: ReceiptID, at address: String) throws {
        let verification: VerificationID? = try row.get("verification_id")
        state = try row.get("state")
        askedAt = try row.get("asked_at")
        reason = try row.get("reason")
        verificationId = verification
        sha256 = try row.get("sha256")
        size = try row.get("size")
        signedAt = try row.get("signed_at")
        links = verification.map {
            ReceiptView.Links(
                document: "\(address)/v1/receipts/\(receipt)/document", verification: "\(address)/v1/verify/\($0)")
        }
    }
}
