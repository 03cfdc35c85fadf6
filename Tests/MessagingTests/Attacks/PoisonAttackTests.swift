import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks by poison")
struct PoisonAttackTests {
    private let make = TestBatch()

    @Test("every kind of poison in a full batch is parked and named, and every neighbour is applied in order")
    func everyKind() async throws {
        print("everyKind(): HOSO_TEST_SEED=\(SeededGenerator.seed)")
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

    @Test("when parking itself fails nothing moves, and everything goes on once it works again")
    func parkingFails() async throws {
        let database = try await MessagingDatabase.make()
        try await database.pool.withConnection { connection in
            try await connection.executeScript(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON parked_messages FOR EACH ROW EXECUTE FUNCTION refuse();
                """)
        }
        let processor = database.processor(MessagingDatabase.writingDown())
        let records = try ["a", "b", "c"].enumerated().map {
            try make.record(
                make.withdrawal(of: make.dossier(), reason: $1), offset: Int64($0), value: $0 == 1 ? [0x7B] : nil)
        }
        for _ in 0..<3 {
            await #expect(throws: PostgresError.self) {
                try await processor.apply(TestBatch.batch(records), clusterID: "c1")
            }
            #expect(try await database.effects().isEmpty)
            #expect(try await database.position(of: "routing.dossiers") == nil)
        }
        try await database.pool.execute("DROP TRIGGER refuse ON parked_messages")
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["a", "c"])
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.offset) == [1])
    }

    @Test("the partitions of a consumer share its parking limit also when they park at the same moment")
    func parkingAtOnce() async throws {
        let database = try await MessagingDatabase.make()
        let guardian = try await database.heldAtCommit(of: "parked_messages")
        let processor = database.processor(MessagingDatabase.writingDown())
        let keys = ConsumerRules().parkingMinimumKeys - 5
        let refused = Tally()
        let parking = try (0..<4).map { partition in
            let records = try (0..<keys).map {
                try make.record(make.withdrawal(of: make.dossier()), offset: Int64($0), value: [0x7B])
            }
            let batch = PartitionBatch(
                topic: TopicCatalogue.dossiers.name, partition: Int32(partition), startOffset: 0, records: records,
                nextOffset: Int64(keys), isFromBeginning: true)
            return Task {
                do {
                    try await processor.apply(batch, clusterID: "c1")
                } catch is MessagingError {
                    refused.add()
                }
            }
        }
        try await eventually("each is refused, or about to be committed") {
            try await database.waitingCommits() + Int64(refused.value) == 4
        }
        guardian.close()
        for task in parking { try await task.value }
        #expect(refused.value == 3)
        #expect(try await database.count("SELECT count(*) FROM parked_keys") == Int64(keys))
    }

    @Test("a release that cannot read anything stops before it parks the country; the one after it reads on from there")
    func badRelease() async throws {
        try await AttackScene.run(keys: 60) { scene in
            let (_, relay) = scene.relay()
            try await scene.writeAtOnce(scene.dossiers + scene.dossiers)
            try await scene.untilSent()
            let bad = ConsumerDefinition(
                name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
            ).on(DossierWithdrawn.self) { _, _ in throw Unprocessable("this release reads nothing") }
            let (runner, stopping) = scene.reader(scene.routing.processor(bad))
            try await within(.seconds(30)) { await stopping.value }
            #expect(runner.status.state.text.hasPrefix("stopped"))
            let keys = try await scene.routing.count("SELECT count(*) FROM parked_keys")
            #expect(keys < Int64(ConsumerRules().parkingMinimumKeys))
            let (_, reader) = scene.reader()
            try await eventually("the rest is applied", within: .seconds(30)) {
                let parked = try await scene.routing.count("SELECT count(*) FROM parked_messages")
                let applied = try await scene.routing.count("SELECT count(*) FROM effects")
                return Int(parked + applied) == scene.written
            }
            let parked = ParkedMessages(pool: scene.routing.pool)
            _ = try await scene.routing.pool.transaction {
                try await parked.retry(nil, now: scene.routing.time.now, in: $0)
            }
            let retries = scene.routing.retries(of: scene.routing.processor(MessagingDatabase.writingDown()))
            while try await retries.retryOne() {}
            #expect(try await scene.faultsInEffects().isEmpty)
            reader.cancel()
            await reader.value
            relay.cancel()
            _ = await relay.result
        }
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

/// An event with all that can be wrong in one.
struct Weighed: EventPayload {
    static let type = "hoso.dossier.weighed.v1"
    static let topic = TopicCatalogue.dossiers

    let dossierId: DossierID
    var grams: Int64?
    var fee: Dong?
    var labels: [String: String]?
    var parts: [Int64]?
}

/// A way in which a record can be bad, or odd and good all the same.
struct Poison: Sendable {
    static let personal = "079123456789"
    /// What is told of it even where it is written as a number.
    static let telling = "79123456789"
    static let spared = "spared"

    let name: String
    /// How it is parked; `nil` for what is not.
    let code: String?
    var isUnknown = false
    let spoil: @Sendable (inout ConsumedRecord) -> Void

    func record(_ make: TestBatch) throws -> ConsumedRecord {
        let dossier = make.dossier()
        var record = try make.record(
            make.withdrawal(of: dossier, reason: Self.personal), type: Weighed.type,
            value: ContractsJSON.encode(Weighed(dossierId: dossier, labels: ["owner": Self.personal])))
        spoil(&record)
        return record
    }

    static let all: [Poison] = data + missing + headers + keys + unknown

    private static let unknown: [Poison] = [
        Poison(name: "unknown version", code: nil, isUnknown: true) {
            $0.set(EventHeader.type, "hoso.dossier.weighed.v9")
        },
        Poison(name: "unknown type as long as a book", code: nil, isUnknown: true) {
            $0.set(EventHeader.type, String(repeating: personal, count: 50_000))
        },
    ]

    private static let data: [Poison] = [
        Poison(name: "not JSON", code: "data.malformed") { $0.value = Array("\(personal) is no JSON".utf8) },
        Poison(name: "cut off", code: "data.malformed") { $0.value?.removeLast() },
        Poison(name: "empty", code: "data.malformed") { $0.value = [] },
        Poison(name: "tombstone", code: "data.tombstone") { $0.value = nil },
        Poison(name: "bad UTF-8", code: "data.not-utf8") { $0.value?.replaceSubrange(3..<4, with: [0xFF, 0xC0]) },
        Poison(name: "NUL", code: "data.nul") { $0.value?.insert(0, at: 1) },
        Poison(name: "escaped NUL", code: "data.nul") { $0.with(#""labels":{"owner":"079\u0000"}"#) },
        Poison(name: "deep", code: "data.too-deep") { $0.value = Array(repeating: 0x5B, count: 200_000) },
        Poison(name: "a megabyte", code: "data.too-large") {
            $0.with(#""labels":{"owner":"\#(String(repeating: "9", count: 1_000_000))"}"#)
        },
        Poison(name: "beyond 2^53", code: nil) { $0.with(#""grams":9007199254740993"#) },
        Poison(name: "beyond 2^63", code: "data.malformed") { $0.with(#""grams":9223372036854775808"#) },
        Poison(name: "beyond everything", code: "data.malformed") { $0.with(#""grams":1e400"#) },
        Poison(name: "money beyond 2^53", code: "data.money.too-large") { $0.with(#""fee":9007199254740993"#) },
        Poison(name: "money with a part", code: "data.malformed") { $0.with(#""fee":1.5"#) },
        Poison(name: "a member twice", code: "data.duplicate-member") { $0.with(#""grams":1,"grams":2"#) },
        Poison(name: "a member twice, once escaped", code: "data.duplicate-member") {
            $0.with(#""grams":1,"gr\u0061ms":2"#)
        },
        Poison(name: "a value of the wrong type in a list", code: "data.wrong-type") {
            $0.with(#""parts":[1,"\#(personal)"]"#)
        },
        Poison(name: "a value under a personal name", code: "data.wrong-type") {
            $0.with(#""labels":{"\#(personal)":5}"#)
        },
    ]

    private static let missing: [Poison] = [
        EventHeader.specVersion, EventHeader.id, EventHeader.type, EventHeader.source, EventHeader.time,
        EventHeader.sequence,
    ].map { header in
        Poison(name: "without \(header)", code: "header.missing") { $0.headers.removeAll { $0.name == header } }
    }

    private static let headers: [Poison] = [
        Poison(name: "an id of another version", code: "header.invalid") {
            $0.set(EventHeader.id, "7d444840-9dc0-11d1-b245-5ffdce74fad2")
        },
        Poison(name: "no id, and a time beyond all", code: "header.missing") {
            $0.headers.removeAll { $0.name == EventHeader.id }
            $0.timestamp = Date(timeIntervalSince1970: Double(Int64.max) / 1_000)
        },
        Poison(name: "a header that is not UTF-8", code: "header.missing") { record in
            record.headers = record.headers.map {
                $0.name == EventHeader.source ? KafkaHeader(name: $0.name, value: [0xFF, 0xFE]) : $0
            }
        },
        Poison(name: "a sequence beyond 2^63", code: "header.invalid") {
            $0.set(EventHeader.sequence, "9223372036854775808")
        },
        Poison(name: "no time", code: "header.invalid") { $0.set(EventHeader.time, personal) },
        Poison(name: "no trace", code: nil) { $0.set(EventHeader.traceParent, "\0\(personal)") },
        Poison(name: "a trace as long as a book", code: nil) {
            $0.set(EventHeader.traceParent, String(repeating: personal, count: 50_000))
        },
    ]

    private static let keys: [Poison] = [
        Poison(name: "no key", code: "key.invalid") { $0.key = nil },
        Poison(name: "a key that is no id", code: "key.invalid") { $0.key = Array(personal.utf8) },
        Poison(name: "a key as long as a book", code: "key.invalid") { $0.key = drawnBytes(500_000) },
    ]

    /// Bytes that cannot be compressed.
    private static func drawnBytes(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 1)
        return (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
    }
}

extension ConsumedRecord {
    fileprivate mutating func set(_ name: String, _ text: String) {
        headers.removeAll { $0.name == name }
        headers.append(KafkaHeader(name, text))
    }

    /// The same data with other members, but the first.
    fileprivate mutating func with(_ members: String) {
        let id = String(decoding: key ?? [], as: UTF8.self)
        value = Array(#"{"dossierId":"\#(id)",\#(members)}"#.utf8)
    }
}
