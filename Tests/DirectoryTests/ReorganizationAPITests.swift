import Contracts
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@Suite("Mergers, dissolutions and splits over HTTP")
struct ReorganizationAPITests {
    struct Told: Decodable {
        struct One: Decodable { var organizationId: OrganizationID }
        var founded: [One]
        var organizations: [One]
        var movedMembers: [MemberID]
        var endedRoles: [RoleID]
        var grantedRoles: [RoleID]
    }

    @Test("a merger moves members and roles at once, tells each, and keeps the past")
    func merger() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let secretary = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let other = try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            let role = try await scene.role(.cellSecretary, of: secretary, at: tree.a.cell)
            let answer = try await scene.post(
                "/v1/organizations/\(tree.a.cell)/merger",
                """
                {"intoId":"\(tree.b.cell)","keptRoles":["\(role)"],"reason":"Hợp nhất"}
                """)
            #expect(answer.status == .ok, "\(answer.text)")
            let told = try answer.json(Told.self)
            #expect(Set(told.movedMembers) == [secretary, other] && told.endedRoles == [role])
            #expect(told.organizations.map(\.organizationId) == [tree.a.cell] && told.founded.isEmpty)
            let state = try #require(try await scene.events(OrganizationState.self, of: tree.a.cell.value).last)
            #expect(state.version == 2 && state.state.status == .merged && state.state.mergedIntoId == tree.b.cell)
            let member = try #require(try await scene.events(MemberState.self, of: other.value).last)
            #expect(member.version == 2 && member.state.cellId == tree.b.cell)
            let ended = try #require(try await scene.events(RoleState.self, of: role.value).last)
            #expect(ended.state.status == .ended && ended.state.to?.text == "2026-11-19")
            let granted = try #require(told.grantedRoles.first)
            let begun = try #require(try await scene.events(RoleState.self, of: granted.value).last)
            #expect(begun.state.organizationId == tree.b.cell && begun.state.memberId == secretary)
        }
    }

    @Test("who stood where on a day is told as it was then, also after a merger with effect from a day past")
    func past() async throws {
        try await withDirectory { first in
            let tree = try await first.tree()
            let member = try await first.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let scene = try await first.later(days: 30)
            let merged = try await scene.post(
                "/v1/organizations/\(tree.a.cell)/merger",
                #"{"intoId":"\#(tree.b.cell)","effectiveOn":"2026-12-10","reason":"Hợp nhất chi bộ"}"#)
            #expect(merged.status == .ok, "\(merged.text)")
            func members(of cell: OrganizationID, on day: String) async throws -> [MemberID] {
                struct Page: Decodable { var items: [DirectoryScene.Created] }
                let answer = try await scene.service.call(
                    .get, "/v1/members?cellId=\(cell)&on=\(day)", token: scene.operating)
                return try answer.json(Page.self).items.compactMap(\.memberId)
            }
            #expect(try await members(of: tree.a.cell, on: "2026-11-19").isEmpty)
            #expect(try await members(of: tree.a.cell, on: "2026-11-20") == [member])
            #expect(try await members(of: tree.a.cell, on: "2026-12-09") == [member])
            #expect(try await members(of: tree.a.cell, on: "2026-12-10").isEmpty)
            #expect(try await members(of: tree.b.cell, on: "2026-12-10") == [member])
            func cells(on day: String) async throws -> [OrganizationID] {
                struct Page: Decodable { var items: [DirectoryScene.Created] }
                let answer = try await scene.service.call(
                    .get, "/v1/organizations?parentId=\(tree.a.base)&on=\(day)", token: scene.operating)
                return try answer.json(Page.self).items.compactMap(\.organizationId)
            }
            #expect(try await cells(on: "2026-12-09") == [tree.a.cell])
            #expect(try await cells(on: "2026-12-10").isEmpty)
            func status(on day: String) async throws -> TestAnswer {
                try await scene.service.call(
                    .get, "/v1/organizations/\(tree.a.cell)?on=\(day)", token: scene.operating)
            }
            struct State: Decodable { var status: OrganizationStatus }
            #expect(try await status(on: "2026-11-19").status == .notFound)
            #expect(try await status(on: "2026-12-09").json(State.self).status == .active)
            #expect(try await status(on: "2026-12-10").json(State.self).status == .merged)
            #expect(try await status(on: "then").faults == ["on": "parameter.form"])
            struct History: Decodable {
                struct Item: Decodable {
                    var version: Int64
                    var effectiveOn: Day
                    var reason: String
                    var state: MemberState
                }
                var items: [Item]
            }
            let history = try await scene.service.call(
                .get, "/v1/members/\(member)/history", token: scene.operating
            ).json(History.self).items
            #expect(history.map(\.version) == [2, 1])
            #expect(history.map(\.effectiveOn.text) == ["2026-12-10", "2026-11-20"])
            #expect(history.map(\.state.cellId) == [tree.b.cell, tree.a.cell])
        }
    }

    @Test("a refused reorganisation changes nothing and names what is wrong")
    func refused() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            _ = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            func events() async throws -> Int {
                try await scene.service.pool.queryOne("SELECT count(*) AS n FROM outbox").get("n")
            }
            let before = try await events()
            func post(_ action: String, _ json: String, token: String? = nil) async throws -> TestAnswer {
                try await scene.post("/v1/organizations/\(tree.a.cell)/\(action)", json, token: token)
            }
            let homeless = try await post("dissolution", #"{"reason":"Giải thể chi bộ"}"#)
            #expect(homeless.faults == ["membersToId": "reorganization.place-needed"])
            let far = try await post(
                "dissolution",
                #"{"reason":"Giải thể chi bộ","effectiveOn":"2028-01-01","membersToId":"\#(tree.b.cell)"}"#)
            #expect(far.faults == ["effectiveOn": "organization.planned-too-far"])
            let base = try await post("merger", #"{"intoId":"\#(tree.b.base)","reason":"Hợp nhất chi bộ"}"#)
            #expect(base.faults == ["intoId": "organization.successor-type"])
            let stranger = scene.ids.next(at: scene.now)
            let unknown = try await post("merger", #"{"intoId":"\#(stranger)","reason":"Hợp nhất"}"#)
            #expect(unknown.faults == ["intoId": "organization.unknown"])
            let silent = try await post("merger", #"{"intoId":"\#(tree.b.cell)"}"#)
            #expect(silent.faults == ["reason": "missing"])
            let admin = try await scene.member("Trần Thị Mẫu 02", in: tree.b.cell)
            _ = try await scene.role(.systemAdmin, of: admin, at: tree.a.commune)
            let outside = try await post(
                "merger", #"{"intoId":"\#(tree.b.cell)","reason":"Hợp nhất chi bộ"}"#,
                token: try await scene.service.token(member: admin))
            #expect(outside.status == .forbidden && outside.problem == "outside-authority")
            // The administrator himself and his role.
            #expect(try await events() == before + 2)
        }
    }

    @Test("a split founds a cell with some of the members, and a code in use is told")
    func split() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let goes = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let stays = try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            func split(_ code: String) async throws -> TestAnswer {
                try await scene.post(
                    "/v1/organizations/\(tree.a.cell)/split",
                    """
                    {"parts":[{"organization":{"code":"\(code)","name":"Chi bộ Mẫu Mới","type":"subordinate-cell",
                    "parentId":"\(tree.a.base)"},"memberIds":["\(goes)"]}],"reason":"Tách chi bộ"}
                    """)
            }
            let taken = try await split("A35.11.01.01")
            #expect(taken.status == .conflict && taken.problem == "organization-code-taken")
            let answer = try await split("A35.11.01.02")
            #expect(answer.status == .ok, "\(answer.text)")
            let founded = try #require(try answer.json(Told.self).founded.first).organizationId
            #expect(try await scene.events(MemberState.self, of: goes.value).last?.state.cellId == founded)
            #expect(try await scene.events(MemberState.self, of: stays.value).map(\.version) == [1])
        }
    }
}
