import Contracts
import Foundation
import Kafka
import Logging
import Postgres
import TestStack

@testable import Messaging

/// A schema of its own with the tables of messaging and one table for effects.
struct MessagingDatabase {
    let server: PrivatePostgres
    let configuration: PostgresConfiguration
    let pool: PostgresPool
    let time = ManualTimeSource(TestBatch.start)
    let logger = Logger(label: "test")

    /// - Parameter server: for a test that harms it, its own one; otherwise the one that all share.
    static func make(on server: PrivatePostgres? = nil) async throws -> MessagingDatabase {
        let server = if let server { server } else { try await PrivatePostgres.shared() }
        let configuration = PostgresConfiguration(url: try await server.freshDatabase(), size: 6)
        let logger = Logger(label: "test")
        _ = try await Migrator(configuration, migrations: MessagingMigrations.all, logger: logger)
            .migrate()
        let database = MessagingDatabase(
            server: server, configuration: configuration, pool: PostgresPool(configuration, logger: logger))
        try await database.pool.execute(
            "CREATE TABLE effects (n bigint GENERATED ALWAYS AS IDENTITY, dossier uuid, reason text, sequence bigint)")
        return database
    }

    /// The way to it through a proxy that stands before the server.
    func link(through proxy: TCPProxy) -> PostgresConfiguration {
        var link = configuration
        link.url = link.url.replacing(":\(server.port)/", with: ":\(proxy.port)/")
        return link
    }

    /// A consumer that writes each withdrawal down.
    static func writingDown(_ name: String = "routing.dossiers") -> ConsumerDefinition {
        ConsumerDefinition(name: name, topics: [TopicCatalogue.dossiers], kind: .effects)
            .on(DossierWithdrawn.self) { message, scope in
                try await scope.transaction.execute(
                    """
                    INSERT INTO effects (dossier, reason, sequence)
                    VALUES (\(message.payload.dossierId), \(message.payload.reason), \(message.sequence))
                    """)
            }
    }

    func processor(
        _ definition: ConsumerDefinition, outbox: Outbox? = nil, rules: ConsumerRules = ConsumerRules(),
        pool other: PostgresPool? = nil
    ) -> BatchProcessor {
        BatchProcessor(
            definition: definition, pool: other ?? pool, outbox: outbox, time: time, rules: rules,
            metrics: ConsumerMetrics(consumer: definition.name), parkingGuard: ParkingGuard(rules, time: time),
            retryDue: Signal())
    }

    func retries(of processor: BatchProcessor) -> RetryWorker {
        RetryWorker(processor: processor, logger: logger, poll: .milliseconds(20))
    }

    /// The reasons written down, in order.
    func effects() async throws -> [String] {
        try await pool.query("SELECT coalesce(reason, '') AS reason FROM effects ORDER BY n").map {
            try $0.get("reason")
        }
    }

    func count(_ statement: SQL) async throws -> Int64 { try await pool.queryOne(statement).get("count") }

    func position(of consumer: String) async throws -> Int64? {
        try await ConsumerStore(consumer: consumer).position(
            TopicPartition(topic: TopicCatalogue.dossiers.name, partition: 0), clusterID: "c1", in: pool)
    }
}
