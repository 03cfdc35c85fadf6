import Contracts
import DuesDomain
import Foundation
import Trust

/// `querydr`: POST of JSON, HMAC-SHA512 over the values joined by `|`.
extension VNPAYGateway {
    /// What the answer to `querydr` signs, in order; that to `refund` signs all but the last two.
    static let answerFields = [
        "vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount",
        "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
        "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount",
    ]

    func statusCall(about order: AskedOrder, to url: String) throws -> GatewayCall {
        let fields = [
            ("vnp_RequestId", order.number), ("vnp_Version", "2.1.0"), ("vnp_Command", "querydr"),
            ("vnp_TmnCode", configuration.merchant), ("vnp_TxnRef", order.reference.text),
            ("vnp_TransactionDate", GatewayTime.text(of: order.createdAt)),
            ("vnp_CreateDate", GatewayTime.text(of: order.askedAt)), ("vnp_IpAddr", configuration.ownAddress),
            ("vnp_OrderInfo", "Hoi trang thai \(order.reference.text)"),
        ]
        return try call(fields, to: url)
    }

    /// A POST of the fields with the hash over their values, in this order.
    func call(_ fields: [(String, String)], to url: String) throws -> GatewayCall {
        let signed = Array(fields.map(\.1).joined(separator: "|").utf8)
        var message = Dictionary(uniqueKeysWithValues: fields)
        message["vnp_SecureHash"] = MAC.hmacSHA512(key: configuration.secrets.first ?? [], signed).hex
        return try GatewayCall(url: url, message)
    }

    func status(in answer: RawCallback, of order: AskedOrder) -> StatusReading {
        let message: FlatJSON
        switch self.answer(answer.bytes, Self.answerFields, to: "querydr", about: order.reference) {
        case .success(let read): message = read
        case .failure(let fault): return .told(fault.reading)
        }
        switch message.scalar("vnp_ResponseCode") {
        case "00": return .told(payment(message, order))
        case "91": return .noPayment(code: "91")
        default: return .told(.refused(.unusable, reason: "gateway-fault"))
        }
    }

    /// An answer whose hash was checked over the values as they came, and then that it is for us and to this question.
    func answer(
        _ bytes: [UInt8], _ fields: [String], to command: String, about reference: PaymentReference
    ) -> Result<FlatJSON, NotBelieved> {
        let message: FlatJSON
        do {
            message = try FlatJSON(bytes)
        } catch {
            return .failure(NotBelieved(.notAuthentic, error.rawValue))
        }
        guard let values = message.signed(fields),
            isAuthentic(Array(values.joined(separator: "|").utf8), hash: message.scalar("vnp_SecureHash"))
        else { return .failure(NotBelieved(.notAuthentic, "signature")) }
        guard message.scalar("vnp_TmnCode") == configuration.merchant else {
            return .failure(NotBelieved(.notOurs, "merchant"))
        }
        guard message.scalar("vnp_Command") == command, message.scalar("vnp_TxnRef") == reference.text else {
            return .failure(NotBelieved(.unusable, "other-question"))
        }
        return .success(message)
    }

    private func payment(_ message: FlatJSON, _ order: AskedOrder) -> CallbackReading {
        // 01 is the payment; the others tell of refunds.
        guard message.scalar("vnp_TransactionType") == "01" else { return .refused(.unusable, reason: "not-a-payment") }
        guard let units = message.scalar("vnp_Amount"), let status = message.scalar("vnp_TransactionStatus") else {
            return .refused(.unusable, reason: "missing-field")
        }
        let transaction = message.scalar("vnp_TransactionNo") ?? ""
        return told(
            order.reference.text, units: units, transaction: transaction.isEmpty ? "0" : transaction, response: "00",
            status: status, paidAt: message.scalar("vnp_PayDate"))
    }
}
