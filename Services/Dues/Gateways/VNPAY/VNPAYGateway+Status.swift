import Contracts
import DuesDomain
import Foundation
import Trust

/// `querydr`: POST of JSON, HMAC-SHA512 over the values joined by `|`.
extension VNPAYGateway {
    private static let answerFields = [
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
        let signed = Array(fields.map(\.1).joined(separator: "|").utf8)
        var message = Dictionary(uniqueKeysWithValues: fields)
        message["vnp_SecureHash"] = MAC.hmacSHA512(key: configuration.secrets.first ?? [], signed).hex
        return try GatewayCall(url: url, message)
    }

    func status(in answer: RawCallback, of order: AskedOrder) -> StatusReading {
        let message: FlatJSON
        do {
            message = try FlatJSON(answer.bytes)
        } catch {
            return .told(.refused(.notAuthentic, reason: error.rawValue))
        }
        guard let values = message.signed(Self.answerFields),
            isAuthentic(Array(values.joined(separator: "|").utf8), hash: message.scalar("vnp_SecureHash"))
        else { return .told(.refused(.notAuthentic, reason: "signature")) }
        guard message.scalar("vnp_TmnCode") == configuration.merchant else {
            return .told(.refused(.notOurs, reason: "merchant"))
        }
        guard message.scalar("vnp_Command") == "querydr", message.scalar("vnp_TxnRef") == order.reference.text else {
            return .told(.refused(.unusable, reason: "other-question"))
        }
        switch message.scalar("vnp_ResponseCode") {
        case "00": return .told(payment(message, order))
        case "91": return .noPayment(code: "91")
        default: return .told(.refused(.unusable, reason: "gateway-fault"))
        }
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
