import Contracts

/// Who cancels a letter, and why.
struct LetterCancellation {
    let officer: Officer
    let seat: Seat
    let reason: String
    /// Whether the letter is written anew; otherwise the move is off.
    let isReissued: Bool
}

/// The life of a letter of introduction: issued with its first box, used by the admission, or cancelled before.
extension Draft {
    /// Tells that the letter is issued, once its first box is signed.
    mutating func tellLetterIssued() {
        guard definition.route.isTransfer, running.boxes.count == 1, let box = running.boxes.first,
            definition.route.beginning == .origin
        else { return }
        emit(
            .letterIssued(
                CaseLetterIssued(
                    dossierId: running.dossierId, memberId: running.memberId, fromCellId: running.fromCellId,
                    duesPaidThrough: running.duesPaidThrough,
                    temporaryUntil: definition.period?.stay(in: running.form)?.until,
                    offices: running.handOver?.offices.map {
                        CaseLetterIssued.Office(organizationId: $0.organizationId, role: $0.role)
                    }, issuedAt: box.signedAt)))
    }

    /// Cancels a letter that was not used yet. Written anew, the case begins at its first step again; otherwise it ends.
    mutating func cancelLetter(_ cancellation: LetterCancellation) throws(Refusal) {
        guard running.stage == .running else { throw .letterUsed }
        let (officer, isReissued) = (cancellation.officer, cancellation.isReissued)
        let turn = running.turn
        let principal = around.staffing.principal(of: officer.memberId, at: cancellation.seat)
        voidLetter(reason: cancellation.reason, by: officer, for: principal, isReissued: isReissued)
        guard isReissued else {
            emit(
                .rejected(
                    CaseRejected(
                        dossierId: running.dossierId, step: turn?.step ?? "",
                        organizationId: cancellation.seat.organizationId, byMemberId: officer.memberId,
                        reason: cancellation.reason, rejectedAt: around.now)))
            return close(.refused, outcome: Self.cancelled)
        }
        do {
            // One that was wrongly addressed is addressed first, and then written.
            if let turn, turn.place == .readdressing {
                try waitForAddress(at: turn.organizationId, fillsBox: false)
            } else {
                try beginWay()
            }
        } catch {
            throw Refusal(error)
        }
    }

    /// Makes the letter void, if one was issued: whoever carries it is on the list of his cell again.
    mutating func voidLetter(
        reason: String? = nil, by officer: Officer? = nil, for principal: MemberID? = nil, isReissued: Bool = false
    ) {
        guard definition.route.isTransfer, !running.boxes.isEmpty else { return }
        running.voidBoxes(
            RunningCase.CancelledLetter(
                boxes: running.boxes, corrections: running.corrections, reason: reason,
                byMemberId: officer?.memberId, forMemberId: principal, cancelledAt: around.now))
        // What came from outside was issued elsewhere, and is void only there.
        guard definition.route.beginning == .origin else { return }
        emit(
            .letterCancelled(
                CaseLetterCancelled(
                    dossierId: running.dossierId, memberId: running.memberId, fromCellId: running.fromCellId,
                    reissued: isReissued, reason: reason, byMemberId: officer?.memberId, forMemberId: principal,
                    cancelledAt: around.now)))
    }

    /// How a case ends whose move is off.
    private static let cancelled = "cancelled"
}
