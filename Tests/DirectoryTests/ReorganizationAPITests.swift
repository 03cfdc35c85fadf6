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
                #"{"intoId":"\#(tree.b.cell)","keptRoles":["\#(role)"],"effectiveOn":"2026-11-19","reason":"Hợp nhất chi bộ"}"#)
            #expect(answer.status == .ok, "\(answer.text)")
            let told = try answer.json(Told.self)
            #expect(Set(told.movedMembers) == [secretary, other] && told.endedRoles == [role])
            #expect(told.organizations.map(\.organizationId) == [tree.a.cell] && told.founded.isEmpty)
            let state = try #require(try await scene.events(OrganizationState.self, of: tree.a.cell.value).last)
            #expect(state.version == 2 && state.state.status == .merged && state.state.mergedIntoId == tree.b.cell)
            let member = try #require(try await scene.events(MemberState.self, of: other.value).last)
            #expect(member.version == 2 && member.state.cellId == tree.b.cell)
            let ended = try #require(try await scene.events(RoleState.self, of: role.value).last)
            #expect(ended.state.status == .ended && ended.state.to?.text == "2026-11-18")
            let granted = try #require(told.grantedRoles.first)
            let begun = try #require(try await scene.events(RoleState.self, of: granted.value).last)
            #expect(begun.state.organizationId == tree.b.cell && begun.state.memberId == secretary)
            let places: [[String]] = try await scene.service.pool.query(
                "SELECT place_id::text, from_on::text, coalesce(to_on::text, '') AS to_on FROM placements WHERE id = \(other) ORDER BY from_on"
            ).map { [try $0.get("place_id"), try $0.get("from_on"), try $0.get("to_on")] }
            // He was entered on the 20th: what was written of that day gives way.
            #expect(places.filter { $0[2].isEmpty } == [["\(tree.b.cell)", "2026-11-19", ""]])
        }
    }

    @Test("a refused reorganisation changes nothing and names what is wrong")
    func refused() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            _ = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let before = try await scene.service.pool.queryOne("SELECT count(*) AS n FROM outbox").get("n", as: Int.self)
            func post(_ action: String, _ json: String, token: String? = nil) async throws -> TestAnswer {
                try await scene.post("/v1/organizations/\(tree.a.cell)/\(action)", json, token: token)
            }
            let homeless = try await post("dissolution", #"{"reason":"Giải thể chi bộ"}"#)
            #expect(homeless.faults == ["membersToId": "reorganization.place-needed"])
            let future = try await post(
                "dissolution", #"{"reason":"Giải thể chi bộ","effectiveOn":"2027-01-01"}"#)
            #expect(future.faults == ["effectiveOn": "day.future"])
            let base = try await post("merger", #"{"intoId":"\#(tree.b.base)","reason":"Hợp nhất chi bộ"}"#)
            #expect(base.faults == ["intoId": "member.cell-type"])
            let unknown = try await post("merger", #"{"intoId":"\#(scene.ids.next(at: scene.now))","reason":"Hợp nhất"}"#)
            #expect(unknown.faults == ["intoId": "organization.unknown"])
            let silent = try await post("merger", #"{"intoId":"\#(tree.b.cell)"}"#)
            #expect(silent.faults == ["reason": "missing"])
            let admin = try await scene.member("Trần Thị Mẫu 02", in: tree.b.cell)
            _ = try await scene.role(.systemAdmin, of: admin, at: tree.a.commune)
            let outside = try await post(
                "merger", #"{"intoId":"\#(tree.b.cell)","reason":"Hợp nhất chi bộ"}"#,
                token: try await scene.service.token(member: admin))
            #expect(outside.status == .forbidden && outside.problem == "outside-authority")
            let after = try await scene.service.pool.queryOne("SELECT count(*) AS n FROM outbox").get("n", as: Int.self)
            // The administrator himself and his role.
            #expect(after == before + 2)
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
