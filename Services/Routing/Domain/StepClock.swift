public import Contracts
public import Foundation
public import WorkingTime

/// Time as an organisation works, and the day on which it meets.
public struct StepPace: Hashable, Sendable {
    public let time: WorkingTime
    /// The day of the month of its regular meeting.
    public let meetingDay: Int?

    public init(time: WorkingTime, meetingDay: Int? = nil) {
        self.time = time
        self.meetingDay = meetingDay
    }
}

/// The clock of one turn (đồng hồ thời hạn của bước): what of its limit is used, what is left, by when it ends.
///
/// It stops while the case waits for the applicant's supplement. It keeps moments only: the calendar of the day one
/// asks decides what they mean.
public struct StepClock: Hashable, Sendable {
    public let limit: StepLimit
    public let startedAt: Date
    public private(set) var pauses: [DeadlineClock.Pause]

    /// - Parameter pauses: when the clock stood, in order.
    public init(limit: StepLimit, startedAt: Date, pauses: [DeadlineClock.Pause] = []) {
        self.limit = limit
        self.startedAt = startedAt
        self.pauses = pauses
    }

    /// Stops the clock, or says why it cannot be stopped.
    public mutating func stop(at moment: Date) throws(InvalidValue) {
        try pauses.stop(at: moment, startedAt: startedAt)
    }

    /// Lets the clock go on, or says why it cannot.
    public mutating func go(at moment: Date) throws(InvalidValue) { try pauses.go(at: moment) }

    /// What the clock shows at `moment`.
    ///
    /// - Throws: `InvalidValue` only for a limit in working time that is none.
    public func reading(at moment: Date, in pace: StepPace) throws(InvalidValue) -> DeadlineClock.Reading {
        switch limit {
        case .working(let limit):
            try DeadlineClock(limit: limit, startedAt: startedAt, pauses: pauses).reading(at: moment, in: pace.time)
        case .nextMeeting(let days):
            meeting(atMostDays: days, at: moment, in: pace)
        }
    }
}

extension StepClock {
    /// A step that needs a meeting ends with the day of the next regular one, or of the last day allowed.
    ///
    /// After a stop it is the next meeting from then on; days on which the clock stood count to none of those allowed.
    private func meeting(atMostDays days: Int, at moment: Date, in pace: StepPace) -> DeadlineClock.Reading {
        var daysLeft = days
        var ranBefore = Duration.zero
        var end = startedAt
        var total = Duration.zero
        var passed = false
        var warnsAt = startedAt
        for stretch in pauses.running(since: startedAt) {
            end = pace.meeting(after: stretch.from, atMostDays: daysLeft)
            total = ranBefore + pace.time.between(stretch.from, end)
            let warnsAfter = total - total * pace.time.rules.warningPercentLeft / 100
            warnsAt = pace.time.moment(after: warnsAfter - ranBefore, from: stretch.from)
            passed = end <= stretch.to
            if passed { break }
            ranBefore += pace.time.between(stretch.from, stretch.to)
            daysLeft = max(0, daysLeft - (Day(containing: stretch.to).number - Day(containing: stretch.from).number))
        }
        let used = pauses.running(since: startedAt).reduce(Duration.zero) { sum, stretch in
            sum + pace.time.between(stretch.from, min(stretch.to, moment))
        }
        return DeadlineClock.Reading(
            total: total, used: used, deadline: passed ? pace.deadline(at: end) : nil, warnsAt: passed ? warnsAt : nil,
            level: DeadlineClock.Level(at: moment, end: passed ? end : nil, warnsAt: passed ? warnsAt : nil),
            isStopped: pauses.isStopped)
    }
}

extension StepPace {
    /// Closing time of the day of the next regular meeting after a moment, or of the last day allowed.
    ///
    /// A meeting on the 31st is held on the last day of a shorter month.
    fileprivate func meeting(after moment: Date, atMostDays days: Int) -> Date {
        let today = Day(containing: moment)
        let last = today.adding(days: days)
        let meeting = meetingDay.flatMap { nextDay($0, after: today) } ?? last
        return min(meeting, last).moment(minutes: time.officeHours.closing)
    }

    fileprivate func deadline(at end: Date) -> Deadline {
        Deadline(
            at: end, calendarVersion: time.calendar.version,
            provisional: time.calendar.isProvisional(Day(containing: end.addingTimeInterval(-0.001))))
    }

    private func nextDay(_ dayOfMonth: Int, after day: Day) -> Day? {
        let month = DuesMonth(containing: day)
        return [month, month.next].map { month in
            min(month.firstDay.adding(days: dayOfMonth - 1), month.lastDay)
        }.first { $0 > day }
    }
}
