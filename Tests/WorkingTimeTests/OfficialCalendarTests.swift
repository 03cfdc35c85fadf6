import Contracts
import Foundation
import Testing
import WorkingTime

@Suite("The official calendar")
struct OfficialCalendarTests {
    @Test("2026 has the announced working days in each month, 249 in all")
    func months() throws {
        let calendar = try OfficialCalendar.bundled()
        let january = try DuesMonth("2026-01")
        let counts = (0..<12).map { calendar.workingDays(in: january.adding(months: $0)) }
        #expect(counts == [21, 15, 22, 20, 20, 22, 23, 21, 20, 22, 20, 23])
        #expect(counts.reduce(0, +) == 249)
    }

    @Test(
        "single days are as announced",
        arguments: [
            ("2026-01-01", false, "New Year"), ("2026-01-10", true, "compensatory Saturday"),
            ("2026-01-17", false, "an ordinary Saturday"), ("2026-02-20", false, "end of Tết"),
            ("2026-02-23", true, "first Monday after Tết"), ("2026-08-22", true, "compensatory Saturday"),
            ("2026-08-31", false, "swapped Monday"), ("2026-11-24", false, "the new November holiday"),
            ("2026-11-22", false, "a Sunday"), ("2027-02-04", false, "Tết of 2027"), ("2028-01-03", true, "a Monday"),
            ("2028-01-02", false, "a Sunday of a year not announced"),
        ])
    func days(day: String, works: Bool, why: String) throws {
        #expect(try OfficialCalendar.bundled().isWorkingDay(Day(day)) == works, "\(why)")
    }

    @Test("a year that is provisional or not announced says so")
    func provisionalYears() throws {
        let calendar = try OfficialCalendar.bundled()
        #expect(calendar.version == "2026-11")
        #expect(try !calendar.isProvisional(Day("2026-12-31")))
        #expect(try calendar.isProvisional(Day("2027-01-04")))
        #expect(try calendar.isProvisional(Day("2028-01-03")))
        #expect(try calendar.isProvisional(Day("2025-12-31")))
    }

    @Test(
        "a calendar with a fault is refused with its place",
        arguments: [
            (#"{"#, "calendar.json", "calendar"),
            (json(timeZone: "Asia/Tokyo"), "calendar.time-zone", "timeZone"),
            (json(version: ""), "calendar.version", "version"),
            (json(weekdays: #"["monday","monday"]"#), "calendar.weekdays", "workingWeekdays"),
            (json(weekdays: #"["thứ hai"]"#), "calendar.weekdays", "workingWeekdays"),
            (json(hours: #"[["08:00","12:00"],["11:00","17:00"]]"#), "office-hours.overlap", "officeHours[1]"),
            (json(hours: #"[["12:00","08:00"]]"#), "office-hours.order", "officeHours[0]"),
            (json(hours: #"[["8:00","12:00"]]"#), "office-hours.form", "officeHours[0]"),
            (json(hours: "[]"), "office-hours.empty", "officeHours"),
            (json(years: #"{"26":{"holidays":[]}}"#), "calendar.year", "years.26"),
            (json(years: #"{"2026":{"holidays":["2026-02-30"]}}"#), "day.calendar", "years.2026.holidays[0]"),
            (
                json(years: #"{"2026":{"holidays":["2026-01-01","2026-01-01"]}}"#), "calendar.twice",
                "years.2026.holidays[1]"
            ),
            (json(years: #"{"2026":{"holidays":["2027-01-01"]}}"#), "calendar.other-year", "years.2026.2027-01-01"),
            (
                json(years: #"{"2026":{"holidays":["2026-01-10"],"workingSaturdays":["2026-01-10"]}}"#),
                "calendar.contradiction", "years.2026.2026-01-10"
            ),
            (
                json(years: #"{"2026":{"holidays":[],"workingSaturdays":["2026-01-12"]}}"#), "calendar.already-working",
                "years.2026.2026-01-12"
            ),
            (json(years: #"{"2026":{}}"#), "calendar.json", "years.2026.holidays"),
        ])
    func faults(document: String, rule: String, field: String) throws {
        let fault = try #require(throws: InvalidValue.self) { try OfficialCalendar(json: Array(document.utf8)) }
        #expect(fault.rule == rule)
        #expect(fault.field == field)
        #expect(!fault.vietnamese.isEmpty && !fault.english.isEmpty)
    }

    @Test("a year in which hardly anybody works is taken for a slip of the pen")
    func hardlyAnyWork() throws {
        let days = Set((0..<365).map { Day(number: (try? Day("2026-01-01").number) ?? 0).adding(days: $0) })
        let fault = try #require(throws: InvalidValue.self) {
            try OfficialCalendar(
                version: "x", workingWeekdays: [1, 2, 3, 4, 5], officeHours: OfficeHours(minutes: [(480, 1_020)]),
                years: [2026: OfficialCalendar.Year(holidays: days)])
        }
        #expect(fault.rule == "calendar.hardly-any-work")
    }

    @Test("an organisation's published hours are read as they are written")
    func publishedHours() throws {
        let hours = try OfficeHours([.init(opens: "07:30", closes: "11:30"), .init(opens: "13:30", closes: "24:00")])
        #expect(hours.minutesPerDay == 4 * 60 + 10 * 60 + 30)
        #expect(hours.closing == 24 * 60)
        #expect(brokenRule { _ = try OfficeHours([.init(opens: "07:30", closes: "24:01")]) } == "office-hours.form")
    }
}

/// A calendar's JSON with one thing changed.
private func json(
    timeZone: String = "Asia/Ho_Chi_Minh", version: String = "1", weekdays: String = #"["monday","tuesday"]"#,
    hours: String = #"[["08:00","12:00"]]"#, years: String = "{}"
) -> String {
    #"{"timeZone":"\#(timeZone)","version":"\#(version)","workingWeekdays":\#(weekdays),"#
        + #""officeHours":\#(hours),"years":\#(years)}"#
}
