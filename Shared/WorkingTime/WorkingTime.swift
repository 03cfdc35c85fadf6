public import Contracts
public import Foundation

/// Counts time as an organisation works: by the official calendar and its own office hours, always at +07:00.
public struct WorkingTime: Hashable, Sendable {
    public let calendar: OfficialCalendar
    public let officeHours: OfficeHours
    public let rules: DeadlineRules

    /// Working time of an organisation; without hours of its own those of the calendar hold.
    public init(calendar: OfficialCalendar, officeHours: OfficeHours? = nil, rules: DeadlineRules = .standard) {
        self.calendar = calendar
        self.officeHours = officeHours ?? calendar.officeHours
        self.rules = rules
    }

    /// The moment at which a limit ends that begins to run at `start`, nothing stopping it.
    ///
    /// Working hours run only while the office is open; working days end at closing time of the last one, the day of
    /// receipt not counted. What comes outside office hours counts from the next opening.
    public func deadline(from start: Date, limit: TimeLimit) throws(InvalidValue) -> Deadline {
        try limit.check()
        let end = end(from: start, limit: limit)
        return deadline(at: end, since: start)
    }

    /// The working time between two moments; zero when the second is not later.
    public func between(_ start: Date, _ end: Date) -> Duration {
        .milliseconds(milliseconds(from: start, to: end))
    }

    /// The moment itself while the office is open, else the next opening.
    public func nextOpening(from moment: Date) -> Date { advance(moment, by: 0) }

    /// Whether the office is open; at closing time it no longer is.
    public func isOpen(at moment: Date) -> Bool { nextOpening(from: moment) == moment }

    /// The earliest moment by which so much working time has passed.
    public func moment(after duration: Duration, from start: Date) -> Date {
        let (seconds, attoseconds) = duration.components
        return advance(start, by: max(0, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    }
}

extension WorkingTime {
    static let millisecondsPerHour: Int64 = 3_600_000

    /// The end as a value, marked when it rests on a year that is not finally announced.
    func deadline(at end: Date, since start: Date) -> Deadline {
        let first = Day(containing: start).year
        let last = Day(containing: end).year
        let provisional = (first...max(first, last)).contains { calendar.years[$0]?.provisional ?? true }
        return Deadline(at: end, calendarVersion: calendar.version, provisional: provisional)
    }

    /// The end of a limit that was checked.
    func end(from start: Date, limit: TimeLimit) -> Date {
        switch limit {
        case .workingHours(let hours):
            return advance(start, by: Int64(hours) * WorkingTime.millisecondsPerHour)
        case .workingDays(let days):
            let received = rules.outsideHours == .nextOpening ? nextOpening(from: start) : start
            var day = Day(containing: received)
            for _ in 0..<days { day = calendar.workingDay(after: day) }
            return closing(of: day)
        }
    }

    /// Closing time of the day.
    func closing(of day: Day) -> Date { day.moment(minutes: officeHours.closing) }

    /// Working milliseconds from one moment to another.
    func milliseconds(from start: Date, to end: Date) -> Int64 {
        let (start, end) = (start.millisecondsSince1970, end.millisecondsSince1970)
        guard start < end else { return 0 }
        let first = Day(containing: Date(millisecondsSince1970: start)).number
        let last = Day(containing: Date(millisecondsSince1970: end)).number
        var total: Int64 = 0
        for day in first...last where calendar.isWorkingDay(Day(number: day)) {
            for (opens, closes) in openings(of: Day(number: day)) {
                total += max(0, min(closes, end) - max(opens, start))
            }
        }
        return total
    }

    /// The earliest moment at or after `start`, inside office hours, by which the working time has passed.
    func advance(_ start: Date, by milliseconds: Int64) -> Date {
        let from = start.millisecondsSince1970
        var remaining = milliseconds
        var day = Day(containing: start)
        while true {
            if calendar.isWorkingDay(day) {
                for (opens, closes) in openings(of: day) where closes > from {
                    let begin = max(opens, from)
                    if closes - begin >= remaining { return Date(millisecondsSince1970: begin + remaining) }
                    remaining -= closes - begin
                }
            }
            day = day.adding(days: 1)
        }
    }

    private func openings(of day: Day) -> [(Int64, Int64)] {
        let midnight = day.start.millisecondsSince1970
        return officeHours.periods.map { (midnight + Int64($0.opens) * 60_000, midnight + Int64($0.closes) * 60_000) }
    }
}
