import Contracts
import DuesDomain
import Foundation
import Testing

@Suite("Figures that authorities report")
struct KnownFigureTests {
    /// The assessment of May 2026, for which the figure of April counts.
    private func assess(
        _ figures: [DuesFigure], _ category: DuesCategory = .insured, stated: DuesBase? = nil,
        reliefs: [Relief] = []
    ) throws -> Assessment {
        let subject = AssessmentSubject(
            memberId: Figures.member(), cellId: Figures.organization(), state: .official,
            joinedOn: try Figures.day("2010-02-03"), category: category, base: stated, figures: figures, region: .one,
            reliefs: reliefs)
        return try #require(try Figures.assess(subject, in: "2026-05"))
    }

    private func figure(
        _ month: String, _ amount: Int64?, _ kind: DuesFigureKind = .salary, employers: [String] = ["Công ty Mẫu 01"],
        settled: Bool? = nil, withdrawn: Bool? = nil
    ) throws -> DuesFigure {
        DuesFigure(
            month: try DuesMonth(month), kind: kind, source: .socialInsurance, amount: amount.map { Dong($0) },
            employers: employers, cameAt: Figures.now, settled: settled, withdrawn: withdrawn)
    }

    private func stated(_ amount: Int64, _ month: String?) throws -> DuesBase {
        DuesBase(source: .memberStatement, amount: Dong(amount), month: try month.map { try DuesMonth($0) })
    }

    @Test("the reported figure of the month before is final, and what was stated of that month yields to it")
    func official() throws {
        let assessment = try assess([try figure("2026-04", 12_000_000)], stated: try stated(9_000_000, "2026-04"))
        #expect(assessment.amount == Dong(120_000) && !assessment.provisional && assessment.reason == nil)
        #expect(assessment.base?.source == .socialInsurance)
        #expect(assessment.origin?.employers == ["Công ty Mẫu 01"])
    }

    @Test(
        "of several the one nearest to the month before counts, provisionally",
        arguments: [
            (["2026-01", "2026-03", "2026-02"], "2026-03"), (["2026-06", "2026-05"], "2026-05"),
            (["2026-05", "2026-02"], "2026-02"),
        ])
    func nearest(months: [String], expected: String) throws {
        let assessment = try assess(months.map { try figure($0, 1_000_000) })
        #expect(assessment.base?.month?.text == expected)
        #expect(assessment.provisional && assessment.reason == .oldFigure)
    }

    @Test(
        "what was stated counts where its month is nearer, or where all reported months are later and it has none",
        arguments: [
            ("2026-04", "2026-03", true), ("2026-03", "2026-03", false), ("2026-02", "2026-03", false),
            ("2026-05", "2026-03", false), (nil, "2026-03", false), (nil, "2026-05", true),
            ("2026-05", "2026-06", true), ("2026-06", "2026-05", false), ("2026-05", "2026-05", false),
        ] as [(String?, String, Bool)])
    func againstStated(month: String?, reported: String, statedCounts: Bool) throws {
        let assessment = try assess([try figure(reported, 1_000_000)], stated: try stated(2_000_000, month))
        #expect(assessment.amount == Dong(statedCounts ? 20_000 : 10_000))
        #expect((assessment.origin == nil) == statedCounts)
        #expect(assessment.provisional == (month != "2026-04"))
    }

    @Test("two employers of the month before: the last known figure holds, provisionally, with a reason of its own")
    func contradiction() throws {
        let both = try figure("2026-04", nil, employers: ["Công ty Mẫu 01", "Công ty Mẫu 02"])
        let assessment = try assess([both, try figure("2026-03", 8_000_000)])
        #expect(assessment.amount == Dong(80_000) && assessment.provisional)
        #expect(assessment.reason == .contradictoryFigure)
        #expect(assessment.explanation.map(\.rule).contains("contradictory-figure"))
        let unknown = try assess([both])
        #expect(unknown.amount == .zero && unknown.provisional && unknown.reason == .contradictoryFigure)
        let pension = try assess(
            [try figure("2026-04", nil, .pension), try figure("2026-03", 200, .pension)], .pensioner)
        #expect(pension.amount == Dong(1) && pension.provisional && pension.reason == .contradictoryFigure)
        let before = try assess([try figure("2026-04", 5_000_000), try figure("2026-03", nil)])
        #expect(before.amount == Dong(50_000) && !before.provisional, "another month's contradiction does not matter")
    }

    @Test("what was withdrawn is as if it had never come, and contradicts nothing")
    func withdrawn() throws {
        let gone = try figure("2026-04", nil, employers: [], withdrawn: true)
        let stated = try assess([gone], stated: try stated(9_000_000, "2026-04"))
        #expect(stated.amount == Dong(90_000) && !stated.provisional && stated.base?.source == .memberStatement)
        let older = try assess([gone, try figure("2026-03", 8_000_000)])
        #expect(older.amount == Dong(80_000) && older.reason == .oldFigure)
    }

    @Test("each category takes its own kind of figure, and others none")
    func kinds() throws {
        let all = try [
            figure("2026-04", 1_000_000), figure("2026-04", 2_000_000, .benefit),
            figure("2026-04", 3_000_000, .pension),
        ]
        #expect(try assess(all, .insured).amount == Dong(10_000))
        #expect(try assess(all, .insuranceBenefit).amount == Dong(20_000))
        #expect(try assess(all, .pensioner).amount == Dong(15_000))
        #expect(try assess(all, .student).base == nil)
        let abroad = try assess(all, .missionAbroad, stated: try stated(5_000_000, nil))
        #expect(abroad.amount == Dong(50_000) && abroad.origin == nil)
        #expect(try !assess([figure("2026-01", 3_000_000, .pension)], .pensioner).provisional, "a pension holds")
    }

    @Test("who is exempt from all is so for certain, whatever contradicts")
    func exempt() throws {
        let relief = try Relief(
            ground: .poorHousehold, reductionPercent: 100, from: Figures.month("2026-05"), through: nil)
        let assessment = try assess([try figure("2026-04", nil)], reliefs: [relief])
        #expect(assessment.amount == .zero && !assessment.provisional && assessment.reason == .poorHousehold)
    }

    @Test("the explanation names source, month, employers, the day it came, and that the cell settled it")
    func explanation() throws {
        let settled = try assess(
            [try figure("2026-04", 12_000_000, employers: ["Công ty Mẫu 01", "Công ty Mẫu 02"], settled: true)])
        let step = try #require(settled.explanation.first { $0.rule == "figure" })
        let day = Day(containing: Figures.now)
        #expect(
            step.text.vietnamese
                == "Số liệu: Bảo hiểm xã hội Việt Nam, tháng 2026-04, đơn vị: Công ty Mẫu 01; Công ty Mẫu 02, nhận ngày \(day), chi bộ đã xác định."
        )
        #expect(
            step.text.english
                == "The figure: Vietnam Social Security, of 2026-04, from: Công ty Mẫu 01; Công ty Mẫu 02, came on \(day), settled by the cell."
        )
        let own = try assess([], stated: try stated(9_000_000, "2026-04"))
        #expect(
            own.explanation.first { $0.rule == "figure" }?.text.english
                == "The figure: stated by the member to the cell, of 2026-04.")
    }
}
