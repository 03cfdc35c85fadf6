import Postgres
import Testing

@Suite("Calendar days")
struct PostgresDateTests {
    @Test(
        "a day and its number belong together",
        arguments: [
            ("2000-01-01", 0), ("2000-02-29", 59), ("2001-01-01", 366), ("1999-12-31", -1), ("1970-01-01", -10_957),
            ("2026-11-21", 9_821), ("0001-01-01", -730_119), ("1900-03-01", -36_465),
        ] as [(String, Int32)])
    func days(text: String, number: Int32) {
        #expect(PostgresDate(text)?.daysSince2000 == number)
        #expect(PostgresDate(daysSince2000: number).description == text)
    }

    @Test(
        "what is no day is refused",
        arguments: ["2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-1-1", "x", ""])
    func refused(text: String) {
        #expect(PostgresDate(text) == nil)
    }

    @Test("every day of four centuries comes back as itself")
    func roundTrip() {
        for number in stride(from: Int32(-73_000), to: 73_000, by: 1) {
            let day = PostgresDate(daysSince2000: number)
            let (year, month, date) = day.components
            guard PostgresDate(year: year, month: month, day: date) == day else {
                Issue.record("\(number)")
                return
            }
        }
    }
}
