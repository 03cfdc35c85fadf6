import ServiceTestKit
import Testing

@testable import Dues

@Suite("The account that settled money went to")
struct SettledAccountTests {
    @Test(
        "it is compared with the account of the order, which the gateway's signature does not cover",
        arguments: [("1500201113838", "matched"), ("9999999999", "wrong-account")])
    func compared(account: String, state: String) async throws {
        try await DuesScene.runWithGateways { scene in
            let order = try await scene.order(try await scene.member(), gateway: "portal")
            let callback = GatewayUnderTest.portal.callback(order.reference, amount: order.total, transaction: "GD1")
            _ = try await scene.send(callback, by: .portal)
            let text = PortalFile.text([(order.reference, "GD1", order.total, 0)], account: account)
            let answer = try await PortalFile.post(text, scene)
            let states = try answer.json(PortalFile.Summary.self).states
            #expect(states == [state: 1])
        }
    }
}
