import Contracts
import DuesDomain
import Foundation
import Trust

extension VNPAYGateway {
    func read(_ raw: RawCallback) -> CallbackReading {
        guard let query = FormQuery(raw.bytes) else { return .refused(.notAuthentic, reason: "not-a-query") }
        guard isAuthentic(query) else { return .refused(.notAuthentic, reason: "signature") }
        guard query["vnp_TmnCode"] == configuration.merchant else { return .refused(.notOurs, reason: "merchant") }
        guard let reference = query["vnp_TxnRef"], let response = query["vnp_ResponseCode"],
            let status = query["vnp_TransactionStatus"], let units = query["vnp_Amount"]
        else { return .refused(.unusable, reason: "missing-field") }
        return told(
            reference, units: units, transaction: query["vnp_TransactionNo"] ?? "0", response: response,
            status: status, paidAt: query["vnp_PayDate"])
    }

    /// What callbacks and answers tell of a payment.
    ///
    /// - Parameter units: hundredths of a đồng.
    func told(
        _ reference: String, units: String, transaction: String, response: String, status: String, paidAt: String?
    ) -> CallbackReading {
        guard let hundredths = try? Dong(checking: units) else { return .refused(.unusable, reason: "amount") }
        guard GatewayText.isTransaction(transaction) else { return .refused(.unusable, reason: "transaction") }
        let outcome = Self.outcome(response: response, status: status)
        // Without its number a payment could not be told from the next one.
        guard outcome != .paid || transaction != "0" else { return .refused(.unusable, reason: "transaction") }
        return .authentic(
            GatewayCallback(
                gateway: name, reference: reference,
                amount: hundredths.amount % 100 == 0 ? Dong(hundredths.amount / 100) : nil,
                outcome: outcome, transaction: transaction, paidAt: paidAt.flatMap(GatewayTime.moment(of:)),
                code: "\(response)/\(status)"))
    }

    /// The gateway signs what it encoded; encoders differ in a few characters, so the encoding received counts too.
    private func isAuthentic(_ query: FormQuery) -> Bool {
        let canonical = query.canonical(without: Self.hashFields)
        let received = query.asReceived(without: Self.hashFields)
        let texts = canonical == received ? [canonical] : [canonical, received]
        return texts.contains { isAuthentic($0, hash: query["vnp_SecureHash"]) }
    }

    /// Whether one of the secrets made the hash, an HMAC-SHA512 in hex.
    func isAuthentic(_ signed: [UInt8], hash: String?) -> Bool {
        guard let hash = hash.flatMap({ [UInt8](hex: $0) }), hash.count == 64 else { return false }
        return configuration.secrets.contains { MAC.constantTimeEquals(MAC.hmacSHA512(key: $0, signed), hash) }
    }

    /// Paid only if both codes say so; 07 (debited, suspected of fraud) and status 04 (debited, not successful) go to a
    /// person; status 01 is not finished.
    private static func outcome(response: String, status: String) -> CallbackOutcome {
        switch (response, status) {
        case ("00", "00"): .paid
        case ("07", _), (_, "07"), (_, "04"): .suspected
        case (_, "01"): .pending
        default: .declined
        }
    }
}
