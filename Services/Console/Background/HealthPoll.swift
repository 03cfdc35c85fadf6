import AsyncHTTPClient
import ConsoleDomain
import Contracts
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Asks every service how it stands.
final class HealthPoll: Service {
    /// Larger answers are not read.
    private static let maximumBytes = 65_536

    private let addresses: [ServiceAddress]
    private let interval: Duration
    private let timeout: TimeAmount
    private let time: any TimeSource
    private let logger: Logger
    private let found: Mutex<[ServiceName: ServiceStanding]>

    init(addresses: [ServiceAddress], interval: Duration, timeout: Duration, time: any TimeSource, logger: Logger) {
        self.addresses = addresses
        self.interval = interval
        let (seconds, attoseconds) = timeout.components
        self.timeout = .milliseconds(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
        self.time = time
        self.logger = logger
        found = Mutex([:])
    }

    /// How the services stood when last asked, in the order of the configuration.
    var standings: [ServiceStanding] {
        let found = found.withLock { $0 }
        return addresses.map { found[$0.service] ?? .unknown($0.service) }
    }

    func run() async {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: timeout, read: timeout)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        await repeatUntilShutdown(every: interval, logger: logger, name: "health poll") { await self.ask(client) }
        try? await client.shutdown()
    }

    /// Asks all of them at once.
    func ask(_ client: HTTPClient) async {
        await withTaskGroup(of: ServiceStanding.self) { group in
            for address in addresses { group.addTask { await self.standing(of: address, client) } }
            for await standing in group { found.withLock { $0[standing.service] = standing } }
        }
    }

    private func standing(of address: ServiceAddress, _ client: HTTPClient) async -> ServiceStanding {
        let began = ContinuousClock.now
        let asked = time.now
        func standing(_ state: ServiceStanding.State, _ reasons: [String]) -> ServiceStanding {
            let took = began.duration(to: .now) / .milliseconds(1)
            return ServiceStanding(
                service: address.service, state: state, reasons: reasons, askedAt: asked, milliseconds: Int(took))
        }
        do {
            let response = try await client.execute(
                HTTPClientRequest(url: address.url + "/health/ready"), timeout: timeout)
            let body = try await response.body.collect(upTo: Self.maximumBytes)
            let report = try? ContractsJSON.decode(HealthReport.self, from: Array(body.readableBytesView))
            let state = ServiceStanding.state(word: report?.status.rawValue, status: Int(response.status.code))
            return standing(state, report?.reasons ?? ["the answer is no health report"])
        } catch {
            return standing(.unreachable, [])
        }
    }
}
