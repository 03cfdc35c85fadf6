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
}
