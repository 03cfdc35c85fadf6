import Contracts
import Foundation
import Kafka
import Postgres
import Projections
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks by repetition, disorder and age", .seeded)
struct TimeAttackTests {
    private let make = TestBatch()

    @Test("an event that comes again after days, the upkeep at work meanwhile, has no second effect")
    func repeatAfterDays() async throws {
        FaultRecord.note("K15", "the same id again after days")
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let database = try await MessagingDatabase.make()
        database.time.set(SystemTimeSource().now)
        let processor = database.processor(MessagingDatabase.writingDown())
        let maintenance = Maintenance(
            pool: database.pool, consumers: [processor.definition], rules: ConsumerRules(), clusterID: { "c1" },
            logger: database.logger)
        let day: TimeInterval = 86_400
        let ages = (0..<20).map { _ in
            Double.random(in: 0..<(ConsumerRules().inboxRetention / day - 0.1), using: &random)
        }
        let records = try ages.enumerated().map { offset, age in
            let id = make.ids.next(at: database.time.now - age * day)
            return try make.record(
                make.withdrawal(of: make.dossier(), reason: "\(offset)"), id: id, offset: Int64(offset))
        }
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        try await database.pool.execute(
            "SELECT ensure_time_partitions('inbox', 'event_id', 7, 0, now() - interval '90 days')")
        let before = try await database.count("SELECT count(*) FROM pg_inherits WHERE inhparent = 'inbox'::regclass")
        try await maintenance.work()
        let after = try await database.count("SELECT count(*) FROM pg_inherits WHERE inhparent = 'inbox'::regclass")
        #expect(after < before, "the upkeep has dropped what is too old")
        var again = records.shuffled(using: &random)
        for index in again.indices { again[index].offset = Int64(20 + index) }
        try await processor.apply(TestBatch.batch(again), clusterID: "c1")
        #expect(try await database.effects() == (0..<20).map(String.init))
        #expect(try await database.position(of: "routing.dossiers") == 40)
        #expect(try await ParkedMessages(pool: database.pool).list().isEmpty)
    }

