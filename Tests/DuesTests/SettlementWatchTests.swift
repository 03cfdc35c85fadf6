import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("What did not come from gateways")
struct SettlementWatchTests {
    private func open(_ kind: String, _ scene: DuesScene) async throws -> Int {
        try await scene.count("SELECT count(*) FROM exceptions WHERE kind = \(kind) AND settled_at IS NULL")
    }

    @Test("a payment that no file settles in time is an exception, once, until a file does")
    func missingSettlement() async throws {
        FaultRecord.note("S2", "a payment without a line")
        try await DuesScene.runWithGateways { scene in
            let order = try await scene.order(try await scene.member(), gateway: "portal")
            _ = try await scene.send(
                GatewayUnderTest.portal.callback(order.reference, amount: order.total, transaction: "GD1"), by: .portal)
            #expect(try await PortalFile.post(PortalFile.text([]), scene).status == .created)
            scene.clock?.advance(by: 3 * 86_400)
            try await scene.parts.settlementWatch.run()
            #expect(try await open("missing-settlement", scene) == 0)
            scene.clock?.advance(by: 86_400)
            try await scene.parts.settlementWatch.run()
            try await scene.parts.settlementWatch.run()
            #expect(try await open("missing-settlement", scene) == 1)
            let text = PortalFile.text([(order.reference, "GD1", order.total, 0)], day: "20261124")
            #expect(try await PortalFile.post(text, scene).json(PortalFile.Summary.self).states == ["matched": 1])
            #expect(try await open("missing-settlement", scene) == 0)
            #expect(try await scene.count("SELECT count(*) FROM exception_actions WHERE action = 'came'") == 1)
            try await scene.parts.settlementWatch.run()
            #expect(try await open("missing-settlement", scene) == 0)
        }
    }

    @Test("a day without a file is noticed also while another process looks at payments")
    func missingDayByItself() async throws {
        try await DuesScene.runWithGateways(["dues.settlement.daily": "portal"]) { scene in
            #expect(try await PortalFile.post(PortalFile.text([]), scene).status == .created)
            scene.clock?.advance(by: 2 * 86_400 + 3 * 3_600)
            try await scene.pool.execute(
                "INSERT INTO settlement_watch (gateway, looked_through) VALUES ('portal', '2026-11-01')")
            try await scene.pool.transaction { other in
                try await other.execute("SELECT FROM settlement_watch FOR UPDATE")
                try await scene.parts.settlementWatch.run()
            }
            #expect(try await open("missing-file", scene) == 1)
        }
    }

    @Test("a day without a file is noticed after its hour, and ends when the file comes")
    func missingDay() async throws {
        FaultRecord.note("S1", "a day without a file")
        try await DuesScene.runWithGateways(["dues.settlement.daily": "portal"]) { scene in
            #expect(try await PortalFile.post(PortalFile.text([]), scene).status == .created)
            // From 20 November 10:00 to 22 November 10:00: the file of the 21st is due at noon.
            scene.clock?.advance(by: 2 * 86_400)
            try await scene.parts.settlementWatch.run()
            #expect(try await open("missing-file", scene) == 0)
            scene.clock?.advance(by: 3 * 3_600)
            try await scene.parts.settlementWatch.run()
            try await scene.parts.settlementWatch.run()
            #expect(try await open("missing-file", scene) == 1)
            #expect(
                try await PortalFile.post(PortalFile.text([], day: "20261121"), scene).status == .created)
            #expect(try await open("missing-file", scene) == 0)
            try await scene.parts.settlementWatch.run()
            #expect(try await open("missing-file", scene) == 0)
        }
    }
}
