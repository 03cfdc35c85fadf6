import Contracts
import DuesDomain
import Foundation

extension MoMoGateway {
    private struct Create: Encodable {
        let partnerCode: String
        let requestId: String
        let amount: Int64
        let orderId: String
        let orderInfo: String
        let redirectUrl: String
        let ipnUrl: String
        let requestType: String
        let extraData: String
        let lang: String
        let signature: String
    }

    private struct Query: Encodable {
        let partnerCode: String
        let requestId: String
        let orderId: String
        let lang: String
        let signature: String
    }

    /// The gateway gives out an address for each payment.
    func paymentURL(for request: PaymentRequest) -> String? { nil }

    /// `requestId` is the order's reference: the vendor answers a repeated one as it did the first time.
    func pageCall(for request: PaymentRequest) throws -> GatewayCall? {
        let reference = request.reference.text
        let signature = signature(over: [
            ("amount", String(request.amount.amount)), ("extraData", ""), ("ipnUrl", configuration.callbackURL),
            ("orderId", reference), ("orderInfo", request.description), ("partnerCode", configuration.partner),
            ("redirectUrl", configuration.returnURL), ("requestId", reference), ("requestType", "captureWallet"),
        ])
        return try GatewayCall(
            url: configuration.createURL,
            Create(
                partnerCode: configuration.partner, requestId: reference, amount: request.amount.amount,
                orderId: reference, orderInfo: request.description, redirectUrl: configuration.returnURL,
                ipnUrl: configuration.callbackURL, requestType: "captureWallet", extraData: "", lang: "vi",
                signature: signature))
    }

    /// The answer is not signed; it must be about this order, and the page a safe address.
    func page(in answer: [UInt8], for request: PaymentRequest) -> PageReading {
        guard let message = try? FlatJSON(answer), let code = message.scalar("resultCode") else {
            return .unusable(reason: "not-json")
        }
        guard message.scalar("orderId") == request.reference.text else { return .unusable(reason: "other-question") }
        switch code {
        case "0": break
        // Under maintenance, or a fault that the vendor cannot name: not the end.
        case "10", "99": return .unusable(reason: "gateway-fault")
        default: return .refused(reason: "gateway-refused")
        }
        guard let page = message.scalar("payUrl"), GatewayText.isPage(page, of: configuration.createURL) else {
            return .unusable(reason: "page")
        }
        return .page(page)
    }

    func statusCall(about order: AskedOrder, to url: String) throws -> GatewayCall {
        let reference = order.reference.text
        let signature = signature(over: [
            ("orderId", reference), ("partnerCode", configuration.partner), ("requestId", order.number),
        ])
        return try GatewayCall(
            url: url,
            Query(
                partnerCode: configuration.partner, requestId: order.number, orderId: reference, lang: "vi",
                signature: signature))
    }

    /// The vendor does not sign this answer: the connection vouches for it, and it must repeat our question's number.
    func status(in answer: RawCallback, of order: AskedOrder) -> StatusReading {
        let message: FlatJSON
        do {
            message = try FlatJSON(answer.bytes)
        } catch {
            return .told(.refused(.unusable, reason: error.rawValue))
        }
        guard message.scalar("partnerCode") == configuration.partner else {
            return .told(.refused(.notOurs, reason: "merchant"))
        }
        guard message.scalar("requestId") == order.number, message.scalar("orderId") == order.reference.text else {
            return .told(.refused(.unusable, reason: "other-question"))
        }
        switch message.scalar("resultCode").flatMap({ Int32($0) }) ?? 99 {
        case 42: return .noPayment(code: "42")
        // About the question, not about the payment.
        case 10...41, 43...99: return .told(.refused(.unusable, reason: "gateway-fault"))
        default: return .told(told(message))
        }
    }
}
