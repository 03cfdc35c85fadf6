import Contracts
import DuesDomain
import Foundation

/// `refund`, and `querydr` about it: POST of JSON, HMAC-SHA512 over the values joined by `|`.
extension VNPAYGateway: RefundingGateway {
    var refundURL: String? { configuration.refundURL }
    var refundStatusURL: String? { configuration.refundStatusURL }
    var refundMinimum: Dong { Dong(1) }

    func refundCall(for refund: RefundRequest, to url: String) throws -> GatewayCall {
        try call(
            [
                ("vnp_RequestId", refund.number), ("vnp_Version", "2.1.0"), ("vnp_Command", "refund"),
                ("vnp_TmnCode", configuration.merchant), ("vnp_TransactionType", type(of: refund)),
                ("vnp_TxnRef", refund.reference.text), ("vnp_Amount", units(of: refund)),
                ("vnp_TransactionNo", refund.transaction),
                ("vnp_TransactionDate", GatewayTime.text(of: refund.orderCreatedAt)), ("vnp_CreateBy", "dues"),
                ("vnp_CreateDate", GatewayTime.text(of: refund.approvedAt)),
                ("vnp_IpAddr", configuration.ownAddress), ("vnp_OrderInfo", refund.description),
            ], to: url)
    }

    func refund(in answer: [UInt8], for refund: RefundRequest) -> RefundReading {
        switch self.answer(answer, Array(Self.answerFields.dropLast(2)), to: "refund", about: refund.reference) {
        case .failure(let fault): return fault.refund
        case .success(let message):
            let code = message.scalar("vnp_ResponseCode") ?? ""
            switch code {
            case "00": return outcome(message, refund)
            // Asked for before, within the time that the gateway remembers: it may have been received.
            case "94": return .pending(code: code)
            // The form, the amount, the payment: nothing is given back.
            case "02", "03", "04", "13", "91", "93", "95": return .failed(code: code)
            default: return .unusable(reason: "gateway-fault")
            }
        }
    }

    func refundStatusCall(
        about refund: RefundRequest, question: String, at moment: Date, to url: String
    ) throws -> GatewayCall {
        try statusCall(
            about: AskedOrder(
                reference: refund.reference, amount: refund.amount, createdAt: refund.orderCreatedAt, askedAt: moment,
                number: question), to: url)
    }

    /// The answer tells of the last transaction of the order and knows nothing of our number: one of another kind or
    /// amount, or one that stands for another refund, says nothing. So it never says that a refund was not received.
    func refundStatus(in answer: [UInt8], of refund: RefundRequest, question: String) -> RefundReading {
        switch self.answer(answer, Self.answerFields, to: "querydr", about: refund.reference) {
        case .failure(let fault): return fault.refund
        case .success(let message):
            let code = message.scalar("vnp_ResponseCode") ?? ""
            guard code == "00" else { return .pending(code: code) }
            guard message.scalar("vnp_TransactionNo") != refund.transaction else { return .pending(code: "payment") }
            return outcome(message, refund)
        }
    }

    /// Statuses: 00 done, 05 and 06 under way at the gateway and at the bank, 09 refused.
    private func outcome(_ message: FlatJSON, _ refund: RefundRequest) -> RefundReading {
        guard message.scalar("vnp_TransactionType") == type(of: refund),
            message.scalar("vnp_Amount") == units(of: refund)
        else { return .pending(code: "other-transaction") }
        let transaction = message.scalar("vnp_TransactionNo") ?? ""
        guard !refund.others.contains(transaction) else { return .pending(code: "other-refund") }
        let status = message.scalar("vnp_TransactionStatus") ?? ""
        switch status {
        case "00": return .succeeded(transaction: GatewayText.isTransaction(transaction) ? transaction : nil)
        case "09": return .failed(code: "00/09")
        default: return .pending(code: "00/\(status)")
        }
    }

    /// 02 the whole payment, 03 a part of it.
    private func type(of refund: RefundRequest) -> String { refund.isFull ? "02" : "03" }
    /// Hundredths of a đồng.
    private func units(of refund: RefundRequest) -> String { String(refund.amount.amount * 100) }
}
