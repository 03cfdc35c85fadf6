import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Lists of payment orders")
struct OrderListTests {
    private struct Page: Decodable {
        struct Item: Decodable {
            let orderId: OrderID
            let state: String
            let payerMemberId: MemberID?
            let total: Int64
            let lines: Int
        }
        let items: [Item]
        let next: OrderID?
    }

    private func ask(_ scene: DuesScene, _ query: String, _ token: String) async throws -> TestAnswer {
        try await scene.service.call(.get, "/v1/payment-orders\(query)", token: token)
    }

    /// Orders of one payer, one after the other.
    private func orders(_ months: [[String]], of member: MemberID, _ scene: DuesScene) async throws -> [OrderID] {
        var ids: [OrderID] = []
        for list in months {
            ids.append(try await scene.order(member, list).orderId)
            scene.clock?.advance(by: 1)
        }
        return ids
    }

    @Test("a payer sees his own, the newest first, page by page, and of one state where that is asked for")
    func own() async throws {
        try await DuesScene.run { scene in
            let (member, other) = (try await scene.member(), try await scene.member())
            let ids = try await orders([["2026-11"], ["2026-11", "2026-12"], ["2026-12"]], of: member, scene)
            _ = try await orders([["2026-11"]], of: other, scene)
            let token = try await scene.service.token(member: member)
            try await scene.pool.execute("UPDATE payment_orders SET state = 'expired' WHERE order_id = \(ids[1])")
            let first = try await ask(scene, "?limit=2", token).json(Page.self)
            #expect(first.items.map(\.orderId) == [ids[2], ids[1]] && first.next == ids[1])
            #expect(first.items.map(\.lines) == [1, 2] && first.items.map(\.state) == ["open", "expired"])
            #expect(first.items[1].total == 31_860 && first.items[1].payerMemberId == member)
            let second = try await ask(scene, "?limit=2&after=\(ids[1])", token).json(Page.self)
            #expect(second.items.map(\.orderId) == [ids[0]] && second.next == nil)
            let open = try await ask(scene, "?state=open", token).json(Page.self)
            #expect(open.items.map(\.orderId) == [ids[2], ids[0]])
            #expect(try await ask(scene, "?state=new", token).faults == ["state": "parameter.form"])
            #expect(try await ask(scene, "?limit=0", token).faults == ["limit": "parameter.form"])
            let operating = try await scene.service.operatorToken()
            #expect(try await ask(scene, "", operating).status == .forbidden, "an operator pays nothing")
        }
    }

    @Test("who may read a payee's books sees what is paid to it, and nothing that is paid elsewhere")
    func payee() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let ids = try await orders([["2026-11"], ["2026-12"]], of: member, scene)
            let payee: OrganizationID =
                try await scene.pool.queryOne("SELECT payee_id FROM payment_orders LIMIT 1").get("payee_id")
            let officer = try await scene.member()
            try await scene.role(.officeOfficer, of: officer, at: scene.commune)
            let token = try await scene.service.token(member: officer)
            let page = try await ask(scene, "?organizationId=\(payee)&limit=1", token).json(Page.self)
            #expect(page.items.map(\.orderId) == [ids[1]] && page.next == ids[1])
            let elsewhere = try await ask(scene, "?organizationId=\(scene.otherCell)", token).json(Page.self)
            #expect(elsewhere.items.isEmpty)
            let stranger = try await scene.service.token(member: member)
            #expect(try await ask(scene, "?organizationId=\(payee)", stranger).status == .forbidden)
        }
    }
}
