import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on retries", .seeded)
struct RetryAttackTests {
    private let make = TestBatch()

    /// Applies withdrawals, but those whose reason is a number only once they are allowed.
    private struct Moods: Sendable {
        let isMended = Locked(false)
        let isHeld = Locked(false)
        let waits = Tally()

        var definition: ConsumerDefinition {
            ConsumerDefinition(name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects)
                .on(DossierWithdrawn.self) { message, scope in
                    guard isMended.withLock({ $0 }) else { throw Unprocessable("not in this release") }
                    try await scope.transaction.execute(
                        """
                        INSERT INTO effects (dossier, reason, sequence)
                        VALUES (\(message.payload.dossierId), \(message.payload.reason), \(message.sequence))
                        """)
                    guard isHeld.withLock({ $0 }) else { return }
                    waits.add()
                    try await eventually("let go") { !isHeld.withLock { $0 } }
                }
        }
    }

    private func records(
        of key: DossierID, _ versions: ClosedRange<Int64>, from offset: Int64
    ) throws -> [ConsumedRecord] {
        try versions.enumerated().map { index, version in
            try make.record(
                make.withdrawal(of: key, reason: String(version)), version: version, offset: offset + Int64(index))
        }
    }

    private func ask(_ ids: [Int64]?, _ database: MessagingDatabase) async throws -> Int {
        let parked = ParkedMessages(pool: database.pool)
        return try await database.pool.transaction {
            try await parked.retry(ids, now: database.time.now, in: $0)
        }
    }

    private func sequences(of key: DossierID, _ database: MessagingDatabase) async throws -> [Int64] {
        try await database.pool.query("SELECT sequence FROM effects WHERE dossier = \(key) ORDER BY n")
            .map { try $0.get("sequence") }
    }

