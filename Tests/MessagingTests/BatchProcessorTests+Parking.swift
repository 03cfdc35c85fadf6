import Contracts
import Foundation
import Postgres
import TestStack
import Testing

@testable import Messaging

extension BatchProcessorTests {
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

    @Test(
        "what a handler enqueued fails with its own message, even when the next handler swallows the error",
        arguments: [false, true])
    func enqueued(swallows: Bool) async throws {
        let database = try await MessagingDatabase.make()
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            let reason = message.payload.reason
            if swallows, reason == "c" { _ = try? await scope.transaction.query("SELECT 1") }
            try scope.transaction.enqueue(
                "INSERT INTO effects (reason, sequence) VALUES (\(reason), 1 / (\(reason == "bad" ? 0 : 1)))")
        }
        let records = try ["a", "bad", "c"].enumerated().map { offset, reason in
            try make.record(make.withdrawal(of: make.dossier(), reason: reason), offset: Int64(offset))
        }
        try await database.processor(definition).apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["a", "c"])
        let parked = try await ParkedMessages(pool: database.pool).list()
        #expect(parked.map(\.offset) == [1] && parked.map(\.reasonCode) == ["database.22012"])
        #expect(try await database.position(of: "routing.dossiers") == 3)
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
