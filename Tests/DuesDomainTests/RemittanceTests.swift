import Contracts
import DuesDomain
import TestSeed
import Testing

@Suite("Remittances")
struct RemittanceTests {
    static let calendar =
        "group=2 subordinate-cell=4 base-cell=4 section=7 base-organisation=10 superior-of-base=15 commune=15 "
        + "provincial=20 agency-central=20 central=25"

    @Test("what came in is what is kept, passed and carried, whatever came in")
    func addsUp() throws {
        var numbers = SeededGenerator(seed: SeededGenerator.seed)
        for _ in 0..<5_000 {
            let share = try BasisPoints(Int.random(in: 0...10_000, using: &numbers))
            let sum = RemittanceSum(
                own: Dong(.random(in: -1_000_000...5_000_000, using: &numbers)),
                received: Dong(.random(in: 0...1_000_000, using: &numbers)),
                carriedIn: Dong(-.random(in: 0...500_000, using: &numbers)),
                share: Bool.random(using: &numbers) ? share : nil)
            let came = sum.own + sum.received + sum.carriedIn
            #expect(came == sum.kept + sum.passed + sum.carriedOut)
            #expect(sum.kept >= .zero && sum.passed >= .zero && sum.carriedOut <= .zero)
            #expect(sum.carriedOut == min(came, .zero))
        }
    }

    @Test("the last đồng goes to the level that keeps; the top keeps everything")
    func lastDong() throws {
        let cell = RemittanceSum(own: Dong(15_931), received: .zero, share: try BasisPoints(3_000))
        #expect(cell.passed == Dong(11_151) && cell.kept == Dong(4_780))
        let top = RemittanceSum(own: .zero, received: Dong(11_151), share: nil)
        #expect(top.kept == Dong(11_151) && top.passed == .zero)
    }

    @Test("every pair of state and step leads where the graph says, or is refused")
    func graph() {
        var ways: [String] = []
        for state in RemittanceState.allCases {
            for trigger in RemittanceTrigger.allCases {
                guard let next = RemittanceGraph.state(after: trigger, in: state) else { continue }
                ways.append("\(state.rawValue) \(trigger.rawValue) \(next.rawValue)")
            }
        }
        #expect(
            ways == [
                "due set-off acknowledged", "due reported paid", "due confirmed acknowledged",
                "paid confirmed acknowledged", "paid disputed due",
            ])
        #expect(RemittanceGraph.diagram.contains("    paid --> due: disputed\n"))
    }

    @Test("inferior organisations close first; each type has one day")
    func calendarReads() throws {
        let calendar = try RemittanceCalendar(Self.calendar, daysToPay: 2, field: "calendar")
        #expect(calendar.turns.map(\.day) == [2, 4, 7, 10, 15, 20, 25])
        #expect(calendar.turns[1].types == [.baseCell, .subordinateCell])
        let day = calendar.closing(calendar.turns[1], of: try DuesMonth(checking: "2026-12", field: "month"))
        #expect(day == (try Day("2027-01-04")))
        #expect(calendar.dueDay(closedOn: day) == (try Day("2027-01-06")))
    }

    @Test(
        "a calendar that does not fit is refused",
        arguments: [
            ("commune=15", "remittance-calendar.incomplete"),
            (calendar.replacing("commune=15", with: "commune=29"), "remittance-calendar.form"),
            (calendar.replacing("commune=15", with: "commune"), "remittance-calendar.form"),
            (calendar + " commune=16", "remittance-calendar.form"),
            (calendar + " external=16", "remittance-calendar.form"),
            (calendar.replacing("group=2", with: "group=1"), "remittance-calendar.form"),
            // Due on the day on which the superior closes.
            (calendar.replacing("base-organisation=10", with: "base-organisation=13"), "remittance-calendar.order"),
        ])
    func calendarRefused(text: String, rule: String) {
        let fault = #expect(throws: InvalidValue.self) {
            try RemittanceCalendar(text, daysToPay: 2, field: "calendar")
        }
        #expect(fault?.field == "calendar" && fault?.rule == rule)
    }

    @Test("a merger moves what was collected; a negative amount moves the other way")
    func inherited() {
        let (cell, heir) = (Figures.organization(), Figures.organization())
        let sum = RemittanceSum(own: Dong(700), received: .zero, share: nil)
        let postings = Posting.division(sum, of: heir, inherited: [(cell, Dong(1_000)), (cell, Dong(-300))])
        let balances = Balances(postings)
        #expect(balances[Account(.assessedDues, of: cell)] == Dong(-700))
        #expect(balances[Account(.assessedDues, of: heir)] == .zero)
        #expect(balances[Account(.retained, of: heir)] == Dong(700))
    }
}
