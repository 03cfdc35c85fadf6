import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Withdrawn figures")
struct FigureWithdrawalTests {
    private struct Months: Decodable {
        struct Item: Decodable {
            struct Figure: Decodable {
                let figureId: Int64
                let employerCode: String
                let amount: Int64
                let withdrawn: Bool?
            }
            let month: String
            let amount: Int64?
            let figures: [Figure]
        }
        struct Withdrawal: Decodable {
            let figureId: Int64
            let amount: Int64
            let withdrawn: Bool
            let reason: String
            let decidedBy: String
        }
        let items: [Item]
        let withdrawals: [Withdrawal]
    }

    private func months(_ member: MemberID, _ scene: FigureScene) async throws -> Months {
        try await scene.scene.service.call(
            .get, "/v1/members/\(member)/figures", token: scene.scene.operating
        ).json()
    }

    /// The figure of an employer that a member's October shows.
    private func figure(
        _ member: MemberID, _ scene: FigureScene, _ code: String = "DV01"
    ) async throws -> Int64 {
        try #require(try await months(member, scene).items.first?.figures.first { $0.employerCode == code }).figureId
    }

    private func decide(
        _ figure: Int64, of member: MemberID, withdrawn: Bool = true, token: String? = nil, _ scene: FigureScene
    ) async throws -> TestAnswer {
        try await scene.scene.post(
            "/v1/members/\(member)/figures/\(figure)/withdrawal",
            #"{"withdrawn":\#(withdrawn),"reason":"Số liệu của người khác"}"#, token: token)
    }

    private func take(_ amount: String, _ asOf: String, _ scene: FigureScene) async throws -> Int {
        try await scene.take([.init(personalId: "901090000017", amount: amount)], asOf: asOf).entered
    }

    @Test("what is withdrawn is as if it had never come, also said again, until another amount comes; all is kept")
    func withdrawn() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            _ = try await take("12000000", "2026-11-05T00:00:00Z", scene)
            let wrong = try await figure(member, scene)
            let secretary = try await scene.imports.token(.cellSecretary, at: scene.cell)
            let answer = try await decide(wrong, of: member, token: secretary, scene)
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(try await scene.told(member) == ["2026-10 ? "])
            let state = try #require(try await scene.scene.events(MemberState.self, of: member.value).last?.state)
            #expect(state.duesFigures?.map(\.withdrawn) == [true])
            let shown = try await months(member, scene)
            #expect(shown.items.first?.amount == nil && shown.items.first?.figures.map(\.withdrawn) == [true])
            let trail = try #require(shown.withdrawals.first)
            #expect(trail.withdrawn && trail.figureId == wrong && trail.reason == "Số liệu của người khác")
            #expect(MemberID(trail.decidedBy) != nil)
            #expect(
                try await scene.imports.count(
                    "SELECT count(*) AS n FROM audit WHERE action = 'figure.withdrawn' AND subject = \("\(member)")")
                    == 1)
            #expect(try await take("12000000", "2026-11-10T00:00:00Z", scene) == 0)
            #expect(try await scene.told(member) == ["2026-10 ? "], "said again")
            #expect(try await take("13000000", "2026-11-12T00:00:00Z", scene) == 1)
            #expect(try await scene.told(member) == ["2026-10 13000000 Công ty Mẫu 01"])
            await #expect(throws: PostgresError.self, "what was decided stands") {
                try await scene.pool.execute("UPDATE figure_withdrawals SET withdrawn = false")
            }
        }
    }

    @Test("what the source had said before counts again; and a withdrawal that was wrong can be taken back")
    func before() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            _ = try await take("12000000", "2026-11-05T00:00:00Z", scene)
            _ = try await take("90000000", "2026-11-10T00:00:00Z", scene)
            let wrong = try await figure(member, scene)
            #expect(try await decide(wrong, of: member, withdrawn: false, scene).problem == "figure-not-as-seen")
            #expect(try await decide(wrong, of: member, scene).status == .ok)
            #expect(try await scene.told(member) == ["2026-10 12000000 Công ty Mẫu 01"])
            #expect(try await decide(wrong, of: member, scene).problem == "figure-not-as-seen", "twice")
            #expect(try await decide(wrong, of: member, withdrawn: false, scene).status == .ok)
            #expect(try await scene.told(member) == ["2026-10 90000000 Công ty Mẫu 01"])
            #expect(try await months(member, scene).withdrawals.map(\.withdrawn) == [false, true])
        }
    }

    @Test("of two employers the one that is left counts, and nothing is open any more, until the other counts again")
    func contradiction() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            try await scene.take([
                .init(personalId: "901090000017"),
                .init(
                    personalId: "901090000017", employerCode: "DV02", employerName: "Công ty Mẫu 02",
                    amount: "3000000"),
            ])
            #expect(try await scene.contradictions().count == 1)
            let wrong = try await figure(member, scene, "DV02")
            #expect(try await decide(wrong, of: member, scene).status == .ok)
            #expect(try await scene.told(member) == ["2026-10 12000000 Công ty Mẫu 01"])
            #expect(try await scene.contradictions().isEmpty)
            #expect(try await decide(wrong, of: member, withdrawn: false, scene).status == .ok)
            #expect(try await scene.told(member) == ["2026-10 ? Công ty Mẫu 01+Công ty Mẫu 02"])
            #expect(try await scene.contradictions().count == 1)
        }
    }

    @Test("those who settle contradictions withdraw; the member, neighbours, and the figure of another do not")
    func access() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            let other = try await scene.member("Trần Thị Mẫu 02")
            _ = try await take("12000000", "2026-11-05T00:00:00Z", scene)
            let wrong = try await figure(member, scene)
            let neighbour = try await scene.imports.token(.cellSecretary, at: scene.imports.tree.b.cell)
            _ = try await scene.scene.role(.cellSecretary, of: member, at: scene.cell)
            let own = try await scene.scene.service.token(member: member)
            for token in [neighbour, own] {
                #expect(try await decide(wrong, of: member, token: token, scene).problem == "outside-authority")
            }
            #expect(try await decide(wrong, of: other, scene).status == .notFound)
            #expect(try await decide(4_711, of: member, scene).status == .notFound)
            #expect(try await scene.told(member) == ["2026-10 12000000 Công ty Mẫu 01"])
            let old: Int64 = try await scene.pool.queryOne(
                """
                INSERT INTO figures (member_id, month, kind, employer_code, amount, told_at, came_at, origin)
                SELECT member_id, '2026-04', kind, employer_code, amount, told_at, came_at, origin FROM figures
                RETURNING id
                """
            ).get("id")
            #expect(try await decide(old, of: member, scene).faults == ["month": "month-outside"])
        }
    }

    @Test("whose only figure is withdrawn is missing it")
    func missing() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            _ = try await take("12000000", "2026-11-05T00:00:00Z", scene)
            func missing() async throws -> Int {
                struct Page: Decodable { let items: [FigureScene.Missing] }
                return try await scene.scene.service.call(
                    .get, "/v1/missing-figures?organizationId=\(scene.cell)", token: scene.scene.operating
                ).json(Page.self).items.count
            }
            #expect(try await missing() == 0)
            _ = try await decide(try await figure(member, scene), of: member, scene)
            #expect(try await missing() == 1)
        }
    }
}
