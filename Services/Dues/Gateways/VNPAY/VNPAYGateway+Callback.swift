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
        guard let hundredths = try? Dong(checking: units) else { return .refused(.unusable, reason: "amount") }
        let transaction = query["vnp_TransactionNo"] ?? "0"
        guard isTransaction(transaction) else { return .refused(.unusable, reason: "transaction") }
        let outcome = Self.outcome(response: response, status: status)
        // Without its number a payment could not be told from the next one.
        guard outcome != .paid || transaction != "0" else { return .refused(.unusable, reason: "transaction") }
        return .authentic(
            GatewayCallback(
                gateway: name, reference: reference,
                amount: hundredths.amount % 100 == 0 ? Dong(hundredths.amount / 100) : nil,
                outcome: outcome, transaction: transaction,
                paidAt: query["vnp_PayDate"].flatMap(VNPAYTime.moment(of:)), code: "\(response)/\(status)"))
    }

    /// The gateway signs what it encoded; encoders differ in a few characters, so the encoding received counts too.
    private func isAuthentic(_ query: FormQuery) -> Bool {
        guard let hash = query["vnp_SecureHash"].flatMap({ [UInt8](hex: $0) }), hash.count == 64 else { return false }
        let canonical = query.canonical(without: Self.hashFields)
        let received = query.asReceived(without: Self.hashFields)
        let texts = canonical == received ? [canonical] : [canonical, received]
        return configuration.secrets.contains { secret in
            texts.contains { MAC.constantTimeEquals(MAC.hmacSHA512(key: secret, $0), hash) }
        }
    }

    private func isTransaction(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }
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
