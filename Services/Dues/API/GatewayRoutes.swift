import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Metrics
import ServiceKit

/// Where gateways call back.
struct GatewayRoutes: Sendable {
    let kit: ServiceContext
    let gateways: GatewayRegistry
    let callbacks: CallbackCounter
    let addresses: CallerAddress

    /// A real callback has some hundred bytes; of a longer one the beginning is kept and nothing believed.
    private static let maximumBytes = 4_096

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/gateways/:gateway/ipn") { request, context in
            try await take(request, context, Array((request.uri.query ?? "").utf8))
        }
        router.post("/v1/gateways/:gateway/ipn") { request, context in
            try await take(request, context, try await Self.beginning(of: request.body))
        }
    }

    private func take(_ request: Request, _ context: HosoRequestContext, _ bytes: [UInt8]) async throws -> Reply {
        guard let gateway = context.parameters.get("gateway").flatMap({ gateways[$0] }) else { throw Problem.notFound }
        guard request.method == gateway.callbackMethod else { throw Problem.methodNotAllowed }
        let raw = RawCallback(
            bytes: Array(bytes.prefix(Self.maximumBytes)), receivedAt: kit.time.now,
            peer: addresses.resolve(peer: context.remoteAddress, headers: request.headers))
        let answer = await callbacks.receive(
            CallbackDesk.Arrival(gateway: gateway.name, raw: raw, reading: read(raw, bytes.count, gateway)))
        if !gateway.endsRetries(answer) {
            Counter(label: "dues.callbacks.to.be.repeated", dimensions: [("gateway", gateway.name)]).increment()
        }
        return gateway.reply(answer, at: kit.time.now)
    }

    private func read(_ raw: RawCallback, _ count: Int, _ gateway: any PaymentGateway) -> CallbackReading {
        guard gateway.sources.isUnrestricted || gateway.sources.contain(raw.peer) else {
            Counter(label: "dues.callbacks.from.elsewhere", dimensions: [("gateway", gateway.name)]).increment()
            return .refused(.notAuthentic, reason: "source")
        }
        guard count <= Self.maximumBytes else { return .refused(.notAuthentic, reason: "too-long") }
        return gateway.read(raw)
    }

    /// The body, and of a longer one a little more than is believed.
    private static func beginning(of body: RequestBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in body {
            bytes += part.readableBytesView
            if bytes.count > maximumBytes { break }
        }
        return bytes
    }
}
