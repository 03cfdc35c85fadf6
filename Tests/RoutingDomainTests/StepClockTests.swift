import Contracts
import Foundation
import Testing
import WorkingTime

@testable import RoutingDomain

@Suite("The clock of a step")
struct StepClockTests {
    let calendar = Result { try OfficialCalendar.bundled() }

    func moment(_ text: String) throws -> Date { try #require(RFC3339.moment(of: "\(text):00+07:00")) }

    func pace(meetingDay: Int? = nil) throws -> StepPace {
        StepPace(time: WorkingTime(calendar: try calendar.get()), meetingDay: meetingDay)
    }

    /// Friday, 20 November 2026; Tuesday the 24th is a holiday.
    func clock(_ limit: StepLimit, from start: String = "2026-11-20T09:00") throws -> StepClock {
        StepClock(limit: limit, startedAt: try moment(start))
    }

    @Test("total, used and remaining are known at any moment, and add up until the limit has passed")
    func reading() throws {
        let clock = try clock(.working(.workingHours(8)))
        let noon = try clock.reading(at: moment("2026-11-20T12:30"), in: pace())
        #expect(noon.total == .seconds(8 * 3_600) && noon.used == .seconds(3 * 3_600))
        #expect(noon.remaining == .seconds(5 * 3_600) && noon.level == .onTime)
        #expect(noon.deadline?.at == (try moment("2026-11-23T09:00")))
        #expect(noon.deadline?.calendarVersion == "2026-11")
        let late = try clock.reading(at: moment("2026-11-23T10:00"), in: pace())
        #expect(late.used == .seconds(9 * 3_600) && late.remaining == .zero && late.level == .breached)
    }

    @Test("the officer is warned when a quarter of the limit is left")
    func warning() throws {
        let clock = try clock(.working(.workingHours(8)))
        let reading = try clock.reading(at: moment("2026-11-20T15:59"), in: pace())
        #expect(reading.warnsAt == (try moment("2026-11-20T16:00")))
        #expect(reading.level == .onTime)
        #expect(try clock.reading(at: moment("2026-11-20T16:00"), in: pace()).level == .warning)
    }

    @Test("a clock that stands uses nothing and has no end; it goes on with what was left")
    func stops() throws {
        var clock = try clock(.working(.workingHours(8)))
        try clock.stop(at: moment("2026-11-20T11:00"))
        let standing = try clock.reading(at: moment("2026-11-30T11:00"), in: pace())
        #expect(standing.isStopped && standing.deadline == nil && standing.warnsAt == nil)
        #expect(standing.used == .seconds(2 * 3_600) && standing.remaining == .seconds(6 * 3_600))
        try clock.go(at: moment("2026-11-30T14:00"))
        let going = try clock.reading(at: moment("2026-11-30T14:00"), in: pace())
        #expect(going.deadline?.at == (try moment("2026-12-01T11:00")))
        #expect(!going.isStopped)
        #expect(throws: InvalidValue.self) { try clock.go(at: moment("2026-12-01T09:00")) }
        try clock.stop(at: moment("2026-12-01T09:00"))
        #expect(throws: InvalidValue.self) { try clock.stop(at: moment("2026-12-01T09:30")) }
        #expect(clock.pauses.count == 2)
    }

    @Test("a stop after the limit does not undo the breach")
    func stopAfterBreach() throws {
        for limit in [StepLimit.working(.workingHours(8)), .nextMeeting(atMostDays: 5)] {
            var clock = try clock(limit)
            try clock.stop(at: moment("2026-12-02T09:00"))
            let reading = try clock.reading(at: moment("2026-12-03T09:00"), in: pace())
            #expect(reading.level == .breached && reading.deadline != nil)
        }
    }

    @Test("a step that needs a meeting: its time is known too, and after a stop it is the next meeting from then on")
    func meeting() throws {
        var clock = try clock(.nextMeeting(atMostDays: 30))
        let before = try clock.reading(at: moment("2026-11-23T09:00"), in: pace(meetingDay: 25))
        #expect(before.deadline?.at == (try moment("2026-11-25T17:00")))
        // Friday 7 hours, Monday 8, Wednesday 8.
        #expect(before.total == .seconds(23 * 3_600) && before.used == .seconds(8 * 3_600))
        try clock.stop(at: moment("2026-11-23T09:00"))
        let standing = try clock.reading(at: moment("2026-11-27T09:00"), in: pace(meetingDay: 25))
        #expect(standing.deadline == nil && standing.total == before.total && standing.used == before.used)
        try clock.go(at: moment("2026-11-27T09:00"))
        let later = try clock.reading(at: moment("2026-11-27T09:00"), in: pace(meetingDay: 25))
        // The next meeting, on 25 December, would be a day later than the 27 days that were left allow.
        #expect(later.deadline?.at == (try moment("2026-12-24T17:00")))
        #expect(later.used == before.used && later.remaining > .zero)
    }

    @Test("what a changed calendar makes of it: a new holiday moves the end")
    func otherCalendar() throws {
        let announced = try calendar.get()
        let year = try #require(announced.years[2026])
        let other = try OfficialCalendar(
            version: "2026-12", workingWeekdays: announced.workingWeekdays, officeHours: announced.officeHours,
            years: [2026: .init(holidays: year.holidays.union([Day("2026-11-23")]), workingDays: year.workingDays)])
        let clock = try clock(.working(.workingDays(1)))
        let now = try moment("2026-11-20T10:00")
        #expect(try clock.reading(at: now, in: pace()).deadline?.at == moment("2026-11-23T17:00"))
        let moved = try clock.reading(at: now, in: StepPace(time: WorkingTime(calendar: other)))
        #expect(moved.deadline?.at == (try moment("2026-11-25T17:00")))
        #expect(moved.deadline?.calendarVersion == "2026-12")
    }
}
