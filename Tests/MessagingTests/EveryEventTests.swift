import Contracts
import Kafka
import Postgres
import Testing

@testable import Messaging

@Suite("A consumer of every event")
struct EveryEventTests {
    let make = TestBatch()

    /// Writes down the type of whatever comes, and withdrawals by their reason.
    private var definition: ConsumerDefinition {
        MessagingDatabase.writingDown("console.everything").onEveryEvent { message, scope in
            try await scope.transaction.execute(
                "INSERT INTO effects (reason, sequence) VALUES (\(message.type), \(message.sequence))")
        }
    }

    @Test("events of unknown types are given too, and known ones go to their own handler")
    func everything() async throws {
        let database = try await MessagingDatabase.make()
        let processor = database.processor(definition)
        let withdrawal = make.withdrawal(of: make.dossier(), reason: "known")
        let records = [
            try make.record(withdrawal, offset: 0),
            try make.record(withdrawal, version: 2, offset: 1, type: "hoso.dossier.weighed.v9"),
        ]
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["known", "hoso.dossier.weighed.v9"])
    }

    @Test("the same event of an unknown type counts once")
    func once() async throws {
        let database = try await MessagingDatabase.make()
        let processor = database.processor(definition)
        let id = make.ids.next(at: make.now)
        let withdrawal = make.withdrawal(of: make.dossier())
        let records = try (0..<2).map {
            try make.record(withdrawal, id: id, offset: $0, type: "hoso.dossier.weighed.v9")
        }
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["hoso.dossier.weighed.v9"])
    }

    @Test("data is not judged, headers are: what has no readable id is parked")
    func judged() throws {
        let withdrawal = make.withdrawal(of: make.dossier())
        let odd = try make.record(withdrawal, type: "hoso.dossier.weighed.v9", value: Array("{".utf8))
        guard case .known(let envelope, _) = definition.read(odd) else {
            Issue.record("the data was judged")
            return
        }
        #expect(envelope.type == "hoso.dossier.weighed.v9")
        let nameless = try make.record(withdrawal, type: "hoso.dossier.weighed.v9", without: EventHeader.id)
        guard case .poison = definition.read(nameless) else {
            Issue.record("an event without an id was taken")
            return
        }
    }
}
