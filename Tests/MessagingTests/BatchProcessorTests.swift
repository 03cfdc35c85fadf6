import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Consumer batches")
struct BatchProcessorTests {
    let make = TestBatch()

    private func reasons(_ reasons: [String]) throws -> [ConsumedRecord] {
        try reasons.enumerated().map { offset, reason in
            try make.record(make.withdrawal(of: make.dossier(), reason: reason), offset: Int64(offset))
        }
    }

    @Test("a batch is applied in order and its position stored with it")
    func applies() async throws {
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        try await processor.apply(TestBatch.batch(try reasons(["a", "b", "c"])), clusterID: "c1")
        #expect(try await database.effects() == ["a", "b", "c"])
        #expect(try await database.position(of: "routing.dossiers") == 3)
    }

    @Test("the same event again, in the same batch or a later one, changes nothing")
    func duplicates() async throws {
        FaultRecord.note("K15", "the same id again, in the same batch and in a later one")
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let withdrawal = make.withdrawal(of: make.dossier(), reason: "once")
        let id = make.ids.next(at: make.now)
        let records = try (0..<3).map { try make.record(withdrawal, id: id, offset: $0) }
        try await processor.apply(TestBatch.batch(Array(records[0...1])), clusterID: "c1")
        try await processor.apply(TestBatch.batch([records[2]]), clusterID: "c1")
        #expect(try await database.effects() == ["once"])
        #expect(try await database.position(of: "routing.dossiers") == 3)
    }

