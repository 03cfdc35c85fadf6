import Contracts
import Kafka
import Logging
import Metrics
import Postgres

/// Sends the committed events of one outbox shard to Kafka: every one at least once, in order within each key.
///
/// One relay leads for each shard. Its advisory lock, its reads and its positions live on one connection, so that who has
/// lost the connection has lost the lead too. The server ends a session that was silent for five seconds: a frozen
/// relay does not block its successor.
struct Relay: Sendable {
    let service: ServiceName
    let shard: Int16
    let connection: PostgresConfiguration
    let cluster: ClusterWatch
    let topics: TopicWait
    /// Makes a producer that connects to this cluster only.
    let makeProducer: @Sendable (_ clusterID: String) throws -> KafkaProducer
    let committed: Signal
    let limits: RelayLimits
    let logger: Logger
    let status: RelayStatus

    /// Leads when it can, for ever; ends on cancellation.
    func run() async throws {
        var backoff = Backoff()
        var late: Set<LateState.Key> = []
        while !Task.isCancelled {
            backoff.begin()
            do {
                try await lead(&late)
            } catch {
                guard !Task.isCancelled else { return }
                if let page = error as? PageInterrupted { late.formUnion(page.late) }
                status.lostLead(because: "\(error)")
                logger.warning("relay lost the lead", metadata: ["error": "\(error)", "shard": "\(shard)"])
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// - Parameter late: state of an earlier term that is noted as soon as the database is there.
    private func lead(_ late: inout Set<LateState.Key>) async throws {
        let session = try await PostgresConnection.open(connection.forRelay(), logger: logger)
        do {
            try await LateState(session: session, shard: shard).note(late)
            late = []
            try await waitForLead(on: session)
            let reader = OutboxReader(session: session, service: service, shard: shard)
            if try await reader.adopt() {
                logger.notice("the outbox comes from another database server: it is sent again")
            }
            let clusterID = try await knownCluster(touching: session)
            let producer = try makeProducer(clusterID)
            let term = RelayTerm(
                relay: self, reader: reader, session: session, producer: producer, clusterID: clusterID)
            status.leads()
            logger.info("relay leads", metadata: ["shard": "\(shard)", "cluster": "\(clusterID)"])
            do {
                try await term.serve()
                await producer.close()
            } catch {
                // Whatever is still queued here is sent by the next leader, from the stored position.
                producer.purge()
                await producer.close()
                throw error
            }
            session.close()
        } catch {
            session.close()
            throw error
        }
    }

    /// What the session of a leader is set to.
    static let sessionSettings: [SQL] = [
        // The server ends this session after five silent seconds.
        "SET idle_session_timeout = '5s'",
        // A crash of the server takes back the positions of the last moment, and their pages are repeated, as after any
        // crash; nothing waits for the disk because of them. What a leader writes stays in its order.
        "SET synchronous_commit = off",
        // Its statements find their rows by an index. A plan that was made while a partition was empty would read the
        // whole of it when it is full, and to start helpers takes longer than the reading.
        "SET enable_seqscan = off",
        "SET max_parallel_workers_per_gather = 0",
        // Planning a page anew would take longer than reading it.
        "SET plan_cache_mode = force_generic_plan",
    ]

    private func waitForLead(on session: PostgresConnection) async throws {
        for setting in Self.sessionSettings { try await session.execute(setting) }
        let name = "hoso.relay.\(service.rawValue).\(shard)"
        while true {
            let rows = try await session.query(
                "SELECT pg_try_advisory_lock(hashtextextended(\(name), 0)) AS has_lead")
            if try rows.first?.get("has_lead", as: Bool.self) == true { break }
            status.follows()
            try await Task.sleep(for: limits.leadRetry)
        }
    }

    /// Waits for the broker and the topics on it, touching the connection meanwhile. A broker that was lost comes back
    /// without topics, and might make them with its own idea of their shape.
    private func knownCluster(touching session: PostgresConnection) async throws -> String {
        let begun = ContinuousClock.now
        while true {
            if let id = cluster.lastKnown, try await topics.look(since: begun) { return id }
            try await session.execute("SELECT 1")
            try await Task.sleep(for: limits.leadRetry)
        }
    }
}

/// How much a relay takes at once and how often it looks.
struct RelayLimits: Sendable {
    /// Rows of one page: read together, sent together.
    var page = 2_000
    /// How long to sleep when nothing wakes the relay: events committed by another process are found by then.
    var poll: Duration = .milliseconds(100)
    var leadRetry: Duration = .milliseconds(500)
    /// The connection is touched this often while the broker makes the relay wait.
    var keepAlive: Duration = .seconds(1)
    /// How often the requests of operators are looked for.
    var operatorPoll: Duration = .seconds(1)
}

extension PostgresConfiguration {
    fileprivate func forRelay() -> PostgresConfiguration {
        var copy = self
        copy.applicationName = "\(copy.applicationName).relay"
        return copy
    }
}
