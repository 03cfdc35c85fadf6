import Contracts
import Foundation
import HTTPTypes
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Missing figures")
struct MissingFigureTests {
    private struct Page: Decodable {
        struct Item: Decodable {
            let memberId: MemberID?
            let organizationId: OrganizationID?
            let members: Int?
            let missing: Int?
        }
        let month: String
        let category: String
        let listedFrom: String
        let items: [Item]
    }

    private func ask(
        _ scene: FigureScene, _ path: String = "", _ place: OrganizationID, _ more: String = ""
    ) async throws -> Page {
        let answer = try await scene.scene.service.call(
            .get, "/v1/missing-figures\(path)?organizationId=\(place)\(more)", token: scene.scene.operating)
        try #require(answer.status == .ok, "\(answer.text)")
        return try answer.json(Page.self)
    }

    @Test("from a day of the month on whoever has no figure is listed and counted, by organisation")
    func listed() async throws {
        try await FigureScene.run { scene in
            let tree = scene.imports.tree
            _ = try await scene.member(personalId: "901090000017")
            let missing = try await scene.member("Trần Thị Mẫu 02", personalId: "901090000024")
            let elsewhere = try await scene.member("Lê Văn Mẫu 03", in: tree.b.cell)
            _ = try await scene.member("Phạm Văn Mẫu 04", category: "student")
            let pensioner = try await scene.member("Hoàng Văn Mẫu 05", category: "pensioner")
            let dead = try await scene.member("Vũ Văn Mẫu 06")
            _ = try await scene.scene.post(
                "/v1/members/\(dead)/changes", #"{"state":"deceased","reason":"Từ trần theo giấy báo"}"#)
            try await scene.take([
                .init(personalId: "901090000017"), .init(personalId: "901090000024", month: "2026-09"),
            ])
            let page = try await ask(scene, "", tree.province)
            #expect(page.month == "2026-10" && page.category == "insured" && page.listedFrom == "2026-11-20")
            #expect(Set(page.items.map(\.memberId)) == [missing, elsewhere])
            let cell = try await ask(scene, "", scene.cell)
            #expect(cell.items.map(\.memberId) == [missing])
            let september = try await ask(scene, "", scene.cell, "&month=2026-09")
            #expect(september.items.count == 1 && september.items.first?.memberId != missing)
            let pensions = try await ask(scene, "", scene.cell, "&category=pensioner")
            #expect(pensions.items.map(\.memberId) == [pensioner])
            let counts = try await ask(scene, "/counts", tree.province).items
            #expect(Set(counts.map(\.organizationId)) == [tree.a.commune, tree.b.commune])
            let here = try #require(counts.first { $0.organizationId == tree.a.commune })
            #expect(here.members == 2 && here.missing == 1)
            let own = try await ask(scene, "/counts", scene.cell).items
            #expect(own.map(\.organizationId) == [scene.cell] && own.map(\.missing) == [1])
        }
    }

    @Test("before the day nobody is missing; then the list of the next month begins")
    func notYet() async throws {
        try await FigureScene.run { scene in
            _ = try await scene.member()
            let later = FigureScene(
                imports: ImportScene(scene: try await scene.scene.later(days: 20), tree: scene.imports.tree))
            let page = try await ask(later, "", later.cell)
            #expect(page.month == "2026-11" && page.listedFrom == "2026-12-20" && page.items.isEmpty)
            #expect(try await ask(later, "/counts", later.cell).items.isEmpty)
            #expect(try await ask(later, "", later.cell, "&month=2026-10").items.count == 1)
        }
    }

    @Test("only those who see members there are told; a month ahead or a category without figures is no question")
    func refused() async throws {
        try await FigureScene.run { scene in
            let neighbour = try await scene.imports.token(.cellSecretary, at: scene.imports.tree.b.cell)
            let place = "/v1/missing-figures?organizationId=\(scene.cell)"
            let hidden = try await scene.scene.service.call(.get, place, token: neighbour)
            #expect(hidden.status == .forbidden)
            for (more, field) in [("&month=2026-11", "month"), ("&category=student", "category")] {
                let answer = try await scene.scene.service.call(.get, place + more, token: scene.scene.operating)
                #expect(answer.faults == [field: "parameter.form"])
            }
            let all = try await scene.scene.service.call(.get, "/v1/missing-figures", token: scene.scene.operating)
            #expect(all.faults == ["organizationId": "parameter.form"])
        }
    }
}
