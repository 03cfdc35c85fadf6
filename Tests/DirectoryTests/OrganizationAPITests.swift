import Contracts
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@Suite("Organisations over HTTP")
struct OrganizationAPITests {
    @Test("a new organisation is kept with its history and told on the topic")
    func entered() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let told = try await scene.events(OrganizationState.self, of: tree.a.cell.value)
            #expect(told.map(\.version) == [1])
            #expect(told.first?.state.parentId == tree.a.base && told.first?.state.duesRegion == .two)
            let history = try await scene.service.pool.queryOne(
                "SELECT author, reason FROM history WHERE kind = 'organization' AND id = \(tree.a.cell)")
            #expect(try history.get("author", as: String.self) == "operator:test")
            let answer = try await scene.service.call(
                .get, "/v1/organizations/\(tree.a.cell)", token: scene.operating)
            struct View: Decodable {
                struct Above: Decodable { var id: OrganizationID }
                var above: [Above]
                var code: String
            }
            let view = try answer.json(View.self)
            #expect(view.code == "A35.11.01.01")
            #expect(view.above.map(\.id) == [tree.a.base, tree.a.commune, tree.province])
        }
    }

    @Test("the same request again gets the same answer and changes nothing")
    func idempotent() async throws {
        try await withDirectory { scene in
            let body = #"{"code":"A35","name":"Tỉnh Mẫu","type":"provincial","duesRegion":"I"}"#
            let first = try await scene.post("/v1/organizations", body, key: "province-1")
            let second = try await scene.post("/v1/organizations", body, key: "province-1")
            #expect(first.status == .created && second.body == first.body)
            #expect(second.headers[.idempotencyReplayed] != nil)
            let count = try await scene.service.pool.queryOne("SELECT count(*) AS n FROM outbox")
            #expect(try count.get("n", as: Int.self) == 1)
        }
    }

    @Test("an unknown organisation above, a wrong type above, a used code: each has its own answer")
    func refusals() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let stranger: OrganizationID = scene.ids.next(at: scene.now)
            func enter(_ code: String, under parent: OrganizationID) async throws -> TestAnswer {
                try await scene.post(
                    "/v1/organizations",
                    #"{"code":"\#(code)","name":"Chi bộ Mẫu","type":"subordinate-cell","parentId":"\#(parent)"}"#)
            }
            let unknown = try await enter("A35.90", under: stranger)
            #expect(unknown.status == .unprocessableContent && unknown.faults == ["parentId": "organization.unknown"])
            let wrong = try await enter("A35.90", under: tree.a.cell)
            #expect(wrong.status == .unprocessableContent && wrong.faults == ["parentId": "organization.parent-type"])
            let taken = try await enter("A35.11", under: tree.a.base)
            #expect(taken.status == .conflict && taken.problem == "organization-code-taken")
            let code = try await enter("35-A", under: tree.a.base)
            #expect(code.faults == ["code": "organization-code.form"])
            let count = try await scene.service.pool.queryOne("SELECT count(*) AS n FROM organizations")
            #expect(try count.get("n", as: Int.self) == 7)
        }
    }

    @Test("a move is told with a higher version; one below itself is refused")
    func moves() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            func change(_ id: OrganizationID, _ json: String) async throws -> TestAnswer {
                try await scene.post("/v1/organizations/\(id)/changes", json)
            }
            let moved = try await change(
                tree.a.base, #"{"parentId":"\#(tree.b.commune)","reason":"Sắp xếp lại địa bàn"}"#)
            #expect(moved.status == .ok, "\(moved.text)")
            let told = try await scene.events(OrganizationState.self, of: tree.a.base.value)
            #expect(told.map(\.version) == [1, 2] && told.last?.state.parentId == tree.b.commune)
            let ring = try await change(
                tree.b.commune, #"{"parentId":"\#(tree.a.base)","reason":"Sắp xếp lại địa bàn"}"#)
            #expect(ring.status == .unprocessableContent && ring.text.contains("organization.cycle"))
            let silent = try await change(tree.a.base, #"{"name":"Tên Mẫu"}"#)
            #expect(silent.faults == ["reason": "missing"])
        }
    }

    @Test("a system administrator works in his subtree only; others are told it is not theirs")
    func authority() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let admin = try await scene.member("Trần Thị Mẫu 01", in: tree.a.cell)
            _ = try await scene.role(.systemAdmin, of: admin, at: tree.a.commune)
            let token = try await scene.service.token(member: admin)
            func enter(_ code: String, under parent: OrganizationID, token: String) async throws -> TestAnswer {
                try await scene.post(
                    "/v1/organizations",
                    #"{"code":"\#(code)","name":"Chi bộ Mẫu","type":"subordinate-cell","parentId":"\#(parent)"}"#,
                    token: token)
            }
            #expect(try await enter("A35.91", under: tree.a.base, token: token).status == .created)
            let outside = try await enter("A35.92", under: tree.b.base, token: token)
            #expect(outside.status == .forbidden && outside.problem == "outside-authority")
            let plain = try await scene.member("Trần Thị Mẫu 02", in: tree.a.cell)
            let nobody = try await enter("A35.93", under: tree.a.base, token: scene.service.token(member: plain))
            #expect(nobody.problem == "outside-authority")
            let low = try await enter("A35.93", under: tree.a.base, token: scene.service.token(member: admin, level: 1))
            #expect(low.status == .forbidden && low.problem == "assurance-level-too-low")
            let unsigned = try await scene.service.call(
                .post, "/v1/organizations", key: "k-unsigned", json: #"{"code":"A37","name":"x","type":"provincial"}"#)
            #expect(unsigned.status == .unauthorized)
        }
    }

    @Test("a list comes in parts")
    func lists() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            struct Page: Decodable {
                struct Item: Decodable { var organizationId: OrganizationID }
                var items: [Item]
                var next: String?
            }
            func page(_ query: String) async throws -> Page {
                try await scene.service.call(.get, "/v1/organizations?\(query)", token: scene.operating).json()
            }
            let first = try await page("parentId=\(tree.province)&limit=1")
            let second = try await page("parentId=\(tree.province)&limit=1&after=\(try #require(first.next))")
            #expect(first.items.map(\.organizationId) == [tree.a.commune])
            #expect(second.items.map(\.organizationId) == [tree.b.commune] && second.next == nil)
            let wrong = try await scene.service.call(.get, "/v1/organizations?type=village", token: scene.operating)
            #expect(wrong.status == .badRequest && wrong.faults == ["type": "parameter.form"])
        }
    }

    @Test("publish-state says every state again with its present version")
    func publishState() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            _ = try await scene.member("Lê Văn Mẫu 01", in: tree.a.cell)
            let kit = scene.service.kit
            var counts: [String: Int] = [:]
            for publisher in scene.service.parts.publishers {
                counts[publisher.topic.name] = try await publisher.run(
                    since: nil, pool: kit.pool, time: kit.time, ids: kit.ids)
            }
            #expect(
                counts == [
                    TopicCatalogue.organizations.name: 7, TopicCatalogue.members.name: 1, TopicCatalogue.roles.name: 0,
                ])
            let told = try await scene.events(OrganizationState.self, of: tree.province.value)
            #expect(told.map(\.version) == [1, 1])
        }
    }
}
