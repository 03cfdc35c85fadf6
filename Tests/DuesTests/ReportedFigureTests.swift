import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

/// What becomes of assessed months when an authority reports figures, as the directory tells them.
@Suite("Reported figures")
struct ReportedFigureTests {
    private func figure(
        _ month: String, _ amount: Int64?, _ kind: DuesFigureKind = .salary, employers: [String] = ["Công ty Mẫu 01"],
        settled: Bool? = nil, withdrawn: Bool? = nil
    ) throws -> DuesFigure {
        DuesFigure(
            month: try DuesMonth(month), kind: kind, source: .socialInsurance, amount: amount.map { Dong($0) },
            employers: employers, cameAt: TestTimes.start, settled: settled, withdrawn: withdrawn)
    }

    private func stated(_ amount: Int64, _ month: String) throws -> DuesBase {
        DuesBase(source: .memberStatement, amount: Dong(amount), month: try DuesMonth(month))
    }

    private func set(_ scene: DuesScene, _ text: String) throws {
        let moment = try #require(RFC3339.moment(of: "\(text):00+07:00"))
        scene.clock?.set(moment)
        scene.kit.projectionAges.note("dues.directory", levelAt: moment)
    }

    private struct Kept: Equatable {
        var amount: Int64
        var reason: String?
        var isProvisional: Bool
    }

    private func kept(_ member: MemberID, _ month: String, in scene: DuesScene) async throws -> Kept {
        let row = try await scene.pool.queryOne(
            "SELECT amount, reason, provisional FROM assessments WHERE member_id = \(member) AND month = \(month)")
        return Kept(
            amount: try row.get("amount"), reason: try row.get("reason"), isProvisional: try row.get("provisional"))
    }

    private func trail(_ scene: DuesScene) async throws -> Int {
        try await scene.count("SELECT count(*) FROM assessment_changes")
    }

