import Contracts

/// Watches over who acts in a turn while roles begin, end and change hands.
public enum SeatWatch {
    /// Finds anew who acts in the open turns.
    ///
    /// A turn in which nobody acts any more is told of and offered to the superior; one whose own officer is back, or
    /// which another committee takes over, is told as entered there. Otherwise the case keeps its version.
    public static func look(at running: RunningCase, in around: Circumstances) -> CaseChange {
        var draft = Draft(running, in: around)
        for turn in running.turns {
            let wanted = Seat(organizationId: turn.organizationId, role: turn.role)
            let seating = around.staffing.seating(at: wanted, concerned: running.concerned, in: around.tree)
            if seating.seat != turn.seat { draft.reseat(turn, seating) }
        }
        return draft.change
    }
}

extension Draft {
    fileprivate mutating func reseat(_ turn: RunningCase.Turn, _ seating: Seating) {
        running.change(turn: turn.number) { $0.seat = seating.seat }
        if let seat = seating.seat {
            emit(
                .stepEntered(
                    CaseStepEntered(
                        dossierId: running.dossierId, step: turn.step, box: turn.box,
                        organizationId: seat.organizationId, role: seat.role, enteredAt: turn.enteredAt, due: turn.due))
            )
        }
        if let reason = seating.vacancy, let turn = running.openTurn(turn.number) {
            emitUnroutable(turn, reason.rawValue)
        }
    }
}
