import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import NotificationDomain
import ServiceKit

/// Short messages through a provider's HTTP interface.
///
/// The delivery's id is the reference under which the provider takes a message once: sent again after an unknown
/// outcome, it reaches the phone once.
struct MessageChannel: Channel {
    let address: URL
    let token: String?
    let timeout: Duration

    private struct Body: Encodable {
        let reference: String
        let to: String
        let text: String
    }

    func send(_ delivery: Delivery) async -> DeliveryOutcome {
        var request = HTTPClientRequest(url: address.absoluteString)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        do {
            let body = Body(reference: "\(delivery.id)", to: delivery.address, text: delivery.notice.short)
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
            // Number, text and token are for this address only: a redirection is a fault of its configuration.
            let answer = try await HTTPClient.unredirected.execute(request, timeout: TimeAmount(timeout))
            switch answer.status.code {
            case 200..<300: return .sent
            case 300..<400, 408, 425, 429, 500...: return .failed(reason: "http-\(answer.status.code)")
            default: return .refused(reason: "http-\(answer.status.code)")
            }
        } catch {
            // The error's own text may quote the address.
            return .failed(reason: "unreachable")
        }
    }
}