    @Test("a late figure adjusts the month that waited for it, after the payment, with trail; others stay")
    func late() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member(.insured, base: try stated(10_000_000, "2026-08"))
            for month in ["2026-10", "2026-11"] { try await scene.assess(month) }
            #expect(
                try await kept(member, "2026-11", in: scene)
                    == Kept(amount: 100_000, reason: "old-figure", isProvisional: true))
            #expect(try await scene.pay(try await scene.order(member, ["2026-11"])) == "00")
            try set(scene, "2026-12-20T08:00")
            try await scene.member(
                .insured, base: try stated(10_000_000, "2026-08"), id: member,
                figures: [try figure("2026-10", 12_000_000)])
            try await scene.parts.changedMembers.drain()
            #expect(
                try await kept(member, "2026-11", in: scene) == Kept(amount: 120_000, reason: nil, isProvisional: false)
            )
            #expect(
                try await kept(member, "2026-10", in: scene)
                    == Kept(amount: 100_000, reason: "old-figure", isProvisional: true))
            #expect(try await trail(scene) == 1)
            let last = try #require(try await scene.events(AssessmentMade.self).last)
            #expect(last.previousAmount == Dong(100_000) && last.base?.source == .socialInsurance && !last.provisional)
            let arrears = try await scene.count("SELECT arrears FROM standings WHERE member_id = \(member)")
            #expect(arrears == 100_000 + 20_000, "what is open of both months")
            try await scene.expectBooksToAgree()
            // Told again, nothing changes.
            try await scene.member(
                .insured, base: try stated(10_000_000, "2026-08"), id: member,
                figures: [try figure("2026-10", 12_000_000)])
            #expect(try await scene.count("SELECT count(*) FROM members_changed") == 0)
        }
    }

    @Test("what was stated and final yields to the official figure, in a month that is over too, with trail")
    func yields() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member(.insured, base: try stated(9_000_000, "2026-09"))
            try await scene.assess("2026-10")
            #expect(
                try await kept(member, "2026-10", in: scene) == Kept(amount: 90_000, reason: nil, isProvisional: false))
            try set(scene, "2026-12-02T08:00")
            try await scene.member(
                .insured, base: try stated(9_000_000, "2026-09"), id: member,
                figures: [try figure("2026-09", 11_000_000)])
            try await scene.parts.changedMembers.drain()
            #expect(
                try await kept(member, "2026-10", in: scene) == Kept(amount: 110_000, reason: nil, isProvisional: false)
            )
            #expect(try await trail(scene) == 1)
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a month of another category than today's that was final stays")
    func otherCategory() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member(.insured, base: try stated(9_000_000, "2026-09"))
            try await scene.assess("2026-10")
            try set(scene, "2026-12-02T08:00")
            try await scene.member(.pensioner, id: member, figures: [try figure("2026-09", 11_000_000)])
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.amounts(of: member) == ["2026-10": 90_000])
            #expect(try await scene.count("SELECT count(*) FROM members_changed") == 0)
        }
    }

    @Test("two employers make the month provisional with the last known figure, until the cell has settled it")
    func contradiction() async throws {
        try await DuesScene.run { scene in
            let september = try figure("2026-09", 8_000_000)
            let member = try await scene.member(.insured, figures: [try figure("2026-10", 12_000_000), september])
            try await scene.assess("2026-11")
            #expect(
                try await kept(member, "2026-11", in: scene) == Kept(amount: 120_000, reason: nil, isProvisional: false)
            )
            try set(scene, "2026-12-02T08:00")
            let two = ["Công ty Mẫu 01", "Công ty Mẫu 02"]
            try await scene.member(
                .insured, id: member, figures: [try figure("2026-10", nil, employers: two), september])
            try await scene.parts.changedMembers.drain()
            #expect(
                try await kept(member, "2026-11", in: scene)
                    == Kept(amount: 80_000, reason: "contradictory-figure", isProvisional: true))
            try await scene.member(
                .insured, id: member,
                figures: [try figure("2026-10", 15_000_000, employers: two, settled: true), september])
            try await scene.parts.changedMembers.drain()
            #expect(
                try await kept(member, "2026-11", in: scene) == Kept(amount: 150_000, reason: nil, isProvisional: false)
            )
            #expect(try await trail(scene) == 2)
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a pension known late changes the months after it that used an older one")
    func pension() async throws {
        try await DuesScene.run { scene in
            let old = try figure("2026-06", 4_000_000, .pension)
            let member = try await scene.member(.pensioner, figures: [old])
            for month in ["2026-08", "2026-10"] { try await scene.assess(month) }
            try set(scene, "2026-12-02T08:00")
            try await scene.member(.pensioner, id: member, figures: [try figure("2026-08", 6_000_000, .pension), old])
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.amounts(of: member) == ["2026-08": 20_000, "2026-10": 30_000])
        }
    }

    @Test("a figure that is corrected, contradicted or withdrawn changes every month that used it, final or not")
    func used() async throws {
        try await DuesScene.run { scene in
            let old = try figure("2026-06", 4_000_000, .pension)
            let member = try await scene.member(.pensioner, figures: [try figure("2026-08", 6_000_000, .pension), old])
            let insured = try await scene.member(.insured, figures: [try figure("2026-08", 6_000_000)])
            for month in ["2026-09", "2026-10", "2026-11"] { try await scene.assess(month) }
            #expect(try await scene.amounts(of: member).values.allSatisfy { $0 == 30_000 })
            try set(scene, "2026-12-02T08:00")
            func tell(_ amount: Int64?, withdrawn: Bool? = nil) async throws {
                try await scene.member(
                    .pensioner, id: member,
                    figures: [try figure("2026-08", amount, .pension, withdrawn: withdrawn), old])
                try await scene.member(
                    .insured, id: insured, figures: [try figure("2026-08", amount, withdrawn: withdrawn)])
                try await scene.parts.changedMembers.drain()
            }
            /// What each of the three months of both comes to.
            func each() async throws -> [[Int64]] {
                [try await scene.amounts(of: member), try await scene.amounts(of: insured)].map { $0.values.sorted() }
            }
            func thrice(_ pension: Int64, _ salary: Int64) -> [[Int64]] {
                [pension, salary].map { [Int64](repeating: $0, count: 3) }
            }
            try await tell(8_000_000)
            #expect(try await each() == thrice(40_000, 80_000), "corrected")
            try await tell(nil)
            #expect(try await each() == thrice(20_000, 0), "contradicted")
            try await tell(5_000_000)
            #expect(try await each() == thrice(25_000, 50_000), "settled")
            try await tell(nil, withdrawn: true)
            #expect(try await each() == thrice(20_000, 0), "withdrawn")
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a figure that was withdrawn is as if it had never come: what was stated counts again, for certain")
    func withdrawn() async throws {
        try await DuesScene.run { scene in
            let stated = try stated(9_000_000, "2026-10")
            let member = try await scene.member(.insured, base: stated, figures: [try figure("2026-10", 90_000_000)])
            try await scene.assess("2026-11")
            #expect(try await scene.pay(try await scene.order(member, ["2026-11"])) == "00")
            try set(scene, "2026-12-02T08:00")
            try await scene.member(
                .insured, base: stated, id: member,
                figures: [try figure("2026-10", nil, employers: [], withdrawn: true)])
            try await scene.parts.changedMembers.drain()
            #expect(
                try await kept(member, "2026-11", in: scene) == Kept(amount: 90_000, reason: nil, isProvisional: false)
            )
            #expect(
                try await scene.count(
                    "SELECT amount FROM exceptions WHERE kind = 'assessment-lowered' AND member_id = \(member)")
                    == 810_000, "what was paid too much is told")
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a figure before the run of its month has nobody looked at one by one")
    func onTime() async throws {
        try await DuesScene.run { scene in
            let october = try figure("2026-10", 12_000_000)
            let member = try await scene.member(.insured, figures: [october])
            try await scene.assess("2026-11")
            try await scene.member(.insured, id: member, figures: [try figure("2026-11", 13_000_000), october])
            #expect(try await scene.count("SELECT count(*) FROM members_changed") == 0)
            try set(scene, "2026-12-02T08:00")
            try await scene.assess("2026-12")
            #expect(try await scene.amounts(of: member) == ["2026-11": 120_000, "2026-12": 130_000])
        }
    }

    @Test("a member reads whom his figure is of and when it came; an order ahead takes it too")
    func shown() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member(.insured, figures: [try figure("2026-10", 12_000_000)])
            #expect(try await scene.order(member, ["2026-11"]).total == 120_000)
            try await scene.assess("2026-11")
            let answer = try await scene.service.call(
                .get, "/v1/members/\(member)/assessments", token: try await scene.service.token(member: member))
            struct Shown: Decodable {
                struct Item: Decodable {
                    struct Step: Decodable { let rule: String }
                    let origin: FigureOrigin?
                    let explanation: [Step]
                }
                let assessments: [Item]
            }
            let item = try #require(try answer.json(Shown.self).assessments.first)
            #expect(item.origin == FigureOrigin(employers: ["Công ty Mẫu 01"], cameAt: TestTimes.start))
            #expect(item.explanation.map(\.rule) == ["category", "share-of-base", "figure", "amount"])
        }
    }
}
