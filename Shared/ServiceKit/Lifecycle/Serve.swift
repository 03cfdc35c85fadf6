import Contracts
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import Messaging
import NIOCore
import Postgres
import ServiceLifecycle
import UnixSignals

/// Puts the parts of a service together and runs them: the one place that knows them all.
struct Serve<Definition: ServiceDefinition>: Sendable {
    let settings: Settings

    /// Runs until the process is asked to stop, then drains.
    func run() async throws {
        HosoMetricsFactory.start()
        let logger = Logger(label: "hoso.\(Definition.name.rawValue)")
        let kit = try context(logger: logger)
        do {
            try await group(kit, signals: [.sigterm, .sigint]).run()
        } catch {
            await kit.pool.close()
            throw error
        }
        await kit.pool.close()
        logger.notice("stopped")
    }

    /// Everything that runs, in the order in which it starts.
    func group(_ kit: ServiceContext, signals: [UnixSignal]) async throws -> ServiceGroup {
        let logger = kit.logger
        let parts = try await Definition.assemble(kit)
        let gate = SchemaGate(
            pool: kit.pool, migrations: Definition.allMigrations, health: kit.health, logger: logger)
        let messaging = try messaging(kit, consumers: parts.consumers)
        let watch = OutboxWatch(messaging, time: kit.time, logger: logger)
        let broker = try HealthCheck.broker(messaging, watch, settings: settings, time: kit.time)
        kit.health.add([.pool(kit.pool), broker] + parts.checks)
        let listener = try application(kit, parts, messaging)
        // The last one is stopped first: readiness goes, whoever waits for the schema stops waiting, then requests end,
        // then what they need.
        let waiting: [any Service] = [messaging, watch] + parts.background + (try ownWork(kit, logger: logger))
        let services: [any Service] =
            waiting.map { AfterSchema(service: $0, gate: gate) } + [listener, gate, StopNotice(health: kit.health)]
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = try settings.duration("shutdown.grace")
        configuration.maximumCancellationDuration = .seconds(2)
        return ServiceGroup(configuration: configuration)
    }

    func context(logger: Logger) throws -> ServiceContext {
        let time = SystemTimeSource()
        return ServiceContext(
            service: Definition.name, settings: settings,
            pool: PostgresPool(try Connections.postgres(settings, service: Definition.name), logger: logger),
            outbox: Outbox(service: Definition.name), time: time, ids: SystemIDSource(), logger: logger,
            identity: try IdentitySettings.verifier(settings, time: time, logger: logger), health: Health())
    }

    private func messaging(_ kit: ServiceContext, consumers: [ConsumerDefinition]) throws -> MessagingRuntime {
        try MessagingRuntime(
            outbox: kit.outbox, consumers: consumers, pool: kit.pool,
            connection: try Connections.postgres(settings, service: Definition.name),
            kafka: try Connections.kafka(settings, service: Definition.name), ages: kit.projectionAges, time: kit.time,
            logger: kit.logger)
    }

    private func ownWork(_ kit: ServiceContext, logger: Logger) throws -> [any Service] {
        [
            IdempotencyPruning(
                idempotency: kit.idempotency, retention: try settings.seconds("idempotency.retention"), time: kit.time,
                logger: logger),
            try AuditSealer(kit),
        ]
    }

    private func application(_ kit: ServiceContext, _ parts: ServiceParts, _ messaging: MessagingRuntime) throws
        -> some Service
    {
        let responder = try ServiceRouter.build(kit, messaging: messaging, routes: parts.routes)
        let idle = try settings.seconds("http.idleTimeout")
        return Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: .milliseconds(Int64(idle * 1000)))),
            configuration: ApplicationConfiguration(
                address: .hostname(try settings.string("http.host"), port: try settings.int("http.port")),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    try settings.int("http.maximumConnections"))),
            onServerRunning: { channel in
                kit.health.listener(.ok)
                kit.logger.notice(
                    "listening", metadata: ["port": "\(channel.localAddress?.port ?? 0)", "mode": "\(settings.mode)"])
            },
            logger: kit.logger)
    }

    /// Appends the whole state to the outbox; the running service, or the next one, sends it.
    func publishState(since: Date?, topic: String?) async throws {
        try await withParts { kit, parts in
            let publishers = parts.publishers.filter { topic == nil || $0.topic.name == topic }
            guard !publishers.isEmpty else { throw NothingToDo(what: "no state topic of this name is published here") }
            for publisher in publishers {
                let count = try await publisher.run(since: since, pool: kit.pool, time: kit.time, ids: kit.ids)
                CommandOutput.line("\(publisher.topic.name): \(count) aggregates appended to the outbox")
            }
        }
    }

    /// Rebuilds projections; the service may run meanwhile.
    func replay(consumer: String?) async throws {
        try await withParts { kit, parts in
            let consumers = parts.consumers.filter { consumer == nil || $0.name == consumer }
            let rebuilt = try await Replay(
                consumers: consumers, pool: kit.pool,
                kafka: try Connections.kafka(settings, service: Definition.name), time: kit.time, logger: kit.logger
            ).run()
            guard !rebuilt.isEmpty else { throw NothingToDo(what: "no projection of this name is kept here") }
            for name in rebuilt { CommandOutput.line("\(name): rebuilt") }
        }
    }

    private func withParts(_ work: (ServiceContext, ServiceParts) async throws -> Void) async throws {
        let kit = try context(logger: Logger(label: "hoso.\(Definition.name.rawValue)"))
        do {
            try await work(kit, try await Definition.assemble(kit))
        } catch {
            await kit.pool.close()
            throw error
        }
        await kit.pool.close()
    }
}

/// A command found nothing to work on.
struct NothingToDo: Error, CustomStringConvertible {
    let what: String

    var description: String { what }
}

/// Tells readiness that the process drains as soon as it is asked to stop.
struct StopNotice: Service {
    let health: Health

    func run() async throws {
        await withGracefulShutdownHandler {
            try? await gracefulShutdown()
        } onGracefulShutdown: {
            health.stops()
        }
    }
}
