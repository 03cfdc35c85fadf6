import Contracts
import Foundation
import Testing

@Suite("Days, months and moments")
struct TimeTests {
    @Test("days follow the calendar over four centuries")
    func days() throws {
        var day = try Day("1900-01-01")
        #expect(day.weekday == 1)
        let last = try Day("2300-01-01")
        while day < last {
            let next = day.adding(days: 1)
            let steps = next.dayOfMonth == day.dayOfMonth + 1 && next.month == day.month
            let turns =
                next.dayOfMonth == 1 && (next.month == day.month + 1 || (next.month == 1 && next.year == day.year + 1))
            guard steps || turns, next.weekday == day.weekday % 7 + 1 else {
                Issue.record("\(day) is followed by \(next)")
                return
            }
            day = next
        }
        #expect(try Day("2026-11-20").weekday == 5)
        #expect(try Day("2028-02-29").adding(days: 1).text == "2028-03-01")
        #expect(try Day("0001-01-01").text == "0001-01-01")
    }

    @Test(
        "what is no day is refused",
        arguments: [
            "", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "20261120", "2026-11-20 ", "2026-11-31",
            "+026-11-20",
        ])
    func wrongDays(text: String) {
        #expect(brokenRule { _ = try Day(text) } == "day.calendar")
    }

    @Test("a day begins and ends at midnight in Vietnam")
    func midnight() throws {
        let before = try #require(RFC3339.moment(of: "2026-11-20T16:59:59.999Z"))
        let after = try #require(RFC3339.moment(of: "2026-11-20T17:00:00Z"))
        #expect(Day(containing: before).text == "2026-11-20")
        #expect(Day(containing: after).text == "2026-11-21")
        #expect(Day(containing: after).start == after)
        #expect(Day(containing: after).adding(days: -1).moment(minutes: 24 * 60) == after)
        #expect(Day(containing: Date(timeIntervalSince1970: -1)).text == "1970-01-01")
        #expect(Day(containing: Date(timeIntervalSince1970: -7 * 3_600 - 1)).text == "1969-12-31")
        _ = Day(containing: Date(timeIntervalSince1970: .infinity)).text
    }

    @Test("months count over the year's end")
    func months() throws {
        let month = try DuesMonth("2026-11")
        #expect(month.adding(months: 2).text == "2027-01")
        #expect(month.adding(months: -11).text == "2025-12")
        #expect(month.next.previous == month)
        #expect(month.months(until: try DuesMonth("2028-01")) == 14)
        #expect(month.lastDay.text == "2026-11-30" && month.firstDay.text == "2026-11-01")
        #expect(try DuesMonth("2028-02").lastDay.text == "2028-02-29")
        #expect(try (month...DuesMonth("2027-02")).map(\.text) == ["2026-11", "2026-12", "2027-01", "2027-02"])
        let newYear = try #require(RFC3339.moment(of: "2026-12-31T17:00:00Z"))
        #expect(DuesMonth(containing: newYear).text == "2027-01")
        for wrong in ["", "2026", "2026-13", "2026-00", "2026-5", "26-05", "2026-05-01", "1899-12"] {
            #expect(brokenRule { _ = try DuesMonth(wrong) } == "dues-month.form", "\(wrong)")
        }
    }

    @Test(
        "moments of any offset and precision are read",
        arguments: [
            ("2026-11-20T01:02:03.456Z", "2026-11-20T01:02:03.456Z"),
            ("2026-11-20T01:02:03Z", "2026-11-20T01:02:03.000Z"),
            ("2026-11-20T08:02:03.4+07:00", "2026-11-20T01:02:03.400Z"),
            ("2026-11-19T20:02:03.456789-05:00", "2026-11-20T01:02:03.456Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2000-02-29t00:00:00z", "2000-02-29T00:00:00.000Z"),
        ])
    func moments(text: String, canonical: String) throws {
        #expect(RFC3339.text(of: try #require(RFC3339.moment(of: text))) == canonical)
    }

    @Test(
        "other texts are no moments",
        arguments: [
            "", "2026-11-20", "2026-11-20T01:02:03", "2026-11-20 01:02:03Z", "2026-11-20T24:00:00Z",
            "2026-11-20T01:60:00Z", "2026-11-20T01:02:60Z", "2026-02-30T01:02:03Z", "2026-11-20T01:02:03.Z",
            "2026-11-20T01:02:03Zx", "2026-11-20T01:02:03+7:00", "2026-11-20T01:02:03+25:00",
        ])
    func noMoments(text: String) {
        #expect(RFC3339.moment(of: text) == nil)
        #expect(throws: (any Error).self) { try ContractsJSON.decode([Date].self, from: ContractsJSON.encode([text])) }
    }
}
