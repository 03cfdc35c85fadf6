public import Contracts
import Foundation
public import WorkingTime

extension Circumstances {
    /// Time as the organisation works.
    func workingTime(of organization: OrganizationID) -> WorkingTime {
        WorkingTime(calendar: calendar, officeHours: tree[organization]?.officeHours, rules: rules)
    }

    /// Time as the organisation works, and the day on which it meets.
    func pace(of organization: OrganizationID) -> StepPace {
        StepPace(time: workingTime(of: organization), meetingDay: tree[organization]?.meetingDay)
    }

    /// By when a step that begins now is to be done at the organisation.
    func due(_ limit: StepLimit, at organization: OrganizationID) throws(InvalidValue) -> Deadline {
        let clock = StepClock(limit: limit, startedAt: now)
        let end = try clock.reading(at: now, in: pace(of: organization)).deadline
        // A clock that runs has an end.
        return end ?? Deadline(at: now, calendarVersion: calendar.version, provisional: true)
    }

    /// What the clock of a turn shows.
    ///
    /// - Throws: `InvalidValue` when the definition has no such step or its limit is none.
    public func reading(of turn: RunningCase.Turn) throws(InvalidValue) -> DeadlineClock.Reading {
        try clock(of: turn).reading(at: now, in: pace(of: turn.organizationId))
    }

    /// The clock of a turn.
    func clock(of turn: RunningCase.Turn) throws(InvalidValue) -> StepClock {
        guard let step = definition.step(named: turn.step) else {
            throw InvalidValue(
                field: "steps", rule: "definition.step", vietnamese: "Định nghĩa thủ tục thiếu bước.",
                english: "The definition has no step \(turn.step).")
        }
        return StepClock(limit: step.limit, startedAt: turn.enteredAt, pauses: turn.pauses ?? [])
    }
}
