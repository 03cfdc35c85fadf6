import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import ServiceKit
import Trust

/// MoMo, payment gateway v2.
struct MoMoGateway: PaymentGateway {
    /// What the vendor gave; both parts change together.
    struct Key: Sendable {
        /// `accessKey`, ours: it is signed and never sent.
        let access: String
        let secret: String
    }

    /// What the gateway's contract gives and operators set.
    struct Configuration: Sendable {
        /// `partnerCode`.
        let partner: String
        /// The present key first; while it is being changed also the one before.
        let keys: [Key]
        /// Where a payment is asked for.
        let createURL: String
        /// Where the payer's browser comes back to.
        let returnURL: String
        /// Where the gateway calls us.
        let callbackURL: String
        /// Where the status is asked for; nobody is asked without it.
        var statusURL: String?
        /// Where refunds are asked for and asked about.
        var refundURL: String?
        var refundStatusURL: String?
        var minimum = Dong(1_000)
        var sources = SourceNetworks.any
        /// The `resultCode`s of payments that are not finished: 1000 waits for the payer, 7000 and 7002 are being
        /// worked on, 8000 wants the payer once more, 9000 is authorised and not captured.
        var pending: Set<String> = ["1000", "7000", "7002", "8000", "9000"]
    }

    let name = "momo"
    let configuration: Configuration

    var minimum: Dong { configuration.minimum }
    /// The contract names the account.
    var needsPayeeAccount: Bool { false }
    var sources: SourceNetworks { configuration.sources }
    var statusURL: String? { configuration.statusURL }
    var callbackMethod: HTTPRequest.Method { .post }

    /// 204 ends the retries; anything else causes them.
    func reply(_ answer: CallbackAnswer, at moment: Date) -> Reply {
        switch answer {
        case .confirmed, .alreadyConfirmed, .notOurs: Reply(.noContent)
        case .orderNotFound: Reply(.notFound)
        case .notAuthentic, .unusable: Reply(.badRequest)
        case .wrongAmount: Reply(.unprocessableContent)
        case .tryAgain: Reply(.serviceUnavailable)
        }
    }

    func endsRetries(_ answer: CallbackAnswer) -> Bool {
        switch answer {
        case .confirmed, .alreadyConfirmed, .notOurs: true
        case .orderNotFound, .wrongAmount, .notAuthentic, .unusable, .tryAgain: false
        }
    }

    /// HMAC-SHA256 in hex over `accessKey=…&name=value&…` under the present key.
    func signature(over fields: [(name: String, value: String)]) -> String {
        configuration.keys.first.map { Self.mac(fields, $0).hex } ?? ""
    }

    /// Whether one of the keys made the signature.
    func isAuthentic(_ fields: [(name: String, value: String)], signature: String?) -> Bool {
        guard let bytes = signature.flatMap({ [UInt8](hex: $0) }), bytes.count == 32 else { return false }
        return configuration.keys.contains { MAC.constantTimeEquals(Self.mac(fields, $0), bytes) }
    }

    static func mac(_ fields: [(name: String, value: String)], _ key: Key) -> [UInt8] {
        let text = ([("accessKey", key.access)] + fields).map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        return MAC.hmacSHA256(key: key.secret, text)
    }
}