    @Test("an event that comes again after its id was pruned is parked, and not applied a second time")
    func repeatAfterPruning() async throws {
        FaultRecord.note("K15", "an id again after the inbox was pruned")
        let database = try await MessagingDatabase.make()
        let processor = database.processor(MessagingDatabase.writingDown())
        var record = try make.record(make.withdrawal(of: make.dossier(), reason: "once"))
        try await processor.apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await database.pool.execute("DELETE FROM inbox") == 1)
        database.time.advance(by: ConsumerRules().inboxRetention + 60)
        record.offset = 1
        try await processor.apply(TestBatch.batch([record]), clusterID: "c1")
        #expect(try await database.effects() == ["once"])
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.reasonCode) == ["id.too-old"])
    }

    @Test("the same fact cannot be written under a second id, but its state may be said again")
    func sameFactNewID() async throws {
        FaultRecord.note("K15", "the same fact under a new id")
        let database = try await MessagingDatabase.make()
        let (outbox, key) = (Outbox(service: .intake), make.dossier())
        func append(_ version: Int64, republished: Bool = false) async throws {
            try await database.pool.transaction { transaction in
                try await outbox.append(
                    make.withdrawal(of: key), key: key.value, version: version,
                    context: EventContext(now: make.now, ids: make.ids), republished: republished, in: transaction)
            }
        }
        try await append(1)
        let error = await #expect(throws: PostgresError.self) { try await append(1) }
        #expect(error?.sqlState?.rawValue == "23505")
        try await append(1, republished: true)
        try await append(2)
        #expect(try await database.count("SELECT count(DISTINCT event_id) FROM outbox") == 3)
    }

    @Test("states out of order, with gaps and repeated under new ids end at the highest version")
    func disorderedState() async throws {
        FaultRecord.note("K16", "versions out of order and with gaps")
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let database = try await MessagingDatabase.make()
        let server = database.configuration
        _ = try await Migrator(server, migrations: DirectoryProjection.migrations, logger: database.logger).migrate()
        let processor = database.processor(DirectoryProjection(service: .routing, parts: [.roles]).consumer)
        let roles = (0..<5).map { _ in make.ids.next(RoleID.self, at: make.now) }
        var highest: [RoleID: Int64] = [:]
        var offset: Int64 = 0
        var goneBack = 0
        for _ in 0..<20 {
            let records = try (0..<Int.random(in: 1...20, using: &random)).map { _ in
                let role = try #require(roles.randomElement(using: &random))
                let version = Int64.random(in: 1...500, using: &random)
                if version < highest[role] ?? 0 { goneBack += 1 }
                highest[role] = max(highest[role] ?? 0, version)
                defer { offset += 1 }
                return try state(of: role, version: version, offset: offset)
            }
            try await processor.apply(TestBatch.batch(records), clusterID: "c1")
            for role in roles {
                let kept: Int64? = try await database.pool.query(
                    "SELECT version FROM directory_roles WHERE id = \(role)"
                ).first?.get("version")
                #expect(kept == highest[role])
            }
        }
        #expect(goneBack > 0)
        #expect(try await database.count("SELECT count(*) FROM parked_messages") == 0)
    }

    private func state(of role: RoleID, version: Int64, offset: Int64) throws -> ConsumedRecord {
        let payload = RoleState(
            roleId: role, memberId: make.ids.next(at: make.now), organizationId: make.ids.next(at: make.now),
            role: .cellSecretary, from: Day(containing: make.now), status: .active)
        var record = try make.record(
            make.withdrawal(of: make.dossier()), version: version, offset: offset, type: RoleState.type,
            value: ContractsJSON.encode(payload))
        record.topic = RoleState.topic.name
        record.key = Array(role.description.utf8)
        return record
    }

    @Test(
        "of twins each release takes the first it knows, and one that changes between them takes no second",
        arguments: [[Release.old, .old], [.new, .new], [.old, .new], [.new, .old]])
    func twins(releases: [Release]) async throws {
        FaultRecord.note("K20", "one fact in two versions of its type")
        let database = try await MessagingDatabase.make()
        let withdrawal = make.withdrawal(of: make.dossier(), reason: "old form")
        let id = make.ids.next(at: make.now)
        // Newest first, as a new writer says it; an old one says only the last.
        let twins = [
            try make.record(
                withdrawal, id: id, offset: 0, type: WithdrawnAnew.type,
                value: ContractsJSON.encode(WithdrawnAnew(dossierId: withdrawal.dossierId, why: "new form"))),
            try make.record(withdrawal, id: id, offset: 1),
        ]
        for (release, record) in zip(releases, twins) {
            let processor = database.processor(release.definition)
            try await processor.apply(TestBatch.batch([record]), clusterID: "c1")
        }
        #expect(try await database.effects() == [releases[0] == .new ? "new form" : "old form"])
        let alone = try make.record(withdrawal, version: 2, offset: 2)
        try await database.processor(releases[1].definition).apply(TestBatch.batch([alone]), clusterID: "c1")
        #expect(try await database.effects().count == 2, "an old writer is understood by both")
        #expect(try await database.count("SELECT count(*) FROM parked_messages") == 0)
    }

    enum Release: CaseIterable, Sendable {
        case old, new

        fileprivate var definition: ConsumerDefinition {
            guard self == .new else { return MessagingDatabase.writingDown() }
            return MessagingDatabase.writingDown().on(WithdrawnAnew.self) { message, scope in
                try await scope.transaction.execute("INSERT INTO effects (reason) VALUES (\(message.payload.why))")
            }
        }
    }
}

/// A withdrawal in the words of a later release.
private struct WithdrawnAnew: EventPayload {
    static let type = "hoso.dossier.withdrawn.v2"
    static let topic = TopicCatalogue.dossiers

    let dossierId: DossierID
    let why: String
}
