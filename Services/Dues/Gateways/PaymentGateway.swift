import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import ServiceKit

/// One payment gateway (cổng thanh toán) behind one protocol; nothing behind it knows a field name of the gateway's.
///
/// An adapter is pure: it writes what is to be sent and reads what came, and calls nobody itself.
protocol PaymentGateway: Sendable {
    /// The name by which orders and configuration know it.
    var name: String { get }
    /// It takes no order below this.
    var minimum: Dong { get }
    /// Whether it pays to the account that each request names, so that there is no order while none is known.
    var needsPayeeAccount: Bool { get }
    /// Where it calls from; whoever calls from elsewhere is not believed.
    var sources: SourceNetworks { get }
    /// Its callbacks are the query of a GET or the body of a POST.
    var callbackMethod: HTTPRequest.Method { get }

    /// Where the payer's browser is sent; nil where the gateway gives out an address for each payment (`pageCall`).
    func paymentURL(for request: PaymentRequest) -> String?
    /// The call that asks for the payer's page; nil where `paymentURL` knows it. The same request gives the same call,
    /// so that it can be repeated after an unknown outcome.
    func pageCall(for request: PaymentRequest) throws -> GatewayCall?
    /// Reads the answer to `pageCall`.
    func page(in answer: [UInt8], for request: PaymentRequest) -> PageReading

    /// Checks the signature and reads what is told; believes nothing before.
    func read(_ raw: RawCallback) -> CallbackReading
    /// Our answer in the gateway's own words.
    func reply(_ answer: CallbackAnswer, at moment: Date) -> Reply
    /// Whether the gateway, told this, calls about it no more.
    func endsRetries(_ answer: CallbackAnswer) -> Bool

    /// Where it is asked what became of an order; nil where nobody is asked.
    var statusURL: String? { get }
    /// The question.
    func statusCall(about order: AskedOrder, to url: String) throws -> GatewayCall
    /// Checks and reads the answer to `statusCall`.
    func status(in answer: RawCallback, of order: AskedOrder) -> StatusReading
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
    /// Who pays and who receives, for gateways that make out a receipt (biên lai).
    var parties: Parties?

    struct Parties: Sendable {
        let payerName: String
        let payeeCode: String
        let payeeName: String
        let account: PayeeAccount
    }

    init(_ order: PaymentOrder, payerAddress: String?, parties: Parties? = nil) {
        self.init(
            reference: order.reference, amount: order.total, description: "Dang phi \(order.reference.text)",
            createdAt: order.createdAt, expiresAt: order.expiresAt, payerAddress: payerAddress, parties: parties)
    }

    init(
        reference: PaymentReference, amount: Dong, description: String, createdAt: Date, expiresAt: Date,
        payerAddress: String?, parties: Parties? = nil
    ) {
        self.reference = reference
        self.amount = amount
        self.description = description
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.payerAddress = payerAddress
        self.parties = parties
    }
}

/// What became of the question for the payer's page.
enum PageReading: Sendable, Hashable {
    case page(String)
    /// The gateway takes no payment for the order; asking again would not help.
    case refused(reason: String)
    /// No answer that means anything; it is asked again.
    case unusable(reason: String)
}

/// An order that a gateway is asked about.
struct AskedOrder: Sendable {
    let reference: PaymentReference
    let amount: Dong
    let createdAt: Date
    let askedAt: Date
    /// The number of this question, 32 letters and digits.
    let number: String
}

/// What a gateway says when it is asked.
enum StatusReading: Sendable {
    /// Of a payment, as a callback would; or nothing that is to be believed.
    case told(CallbackReading)
    /// It knows of no payment for the order, in its own code.
    case noPayment(code: String)
}

/// What a gateway sent, as it came in.
struct RawCallback: Sendable {
    /// What made it come.
    enum Source: String, Sendable {
        /// The gateway called.
        case callback
        /// We asked for the status.
        case status
    }

    /// The signed bytes: the query of a GET, the body of a POST or of an answer.
    let bytes: [UInt8]
    let receivedAt: Date
    var source: Source = .callback
    /// The address it came from, where it is known.
    var peer: String?
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
