import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks by refusal", .seeded)
struct RefusalAttackTests {
    @Test("a record that the broker refuses blocks its key alone, until it is sent again in its order")
    func refused() async throws {
        FaultRecord.note("K7", "a record that the broker refuses")
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(10)
            try await scene.untilSent()
            let (bad, good) = (scene.dossiers[0], scene.dossiers[1])
            scene.cluster.failNext(.produce, with: [10])
            try await scene.write(1, of: bad)
            try await eventually("it is blocked") { try await BlockedEvent.list(from: scene.intake.pool).count == 1 }
            try await scene.write(2, of: bad)
            try await scene.write(3, of: good)
            try await scene.untilSent()
            let blocked = try await BlockedEvent.list(from: scene.intake.pool)
            #expect(blocked.map(\.reason) == ["MSG_SIZE_TOO_LARGE", nil, nil])
            #expect(try await scene.logSize() == scene.written - 3, "all others are sent")
            #expect(!scene.faults(in: try await scene.log()).isEmpty)
            for _ in 0..<2 {
                _ = try await scene.intake.pool.transaction { try await BlockedEvent.retry(nil, in: $0) }
            }
            try await eventually("the key is free") { try await BlockedEvent.list(from: scene.intake.pool).isEmpty }
            try await scene.finish(relay)
        }
    }

    @Test("what follows a refused record of its key in the same page does not overtake it")
    func refusedInPage() async throws {
        FaultRecord.note("K7", "a record refused in the middle of a page")
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            let (bad, good) = (scene.dossiers[0], scene.dossiers[1])
            try await scene.writeAtOnce([bad, good, bad, good, bad]) { transaction in
                // No producer takes it; an operator makes it smaller below.
                try await transaction.execute(
                    """
                    UPDATE outbox SET data = convert_to(repeat('x', 1100000), 'UTF8') || data
                    WHERE key = \(bad.value) AND version = 1
                    """)
            }
            try await eventually("it is blocked") { try await BlockedEvent.list(from: scene.intake.pool).count == 3 }
            try await scene.untilSent()
            #expect(try await scene.logSize() == 2)
            try await scene.intake.pool.execute(
                "UPDATE outbox SET data = substr(data, 1100001) WHERE key = \(bad.value) AND version = 1")
            _ = try await scene.intake.pool.transaction { try await BlockedEvent.retry(nil, in: $0) }
            try await eventually("the key is free") { try await BlockedEvent.list(from: scene.intake.pool).isEmpty }
            try await scene.finish(relay)
        }
    }
}
