import Contracts
import Foundation
import Postgres
import TestStack
import Testing

@testable import Messaging

extension BatchProcessorTests {
    @Test("a key that the surroundings trouble lets the others go first next time")
    func troubledKey() async throws {
        let database = try await MessagingDatabase.make()
        let troubled = make.dossier()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            if message.payload.dossierId == troubled { throw PostgresError(.poolTimeout, "busy elsewhere") }
            try await scope.transaction.execute("INSERT INTO effects (reason) VALUES (\(message.payload.reason))")
        }
        let broken = [
            try make.record(make.withdrawal(of: troubled), offset: 0, value: Array("{".utf8)),
            try make.record(make.withdrawal(of: make.dossier()), offset: 1, value: Array("{".utf8)),
        ]
        try await database.processor(definition).apply(TestBatch.batch(broken), clusterID: "c1")
        let good = try ContractsJSON.encode(make.withdrawal(of: make.dossier(), reason: "fine"))
        try await database.pool.execute(
            "UPDATE parked_messages SET value = \(good) WHERE \"offset\" = 1")
        let same = try ContractsJSON.encode(make.withdrawal(of: troubled, reason: "troubled"))
        try await database.pool.execute("UPDATE parked_messages SET value = \(same) WHERE \"offset\" = 0")
        let parked = ParkedMessages(pool: database.pool)
        // The troubled one is due first.
        for (entry, delay) in zip(try await parked.list(), [0.0, 1]) {
            let due = database.time.now + delay
            _ = try await database.pool.transaction { try await parked.retry([entry.id], now: due, in: $0) }
        }
        database.time.advance(by: 2)
        let retries = database.retries(of: database.processor(definition))
        await #expect(throws: PostgresError.self) { try await retries.retryOne() }
        #expect(try await retries.retryOne())
        #expect(try await database.effects() == ["fine"])
        #expect(try await parked.list().map(\.offset) == [0])
    }

    @Test("waits that all end at once are parked at the rate of the parking limit, the others wait on")
    func waitsEnd() async throws {
        let database = try await MessagingDatabase.make()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { _, _ in throw NotYet("never") }
        let processor = database.processor(definition)
        let records = try (0..<30).map { try make.record(make.withdrawal(of: make.dossier()), offset: $0) }
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        database.time.advance(by: ConsumerRules().waitAtMost + 1)
        let retries = database.retries(of: processor)
        while try await retries.retryOne() {}
        let states = try await ParkedMessages(pool: database.pool).list().map(\.keyState)
        #expect(states.filter { $0 == "parked" }.count == ConsumerRules().parkingMinimumKeys - 1)
        #expect(states.count == 30)
    }

    @Test("a handler's failure undoes only its own message, and a retry applies the key in order")
    func retry() async throws {
        FaultRecord.note("K19", "a parked key retried, in order")
        let database = try await MessagingDatabase.make()
        let broken = ConsumerDefinition(name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects)
            .on(DossierWithdrawn.self) { message, scope in
                try await scope.transaction.execute("INSERT INTO effects (reason) VALUES ('half done')")
                throw Unprocessable("not in this release")
            }
        let dossier = make.dossier()
        let records = try ["first", "second"].enumerated().map {
            try make.record(
                make.withdrawal(of: dossier, reason: $1), version: Int64($0 + 1), offset: Int64($0))
        }
        try await database.processor(broken).apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == [])

        let mended = database.processor(MessagingDatabase.writingDown())
        let parked = ParkedMessages(pool: database.pool)
        let asked = try await database.pool.transaction {
            try await parked.retry(nil, now: database.time.now, in: $0)
        }
        #expect(asked == 1)
        #expect(try await database.retries(of: mended).retryOne())
        #expect(try await database.effects() == ["first", "second"])
        #expect(try await parked.list().isEmpty)
        #expect(try await database.retries(of: mended).retryOne() == false)
    }

    @Test("a dropped message lets what follows for its key go on")
    func drop() async throws {
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let dossier = make.dossier()
        let records = [
            try make.record(make.withdrawal(of: dossier), offset: 0, value: [0x7B]),
            try make.record(make.withdrawal(of: dossier, reason: "next"), version: 2, offset: 1),
        ]
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        let parked = ParkedMessages(pool: database.pool)
        let first = try #require(try await parked.list().first)
        let wasOpen = try await database.pool.transaction {
            try await parked.drop(first.id, by: "operator", now: database.time.now, in: $0)
        }
        #expect(wasOpen)
        #expect(try await database.retries(of: processor).retryOne())
        #expect(try await database.effects() == ["next"])
    }

    @Test("a message that comes too early waits in order and is applied when what it waits for arrives")
    func notYet() async throws {
        let database = try await MessagingDatabase.make()
        try await database.pool.execute("CREATE TABLE known (id uuid PRIMARY KEY)")
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            let id = message.payload.dossierId
            guard try await scope.transaction.queryOptional("SELECT id FROM known WHERE id = \(id)") != nil else {
                throw NotYet("dossier:\(id)")
            }
            try await scope.transaction.execute("INSERT INTO effects (reason) VALUES (\(message.payload.reason))")
        }
        let processor = database.processor(definition)
        let dossier = make.dossier()
        let records = try ["first", "second"].enumerated().map {
            try make.record(make.withdrawal(of: dossier, reason: $1), version: Int64($0 + 1), offset: Int64($0))
        }
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == [])
        #expect(try await database.retries(of: processor).retryOne() == false)

        try await database.pool.transaction { transaction in
            try await transaction.execute("INSERT INTO known VALUES (\(dossier))")
            try ParkedStore.announce(["dossier:\(dossier)"], now: database.time.now, in: transaction)
        }
        #expect(try await database.retries(of: processor).retryOne())
        #expect(try await database.effects() == ["first", "second"])
    }

    @Test("what waits beyond its deadline is parked and told")
    func notYetDeadline() async throws {
        let database = try await MessagingDatabase.make()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { _, _ in throw NotYet("never") }
        let processor = database.processor(definition, outbox: Outbox(service: .routing))
        let record = try make.record(make.withdrawal(of: make.dossier()))
        try await processor.apply(TestBatch.batch([record]), clusterID: "c1")
        database.time.advance(by: ConsumerRules().waitAtMost + 1)
        #expect(try await database.retries(of: processor).retryOne())
        let parked = try await ParkedMessages(pool: database.pool).list()
        #expect(parked.map(\.reasonCode) == ["not-yet.deadline"])
        #expect(parked.map(\.keyState) == ["parked"])
        #expect(try await database.retries(of: processor).retryOne() == false)
    }

    @Test("a release that does not know a parked message's type leaves it parked")
    func unknownAtRetry() async throws {
        let database = try await MessagingDatabase.make()
        let record = try make.record(make.withdrawal(of: make.dossier()), value: [0x7B])
        try await database.processor(MessagingDatabase.writingDown()).apply(TestBatch.batch([record]), clusterID: "c1")
        let older = ConsumerDefinition(name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects)
        let parked = ParkedMessages(pool: database.pool)
        _ = try await database.pool.transaction { try await parked.retry(nil, now: database.time.now, in: $0) }
        #expect(try await database.retries(of: database.processor(older)).retryOne())
        #expect(try await parked.list().map(\.reasonCode) == ["type.unknown"])
    }

    @Test("a message that is parked, waits and is parked again is told twice and holds nobody up")
    func parkedAgain() async throws {
        let database = try await MessagingDatabase.make()
        func processor(_ fault: any Error & Sendable) -> BatchProcessor {
            database.processor(
                ConsumerDefinition(name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects)
                    .on(DossierWithdrawn.self) { _, _ in throw fault }, outbox: Outbox(service: .routing))
        }
        let record = try make.record(make.withdrawal(of: make.dossier()))
        try await processor(Unprocessable("first")).apply(TestBatch.batch([record]), clusterID: "c1")
        let parked = ParkedMessages(pool: database.pool)
        _ = try await database.pool.transaction { try await parked.retry(nil, now: database.time.now, in: $0) }
        #expect(try await database.retries(of: processor(NotYet("other"))).retryOne())
        database.time.advance(by: 3_600)
        #expect(try await database.retries(of: processor(Unprocessable("again"))).retryOne())
        #expect(try await parked.list().map(\.reason) == ["again"])
        #expect(try await database.count("SELECT count(*) FROM outbox") == 2)
    }
}
