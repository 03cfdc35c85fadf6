import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks by poison", .seeded)
struct PoisonAttackTests {
    private let make = TestBatch()

    @Test("every kind of poison in a full batch is parked and named, and every neighbour is applied in order")
    func everyKind() async throws {
        FaultRecord.note("K17", "every kind of poison inside full batches")
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let database = try await MessagingDatabase.make()
        let keys = (0..<20).map { _ in make.dossier() }
        var poisons = try Poison.all.map { (poison: $0, record: try $0.record(make)) }
        var records: [ConsumedRecord] = []
        var versions: [DossierID: Int64] = [:]
        var places: [Int64: Poison] = [:]
        while records.count < 500 {
            let left = 500 - records.count
            var record: ConsumedRecord
            if !poisons.isEmpty, Int.random(in: 0..<left, using: &random) < poisons.count {
                let index = Int.random(in: poisons.indices, using: &random)
                places[Int64(records.count)] = poisons[index].poison
                record = poisons.remove(at: index).record
            } else {
                let key = try #require(keys.randomElement(using: &random))
                versions[key, default: 0] += 1
                record = try make.record(make.withdrawal(of: key), version: versions[key, default: 0])
            }
            record.offset = Int64(records.count)
            records.append(record)
        }
        let outbox = Outbox(service: .routing)
        var rules = ConsumerRules()
        rules.parkingMinimumKeys = 100
        let processor = database.processor(definition, outbox: outbox, rules: rules)
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")

        let parked = try await ParkedMessages(pool: database.pool).list(limit: 1_000)
        let expected = places.filter { $0.value.code != nil }
        let missed = expected.filter { place, _ in !parked.contains { $0.offset == place } }
        #expect(missed.map(\.value.name).isEmpty)
        #expect(parked.count == expected.count)
        for entry in parked {
            #expect(entry.reasonCode == expected[entry.offset]?.code, "\(expected[entry.offset]?.name ?? "")")
        }
        for (key, last) in versions {
            let found: [Int64] = try await database.pool.query(
                "SELECT sequence FROM effects WHERE dossier = \(key) ORDER BY n"
            ).map { try $0.get("sequence") }
            #expect(found == Array(1...last))
        }
        let harmless = Poison.all.filter { $0.code == nil && !$0.isUnknown }.count
        let spared = try await database.count("SELECT count(*) FROM effects WHERE reason = \(Poison.spared)")
        #expect(spared == Int64(harmless), "odd and good all the same")
        #expect(try await database.count("SELECT count(*) FROM effects WHERE sequence = 9007199254740993") == 1)
        #expect(try await database.position(of: "routing.dossiers") == 500)
        // The personal identifier that stands in each of them is told to nobody.
        #expect(parked.map(\.reason).filter { $0.contains(Poison.telling) }.isEmpty)
        let named: Set = ["labels.* is no String", "parts.[1] is no Int64"]
        #expect(named.isSubset(of: parked.map(\.reason)))
        let announced: [String] = try await database.pool.query(
            "SELECT concat(traceparent, convert_from(data, 'UTF8')) AS text FROM outbox"
        ).map { try $0.get("text") }
        #expect(announced.count == expected.count + harmless)
        #expect(announced.filter { $0.contains(Poison.telling) }.isEmpty)
    }

    @Test("unknown types and versions are skipped and counted, and block nobody")
    func unknown() async throws {
        FaultRecord.note("K17", "unknown types and versions")
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        let withdrawal = make.withdrawal(of: make.dossier(), reason: "known")
        let records = try (0..<Int64(60)).map { offset in
            let type = offset.isMultiple(of: 3) ? DossierWithdrawn.type : "hoso.dossier.withdrawn.v\(offset + 2)"
            return try make.record(withdrawal, version: offset + 1, offset: offset, type: type)
        }
        let readings = records.map { BatchTransaction.Read(record: $0, reading: processor.definition.read($0)) }
        let outcome = try await database.pool.transaction { transaction in
            var work = BatchTransaction(
                processor: processor, transaction: transaction, clusterID: "c1", now: database.time.now,
                isCareful: false)
            return try await work.run(TestBatch.batch(records), readings[...])
        }
        #expect(outcome.unknown == 40)
        #expect(outcome.applied == 20)
        #expect(try await database.effects() == Array(repeating: "known", count: 20))
        #expect(try await database.count("SELECT count(*) FROM parked_messages") == 0)
    }

    @Test("a consumer of everything parks what has a type as long as a book, and tells of it")
    func longType() async throws {
        FaultRecord.note("K17", "a type as long as a book")
        let database = try await MessagingDatabase.make()
        let everything = MessagingDatabase.writingDown().onEveryEvent { _, _ in throw Unprocessable("not this one") }
        let record = try make.record(
            make.withdrawal(of: make.dossier()), type: String(repeating: "x", count: 950_000))
        try await database.processor(everything, outbox: Outbox(service: .routing))
            .apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await ParkedMessages(pool: database.pool).list().count == 1)
        #expect(try await database.count("SELECT count(*) FROM outbox") == 1)
    }

    @Test("a key that is in the table already is the fault of its message, and its value is told to nobody")
    func duplicateKey() async throws {
        FaultRecord.note("D6", "a duplicate key inside a batch")
        let database = try await MessagingDatabase.make()
        try await database.pool.execute("CREATE TABLE numbers (number text PRIMARY KEY)")
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            try await scope.transaction.execute("INSERT INTO numbers VALUES (\(message.payload.reason))")
        }
        let reasons = ["a", Poison.personal, "b", Poison.personal, "c"]
        let records = try reasons.enumerated().map {
            try make.record(make.withdrawal(of: make.dossier(), reason: $1), offset: Int64($0))
        }
        try await database.processor(definition, outbox: Outbox(service: .routing))
            .apply(TestBatch.batch(records), clusterID: "c1")
        let parked = try await ParkedMessages(pool: database.pool).list()
        #expect(parked.map(\.reasonCode) == ["database.23505"])
        #expect(parked.map(\.reason) == ["table numbers, constraint numbers_pkey"])
        #expect(try await database.count("SELECT count(*) FROM numbers") == 4)
    }

    private var definition: ConsumerDefinition {
        MessagingDatabase.writingDown().on(Weighed.self) { message, scope in
            try await scope.emit(
                CaseStepCompleted(
                    dossierId: message.payload.dossierId, step: "weighed", box: nil,
                    organizationId: OrganizationID(message.key), action: "weigh", byMemberId: MemberID(message.key),
                    at: scope.now, note: nil), key: message.key, version: 1)
            try await scope.transaction.execute(
                """
                INSERT INTO effects (reason, sequence) VALUES (\(Poison.spared), \(message.payload.grams))
                """)
        }
    }
}