    @Test("what arrives for a key while it is being retried is applied behind it", arguments: [true, false])
    func arrivalsDuringRetry(isRetrySuccessful: Bool) async throws {
        FaultRecord.note("K19", "arrivals while a key is tried again")
        let (database, moods, key) = (try await MessagingDatabase.make(), Moods(), make.dossier())
        let processor = database.processor(moods.definition)
        try await processor.apply(TestBatch.batch(try records(of: key, 1...3, from: 0)), clusterID: "c1")
        #expect(try await ask(nil, database) == 1)
        moods.isMended.withLock { $0 = true }
        moods.isHeld.withLock { $0 = true }
        let retry = Task { try await database.retries(of: processor).retryOne() }
        try await eventually("the retry is in the middle") { moods.waits.value == 1 }
        let arrivals = TestBatch.batch(try records(of: key, 4...6, from: 3))
        let arriving = Task { try await processor.apply(arrivals, clusterID: "c1") }
        try await eventually("the arrivals wait for the key") {
            try await database.count(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM parked_keys%'
                """) == 1
        }
        if !isRetrySuccessful { moods.isMended.withLock { $0 = false } }
        moods.isHeld.withLock { $0 = false }
        #expect(try await retry.value)
        try await arriving.value
        if !isRetrySuccessful {
            let open = try await ParkedMessages(pool: database.pool).list()
            #expect(open.map(\.reasonCode) == ["rule.broken", "behind", "behind", "behind", "behind"])
            moods.isMended.withLock { $0 = true }
            #expect(try await ask(nil, database) == 1)
            while try await database.retries(of: processor).retryOne() {}
        }
        #expect(try await sequences(of: key, database) == Array(1...6))
        #expect(try await ParkedMessages(pool: database.pool).list().isEmpty)
    }

    @Test("one, many, all, twice and by two workers at once: each parked message is applied once, its key in order")
    func oneManyAllTwice() async throws {
        FaultRecord.note("K19", "parked messages tried again: one, many, all, twice")
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let (database, moods) = (try await MessagingDatabase.make(), Moods())
        let processor = database.processor(moods.definition)
        let keys = (0..<12).map { _ in make.dossier() }
        var (mixed, versions): ([ConsumedRecord], [DossierID: Int64]) = ([], [:])
        for offset in 0..<Int64(120) {
            let key = try #require(keys.randomElement(using: &random))
            versions[key, default: 0] += 1
            let version = versions[key, default: 0]
            mixed += try records(of: key, version...version, from: offset)
        }
        try await processor.apply(TestBatch.batch(mixed), clusterID: "c1")
        let open = try await ParkedMessages(pool: database.pool).list(limit: 1_000)
        #expect(open.count == 120, "all are parked")
        let retries = database.retries(of: processor)

        // One, while the release is still the bad one: it stays.
        #expect(try await ask([open[7].id], database) == 1)
        #expect(try await retries.retryOne())
        #expect(try await retries.retryOne() == false)
        #expect(try await ParkedMessages(pool: database.pool).list(limit: 1_000).count == 120)

        // One again, by its last message: its whole key is applied, in order.
        moods.isMended.withLock { $0 = true }
        let last = try #require(open.last)
        #expect(try await ask([last.id], database) == 1)
        while try await retries.retryOne() {}
        let left = try await ParkedMessages(pool: database.pool).list(limit: 1_000)
        #expect(!left.contains { $0.id == last.id })
        #expect(left.count < 120)

        // Many, some of them settled by now, asked for twice, by two workers.
        let many = (0..<10).compactMap { _ in open.randomElement(using: &random)?.id }
        for _ in 0..<2 { _ = try await ask(many, database) }
        try await work(retries, retries)
        // All, twice, by two workers.
        for _ in 0..<2 { _ = try await ask(nil, database) }
        try await work(retries, retries)
        #expect(try await ask(nil, database) == 0)

        for key in keys {
            let expected = (0..<(versions[key] ?? 0)).map { $0 + 1 }
            #expect(try await sequences(of: key, database) == expected)
        }
        #expect(try await database.count("SELECT count(*) FROM parked_messages WHERE state = 'applied'") == 120)
        #expect(try await database.count("SELECT count(*) FROM parked_keys") == 0)
    }

    private func work(_ workers: RetryWorker...) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { while try await worker.retryOne() {} } }
            try await group.waitForAll()
        }
    }

    @Test("what a message waits for arrives before its waiting is committed: it is found without being woken")
    func wakeUpMissed() async throws {
        let database = try await MessagingDatabase.make()
        try await database.pool.execute("CREATE TABLE known (id uuid PRIMARY KEY)")
        let (looks, mayGoOn) = (Tally(), Locked(false))
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            let id = message.payload.dossierId
            let known = try await scope.transaction.queryOptional("SELECT id FROM known WHERE id = \(id)")
            looks.add()
            // The first look is that of the batch as a whole, which is undone.
            if looks.value == 2 { try await eventually("it goes on") { mayGoOn.withLock { $0 } } }
            guard known != nil else { throw NotYet("dossier:\(id)") }
            try await scope.transaction.execute("INSERT INTO effects (reason) VALUES (\(message.payload.reason))")
        }
        let (processor, key) = (database.processor(definition), make.dossier())
        let batch = TestBatch.batch(try records(of: key, 1...2, from: 0))
        let applying = Task { try await processor.apply(batch, clusterID: "c1") }
        try await eventually("it has looked in vain") { looks.value == 2 }
        try await database.pool.transaction { transaction in
            try await transaction.execute("INSERT INTO known VALUES (\(key))")
            try ParkedStore.announce(["dossier:\(key)"], now: database.time.now, in: transaction)
        }
        mayGoOn.withLock { $0 = true }
        try await applying.value
        let retries = database.retries(of: processor)
        #expect(try await retries.retryOne() == false, "nobody has woken it")
        #expect(try await database.effects().isEmpty)
        database.time.advance(by: ConsumerRules().firstRetry)
        while try await retries.retryOne() {}
        #expect(try await database.effects() == ["1", "2"])
        #expect(try await ParkedMessages(pool: database.pool).list().isEmpty)
    }

    @Test("two topics that need each other, in any interleaving: each key is applied in order, nothing is left waiting")
    func anyInterleaving() async throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let database = try await MessagingDatabase.make()
        try await database.pool.execute("CREATE TABLE known (id uuid PRIMARY KEY)")
        let needing = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            let id = message.payload.dossierId
            guard try await scope.transaction.queryOptional("SELECT id FROM known WHERE id = \(id)") != nil else {
                throw NotYet("dossier:\(id)")
            }
            try await scope.transaction.execute(
                "INSERT INTO effects (dossier, sequence) VALUES (\(id), \(message.sequence))")
        }
        let needed = ConsumerDefinition(
            name: "routing.known", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            try await scope.transaction.execute("INSERT INTO known VALUES (\(message.payload.dossierId))")
            scope.arrived("dossier:\(message.payload.dossierId)")
        }
        let keys = (0..<10).map { _ in make.dossier() }
        var versions: [DossierID: Int64] = [:]
        var waiting = try (0..<Int64(60)).map { offset in
            let key = try #require(keys.randomElement(using: &random))
            versions[key, default: 0] += 1
            let version = versions[key, default: 0]
            return try make.record(make.withdrawal(of: key), version: version, offset: offset)
        }
        var arriving = try keys.shuffled(using: &random).enumerated().map {
            try make.record(make.withdrawal(of: $1), offset: Int64($0))
        }
        let (first, second) = (database.processor(needing), database.processor(needed))
        let retries = database.retries(of: first)
        var didWait = false
        while !waiting.isEmpty || !arriving.isEmpty {
            switch Int.random(in: 0...3, using: &random) {
            case 0 where !waiting.isEmpty:
                let batch = Array(waiting.prefix(Int.random(in: 1...8, using: &random)))
                waiting.removeFirst(batch.count)
                try await first.apply(TestBatch.batch(batch), clusterID: "c1")
            case 1 where !arriving.isEmpty:
                try await second.apply(TestBatch.batch([arriving.removeFirst()]), clusterID: "c1")
            case 2: _ = try await retries.retryOne()
            default: database.time.advance(by: Double.random(in: 0...2, using: &random))
            }
            if try await database.count("SELECT count(*) FROM parked_keys") > 0 { didWait = true }
        }
        while try await retries.retryOne() {}
        #expect(didWait, "something had to wait")
        for key in keys {
            let expected = (0..<(versions[key] ?? 0)).map { $0 + 1 }
            #expect(try await sequences(of: key, database) == expected)
        }
        #expect(try await database.count("SELECT count(*) FROM parked_keys") == 0)
    }

    @Test("a newer state replaces what is parked of its key; a bad one, or one that is not yet, queues behind it")
    func stateSupersedes() async throws {
        FaultRecord.note("K19", "newer state of a parked key")
        let database = try await MessagingDatabase.make()
        let key = make.dossier()
        let topic = Topic(
            name: TopicCatalogue.dossiers.name, owner: .intake, kind: .state, partitions: 12,
            retention: TopicCatalogue.dossiers.retention, keyField: "dossierId")
        let definition = ConsumerDefinition(name: "routing.dossiers", topics: [topic], kind: .effects)
            .on(DossierWithdrawn.self) { message, scope in
                switch message.sequence {
                case 1: throw Unprocessable("bad")
                case 2: throw NotYet("other")
                default:
                    try await scope.transaction.execute("INSERT INTO effects (sequence) VALUES (\(message.sequence))")
                }
            }
        let processor = database.processor(definition)
        let all = try records(of: key, 1...4, from: 0)
        try await processor.apply(TestBatch.batch(Array(all[0...1])), clusterID: "c1")
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.reasonCode) == ["rule.broken", "behind"])
        try await processor.apply(TestBatch.batch(Array(all[2...3])), clusterID: "c1")
        #expect(try await ParkedMessages(pool: database.pool).list().isEmpty)
        #expect(try await database.count("SELECT count(*) FROM parked_messages WHERE state = 'superseded'") == 2)
        #expect(try await database.count("SELECT count(*) FROM effects WHERE sequence IN (3, 4)") == 2)
        #expect(try await ask(nil, database) == 0)
    }
}
