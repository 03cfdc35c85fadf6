import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceKit
import Testing

@testable import Dues

@Suite("The account that settled money went to")
struct SettledAccountTests {
    private static let layout = """
        {"name": "test", "delimiter": ",", "columns": {"reference": "Ref", "transaction": "Transaction",
        "gross": "Gross", "fee": "Fee", "net": "Net", "settledOn": "Day", "account": "Account"}, "dates": "iso",
        "amounts": {"unitsPerDong": 1}, "trailer": {"mark": "TOTAL", "countColumn": 1, "grossColumn": 2}}
        """

    @Test(
        "it is compared with the account of the order, which the gateway's signature does not cover",
        arguments: [("1500201113838", "matched"), ("9999999999", "wrong-account")])
    func compared(account: String, state: String) async throws {
        try await DuesScene.runWithGateways { scene in
            let order = try await scene.order(try await scene.member(), gateway: "portal")
            let callback = GatewayUnderTest.portal.callback(order.reference, amount: order.total, transaction: "GD1")
            _ = try await scene.send(callback, by: .portal)
            let text =
                "Ref,Transaction,Gross,Fee,Net,Day,Account\n"
                + "\(order.reference),GD1,\(order.total),0,\(order.total),2026-11-20,\(account)\nTOTAL,1,\(order.total)\n"
            let file = try SettlementFile(
                Array(text.utf8), layout: try SettlementLayout(json: Array(Self.layout.utf8)))
            let settlement = SettlementImport(
                kit: scene.kit, gateway: "portal", payee: scene.base, layout: "test", importedBy: "test",
                comparesAccounts: true)
            let states = try await scene.pool.transaction { transaction in
                try await settlement.take(file, digest: [1], in: transaction).summary.states
            }
            #expect(states == [state: 1])
        }
    }
}
