import Contracts
import DuesDomain
import Foundation

extension MoMoGateway {
    private static let callbackFields = [
        "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId",
        "responseTime", "resultCode", "transId",
    ]

    func read(_ raw: RawCallback) -> CallbackReading {
        let message: FlatJSON
        do {
            message = try FlatJSON(raw.bytes)
        } catch {
            return .refused(.notAuthentic, reason: error.rawValue)
        }
        guard let values = message.signed(Self.callbackFields) else {
            return .refused(.notAuthentic, reason: "wrong-type")
        }
        let fields = zip(Self.callbackFields, values).map { (name: $0, value: $1) }
        guard isAuthentic(fields, signature: message.scalar("signature")) else {
            return .refused(.notAuthentic, reason: "signature")
        }
        guard message.scalar("partnerCode") == configuration.partner else {
            return .refused(.notOurs, reason: "merchant")
        }
        return told(message)
    }

    /// What callbacks and answers tell of a payment.
    func told(_ message: FlatJSON) -> CallbackReading {
        guard let reference = message.scalar("orderId"), !reference.isEmpty, let sum = message.scalar("amount"),
            let code = message.scalar("resultCode"), Int32(code) != nil
        else { return .refused(.unusable, reason: "missing-field") }
        guard let amount = try? Dong(checking: sum) else { return .refused(.unusable, reason: "amount") }
        let outcome: CallbackOutcome =
            code == "0" ? .paid : configuration.pending.contains(code) ? .pending : .declined
        let named = message.scalar("transId") ?? ""
        let transaction = named.isEmpty ? "0" : named
        // Without its number a payment could not be told from the next one.
        guard GatewayText.isTransaction(transaction), outcome != .paid || transaction != "0" else {
            return .refused(.unusable, reason: "transaction")
        }
        return .authentic(
            GatewayCallback(
                gateway: name, reference: reference, amount: amount, outcome: outcome, transaction: transaction,
                paidAt: message.scalar("responseTime").flatMap(Self.moment), code: code))
    }

    /// Milliseconds since 1970, of this century.
    private static func moment(_ milliseconds: String) -> Date? {
        guard let number = Int64(milliseconds), (946_684_800_000..<4_102_444_800_000).contains(number) else {
            return nil
        }
        return Date(timeIntervalSince1970: TimeInterval(number) / 1_000)
    }
}
