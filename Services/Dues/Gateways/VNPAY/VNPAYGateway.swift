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
    }

    let name = "vnpay"
    let configuration: Configuration

    var minimum: Dong { configuration.minimum }

    static let hashFields: Set<String> = ["vnp_SecureHash", "vnp_SecureHashType"]

    func reply(_ answer: CallbackAnswer) -> Reply {
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

    func paymentURL(for request: PaymentRequest) -> String {
        var fields = [
            "vnp_Version": "2.1.0", "vnp_Command": "pay", "vnp_TmnCode": configuration.merchant,
            "vnp_Amount": String(request.amount.amount * 100), "vnp_CurrCode": "VND",
            "vnp_TxnRef": request.reference.text, "vnp_OrderInfo": request.description, "vnp_OrderType": "other",
            "vnp_Locale": "vn", "vnp_ReturnUrl": configuration.returnURL,
            "vnp_IpAddr": request.payerAddress ?? "127.0.0.1",
        ]
        fields["vnp_CreateDate"] = VNPAYTime.text(of: request.createdAt)
        fields["vnp_ExpireDate"] = VNPAYTime.text(of: request.expiresAt)
        let signed = Array(
            fields.sorted { $0.key < $1.key }
                .map { FormQuery.encoded($0.key) + [UInt8(ascii: "=")] + FormQuery.encoded($0.value) }
                .joined(separator: [UInt8(ascii: "&")]))
        let hash = MAC.hmacSHA512(key: configuration.secrets.first ?? [], signed).hex
        return "\(configuration.payURL)?\(String(decoding: signed, as: UTF8.self))&vnp_SecureHash=\(hash)"
    }
}

/// `yyyyMMddHHmmss` at +07:00.
enum VNPAYTime {
    static func text(of moment: Date) -> String {
        let day = Day(containing: moment)
        let second = Int(moment.timeIntervalSince(day.start))
        let time = [second / 3_600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return day.text.filter { $0 != "-" } + time.joined()
    }

    static func moment(of text: String) -> Date? {
        let digits = Array(text.utf8)
        guard digits.count == 14, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard hour < 24, minute < 60, second < 60,
            let day = try? Day(year: number(0..<4), month: number(4..<6), day: number(6..<8))
        else { return nil }
        return day.start.addingTimeInterval(TimeInterval(hour * 3_600 + minute * 60 + second))
    }
}
