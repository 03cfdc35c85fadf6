import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Exceptions over HTTP")
struct ExceptionAPITests {
    private struct Page: Decodable {
        struct Item: Decodable {
            let exceptionId: UUIDv7
            let kind: String
            let state: String
            let organizationId: OrganizationID
            let orderId: OrderID?
            let memberId: MemberID?
            let month: String?
            let amount: Int64?
            let settledAt: Date?
        }

        let items: [Item]
        let next: UUIDv7?
    }

    /// Three exceptions at the base organisation and one at the commune; the first is settled.
    private func plant(_ scene: DuesScene) async throws {
        for (number, owner) in [scene.base, scene.base, scene.base, scene.commune].enumerated() {
            let settledAt: Date? = number == 0 ? scene.kit.time.now : nil
            try await scene.pool.execute(
                """
                INSERT INTO exceptions (exception_id, kind, owner_id, raised_at, settled_at)
                VALUES (\(scene.kit.ids.next(at: scene.kit.time.now)), \("kind-\(number)"), \(owner),
                    \(scene.kit.time.now), \(settledAt))
                """)
        }
    }

    private func get(_ query: String, _ token: String, _ scene: DuesScene) async throws -> TestAnswer {
        try await scene.service.call(.get, "/v1/exceptions\(query)", token: token)
    }

    private func kinds(_ query: String, _ token: String, _ scene: DuesScene) async throws -> [String] {
        try await get(query, token, scene).json(Page.self).items.map(\.kind)
    }

    @Test("an operator sees all, an officer of the office those of his own subtree, others none")
    func access() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let operators = try await scene.service.operatorToken()
            #expect(try await kinds("", operators, scene) == ["kind-1", "kind-2", "kind-3"])
            #expect(
                try await kinds("?organizationId=\(scene.base)", operators, scene) == ["kind-1", "kind-2"])
            for (place, seen) in [
                (scene.commune, ["kind-1", "kind-2", "kind-3"]), (scene.base, ["kind-1", "kind-2"]), (scene.cell, []),
            ] {
                let officer = try await scene.member()
                try await scene.role(.officeOfficer, of: officer, at: place)
                let token = try await scene.service.token(member: officer)
                #expect(try await kinds("", token, scene) == seen)
                let above = try await get("?organizationId=\(scene.province)", token, scene)
                #expect(above.status == .forbidden)
            }
            let member = try await scene.service.token(member: try await scene.member())
            #expect(try await get("", member, scene).status == .forbidden)
            #expect(try await scene.service.call(.get, "/v1/exceptions").status == .unauthorized)
        }
    }

    @Test("by state, page by page; what is asked wrongly is told")
    func pages() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let token = try await scene.service.operatorToken()
            #expect(try await kinds("?state=settled", token, scene) == ["kind-0"])
            let first = try await get("?state=all&limit=3", token, scene).json(Page.self)
            #expect(first.items.map(\.kind) == ["kind-0", "kind-1", "kind-2"])
            #expect(first.items.map(\.state) == ["settled", "open", "open"])
            let mark = try #require(first.next)
            let second = try await get("?state=all&limit=3&after=\(mark)", token, scene).json(Page.self)
            #expect(second.items.map(\.kind) == ["kind-3"])
            #expect(second.next == nil)
            for (query, field) in [
                ("state=x", "state"), ("limit=0", "limit"), ("limit=x", "limit"), ("after=x", "after"),
                ("organizationId=x", "organizationId"),
            ] {
                let answer = try await get("?\(query)", token, scene)
                #expect(answer.status == .badRequest)
                #expect(Array(answer.faults.keys) == [field])
            }
        }
    }

    @Test("what a payment raised shows with its order, and is counted by kind")
    func raised() async throws {
        HosoMetricsFactory.start()
        try await DuesScene.run { scene in
            let order = try await scene.order(try await scene.member())
            #expect(try await scene.pay(order, transaction: "1") == "00")
            #expect(try await scene.pay(order, transaction: "2") == "00")
            let token = try await scene.service.operatorToken()
            let item = try #require(try await get("", token, scene).json(Page.self).items.first)
            #expect(item.kind == "overpaid" && item.orderId == order.orderId && item.amount == 15_930)
            #expect(item.organizationId == scene.base)
            let watch = ExceptionWatch(kit: scene.kit)
            func counted() async throws -> String {
                try await watch.count()
                let text = try await scene.service.call(.get, "/metrics").text
                return text.split(separator: "\n").first { $0.contains(#"dues_exceptions_open{kind="overpaid""#) }
                    .map { String($0.suffix(2)) } ?? ""
            }
            #expect(try await counted() == " 1")
            try await scene.pool.execute("UPDATE exceptions SET settled_at = now()")
            #expect(try await counted() == " 0")
        }
    }
}
