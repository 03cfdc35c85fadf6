import Contracts
import DirectoryDomain
import Foundation
import Testing

@Suite("Figures of a member's month")
struct MonthFiguresTests {
    private static let now = Date(timeIntervalSince1970: 1_795_143_600)

    private func figure(
        _ id: Int64, _ code: String, _ amount: Int64, name: String? = nil, after seconds: TimeInterval = 0,
        isWithdrawn: Bool = false
    ) -> ReportedFigure {
        ReportedFigure(
            id: id, employerCode: code, employerName: name, amount: Dong(amount),
            cameAt: Self.now.addingTimeInterval(seconds), isWithdrawn: isWithdrawn)
    }

    private func month(_ reported: [ReportedFigure], _ decision: FigureDecision? = nil) throws -> MonthFigures {
        MonthFigures(month: try DuesMonth("2026-10"), kind: .salary, reported: reported, decision: decision)
    }

    @Test("one employer's figure counts, with his name, or his code where no name is known, or nobody")
    func single() throws {
        let told = try month([figure(1, "DV01", 12_000_000, name: "Công ty Mẫu 01")]).published
        #expect(told.amount == Dong(12_000_000) && told.employers == ["Công ty Mẫu 01"] && told.settled == nil)
        #expect(told.source == .socialInsurance && told.cameAt == Self.now)
        #expect(try month([figure(1, "DV01", 1)]).published.employers == ["DV01"])
        #expect(try month([figure(1, "", 1)]).published.employers == [])
        #expect(try !month([figure(1, "DV01", 1)]).isOpen)
    }

    @Test("two employers contradict each other, also with the same amount, and are never added up unasked")
    func contradiction() throws {
        let figures = try month([figure(2, "DV02", 5, after: 60), figure(1, "DV01", 5)])
        #expect(figures.isOpen)
        #expect(figures.published.amount == nil && figures.published.settled == nil)
        #expect(figures.published.employers == ["DV01", "DV02"])
        #expect(figures.published.cameAt == Self.now.addingTimeInterval(60))
    }

    @Test("what the cell settled counts: one employer, or the sum")
    func settled() throws {
        let reported = [figure(1, "DV01", 12_000_000), figure(2, "DV02", 3_000_000)]
        func told(_ choice: FigureChoice) throws -> MonthFigures {
            try month(reported, FigureDecision(choice: choice, figures: [1, 2], decidedAt: Self.now))
        }
        let one = try told(.employer(code: "DV02"))
        #expect(!one.isOpen && one.published.amount == Dong(3_000_000))
        #expect(one.published.employers == ["DV02"] && one.published.settled == true)
        let both = try told(.sum)
        #expect(both.published.amount == Dong(15_000_000) && both.published.employers == ["DV01", "DV02"])
        #expect(one.amount(by: .employer(code: "DV03")) == nil)
    }

    @Test("a decision holds no longer once there are other figures than those that were seen")
    func outdated() throws {
        let decision = FigureDecision(choice: .employer(code: "DV01"), figures: [1, 2], decidedAt: Self.now)
        let corrected = try month([figure(1, "DV01", 12), figure(3, "DV02", 4)], decision)
        #expect(corrected.isOpen && corrected.published.amount == nil)
        let third = try month([figure(1, "DV01", 12), figure(2, "DV02", 3), figure(3, "DV03", 4)], decision)
        #expect(third.isOpen && third.published.amount == nil)
    }

    @Test("what is withdrawn counts nowhere; where nothing is left that is told")
    func withdrawn() throws {
        let gone = figure(2, "DV02", 3, after: 60, isWithdrawn: true)
        let one = try month([figure(1, "DV01", 12), gone])
        #expect(!one.isOpen && one.ids == [1] && one.published.amount == Dong(12))
        #expect(one.published.employers == ["DV01"] && one.published.withdrawn == nil)
        #expect(one.published.cameAt == Self.now && one.amount(by: .sum) == Dong(12))
        let none = try month([gone])
        #expect(!none.isOpen && none.published.amount == nil && none.published.withdrawn == true)
        #expect(none.published.employers == [] && none.published.cameAt == Self.now.addingTimeInterval(60))
    }

    @Test("a member knows his months, the latest first; what he knows already makes no new version")
    func knowing() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        func told(_ text: String, _ kind: DuesFigureKind) throws -> DuesFigure {
            DuesFigure(
                month: try DuesMonth(text), kind: kind, source: .socialInsurance, amount: Dong(1), employers: [],
                cameAt: Self.now)
        }
        let figures = try [told("2026-09", .salary), told("2026-10", .benefit), told("2026-10", .salary)]
        let next = try #require(member.knowing(figures))
        #expect(next.version == member.version + 1)
        #expect(next.published.duesFigures == [figures[2], figures[1], figures[0]])
        #expect(next.knowing(figures.reversed()) == nil)
        #expect(member.knowing([]) == nil)
        let none = try #require(next.knowing([]))
        #expect(none.published.duesFigures == nil && none.version == next.version + 1)
        #expect(OutgoingChange(of: next, before: member) == nil, "the Party Member Database keeps no figures")
    }
}
