import Contracts
import Foundation
import WorkingTime

/// Stops and moves of a turn's deadline.
extension Draft {
    /// Stops the clock of an open turn: the case waits for the applicant's supplement. Whoever stops it tells why, as an
    /// event of his own.
    mutating func stopClock(of turn: RunningCase.Turn) throws(Refusal) {
        let now = around.now
        try setPauses(of: turn) { (clock) throws(InvalidValue) in try clock.stop(at: now) }
    }

    /// Lets the clock of an open turn go on: the supplement came, or is no longer waited for.
    mutating func resumeClock(of turn: RunningCase.Turn) throws(Refusal) {
        let now = around.now
        try setPauses(of: turn) { (clock) throws(InvalidValue) in try clock.go(at: now) }
        if let turn = running.openTurn(turn.number) { try moveDeadline(of: turn, because: "resumed") }
    }

    /// Computes the deadline of an open turn anew, but for one whose clock stands. An end that stays where it was tells
    /// nothing, even if another calendar says so now.
    mutating func moveDeadline(of turn: RunningCase.Turn, because reason: String) throws(Refusal) {
        do {
            guard let after = try around.reading(of: turn).deadline, after != turn.due else { return }
            running.change(turn: turn.number) { $0.due = after }
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

    private mutating func setPauses(
        of turn: RunningCase.Turn, _ change: (inout StepClock) throws(InvalidValue) -> Void
    ) throws(Refusal) {
        do {
            var clock = try around.clock(of: turn)
            try change(&clock)
            running.change(turn: turn.number) { $0.pauses = clock.pauses }
        } catch {
            throw Refusal(error)
        }
    }
}
