import Contracts
import Foundation
import WorkingTime

/// A dossier that waits for its applicant: the clock of the turn stands still and goes on when the supplement comes.
extension Draft {
    /// Asks the applicant for what is missing. Complete and once only: a turn that waits already is refused.
    mutating func requestSupplement(
        _ turn: RunningCase.Turn, _ seat: Seat, _ reason: String, _ officer: Officer
    ) throws(Refusal) {
        guard turn.stoppedAt == nil else { throw .supplementAwaited }
        running.turns = running.turns.map { open in
            var open = open
            if open.number == turn.number { open.stoppedAt = around.now }
            return open
        }
        emit(
            .supplementRequested(
                CaseSupplementRequested(
                    dossierId: running.dossierId, step: turn.step, organizationId: seat.organizationId,
                    byMemberId: officer.memberId, reason: reason, requestedAt: around.now)))
    }

    /// Takes the applicant's supplement; without a turn that waits for one nothing changes.
    mutating func supplemented(_ form: JSONValue) throws(Refusal) {
        let waiting = running.turns.filter { $0.stoppedAt != nil }
        guard !waiting.isEmpty else { return }
        running.form = form
        checkPeriod()
        do {
            var resumed: [RunningCase.Turn] = []
            for turn in running.turns { resumed.append(turn.stoppedAt == nil ? turn : try goOn(turn)) }
            running.turns = resumed
        } catch {
            throw Refusal(error)
        }
        for turn in running.turns where waiting.contains(where: { $0.number == turn.number }) { emitEntered(turn) }
    }

    /// The turn with its clock going on: what was left of the working time counts from now. A meeting is the next one.
    private func goOn(_ turn: RunningCase.Turn) throws(InvalidValue) -> RunningCase.Turn {
        guard let stopped = turn.stoppedAt, let limit = definition.step(named: turn.step)?.limit else { return turn }
        var turn = turn
        turn.stoppedAt = nil
        switch limit {
        case .nextMeeting: turn.due = try around.due(limit, at: turn.organizationId)
        case .working:
            // What was overdue before it waited stays so.
            guard stopped < turn.due.at else { return turn }
            let time = around.workingTime(of: turn.organizationId)
            let end = time.moment(after: time.between(stopped, turn.due.at), from: around.now)
            turn.due = Deadline(
                at: end, calendarVersion: around.calendar.version,
                provisional: around.calendar.isProvisional(Day(containing: end)))
        }
        return turn
    }

    /// Marks a stay that is not as long as allowed; it blocks nothing by itself, a guard does.
    mutating func checkPeriod() {
        running.warnings.removeAll { $0 == .periodNotAllowed }
        if let period = definition.period, !period.isKept(in: running.form) {
            running.warnings.append(.periodNotAllowed)
        }
    }
}
