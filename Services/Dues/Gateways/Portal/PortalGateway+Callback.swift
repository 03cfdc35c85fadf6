import Contracts
import DuesDomain
import Foundation

extension PortalGateway {
    private static let callbackFields = [
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang",
        "ThoiGianGD", "ThongTinGiaoDich",
    ]

    func read(_ raw: RawCallback) -> CallbackReading {
        let message: FlatJSON
        switch authentic(raw.bytes, Self.callbackFields) {
        case .success(let read): message = read
        case .failure(let fault): return fault.reading
        }
        guard message.scalar("LoaiBanTin") == configuration.words.messageTypes["callback"] else {
            return .refused(.unusable, reason: "message-type")
        }
        guard let code = message.scalar("MaLoi"), !code.isEmpty else {
            return .refused(.unusable, reason: "missing-field")
        }
        let outcome: CallbackOutcome =
            code == configuration.words.success
            ? .paid : configuration.words.pending.contains(code) ? .pending : .declined
        return told(message, outcome, code: code)
    }

    /// A message whose signature was checked over the values as they came, and then that it is for us.
    func authentic(_ bytes: [UInt8], _ fields: [String]) -> Result<FlatJSON, NotBelieved> {
        let message: FlatJSON
        do {
            message = try FlatJSON(bytes)
        } catch {
            return .failure(NotBelieved(.notAuthentic, error.rawValue))
        }
        guard let values = message.signed(fields) else { return .failure(NotBelieved(.notAuthentic, "wrong-type")) }
        guard isAuthentic(values, code: message.scalar("MaXacThuc")) else {
            return .failure(NotBelieved(.notAuthentic, "signature"))
        }
        guard message.scalar("MaDoiTac") == configuration.partner else {
            return .failure(NotBelieved(.notOurs, "merchant"))
        }
        return .success(message)
    }

    /// What callbacks and answers tell of a payment. `SoTien` is whole đồng as a text or a number, without a fraction
    /// and without an exponent.
    func told(_ message: FlatJSON, _ outcome: CallbackOutcome, code: String) -> CallbackReading {
        guard let reference = message.scalar("MaThamChieu"), !reference.isEmpty, let sum = message.scalar("SoTien")
        else { return .refused(.unusable, reason: "missing-field") }
        guard let amount = try? Dong(checking: sum) else { return .refused(.unusable, reason: "amount") }
        let named = message.scalar("MaGiaoDich") ?? ""
        guard outcome != .paid || !named.isEmpty, named.isEmpty || GatewayText.isTransaction(named) else {
            return .refused(.unusable, reason: "transaction")
        }
        return .authentic(
            GatewayCallback(
                gateway: name, reference: reference,
                amount: message.scalar("MaTienTe") == Self.currency ? amount : nil, outcome: outcome,
                transaction: named.isEmpty ? "0" : named,
                paidAt: message.scalar("ThoiGianGD").flatMap(GatewayTime.moment(of:)), code: code))
    }
}

/// Why a message is not believed, before anything in it is.
struct NotBelieved: Error {
    let reading: CallbackReading
    /// The same of an answer about a refund.
    let refund: RefundReading

    init(_ answer: CallbackAnswer, _ reason: String) {
        reading = .refused(answer, reason: reason)
        refund = .unusable(reason: reason)
    }
}
