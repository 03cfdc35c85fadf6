import Contracts
import Foundation
import WorkingTime

extension Circumstances {
    /// Time as the organisation works.
    func workingTime(of organization: OrganizationID) -> WorkingTime {
        WorkingTime(calendar: calendar, officeHours: tree[organization]?.officeHours, rules: rules)
    }

    /// By when a step that begins now is to be done at the organisation.
    func due(_ limit: StepLimit, at organization: OrganizationID) throws(InvalidValue) -> Deadline {
        switch limit {
        case .working(let limit):
            return try workingTime(of: organization).deadline(from: now, limit: limit)
        case .nextMeeting(let days):
            return meeting(of: organization, atMostDays: days)
        }
    }

    /// The end of the day of the next regular meeting, or of the last day allowed.
    ///
    /// A meeting on the 31st is held on the last day of a shorter month.
    private func meeting(of organization: OrganizationID, atMostDays days: Int) -> Deadline {
        let today = Day(containing: now)
        let last = today.adding(days: days)
        let day = tree[organization]?.meetingDay.flatMap { nextDay($0, after: today) } ?? last
        let chosen = min(day, last)
        return Deadline(
            at: chosen.moment(minutes: workingTime(of: organization).officeHours.closing),
            calendarVersion: calendar.version, provisional: calendar.isProvisional(chosen))
    }

    private func nextDay(_ dayOfMonth: Int, after day: Day) -> Day? {
        let month = DuesMonth(containing: day)
        return [month, month.next].map { month in
            min(month.firstDay.adding(days: dayOfMonth - 1), month.lastDay)
        }.first { $0 > day }
    }
}
