import Contracts
import DuesDomain
import Foundation
import ServiceKit

/// One payment gateway (cổng thanh toán) behind one protocol; nothing behind it knows a field name of the gateway's.
protocol PaymentGateway: Sendable {
    /// The name by which orders and configuration know it.
    var name: String { get }
    /// It takes no order below this.
    var minimum: Dong { get }
    /// Where the payer's browser is sent.
    func paymentURL(for request: PaymentRequest) -> String
    /// Checks the signature and reads what is told; believes nothing before.
    func read(_ raw: RawCallback) -> CallbackReading
    /// Our answer in the gateway's own words.
    func reply(_ answer: CallbackAnswer) -> Reply
}

/// What a gateway must know to ask a payer for money.
struct PaymentRequest: Sendable {
    let reference: PaymentReference
    let amount: Dong
    /// What the payer reads: no names, no personal identifiers.
    let description: String
    let createdAt: Date
    let expiresAt: Date
    /// The payer's address, where it is known.
    let payerAddress: String?
}

/// A callback as it came in.
struct RawCallback: Sendable {
    /// The signed bytes: the query of a GET, the body of a POST.
    let bytes: [UInt8]
    let receivedAt: Date
}

/// What a callback turned out to be.
enum CallbackReading: Sendable {
    case authentic(GatewayCallback)
    /// Not to be believed or not for us, with a stable reason for the record.
    case refused(CallbackAnswer, reason: String)
}

/// The gateways that are configured, by name.
struct GatewayRegistry: Sendable {
    private let byName: [String: any PaymentGateway]

    init(_ gateways: [any PaymentGateway]) {
        byName = Dictionary(gateways.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> (any PaymentGateway)? { byName[name] }

    var names: [String] { byName.keys.sorted() }
}
