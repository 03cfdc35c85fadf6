import Contracts
import Kafka
import Postgres

@testable import Messaging

/// The product's outbox reader, positions and late state, each relay on its own connection; the broker is a list.
struct RealRelays {
    struct Log {
        var broker = ModelBroker<KafkaRecord>()
        /// What has reached it since somebody looked.
        var arrived: [KafkaRecord] = []
    }

    fileprivate struct Term {
        let reader: OutboxReader
        var hand: RelayHand<OutboxRow>
        var page: OutboxPage?
        /// The state in hand while it is said again.
        var owed: [LateState.Owed] = []

        var late: LateState { LateState(session: reader.session, shard: 0) }
    }

    private let database: MessagingDatabase
    private var leader: Term?
    private var frozen: [Term] = []

    init(_ database: MessagingDatabase) { self.database = database }

    // MARK: Leading

    mutating func read(cluster: Int) async throws {
        try await leaveOtherCluster(cluster)
        if leader == nil { leader = try await beginTerm(cluster) }
        guard var term = leader, term.hand.isEmpty else { return }
        let page = try await term.reader.page(from: term.hand.position, limit: ModelOutbox.pageLimit)
        if page.rows.isEmpty {
            term.hand.position = next(after: page, from: term.hand.position)
        } else {
            term.page = page
            term.hand.take(page.rows)
        }
        leader = term
    }

    private func beginTerm(_ cluster: Int) async throws -> Term {
        let session = try await PostgresConnection.open(database.configuration, logger: database.logger)
        let reader = OutboxReader(session: session, service: .intake, shard: 0)
        _ = try await reader.adopt()
        let position = try await reader.position(clusterID: "c\(cluster)") ?? .start
        return Term(reader: reader, hand: RelayHand(cluster: cluster, position: position))
    }

    mutating func send(_ count: Int, to log: inout Log) async throws {
        try await leaveOtherCluster(log.broker.cluster)
        leader?.send(count, to: &log)
    }

    mutating func loseConfirmation(_ log: inout Log) async throws {
        try await leaveOtherCluster(log.broker.cluster)
        guard let confirmed = leader?.hand.confirmed else { return }
        leader?.send(1, to: &log)
        leader?.hand.confirmed = confirmed
    }

    mutating func finish(cluster: Int) async throws {
        try await leaveOtherCluster(cluster)
        guard var term = leader, term.hand.isConfirmed else { return }
        if let page = term.page {
            term.hand.position = next(after: page, from: term.hand.position)
            try await term.reader.write(term.hand.position, clusterID: "c\(term.hand.cluster)")
        } else {
            try await term.late.settled(term.owed)
        }
        term.page = nil
        term.hand.take([])
        leader = term
    }

    mutating func sayStateAgain(cluster: Int) async throws {
        try await leaveOtherCluster(cluster)
        guard var term = leader, term.hand.isEmpty, term.hand.position.reading == nil else { return }
        term.owed = try await term.late.owed(sentBefore: term.hand.position.done, by: term.reader, limit: 10)
        term.hand.take(term.owed.map(\.row))
        leader = term
    }

    mutating func crash() {
        leader?.reader.session.close()
        leader = nil
    }

    private func next(after page: OutboxPage, from position: RelayPosition) -> RelayPosition {
        position.advanced(pastSequence: page.rows.last?.sequence, isFull: page.isFull, snapshot: page.snapshot)
    }

    // MARK: Losing the lead

    mutating func freeze() {
        guard frozen.count < 2, let term = leader else { return }
        term.reader.session.close()
        frozen.append(term)
        leader = nil
    }

    mutating func thaw(sending count: Int, to log: inout Log) async throws {
        guard !frozen.isEmpty else { return }
        var term = frozen.removeFirst()
        if term.hand.cluster == log.broker.cluster { term.send(count, to: &log) }
        try await note(term)
    }

    /// On a new connection, as a relay does before it stands for the lead again.
    private func note(_ term: Term) async throws {
        let session = try await PostgresConnection.open(database.configuration, logger: database.logger)
        defer { session.close() }
        let keys = term.hand.rows.map { LateState.Key(topic: $0.topic, key: $0.key) }
        try await LateState(session: session, shard: 0).note(Set(keys))
    }

    private mutating func leaveOtherCluster(_ cluster: Int) async throws {
        guard let term = leader, term.hand.cluster != cluster else { return }
        try await note(term)
        crash()
    }

    mutating func close() { crash() }
}

extension RealRelays.Term {
    fileprivate mutating func send(_ count: Int, to log: inout RealRelays.Log) {
        for _ in 0..<count {
            guard let row = hand.next() else { break }
            log.broker.append(row.record)
            log.arrived.append(row.record)
        }
        hand.confirmed = hand.sent
    }
}
