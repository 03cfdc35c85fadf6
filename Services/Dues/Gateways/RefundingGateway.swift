import Contracts
import Foundation

/// A gateway that gives payments back, whole or in part.
///
/// It is told under a number of ours that is the same however often it is told: a gateway that has heard of the number
/// gives nothing back a second time.
protocol RefundingGateway: PaymentGateway {
    /// Where refunds are asked for; nothing is given back without it.
    var refundURL: String? { get }
    /// Where it is asked what became of a refund; without it a person finds out.
    var refundStatusURL: String? { get }
    /// It gives back nothing below this.
    var refundMinimum: Dong { get }

    /// The same refund gives the same call.
    func refundCall(for refund: RefundRequest, to url: String) throws -> GatewayCall
    /// Checks and reads the answer to `refundCall`.
    func refund(in answer: [UInt8], for refund: RefundRequest) -> RefundReading
    /// - Parameter question: the number of the question, 32 letters and digits.
    func refundStatusCall(about refund: RefundRequest, question: String, at moment: Date, to url: String) throws
        -> GatewayCall
    /// Checks and reads the answer to `refundStatusCall`.
    func refundStatus(in answer: [UInt8], of refund: RefundRequest, question: String) -> RefundReading
}

/// What a gateway must know to give money back.
struct RefundRequest: Sendable {
    /// Ours, 32 letters and digits; the key by which the gateway knows a repetition.
    let number: String
    /// The order that was paid.
    let reference: PaymentReference
    let orderCreatedAt: Date
    /// The gateway's own number of the payment.
    let transaction: String
    let amount: Dong
    /// Whether the whole payment goes back at once.
    let isFull: Bool
    let approvedAt: Date
    /// The gateway's numbers of other refunds of the payment.
    var others: Set<String> = []

    /// What the payer may read: no names, no personal identifiers.
    var description: String { "Hoan dang phi \(reference.text)" }
}

/// What a gateway says of a refund.
enum RefundReading: Sendable, Hashable {
    /// The money has gone; with the gateway's own number, where it tells one.
    case succeeded(transaction: String?)
    /// It gives nothing back, in its own code.
    case failed(code: String)
    /// It does not know yet.
    case pending(code: String)
    /// It has never heard of our number.
    case notReceived(code: String)
    /// Nothing that is to be believed.
    case unusable(reason: String)

    /// The stable name for the record.
    var name: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed(let code): "failed \(code)"
        case .pending(let code): "pending \(code)"
        case .notReceived(let code): "not-received \(code)"
        case .unusable(let reason): "unusable \(reason)"
        }
    }
}
