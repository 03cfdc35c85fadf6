import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Differences, settled")
struct SettlementTests {
    @Test("the source's value is taken over by an ordinary change with author and reason, and goes not back to it")
    func takeSource() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let line = ImportScene.Line(
                sourceId: "S1", personalId: "901090000017", fullName: "Nguyễn Văn Mẫu Một", birthDate: "1990-03-04",
                state: "exempt-from-activity")
            _ = try await scene.take([line])
            let number = try #require(try await scene.differences().first { $0.field == "personalId" })
            #expect(number.sourceValue == "*********017" && number.ourValue == nil)
            for difference in try await scene.differences() {
                let answer = try await scene.settle(difference, "take-source")
                #expect(answer.status == .ok, "\(difference.field ?? ""): \(answer.text)")
            }
            let row = try await scene.member(id)
            #expect(row.member.fullName == "Nguyễn Văn Mẫu Một" && row.member.birthDate?.text == "1990-03-04")
            #expect(row.member.state == .exemptFromActivity && row.personalID?.text == "901090000017")
            #expect(row.member.version == 5)
            let events = try await scene.scene.events(MemberState.self, of: id.value)
            #expect(events.map(\.version) == [1, 2, 3, 4, 5] && events.last?.state.fullName == "Nguyễn Văn Mẫu Một")
            let reasons = try await scene.count(
                "SELECT count(*) AS n FROM history WHERE id = \(id) AND reason = 'Đối chiếu hồ sơ gốc'")
            #expect(reasons == 4)
            #expect(try await scene.count("SELECT count(*) AS n FROM outgoing_changes") == 0)
            #expect(try await scene.take([line]).opened == 0)
            #expect(try await scene.differences().isEmpty)
        }
    }

    @Test("a personal ID that the source does not have is not taken from ours")
    func noNumber() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01", personalId: "901090000017")
            _ = try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01")])
            let difference = try #require(try await scene.differences().first { $0.field == "personalId" })
            let answer = try await scene.settle(difference, "take-source")
            #expect(answer.faults == ["action": "difference.action"], "\(answer.text)")
            #expect(try await scene.member(id).personalID?.text == "901090000017")
        }
    }

    @Test("the cell of residence is taken over with its link, and an unknown one is a difference by itself")
    func residence() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            func line(_ code: String) -> ImportScene.Line {
                .init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01", residenceCellCode: code)
            }
            _ = try await scene.take([line("A99.99")])
            #expect(try await scene.differences().map(\.field) == ["residenceCellCode"])
            _ = try await scene.take([line("A35.12.01.01")])
            let difference = try #require(try await scene.differences().first)
            #expect(try await scene.settle(difference, "take-source").status == .ok)
            let member = try await scene.member(id).member
            #expect(member.residenceCellId == scene.tree.b.cell)
            #expect(member.residenceLinks?.map(\.cellId) == [scene.tree.b.cell])
            #expect(member.residenceLinks?.map(\.state) == [.accepted])
        }
    }

    @Test("a move is taken over as an admission: roles of the side he leaves end")
    func takeMove() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let role = try await scene.scene.role(.cellSecretary, of: id, at: scene.tree.a.cell)
            _ = try await scene.take([
                .init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01", cellCode: "A35.12.01.01")
            ])
            let difference = try #require(try await scene.differences().first)
            #expect(try await scene.settle(difference, "take-source").status == .ok)
            #expect(try await scene.member(id).member.cellId == scene.tree.b.cell)
            let held = try #require(try await RoleStore.read(role, in: scene.pool))
            #expect(held.status == .ended)
        }
    }

    @Test("ours is kept: the source is told, and until it has answered the difference is pending and stays so")
    func keepOurs() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let lines = [ImportScene.Line(sourceId: "S1", fullName: "Nguyễn Văn Mẫu Một")]
            _ = try await scene.take(lines)
            let difference = try #require(try await scene.differences().first)
            #expect(try await scene.settle(difference, "keep-ours").status == .ok)
            #expect(try await scene.member(id).member.version == 1)
            let told = try await scene.pool.queryOne("SELECT kind, fields, state FROM outgoing_changes")
            #expect(try told.get("kind", as: String.self) == "correction" && told.get("state") == "prepared")
            #expect(try told.get("fields", as: [String].self) == ["fullName"])
            #expect(try await scene.take(lines).opened == 0)
            #expect(try await scene.differences().map(\.state) == ["pending"])
            let again = try await scene.settle(difference, "take-source")
            #expect(again.status == .conflict && again.problem == "change-on-its-way")
            // The source has taken it: both agree.
            #expect(try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01")]).closed == 1)
        }
    }

    @Test("somebody whom only the source has is entered, with his personal ID and his number there")
    func enter() async throws {
        try await withImports { scene in
            let lines = [
                ImportScene.Line(
                    sourceId: "S7", personalId: "901090000017", fullName: "Nguyễn Văn Mẫu 07", sex: "male",
                    birthDate: "1990-03-04")
            ]
            _ = try await scene.take(lines)
            let difference = try #require(try await scene.differences().first)
            #expect(difference.kind == "missing")
            #expect(try await scene.settle(difference, "enter").status == .ok)
            let row = try await scene.pool.queryOne("SELECT id, personal_id FROM members WHERE source_id = 'S7'")
            #expect(try row.get("personal_id", as: String.self) == "901090000017")
            let id: MemberID = try row.get("id")
            #expect(
                try await scene.scene.events(MemberState.self, of: id.value).first?.state.cellId == scene.tree.a.cell)
            #expect(try await scene.take(lines).opened == 0)
            #expect(try await scene.differences().isEmpty)
            #expect(try await scene.count("SELECT count(*) AS n FROM outgoing_changes") == 0)
        }
    }

    @Test("what is set aside is not told again while it is as it was")
    func setAside() async throws {
        try await withImports { scene in
            var line = ImportScene.Line(sourceId: "S7", fullName: "Nguyễn Văn Mẫu 07")
            _ = try await scene.take([line])
            let difference = try #require(try await scene.differences().first)
            #expect(try await scene.settle(difference, "set-aside").status == .ok)
            #expect(try await scene.take([line]).opened == 0)
            #expect(try await scene.differences().isEmpty)
            line.fullName = "Nguyễn Văn Mẫu Bảy"
            #expect(try await scene.take([line]).opened == 1)
            #expect(try await scene.differences().map(\.state) == ["open"])
        }
    }

    @Test("only those above the place settle, nobody his own, and each only in a way that the kind allows")
    func authority() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            _ = try await scene.scene.role(.organisationOfficer, of: id, at: scene.tree.a.commune)
            let own = try await scene.scene.service.token(member: id)
            let near = try await scene.token(.organisationOfficer, at: scene.tree.a.commune)
            let far = try await scene.token(.organisationOfficer, at: scene.tree.b.commune)
            let secretary = try await scene.token(.cellSecretary, at: scene.tree.a.cell)
            try await scene.pool.execute("DELETE FROM outgoing_changes")
            _ = try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu Một")])
            let place = "&organizationId=\(scene.tree.a.commune)&kind=different"
            let difference = try #require(try await scene.differences(place, token: near).first)
            for token in [own, far, secretary] {
                let answer = try await scene.settle(difference, "take-source", token: token)
                #expect(answer.status == .forbidden && answer.problem == "outside-authority")
            }
            let wrong = try await scene.settle(difference, "enter", token: near)
            #expect(wrong.faults == ["action": "difference.action"])
            #expect(try await scene.settle(difference, "take-source", token: near).status == .ok)
            let late = try await scene.settle(difference, "keep-ours", token: near)
            #expect(late.status == .conflict && late.problem == "difference-settled")
            let list = try await scene.scene.service.call(
                .get, "/v1/differences?organizationId=\(scene.tree.a.commune)", token: far)
            #expect(list.status == .forbidden)
        }
    }

    @Test("the list is of a subtree, in pages, with counts")
    func list() async throws {
        try await withImports { scene in
            _ = try await scene.take(
                (1...7).map {
                    .init(
                        sourceId: "S\($0)", fullName: "Mẫu \($0)", cellCode: $0 > 5 ? "A35.12.01.01" : "A35.11.01.01")
                })
            struct Page: Decodable {
                var items: [ImportScene.Found]
                var next: Int64?
            }
            func page(_ query: String) async throws -> Page {
                try await scene.scene.service.call(.get, "/v1/differences?\(query)", token: scene.scene.operating)
                    .json(Page.self)
            }
            let first = try await page("organizationId=\(scene.tree.a.commune)&limit=3")
            let next = try #require(first.next)
            let second = try await page("organizationId=\(scene.tree.a.commune)&limit=3&after=\(next)")
            #expect(first.items.count == 3 && second.items.count == 2 && second.next == nil)
            #expect(Set((first.items + second.items).map(\.key)) == ["S1", "S2", "S3", "S4", "S5"])
            struct Counts: Decodable {
                struct Item: Decodable {
                    var kind: String
                    var state: String
                    var count: Int
                }
                var items: [Item]
            }
            let counts = try await scene.scene.service.call(
                .get, "/v1/differences/counts?organizationId=\(scene.tree.province)", token: scene.scene.operating
            ).json(Counts.self).items
            #expect(counts.map(\.count) == [7] && counts.first?.kind == "missing" && counts.first?.state == "open")
        }
    }
}
