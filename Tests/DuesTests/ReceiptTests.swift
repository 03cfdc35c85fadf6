import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Receipts")
struct ReceiptTests {
    @Test("numbers have no gaps, also when several processes give them")
    func gapFree() async throws {
        try await DuesScene.run(["dues.receipts.batch": "3"]) { scene in
            for number in 0..<20 {
                let order = try await scene.order(try await scene.member())
                #expect(try await scene.pay(order, transaction: "\(1_000 + number)") == "00")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await DuesParts(scene.kit).receipts.drain() } }
                try await group.waitForAll()
            }
            try await scene.parts.receipts.drain()
            let ordinals: [Int] = try await scene.pool.query("SELECT ordinal FROM receipts ORDER BY ordinal").map {
                try $0.get("ordinal")
            }
            #expect(ordinals == Array(1...20))
            let events = try await scene.events(ReceiptIssued.self)
            #expect(Set(events.map(\.number)).count == 20)
            #expect(events.allSatisfy { $0.amount == Dong(15_930) && $0.lines.count == 1 })
        }
    }

    @Test("the receipt shows on the order and the standing follows the payment")
    func shown() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess("2026-10")
            try await scene.assess("2026-11")
            #expect(try await scene.events(StandingState.self).last?.arrears == Dong(31_860))
            let order = try await scene.order(member, ["2026-10"])
            #expect(try await scene.pay(order) == "00")
            try await scene.parts.receipts.drain()
            let shown = try await scene.show(order, as: member)
            #expect(shown.payments.map(\.receiptNumber) == ["DP-2026-000001"])
            let standing = try #require(try await scene.events(StandingState.self).last)
            #expect(standing.paidThrough?.text == "2026-10")
            #expect(standing.arrearsMonths.map(\.text) == ["2026-11"])
            #expect(standing.organizationId == scene.cell)
            let before = try await scene.events(StandingState.self).count
            let published = try await scene.parts.standings.publisher.run(
                since: nil, pool: scene.pool, time: scene.kit.time, ids: scene.kit.ids)
            #expect(published == 1)
            #expect(try await scene.events(StandingState.self).count == before + 1)
        }
    }
}
