import Contracts
import Foundation
import Testing
import WorkingTime

@testable import RoutingDomain

@Suite("By when a step is to be done")
struct StepDueTests {
    let land = TwoCommunes()

    func moment(_ text: String) throws -> Date { try #require(RFC3339.moment(of: text)) }

    @Test("an administrative hop: two working days, over the weekend and the holiday of 24 November")
    func workingDays() throws {
        let due = try land.country.around().due(.working(.workingDays(2)), at: land.baseA)
        // Friday 20: Monday 23 is the first, Tuesday 24 is free, Wednesday 25 the second.
        #expect(due.at == (try moment("2026-11-25T17:00:00+07:00")))
        #expect(due.provisional == false)
    }

    @Test("a step that needs a meeting runs until the cell's next regular meeting")
    func nextMeeting() throws {
        let around = try land.country.around()
        #expect(
            try around.due(.nextMeeting(atMostDays: 30), at: land.cellA).at == moment("2026-12-03T17:00:00+07:00"))
        #expect(
            try around.due(.nextMeeting(atMostDays: 30), at: land.cellB).at == moment("2026-11-25T17:00:00+07:00"))
    }

    @Test("without a meeting day, or with a later one, it runs at most so many days")
    func atMost() throws {
        let around = try land.country.around()
        #expect(
            try around.due(.nextMeeting(atMostDays: 30), at: land.neighbourA).at
                == moment("2026-12-20T17:00:00+07:00"))
        #expect(
            try around.due(.nextMeeting(atMostDays: 10), at: land.cellA).at == moment("2026-11-30T17:00:00+07:00"))
    }

    @Test("a meeting on the 31st is held on the last day of a shorter month")
    func shortMonth() throws {
        var country = land.country
        let cell = country.add(.baseCell, "Chi bộ cuối tháng", under: land.communeA, meetingDay: 31)
        #expect(
            try country.around().due(.nextMeeting(atMostDays: 30), at: cell).at
                == moment("2026-11-30T17:00:00+07:00"))
    }

    @Test("a deadline in a year that is not finally announced says so")
    func provisional() throws {
        let later = try moment("2027-03-01T08:00:00+07:00")
        #expect(try land.country.around(now: later).due(.nextMeeting(atMostDays: 30), at: land.cellA).provisional)
    }

    @Test("each turn tells its own deadline")
    func perTurn() throws {
        let opened = try land.opened(to: land.cellB).running
        #expect(opened.turn?.due.at == (try moment("2026-12-03T17:00:00+07:00")))
        let next = try land.carried(opened, until: land.sectionA)
        #expect(next.turn?.due.at == (try moment("2026-11-25T17:00:00+07:00")))
        #expect(next.done.first?.inTime == true)
    }
}
