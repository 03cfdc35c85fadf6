import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Contradictory figures")
struct ContradictionTests {
    /// A member for whose October two employers reported: 12 and 3 million.
    private func contradict(_ scene: FigureScene) async throws -> MemberID {
        let member = try await scene.member(personalId: "901090000017")
        try await scene.take([
            .init(personalId: "901090000017"),
            .init(
                personalId: "901090000017", employerCode: "DV02", employerName: "Công ty Mẫu 02", amount: "3000000"),
        ])
        return member
    }

    @Test("two employers are a work item and no amount; the cell's choice counts, with reason, author and time")
    func settled() async throws {
        try await FigureScene.run { scene in
            let member = try await contradict(scene)
            #expect(try await scene.told(member) == ["2026-10 ? Công ty Mẫu 01+Công ty Mẫu 02"])
            let found = try #require(try await scene.contradictions().first)
            #expect(found.memberId == member && found.month == "2026-10" && found.sum == 15_000_000)
            #expect(found.figures.map(\.employerCode) == ["DV01", "DV02"])
            #expect(found.figures.map(\.amount) == [12_000_000, 3_000_000])
            let secretary = try await scene.imports.token(.cellSecretary, at: scene.cell)
            let choice = #""choice":"employer","employerCode":"DV01""#
            let answer = try await scene.settle(found.id, choice, amount: 12_000_000, token: secretary)
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(try await scene.told(member) == ["2026-10 12000000 Công ty Mẫu 01 settled"])
            #expect(try await scene.contradictions().isEmpty)
            let settled = try #require(try await scene.contradictions("&state=settled").first?.decisions.first)
            #expect(settled.choice == "employer" && settled.amount == 12_000_000)
            #expect(settled.reason == "Theo hợp đồng lao động" && MemberID(settled.decidedBy) != nil)
            #expect(
                try await scene.imports.count(
                    "SELECT count(*) AS n FROM audit WHERE action = 'figures.settled' AND subject = \("\(member)")")
                    == 1
            )
        }
    }

    @Test("the sum counts where it is chosen; what was settled can be settled anew, and all of it is kept")
    func anew() async throws {
        try await FigureScene.run { scene in
            let member = try await contradict(scene)
            let id = try #require(try await scene.contradictions().first).id
            #expect(try await scene.settle(id, #""choice":"sum""#, amount: 15_000_000).status == .ok)
            #expect(try await scene.told(member) == ["2026-10 15000000 Công ty Mẫu 01+Công ty Mẫu 02 settled"])
            let second = #""choice":"employer","employerCode":"DV02""#
            #expect(try await scene.settle(id, second, amount: 3_000_000).status == .ok)
            #expect(try await scene.told(member) == ["2026-10 3000000 Công ty Mẫu 02 settled"])
            let decisions = try #require(try await scene.contradictions("&state=settled").first).decisions
            #expect(decisions.map(\.amount) == [3_000_000, 15_000_000])
        }
    }

    @Test("another figure opens what was settled again")
    func opened() async throws {
        try await FigureScene.run { scene in
            let member = try await contradict(scene)
            let id = try #require(try await scene.contradictions().first).id
            _ = try await scene.settle(id, #""choice":"sum""#, amount: 15_000_000)
            try await scene.take(
                [
                    .init(
                        personalId: "901090000017", employerCode: "DV02", employerName: "Công ty Mẫu 02",
                        amount: "4000000")
                ], asOf: "2026-11-06T00:00:00Z")
            #expect(try await scene.told(member) == ["2026-10 ? Công ty Mẫu 01+Công ty Mẫu 02"])
            let again = try #require(try await scene.contradictions().first)
            #expect(again.id == id && again.sum == 16_000_000 && again.decisions.count == 1)
        }
    }

    @Test("who settles says the amount that he saw: another one, or an employer who said nothing, is refused")
    func refused() async throws {
        try await FigureScene.run { scene in
            let member = try await contradict(scene)
            let id = try #require(try await scene.contradictions().first).id
            let changed = try await scene.settle(id, #""choice":"sum""#, amount: 14_000_000)
            #expect(changed.status == .conflict && changed.problem == "figures-changed")
            let unknown = try await scene.settle(id, #""choice":"employer","employerCode":"DV09""#, amount: 1)
            #expect(unknown.faults == ["employerCode": "figures.unknown-employer"])
            let none = try await scene.settle(id, #""choice":"employer""#, amount: 1)
            #expect(none.status == .unprocessableContent)
            #expect(try await scene.settle(4_711, #""choice":"sum""#, amount: 1).status == .notFound)
            #expect(try await scene.told(member) == ["2026-10 ? Công ty Mẫu 01+Công ty Mẫu 02"])
        }
    }

    @Test("the cell and those above it see and settle, neighbours and the member himself do not")
    func access() async throws {
        try await FigureScene.run { scene in
            let member = try await contradict(scene)
            let id = try #require(try await scene.contradictions().first).id
            let neighbour = try await scene.imports.token(.cellSecretary, at: scene.imports.tree.b.cell)
            let officer = try await scene.imports.token(.organisationOfficer, at: scene.imports.tree.a.commune)
            _ = try await scene.scene.role(.cellSecretary, of: member, at: scene.cell)
            let own = try await scene.scene.service.token(member: member)
            for token in [neighbour, own] {
                let answer = try await scene.settle(id, #""choice":"sum""#, amount: 15_000_000, token: token)
                #expect(answer.status == .forbidden && answer.problem == "outside-authority")
            }
            #expect(try await scene.contradictions("&organizationId=\(scene.cell)", token: officer).count == 1)
            let elsewhere = try await scene.contradictions(
                "&organizationId=\(scene.imports.tree.b.cell)", token: neighbour)
            #expect(elsewhere.isEmpty)
            let hidden = try await scene.scene.service.call(
                .get, "/v1/figure-contradictions?organizationId=\(scene.cell)", token: neighbour)
            #expect(hidden.status == .forbidden)
            let everywhere = try await scene.scene.service.call(.get, "/v1/figure-contradictions", token: officer)
            #expect(everywhere.faults == ["organizationId": "parameter.form"])
            let settled = try await scene.settle(id, #""choice":"sum""#, amount: 15_000_000, token: officer)
            #expect(settled.status == .ok, "\(settled.text)")
        }
    }

    @Test("figures of two kinds contradict nothing")
    func kinds() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            try await scene.take([
                .init(personalId: "901090000017"),
                .init(
                    personalId: "901090000017", kind: "insurance-benefit", employerCode: "", employerName: "",
                    amount: "3000000"),
            ])
            #expect(try await scene.contradictions().isEmpty)
            #expect(try await scene.told(member) == ["2026-10 12000000 Công ty Mẫu 01", "2026-10 3000000 "])
        }
    }
}
