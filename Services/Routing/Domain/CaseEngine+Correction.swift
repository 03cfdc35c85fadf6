import Contracts

/// The signed correction of a box (đính chính): a new entry, never a change of the box.
extension Draft {
    /// Corrects the box of an earlier turn, which the action names.
    ///
    /// An error in box 1 is not corrected: that letter is cancelled and issued anew.
    mutating func correctBox(_ command: OfficerAction) throws(Refusal) {
        guard running.stage == .running || running.stage == .awaitingResult else { throw .notRunning }
        let turn = running.done.last { $0.step == command.step && $0.number == command.turn && $0.box != nil }
        guard let turn, let box = turn.box, running.boxes.contains(where: { $0.number == box }) else {
            throw .unknownAction
        }
        guard let text = try BoxText.checked(command.text) else { throw .textMissing }
        try checkPerson(command.officer)
        let seats = around.staffing.seats(of: command.officer.memberId)
        let role = definition.step(named: turn.step).map { step in
            around.tree[turn.organizationId].map { step.role(at: $0.type) } ?? step.role
        }
        let wanted = Seat(organizationId: turn.organizationId, role: role ?? turn.seat.role)
        guard
            case .seat(let seat) = around.staffing.seating(at: wanted, concerned: running.concerned, in: around.tree),
            seats.contains(seat)
        else { throw .boxNotYours }
        guard box > 1 else { throw .firstBoxStands }
        try checkVersion(of: command)
        running.corrections.append(
            RunningCase.BoxCorrection(
                box: box, text: text, signerId: command.officer.memberId, signerName: command.officer.fullName,
                signedAt: around.now))
        emit(
            .boxCorrected(
                CaseBoxCorrected(
                    dossierId: running.dossierId, box: box, organizationId: turn.organizationId, text: text,
                    byMemberId: command.officer.memberId, at: around.now)))
        // A result that was asked for is asked for anew: the one under way lacks the correction.
        if running.stage == .awaitingResult { requestResult() }
    }
}
