import Contracts
import DuesDomain
import Foundation

/// Refunds of the interface of 2026: the header `x-request-id` has our number, and a repeated number gives nothing back
/// a second time. The names and the order of fields are not published yet; these follow the other messages.
extension PortalGateway: RefundingGateway {
    private struct Refund: Encodable {
        let LoaiBanTin: String
        let PhienBan: String
        let MaDoiTac: String
        let MaThamChieu: String
        let MaGiaoDich: String
        let MaHoanTien: String
        let SoTien: String
        let MaTienTe: String
        let LyDo: String
        let ThoiGianGD: String
        let MaXacThuc: String
    }

    private struct Query: Encodable {
        let LoaiBanTin: String
        let PhienBan: String
        let MaDoiTac: String
        let MaThamChieu: String
        let MaHoanTien: String
        let ThoiGianGD: String
        let MaXacThuc: String
    }

    /// What both answers sign, in order.
    private static let refundFields = [
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "MaHoanTien", "SoTien", "MaTienTe", "MaGiaoDich",
        "ThoiGianGD", "TrangThai",
    ]

    var refundURL: String? { configuration.refundURL }
    var refundStatusURL: String? { configuration.refundStatusURL }
    var refundMinimum: Dong { Dong(1) }

    func refundCall(for refund: RefundRequest, to url: String) throws -> GatewayCall {
        let words = configuration.words
        let (type, amount) = (words.messageTypes["refund"] ?? "", String(refund.amount.amount))
        let time = GatewayTime.text(of: refund.approvedAt)
        let signed = [
            type, words.version, configuration.partner, refund.reference.text, refund.transaction, refund.number,
            amount, Self.currency, refund.description, time,
        ]
        return try GatewayCall(
            url: url, headers: ["x-request-id": refund.number],
            Refund(
                LoaiBanTin: type, PhienBan: words.version, MaDoiTac: configuration.partner,
                MaThamChieu: refund.reference.text, MaGiaoDich: refund.transaction, MaHoanTien: refund.number,
                SoTien: amount, MaTienTe: Self.currency, LyDo: refund.description, ThoiGianGD: time,
                MaXacThuc: code(over: signed)))
    }

    func refund(in answer: [UInt8], for refund: RefundRequest) -> RefundReading { reading(answer, refund) }

    func refundStatusCall(
        about refund: RefundRequest, question: String, at moment: Date, to url: String
    ) throws -> GatewayCall {
        let words = configuration.words
        let (type, time) = (words.messageTypes["refund-query"] ?? "", GatewayTime.text(of: moment))
        let signed = [
            type, words.version, configuration.partner, refund.reference.text, refund.number, time,
        ]
        return try GatewayCall(
            url: url, headers: ["x-request-id": question],
            Query(
                LoaiBanTin: type, PhienBan: words.version, MaDoiTac: configuration.partner,
                MaThamChieu: refund.reference.text, MaHoanTien: refund.number, ThoiGianGD: time,
                MaXacThuc: code(over: signed)))
    }

    func refundStatus(in answer: [UInt8], of refund: RefundRequest, question: String) -> RefundReading {
        reading(answer, refund)
    }

    private func reading(_ answer: [UInt8], _ refund: RefundRequest) -> RefundReading {
        let message: FlatJSON
        switch authentic(answer, Self.refundFields) {
        case .success(let read): message = read
        case .failure(let fault): return fault.refund
        }
        guard message.scalar("MaThamChieu") == refund.reference.text, message.scalar("MaHoanTien") == refund.number
        else { return .unusable(reason: "other-question") }
        let code = message.scalar("MaLoi") ?? ""
        let transaction = message.scalar("MaGiaoDich") ?? ""
        switch message.scalar("TrangThai") ?? "" {
        case "SUCCESS":
            guard message.scalar("SoTien") == String(refund.amount.amount),
                message.scalar("MaTienTe") == Self.currency
            else { return .unusable(reason: "amount") }
            return .succeeded(transaction: GatewayText.isTransaction(transaction) ? transaction : nil)
        case "PENDING": return .pending(code: code)
        case "FAILED": return .failed(code: code)
        // Any other fault of the gateway's has no state either.
        case "" where configuration.words.unknownRefund.contains(code): return .notReceived(code: code)
        default: return .unusable(reason: "state")
        }
    }
}
