public import Contracts
import Foundation
public import WorkingTime

/// Stops and moves of the present turn's deadline.
extension Draft {
    /// Stops the clock of the present turn: the case waits for the applicant's supplement. Whoever stops it tells why,
    /// as an event of his own.
    mutating func stopClock() throws(Refusal) {
        let now = around.now
        try setPauses { (clock) throws(InvalidValue) in try clock.stop(at: now) }
    }

    /// Lets the clock of the present turn go on: the supplement came, or is no longer waited for.
    mutating func resumeClock() throws(Refusal) {
        let now = around.now
        try setPauses { (clock) throws(InvalidValue) in try clock.go(at: now) }
        try moveDeadline(because: "resumed")
    }

    /// Computes the deadline of the present turn anew, but for one whose clock stands. An end that stays where it was
    /// tells nothing, even if another calendar says so now.
    mutating func moveDeadline(because reason: String) throws(Refusal) {
        do {
            guard let turn = running.turn, let after = try around.reading(of: running)?.deadline, after != turn.due
            else { return }
            running.turn?.due = after
            guard after.at != turn.due.at else { return }
            emit(
                .deadlineMoved(
                    CaseDeadlineMoved(
                        dossierId: running.dossierId, turn: turn.number, step: turn.step,
                        organizationId: turn.organizationId, reason: reason, before: turn.due, after: after,
                        at: around.now)))
        } catch {
            throw Refusal(error)
        }
    }

    private mutating func setPauses(_ change: (inout StepClock) throws(InvalidValue) -> Void) throws(Refusal) {
        guard let turn = running.turn else { throw .notRunning }
        do {
            var clock = try around.clock(of: turn)
            try change(&clock)
            running.turn?.pauses = clock.pauses
        } catch {
            throw Refusal(error)
        }
    }
}

/// What a changed calendar makes of the deadline of a running case.
public enum DeadlineRevision {
    /// The deadline before and after; nil when nothing changes, and while the clock stands.
    public static func of(
        _ running: RunningCase, in around: Circumstances
    ) throws(InvalidValue) -> DeadlineClock.Revision? {
        guard let turn = running.turn, let after = try around.reading(of: running)?.deadline, after != turn.due
        else { return nil }
        return DeadlineClock.Revision(before: turn.due, after: after)
    }

    /// Computes the open deadline of a case by the calendar of today.
    public static func apply(to running: RunningCase, in around: Circumstances) throws(Refusal) -> CaseChange {
        var draft = Draft(running, in: around)
        try draft.moveDeadline(because: "calendar")
        return draft.change
    }
}
