public import Contracts
public import WorkingTime

/// What a changed calendar makes of the deadlines of a running case.
public enum DeadlineRevision {
    /// The deadline of an open turn before and after; nil when nothing changes, and while its clock stands.
    public static func of(
        _ turn: RunningCase.Turn, in around: Circumstances
    ) throws(InvalidValue) -> DeadlineClock.Revision? {
        guard let after = try around.reading(of: turn).deadline, after != turn.due else { return nil }
        return DeadlineClock.Revision(before: turn.due, after: after)
    }

    /// Computes the open deadlines of a case by the calendar of today.
    public static func apply(to running: RunningCase, in around: Circumstances) throws(Refusal) -> CaseChange {
        var draft = Draft(running, in: around)
        for turn in running.turns { try draft.moveDeadline(of: turn, because: "calendar") }
        return draft.change
    }
}
