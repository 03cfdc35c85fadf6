import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("Lanes of assessment runs")
struct AssessmentLaneTests {
    @Test("the lanes are done once each, and those that end at the same moment end the run")
    func ends() async throws {
        try await DuesScene.run(["dues.assessment.hands": "4", "dues.assessment.chunk": "3"]) { scene in
            for _ in 0..<12 { try await scene.member() }
            for month in 2...11 {
                let run = try await scene.assess("2026-\(month < 10 ? "0" : "")\(month)")
                #expect(run.state == "done" && run.members == 12 && run.changed == 12)
            }
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a chunk holds payments ahead of its own lane, and those of no other")
    func holds() async throws {
        try await DuesScene.run { scene in
            let first = try await scene.member()
            var other = try await scene.member()
            while lane(other) == lane(first) { other = try await scene.member() }
            let (held, free) = (try await scene.order(first), try await scene.order(other))
            let waiting = try await scene.pool.transaction { transaction in
                let chunk = MemberStretch.following(nil, limit: 10, below: nil, lane: lane(first))
                _ = try await transaction.query(MonthLock.alone([try DuesMonth("2026-11")], of: chunk))
                #expect(try await scene.pay(free, transaction: "1") == "00")
                let ended = Ended()
                let payment = Task {
                    defer { ended.now() }
                    return try await scene.pay(held, transaction: "2")
                }
                let backend = try await scene.backend(of: transaction)
                try await eventually("the payment waits, or has gone past") {
                    try await scene.waiting(for: backend) > 0 || ended.isSo
                }
                #expect(!ended.isSo)
                return payment
            }
            #expect(try await waiting.value == "00")
        }
    }

    /// As `assessment_lane` says.
    private func lane(_ member: MemberID) -> Int { Int(member.value.bytes[15]) % 4 }
}
