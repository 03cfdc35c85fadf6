import Contracts

/// A dossier that waits for its applicant: the clock of the turn stands still and goes on when the supplement comes.
extension Draft {
    /// Asks the applicant for what is missing. Complete and once only: a turn that waits already is refused.
    mutating func requestSupplement(
        _ turn: RunningCase.Turn, _ seat: Seat, _ reason: String, _ officer: Officer
    ) throws(Refusal) {
        guard !turn.isWaiting else { throw .supplementAwaited }
        try stopClock(of: turn)
        emit(
            .supplementRequested(
                CaseSupplementRequested(
                    dossierId: running.dossierId, step: turn.step, organizationId: seat.organizationId,
                    byMemberId: officer.memberId, reason: reason, requestedAt: around.now)))
    }

    /// Takes the applicant's supplement; without a turn that waits for one nothing changes.
    mutating func supplemented(_ form: JSONValue) throws(Refusal) {
        let waiting = running.turns.filter(\.isWaiting)
        guard !waiting.isEmpty else { return }
        running.form = form
        checkPeriod()
        for turn in waiting { try resumeClock(of: turn) }
        for turn in waiting.compactMap({ running.openTurn($0.number) }) { emitEntered(turn, isNew: false) }
    }

    /// Marks a stay that is not as long as allowed; it blocks nothing by itself, a guard does.
    mutating func checkPeriod() {
        running.warnings.removeAll { $0 == .periodNotAllowed }
        if let period = definition.period, !period.isKept(in: running.form) {
            running.warnings.append(.periodNotAllowed)
        }
    }
}
