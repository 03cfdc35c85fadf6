import Contracts

/// Temporary stays: they begin with the admission, are changed by a case of their own, and end by the calendar.
extension Draft {
    /// The stay that an admission begins; nil for a transfer for good.
    mutating func beginStay(at cell: OrganizationID) -> TemporaryStay? {
        guard let period = definition.period, let asked = period.stay(in: running.form) else { return nil }
        var stay = TemporaryStay(
            cellId: cell, from: asked.from, until: asked.until, reason: running.form[period.reasonField]?.string ?? "")
        stay.lookOn = period.nextLook(at: stay)
        running.stay = stay
        return stay
    }

    /// An officer agrees to another last day of the stay that runs.
    ///
    /// It holds from this action on, and not from the end of the way. The shortest length binds the letter only: who
    /// returns early may have stayed for less.
    mutating func changeStay(_ act: Act) throws(Refusal) {
        guard let open = around.openStay else { throw .noStay }
        guard running.stayUntilBefore ?? open.until == open.until else { throw .stayChangedMeanwhile }
        guard let day = definition.stayChange?.day(in: running.form), day >= open.from else { throw .stayDayMissing }
        guard day >= Day(containing: around.now) else { throw .stayDayPast }
        guard day <= open.latest else { throw .stayTooLong }
        do { _ = try way(after: act.turn) } catch { throw .unroutable(error) }
        running.stayUntilDecided = day
        stayChange = StayChange(
            dossierId: open.dossierId, until: day, requestDossierId: running.dossierId,
            byMemberId: act.officer.memberId,
            forMemberId: around.staffing.principal(of: act.officer.memberId, at: act.seat))
        try handOn(act)
    }

    /// Another case decided on the last day. An end that was told stands.
    mutating func changeStay(_ change: StayChange) {
        guard let stay = running.stay, !stay.isOver, stay.until != change.until, let period = definition.period else {
            return
        }
        var next = stay
        next.until = change.until
        // Who is told now that the end is near needs no reminder of it.
        if period.nextLook(at: next) <= Day(containing: around.now) { next.remindedOf = change.until }
        next.lookOn = period.nextLook(at: next)
        running.stay = next
        emit(
            .stayChanged(
                CaseStayChanged(
                    dossierId: running.dossierId, memberId: running.memberId, fromCellId: running.fromCellId,
                    cellId: stay.cellId, previousUntil: stay.until, until: change.until,
                    requestDossierId: change.requestDossierId, byMemberId: change.byMemberId,
                    forMemberId: change.forMemberId, changedAt: around.now)))
    }
}

extension ProcedureDefinition.PeriodRule {
    /// The last day that a stay can be extended to; nil for a reason that is none.
    func latest(of stay: TemporaryStay) -> Day? { lengths[stay.reason]?.lastDay(from: stay.from) }

    /// The day on which something is to be done about a stay: the reminder, then the end.
    func nextLook(at stay: TemporaryStay) -> Day {
        stay.remindedOf == stay.until ? stay.until.adding(days: 1) : stay.until.adding(days: -remindDaysBefore)
    }
}