    @Test("a batch that does not start at the stored position is refused")
    func fence() async throws {
        FaultRecord.note("C7", "a batch that does not start at the stored position, as a zombie brings it")
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let records = try reasons(["a", "b"])
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        await #expect(throws: MessagingError.stalePosition(expected: 2, found: 0)) {
            try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        }
        #expect(try await database.effects() == ["a", "b"])
    }

    @Test("where nothing is stored, only a batch from the beginning is taken")
    func beginning() async throws {
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let records = try reasons(["a", "b", "c"])
        await #expect(throws: MessagingError.stalePosition(expected: nil, found: 1)) {
            try await processor.apply(TestBatch.batch(Array(records[1...])), clusterID: "c1")
        }
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["a", "b", "c"])
    }

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

    @Test("the same place of a topic that was made anew can be parked again")
    func topicMadeAnew() async throws {
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        for _ in 0..<2 {
            let record = try make.record(make.withdrawal(of: make.dossier()), value: Array("{".utf8))
            try await processor.apply(TestBatch.batch([record]), clusterID: "c1")
            try await database.pool.execute("DELETE FROM consumer_positions")
        }
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.offset) == [0, 0])
    }

    @Test("a projection says nothing to anybody, rebuilt or not")
    func projectionIsSilent() async throws {
        let database = try await MessagingDatabase.make()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .projection(tables: ["effects"])
        ).on(DossierWithdrawn.self) { message, scope in
            try await scope.emit(message.payload, key: message.key, version: message.sequence)
        }
        let record = try make.record(make.withdrawal(of: make.dossier()))
        try await database.processor(definition, outbox: Outbox(service: .intake))
            .apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await database.count("SELECT count(*) FROM outbox") == 0)
    }

    @Test("a handler works within the trace of its message")
    func trace() async throws {
        let database = try await MessagingDatabase.make()
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { _, scope in
            try await scope.transaction.execute(
                "INSERT INTO effects (reason) VALUES (\(CurrentTrace.context?.traceID))")
        }
        let record = try make.record(
            make.withdrawal(of: make.dossier()), traceparent: "00-\(trace)-00f067aa0ba902b7-01")
        try await database.processor(definition).apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await database.effects() == [trace])
    }

    @Test("an unknown type is skipped and leaves its id free for a twin of a known version")
    func twins() async throws {
        FaultRecord.note("K17", "an unknown type, then a twin of a known version")
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let withdrawal = make.withdrawal(of: make.dossier(), reason: "v1")
        let id = make.ids.next(at: make.now)
        let newest = try make.record(withdrawal, id: id, offset: 0, type: "hoso.dossier.withdrawn.v2")
        let known = try make.record(withdrawal, id: id, offset: 1)
        try await processor.apply(TestBatch.batch([newest, known]), clusterID: "c1")
        #expect(try await database.effects() == ["v1"])
        #expect(try await database.count("SELECT count(*) FROM parked_messages") == 0)
    }

    @Test("a poisonous message is parked with its bytes; its neighbours are applied, its key waits behind it")
    func poison() async throws {
        FaultRecord.note("K17", "a message that is no JSON between good ones")
        let database = try await MessagingDatabase.make()
        let outbox = Outbox(service: .routing)
        let processor = database.processor(MessagingDatabase.writingDown(), outbox: outbox)
        let bad = make.dossier()
        let records = [
            try make.record(make.withdrawal(of: make.dossier(), reason: "before"), offset: 0),
            try make.record(make.withdrawal(of: bad), offset: 1, value: Array("{".utf8)),
            try make.record(make.withdrawal(of: bad, reason: "behind"), version: 2, offset: 2),
            try make.record(make.withdrawal(of: make.dossier(), reason: "after"), offset: 3),
        ]
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["before", "after"])
        let parked = try await ParkedMessages(pool: database.pool).list()
        #expect(parked.map(\.offset) == [1, 2])
        #expect(parked.map(\.reasonCode) == ["data.malformed", "behind"])
        #expect(try await ParkedMessages(pool: database.pool).show(parked[0].id)?.value == Array("{".utf8).base64)
        let announced = try await database.count(
            "SELECT count(*) FROM outbox WHERE topic = 'hoso.routing.operations.v1' AND type = 'hoso.message.parked.v1'"
        )
        #expect(announced == 1)
    }

    @Test(
        "whatever is wrong with a message, it is parked and says why",
        arguments: [
            ("data.malformed", Array("nonsense".utf8), nil), ("data.not-utf8", [0x7B, 0xFF, 0x7D], nil),
            ("data.nul", Array(#"{"reason":"\u0000"}"#.utf8), nil),
            ("data.too-deep", Array(String(repeating: "[", count: 100).utf8), nil),
            ("data.missing-field", Array("{}".utf8), nil), ("header.missing", nil, EventHeader.time),
            ("header.missing", nil, EventHeader.id), ("header.missing", nil, EventHeader.sequence),
        ] as [(String, [UInt8]?, String?)])
    func kinds(code: String, value: [UInt8]?, missing: String?) async throws {
        FaultRecord.note("K17", "not JSON, bad UTF-8, NUL, deep nesting, missing fields and headers")
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let record = try make.record(make.withdrawal(of: make.dossier()), value: value, without: missing)
        try await processor.apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.reasonCode) == [code])
        #expect(try await database.position(of: "routing.dossiers") == 1)
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
            try await ParkedStore.announce(["dossier:\(dossier)"], now: database.time.now, in: transaction)
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

    @Test("an event caused by a message has an id computed from it")
    func computedID() async throws {
        let database = try await MessagingDatabase.make()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            try await scope.emit(
                CaseStepCompleted(
                    dossierId: message.payload.dossierId, step: "withdrawn", box: nil,
                    organizationId: OrganizationID(message.key), action: "withdraw",
                    byMemberId: message.payload.byMemberId, at: scope.now, note: nil),
                key: message.key, version: message.sequence)
        }
        let id = make.ids.next(at: make.now)
        let record = try make.record(make.withdrawal(of: make.dossier()), id: id)
        try await database.processor(definition, outbox: Outbox(service: .routing))
            .apply(TestBatch.batch([record]), clusterID: "c1")
        let emitted: UUIDv7 = try await database.pool.queryOne("SELECT event_id FROM outbox").get("event_id")
        #expect(emitted == UUIDv7.computed(from: id, consumer: "routing.dossiers", ordinal: 0))
    }

    @Test("too much to park at once stops the consumer and parks nothing")
    func parkingLimit() async throws {
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let records = try (0..<40).map {
            try make.record(make.withdrawal(of: make.dossier()), offset: Int64($0), value: [0x7B])
        }
        await #expect(throws: MessagingError.parkingLimit(keys: 40, share: 1)) {
            try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        }
        #expect(try await database.count("SELECT count(*) FROM parked_messages") == 0)
        #expect(try await database.position(of: "routing.dossiers") == nil)
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

    @Test(
        "what a message does to the database is its own fault, not the surroundings'",
        arguments: ["SELECT (SELECT 1 UNION ALL SELECT 2)", "SELECT 1 / 0"] as [SQL])
    func databaseFaults(statement: SQL) async throws {
        let database = try await MessagingDatabase.make()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { _, scope in try await scope.transaction.execute(statement) }
        let record = try make.record(make.withdrawal(of: make.dossier()))
        try await database.processor(definition).apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await ParkedMessages(pool: database.pool).list().count == 1)
    }

    @Test("a value that is not what the handler takes it for is the message's fault")
    func decoding() async throws {
        let database = try await MessagingDatabase.make()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { _, scope in
            let number: Int64 = try await scope.transaction.queryOne("SELECT NULL::bigint AS number").get("number")
            try await scope.transaction.execute("INSERT INTO effects (sequence) VALUES (\(number))")
        }
        let record = try make.record(make.withdrawal(of: make.dossier()))
        try await database.processor(definition).apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.reasonCode) == ["database.decoding"])
    }

    @Test("an event older than the inbox remembers is parked, for it may be a repeat")
    func tooOld() async throws {
        FaultRecord.note("K15", "an event older than the inbox remembers")
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let old = make.ids.next(at: make.now - ConsumerRules().inboxRetention - 60)
        let record = try make.record(make.withdrawal(of: make.dossier()), id: old)
        try await processor.apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.reasonCode) == ["id.too-old"])
    }
}
