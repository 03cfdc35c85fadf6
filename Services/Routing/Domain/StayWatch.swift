import Contracts

/// Watches over the ends of temporary stays.
public enum StayWatch {
    /// Reminds the member before the last day of his stay, and ends it after that day.
    ///
    /// Neither is told of a stay that the directory does not know: what it knows may be older than the admission, so the
    /// stay is looked at again the next day. One that it does not know ``patience`` days after its end was ended by a
    /// decision there, and is laid aside.
    public static func look(at running: RunningCase, in around: Circumstances) -> CaseChange {
        var draft = Draft(running, in: around)
        draft.lookAtStay(on: Day(containing: around.now))
        return draft.change
    }

    /// How many days a stay waits for the directory after its end.
    static let patience = 30
}

extension Draft {
    fileprivate mutating func lookAtStay(on today: Day) {
        guard let stay = running.stay, let lookOn = stay.lookOn, lookOn <= today else { return }
        guard around.applicant.stay?.dossierId == running.dossierId else {
            let isGone = today > stay.until.adding(days: StayWatch.patience)
            running.stay?.lookOn = isGone ? nil : today.adding(days: 1)
            return
        }
        if today > stay.until {
            running.stay?.lookOn = nil
            return emit(
                .stayEnded(
                    CaseStayEnded(
                        dossierId: running.dossierId, memberId: running.memberId, fromCellId: running.fromCellId,
                        cellId: stay.cellId, until: stay.until, endedAt: around.now)))
        }
        running.stay?.lookOn = stay.until.adding(days: 1)
        // Looked at too early, for the directory did not know it then: the reminder was given.
        guard stay.remindedOf != stay.until else { return }
        running.stay?.remindedOf = stay.until
        emit(
            .stayEnding(
                CaseStayEnding(
                    dossierId: running.dossierId, memberId: running.memberId, fromCellId: running.fromCellId,
                    cellId: stay.cellId, until: stay.until)))
    }
}
