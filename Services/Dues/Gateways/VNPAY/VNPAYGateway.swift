import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import ServiceKit
import Trust

/// VNPAY 2.1.0.
struct VNPAYGateway: PaymentGateway {
    /// What the gateway's contract gives and operators set.
    struct Configuration: Sendable {
        /// `vnp_TmnCode`.
        let merchant: String
        /// The present secret first; while it is being changed also the one before.
        let secrets: [[UInt8]]
        let payURL: String
        /// Where the payer's browser comes back to.
        let returnURL: String
        let minimum: Dong
        /// Where the status is asked for (`querydr`); nobody is asked without it.
        var statusURL: String?
        /// Where refunds are asked for and asked about.
        var refundURL: String?
        var refundStatusURL: String?
        /// Our own address, as `querydr` wants it.
        var ownAddress = "127.0.0.1"
        var sources = SourceNetworks.any
    }

    let name = "vnpay"
    let configuration: Configuration

    var minimum: Dong { configuration.minimum }
    /// The contract names the account.
    var needsPayeeAccount: Bool { false }
    var sources: SourceNetworks { configuration.sources }
    var statusURL: String? { configuration.statusURL }
    var callbackMethod: HTTPRequest.Method { .get }

    static let hashFields: Set<String> = ["vnp_SecureHash", "vnp_SecureHashType"]

    func reply(_ answer: CallbackAnswer, at moment: Date) -> Reply {
        let (code, message) =
            switch answer {
            case .confirmed: ("00", "Confirm Success")
            case .alreadyConfirmed: ("02", "Order already confirmed")
            case .orderNotFound: ("01", "Order not found")
            case .wrongAmount: ("04", "Invalid amount")
            case .notAuthentic: ("97", "Invalid signature")
            case .unusable: ("99", "Input data invalid")
            case .notOurs: ("00", "Recorded, not for this merchant")
            case .tryAgain: ("99", "Temporarily unavailable")
            }
        return Reply(
            .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: Array(#"{"RspCode":"\#(code)","Message":"\#(message)"}"#.utf8))
    }

    /// 00 and 02 end the retries.
    func endsRetries(_ answer: CallbackAnswer) -> Bool {
        switch answer {
        case .confirmed, .alreadyConfirmed, .notOurs: true
        case .orderNotFound, .wrongAmount, .notAuthentic, .unusable, .tryAgain: false
        }
    }

    func paymentURL(for request: PaymentRequest) -> String? {
        var fields = [
            "vnp_Version": "2.1.0", "vnp_Command": "pay", "vnp_TmnCode": configuration.merchant,
            "vnp_Amount": String(request.amount.amount * 100), "vnp_CurrCode": "VND",
            "vnp_TxnRef": request.reference.text, "vnp_OrderInfo": request.description, "vnp_OrderType": "other",
            "vnp_Locale": "vn", "vnp_ReturnUrl": configuration.returnURL,
            "vnp_IpAddr": request.payerAddress ?? "127.0.0.1",
        ]
        fields["vnp_CreateDate"] = GatewayTime.text(of: request.createdAt)
        fields["vnp_ExpireDate"] = GatewayTime.text(of: request.expiresAt)
        let signed = Array(
            fields.sorted { $0.key < $1.key }
                .map { FormQuery.encoded($0.key) + [UInt8(ascii: "=")] + FormQuery.encoded($0.value) }
                .joined(separator: [UInt8(ascii: "&")]))
        let hash = MAC.hmacSHA512(key: configuration.secrets.first ?? [], signed).hex
        return "\(configuration.payURL)?\(String(decoding: signed, as: UTF8.self))&vnp_SecureHash=\(hash)"
    }

    /// The address of the page is computed.
    func pageCall(for request: PaymentRequest) -> GatewayCall? { nil }
    func page(in answer: [UInt8], for request: PaymentRequest) -> PageReading { .unusable(reason: "not-asked") }
}
