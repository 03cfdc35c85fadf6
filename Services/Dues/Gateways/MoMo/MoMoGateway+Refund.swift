import Contracts
import DuesDomain
import Foundation

/// Refunds (`/v2/gateway/api/refund`) and what became of them (`/v2/gateway/api/refund/query`).
///
/// `orderId` and `requestId` are both our number: the vendor answers a repeated `requestId` as it did the first time. It
/// signs neither answer; the connection vouches for them, and they must repeat our numbers.
extension MoMoGateway: RefundingGateway {
    private struct Refund: Encodable {
        let partnerCode: String
        let orderId: String
        let requestId: String
        let amount: Int64
        let transId: Int64
        let lang: String
        let description: String
        let signature: String
    }

    private struct Query: Encodable {
        let partnerCode: String
        let orderId: String
        let requestId: String
        let lang: String
        let signature: String
    }

    /// The refunds that the answer to a question lists.
    private struct Listed: Decodable {
        struct Item: Decodable {
            let orderId: String
            let amount: Int64
            let resultCode: Int
            let transId: Int64?
        }

        let refundTrans: [Item]?
    }

    var refundURL: String? { configuration.refundURL }
    var refundStatusURL: String? { configuration.refundStatusURL }
    /// The vendor's.
    var refundMinimum: Dong { Dong(1_000) }

    func refundCall(for refund: RefundRequest, to url: String) throws -> GatewayCall {
        let signature = signature(over: [
            ("amount", String(refund.amount.amount)), ("description", refund.description), ("orderId", refund.number),
            ("partnerCode", configuration.partner), ("requestId", refund.number), ("transId", refund.transaction),
        ])
        return try GatewayCall(
            url: url,
            Refund(
                partnerCode: configuration.partner, orderId: refund.number, requestId: refund.number,
                amount: refund.amount.amount, transId: Int64(refund.transaction) ?? 0, lang: "vi",
                description: refund.description, signature: signature))
    }

    func refund(in answer: [UInt8], for refund: RefundRequest) -> RefundReading {
        switch message(answer, question: refund.number, refund) {
        case .failure(let fault): return fault.refund
        case .success(let message):
            guard let code = message.scalar("resultCode").flatMap({ Int($0) }) else {
                return .unusable(reason: "missing-field")
            }
            guard code != 0 || message.scalar("amount") == String(refund.amount.amount) else {
                return .unusable(reason: "amount")
            }
            return outcome(code, message.scalar("transId"))
        }
    }

    func refundStatusCall(
        about refund: RefundRequest, question: String, at moment: Date, to url: String
    ) throws -> GatewayCall {
        let signature = signature(over: [
            ("orderId", refund.number), ("partnerCode", configuration.partner), ("requestId", question),
        ])
        return try GatewayCall(
            url: url,
            Query(
                partnerCode: configuration.partner, orderId: refund.number, requestId: question, lang: "vi",
                signature: signature))
    }

    func refundStatus(in answer: [UInt8], of refund: RefundRequest, question: String) -> RefundReading {
        switch message(answer, question: question, refund) {
        case .failure(let fault): return fault.refund
        case .success(let message):
            let code = message.scalar("resultCode") ?? ""
            if code == "42" { return .notReceived(code: code) }
            let listed = (try? ContractsJSON.decode(Listed.self, from: answer))?.refundTrans ?? []
            guard code == "0", let item = listed.first(where: { $0.orderId == refund.number }) else {
                return .pending(code: code)
            }
            guard item.amount == refund.amount.amount else { return .unusable(reason: "amount") }
            return outcome(item.resultCode, item.transId.map { String($0) })
        }
    }

    private func message(
        _ answer: [UInt8], question: String, _ refund: RefundRequest
    ) -> Result<FlatJSON, NotBelieved> {
        let message: FlatJSON
        do {
            message = try FlatJSON(answer)
        } catch {
            return .failure(NotBelieved(.unusable, error.rawValue))
        }
        guard message.scalar("partnerCode") == configuration.partner else {
            return .failure(NotBelieved(.notOurs, "merchant"))
        }
        guard message.scalar("requestId") == question, message.scalar("orderId") == refund.number else {
            return .failure(NotBelieved(.unusable, "other-question"))
        }
        return .success(message)
    }

    /// Codes up to 99 speak of the request: 11 to 13 and 20 to 22 that it was not taken; the others, 40 and 41 (the number
    /// is known) among them, say nothing of the money. From 1000 on they speak of the refund.
    private func outcome(_ code: Int, _ transaction: String?) -> RefundReading {
        switch code {
        case 0: .succeeded(transaction: transaction.flatMap { GatewayText.isTransaction($0) ? $0 : nil })
        case 11...13, 20...22: .failed(code: String(code))
        case 1_000... where !configuration.pending.contains(String(code)): .failed(code: String(code))
        default: .pending(code: String(code))
        }
    }
}
