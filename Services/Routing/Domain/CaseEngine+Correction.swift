import Contracts

/// What is done about a box that is signed already: it never changes. A later box gets a signed correction beside it
/// (đính chính); an error in box 1 cancels the letter, and so does a move that is off.
extension CaseEngine {
    /// What can be done about the box that a turn signed.
    public static func actions(
        onBoxOf turn: RunningCase.CompletedTurn, in running: RunningCase, around: Circumstances
    ) -> [ProcedureDefinition.Action] {
        guard running.stage == .running || running.stage == .awaitingResult,
            let box = Draft(running, in: around).standingBox(of: turn)
        else { return [] }
        let actions = around.definition.step(named: turn.step)?.actions ?? []
        return actions.filter { action in
            guard action.effect.concernsSignedBox else { return false }
            return action.effect == .correctBox ? box.number > 1 : box.number == 1 && running.stage == .running
        }
    }

    /// Whether this person may do it.
    public static func mayAct(
        _ officer: Officer, onBoxOf turn: RunningCase.CompletedTurn, in running: RunningCase, around: Circumstances
    ) -> Bool {
        let draft = Draft(running, in: around)
        do {
            try draft.checkPerson(officer)
            _ = try draft.signingSeat(of: turn, for: officer)
            return true
        } catch {
            return false
        }
    }
}

extension Draft {
    /// Does what an action says about the box of an earlier turn, which the command names.
    mutating func actOnSignedBox(_ command: OfficerAction, _ effect: ProcedureDefinition.Effect) throws(Refusal) {
        guard running.stage == .running || running.stage == .awaitingResult else { throw .notRunning }
        let turn = running.done.last { $0.step == command.step && $0.number == command.turn && $0.box != nil }
        guard let turn else { throw .unknownAction }
        guard let text = try BoxText.checked(command.text) else { throw .textMissing }
        try checkPerson(command.officer)
        let seat = try signingSeat(of: turn, for: command.officer)
        // A letter that was cancelled left its turns behind: their boxes are not those that stand there now.
        guard let box = standingBox(of: turn) else { throw .letterCancelled }
        try checkVersion(of: command)
        switch effect {
        case .reissueLetter, .cancelMove:
            try cancelLetter(
                LetterCancellation(
                    officer: command.officer, seat: seat, reason: text, isReissued: effect == .reissueLetter))
        default: try correct(box, text, command.officer)
        }
    }

    /// The box that a turn signed, while its letter holds.
    func standingBox(of turn: RunningCase.CompletedTurn) -> RunningCase.FilledBox? {
        guard running.done.last(where: { $0.box == turn.box })?.number == turn.number else { return nil }
        return running.boxes.first { $0.number == turn.box }
    }

    /// The seat that signed the box, or the one that acts in its place, when the officer holds it.
    func signingSeat(of turn: RunningCase.CompletedTurn, for officer: Officer) throws(Refusal) -> Seat {
        let role = definition.step(named: turn.step).map { step in
            around.tree[turn.organizationId].map { step.role(at: $0.type) } ?? step.role
        }
        let wanted = Seat(organizationId: turn.organizationId, role: role ?? turn.seat.role)
        let seating = around.staffing.seating(at: wanted, concerned: running.concerned, in: around.tree)
        guard let seat = seating.seat, around.staffing.seats(of: officer.memberId).contains(seat) else {
            throw .boxNotYours
        }
        return seat
    }

    /// An error in box 1 is not corrected: that letter is cancelled and issued anew.
    private mutating func correct(
        _ box: RunningCase.FilledBox, _ text: String, _ officer: Officer
    ) throws(Refusal) {
        guard box.number > 1 else { throw .firstBoxStands }
        running.corrections.append(
            RunningCase.BoxCorrection(
                box: box.number, text: text, signerId: officer.memberId, signerName: officer.fullName,
                signedAt: around.now))
        emit(
            .boxCorrected(
                CaseBoxCorrected(
                    dossierId: running.dossierId, box: box.number, organizationId: box.organizationId, text: text,
                    byMemberId: officer.memberId, at: around.now)))
        // A result that was asked for is asked for anew: the one under way lacks the correction.
        if running.stage == .awaitingResult {
            requestResult()
        } else if let turn = running.turn, Place.ofOutside.contains(turn.place) {
            askForResult()
            // The turn goes on: who reads the events sees that the case does not only wait for the signature.
            emitEntered(turn, isNew: false)
        }
    }
}
