import ArgumentParser
import Contracts
import Glibc
import Kafka
import Logging
import Messaging
import Postgres
import ServiceLifecycle
import Synchronization

/// Where database and broker are.
struct Places: ParsableArguments {
    @Option(help: "The URL of the database.")
    var database: String

    @Option(help: "The addresses of the brokers.")
    var brokers: String

    var postgres: PostgresConfiguration { PostgresConfiguration(url: database, applicationName: "bench", size: 8) }

    @Option(help: "Further librdkafka properties, name=value.")
    var property: [String] = []

    /// As services are configured.
    var kafka: KafkaConfiguration {
        let pairs = property.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        return KafkaConfiguration(
            bootstrapServers: brokers, clientID: "bench",
            properties: Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }, uniquingKeysWith: { $1 }))
    }
}

/// The log of a measurement: warnings, on the standard error.
let logger = {
    var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .warning
    return logger
}()

/// Makes the tables.
struct Prepare: AsyncParsableCommand {
    @OptionGroup var places: Places

    func run() async throws {
        let handled = Migration(
            component: "bench", version: 1, name: "bench",
            sql: "CREATE TABLE handled (key uuid NOT NULL, amount bigint NOT NULL)")
        let migrations = MessagingMigrations.all + [handled]
        _ = try await Migrator(places.postgres, migrations: migrations, logger: logger).migrate()
    }
}

/// A service of messaging alone while a body runs.
func withMessaging(
    _ places: Places, outbox: Outbox, consumers: [ConsumerDefinition], pool: PostgresPool,
    _ body: @escaping @Sendable () async throws -> Void
) async throws {
    let runtime = try MessagingRuntime(
        outbox: outbox, consumers: consumers, pool: pool, connection: places.postgres, kafka: places.kafka,
        time: SystemTimeSource(), logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await runtime.run() }
        group.addTask { try await body() }
        try await group.next()
        group.cancelAll()
    }
    await pool.close()
}

/// The payments consumer with a handler that writes one row.
func consumer(_ name: String, committed: @escaping @Sendable (UUIDv7) -> Void) -> ConsumerDefinition {
    ConsumerDefinition(name: name, topics: [TopicCatalogue.payments], kind: .effects)
        .on(PaymentReceived.self) { message, scope in
            let key = message.key
            try scope.transaction.enqueue(
                "INSERT INTO handled (key, amount) VALUES (\(key), \(message.payload.amount))")
            scope.transaction.afterCommit { committed(key) }
        }
}

/// Nanoseconds since 1970, the same clock for every process.
func wallClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// When each of a number of things happened, by key.
final class Moments: Sendable {
    private let noted = Mutex<[(key: UUIDv7, nanoseconds: Int64)]>([])
    private let isComplete = AsyncStream<Void>.makeStream()
    private let expected: Int

    init(expecting expected: Int) { self.expected = expected }

    func note(_ key: UUIDv7) {
        let moment = wallClock()
        let count = noted.withLock { noted in
            noted.append((key, moment))
            return noted.count
        }
        if count == expected { isComplete.continuation.finish() }
    }

    func complete() async { for await _ in isComplete.stream {} }

    var all: [(key: UUIDv7, nanoseconds: Int64)] { noted.withLock { $0 } }
}
