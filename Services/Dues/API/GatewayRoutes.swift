import Contracts
import DuesDomain
import Foundation
import Hummingbird
import ServiceKit

/// Where gateways call back.
struct GatewayRoutes: Sendable {
    let kit: ServiceContext
    let gateways: GatewayRegistry
    let callbacks: CallbackCounter

    /// A real callback has some hundred bytes; of a longer one the beginning is kept and nothing believed.
    private static let maximumBytes = 4_096

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/gateways/:gateway/ipn") { request, context in
            guard let gateway = context.parameters.get("gateway").flatMap({ gateways[$0] }) else {
                throw Problem.notFound
            }
            let bytes = Array((request.uri.query ?? "").utf8)
            let raw = RawCallback(bytes: Array(bytes.prefix(Self.maximumBytes)), receivedAt: kit.time.now)
            let reading: CallbackReading =
                bytes.count > Self.maximumBytes ? .refused(.notAuthentic, reason: "too-long") : gateway.read(raw)
            return gateway.reply(
                await callbacks.receive(CallbackDesk.Arrival(gateway: gateway.name, raw: raw, reading: reading)))
        }
    }
}
