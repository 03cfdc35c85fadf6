import Contracts
import Foundation

extension Draft {
    /// An officer acts in the present turn.
    mutating func act(_ command: OfficerAction) throws(Refusal) {
        let (turn, seat) = try authority(of: command)
        guard let action = definition.step(named: turn.step)?.action(named: command.action) else {
            throw .unknownAction
        }
        let text = try BoxText.checked(command.text)
        if action.needsText, text == nil { throw .textMissing }
        let fields = try GivenFields(command.fields, for: action, opened: running.openedAt, now: around.now)
        switch action.effect {
        case .forward: try forward(turn, seat, action, text, fields, command.officer)
        case .readdress: try readdress(turn, seat, action, text, fields, command.officer)
        case .sendBack: try sendBack(turn, seat, action, text ?? "", command.officer)
        case .refuse: refuse(turn, seat, action, text ?? "", command.officer)
        case .admit: admit(turn, seat, action, fields, command.officer)
        }
    }

    /// Who may act is asked first of the person, then of the moment, then of the seat.
    func authority(of command: OfficerAction) throws(Refusal) -> (RunningCase.Turn, Seat) {
        let officer = command.officer
        if officer.memberId == running.memberId { throw .ownMatter }
        if officer.memberId == running.enteredByMemberId { throw .enteredDossier }
        guard officer.mayDecide else { throw .mayNotDecide }
        let seats = around.staffing.seats(of: officer.memberId)
        let deciding = Set(definition.steps.flatMap { [$0.role] + $0.roleByType.values } + [Staffing.superiorRole])
        guard seats.contains(where: { deciding.contains($0.role) }) else { throw .noRoleHere }
        guard let turn = running.turn else { throw .notRunning }
        guard turn.step == command.step, command.turn ?? turn.number == turn.number else { throw .turnPassed }
        let wanted = Seat(organizationId: turn.organizationId, role: turn.role)
        let seating = around.staffing.seating(at: wanted, concerned: running.concerned, in: around.tree)
        if let seat = seating.seat, seats.contains(seat) { return (turn, seat) }
        // Two officers of one seat at once: the second finds the turn gone, which is no lack of a role.
        let acted = running.done.contains { $0.step == command.step && seats.contains($0.seat) }
        throw acted && command.turn == nil ? .turnPassed : .noRoleHere
    }

    private mutating func forward(
        _ turn: RunningCase.Turn, _ seat: Seat, _ action: ProcedureDefinition.Action, _ text: String?,
        _ fields: GivenFields, _ officer: Officer
    ) throws(Refusal) {
        if turn.place == .origin, around.applicant.transfersHeld { throw .transfersHeld }
        let way = try wayOn(from: turn.organizationId)
        if let month = fields.duesPaidThrough { running.duesPaidThrough = month }
        try signBox(turn, action, text, officer, next: way.first)
        complete(turn, seat, action, officer)
        try goOn(way)
    }

    private mutating func readdress(
        _ turn: RunningCase.Turn, _ seat: Seat, _ action: ProcedureDefinition.Action, _ text: String?,
        _ fields: GivenFields, _ officer: Officer
    ) throws(Refusal) {
        running.toCellId = fields.destinationCellId
        // Without any box the letter was never begun: the way starts at the sending cell.
        let way =
            try turn.box == nil
            ? routeOrRefuse(from: running.fromCellId) : wayOn(from: turn.organizationId)
        try signBox(turn, action, text, officer, next: way.first)
        complete(turn, seat, action, officer)
        try goOn(way)
    }

    private mutating func sendBack(
        _ turn: RunningCase.Turn, _ seat: Seat, _ action: ProcedureDefinition.Action, _ reason: String,
        _ officer: Officer
    ) throws(Refusal) {
        let superior =
            running.toCellId.flatMap { around.tree.meetingPoint(running.fromCellId, $0)?.id }
            ?? running.receivingOrganizationId
        complete(turn, seat, action, officer)
        reject(turn, reason, officer)
        do {
            try waitForAddress(at: superior, fillsBox: true)
        } catch {
            throw Refusal(error)
        }
    }

    private mutating func refuse(
        _ turn: RunningCase.Turn, _ seat: Seat, _ action: ProcedureDefinition.Action, _ reason: String,
        _ officer: Officer
    ) {
        complete(turn, seat, action, officer)
        reject(turn, reason, officer)
        close(.refused, outcome: RunningCase.Stage.refused.rawValue)
    }

    private mutating func admit(
        _ turn: RunningCase.Turn, _ seat: Seat, _ action: ProcedureDefinition.Action, _ fields: GivenFields,
        _ officer: Officer
    ) {
        let day = fields.admittedOn ?? Day(containing: around.now)
        running.admittedOn = day
        complete(turn, seat, action, officer)
        if around.isPresentedLate(running) { running.warnings.append(.presentedLate) }
        running.stage = .awaitingResult
        running.turn = nil
        running.ahead = []
        emit(
            .admitted(
                MemberAdmitted(
                    dossierId: running.dossierId, memberId: running.memberId, fromCellId: running.fromCellId,
                    toCellId: turn.organizationId, effectiveOn: day, duesPaidThrough: running.duesPaidThrough)))
        running.requests += 1
        emit(.resultRequested(resultRequest()))
    }
}

extension Draft {
    /// The hops that follow an organisation, by the tree of today: what moved meanwhile is followed.
    private func wayOn(from organization: OrganizationID) throws(Refusal) -> [Hop] {
        Array(try routeOrRefuse(from: organization).dropFirst())
    }

    private func routeOrRefuse(from organization: OrganizationID) throws(Refusal) -> [Hop] {
        do {
            return try route(from: organization)
        } catch {
            throw .unroutable(error)
        }
    }

    private mutating func goOn(_ way: [Hop]) throws(Refusal) {
        guard let next = way.first else { throw .unroutable(.sameCell) }
        do {
            try enter(next, ahead: Array(way.dropFirst()))
        } catch {
            throw Refusal(error)
        }
    }

    private mutating func signBox(
        _ turn: RunningCase.Turn, _ action: ProcedureDefinition.Action, _ text: String?, _ officer: Officer, next: Hop?
    ) throws(Refusal) {
        guard let number = turn.box else { return }
        let organization = around.tree[turn.organizationId]?.name ?? ""
        let standard = action.standardText.map { standardText($0, organization: organization, next: next) }
        guard let written = text ?? standard else { throw .textMissing }
        try running.sign(
            RunningCase.FilledBox(
                number: number, organizationId: turn.organizationId, organizationName: organization,
                text: written, signerId: officer.memberId, signerName: officer.fullName, signedAt: around.now))
    }

    private func standardText(_ template: String, organization: String, next: Hop?) -> String {
        BoxText.filled(
            template,
            [
                "member": around.applicant.fullName,
                "organization": organization,
                "next": next.flatMap { around.tree[$0.organizationId]?.name } ?? "",
                "destination": running.toCellId.flatMap { around.tree[$0]?.name } ?? "",
            ])
    }

    private mutating func complete(
        _ turn: RunningCase.Turn, _ seat: Seat, _ action: ProcedureDefinition.Action, _ officer: Officer
    ) {
        let principal = around.staffing.principal(of: officer.memberId, at: seat)
        running.done.append(
            RunningCase.CompletedTurn(
                number: turn.number, step: turn.step, organizationId: turn.organizationId, seat: seat, box: turn.box,
                action: action.name, byMemberId: officer.memberId, forMemberId: principal, enteredAt: turn.enteredAt,
                due: turn.due, at: around.now))
        running.turn = nil
        emit(
            .stepCompleted(
                CaseStepCompleted(
                    dossierId: running.dossierId, step: turn.step, box: turn.box,
                    organizationId: seat.organizationId, action: action.name, byMemberId: officer.memberId,
                    forMemberId: principal, at: around.now)))
    }

    private mutating func reject(_ turn: RunningCase.Turn, _ reason: String, _ officer: Officer) {
        emit(
            .rejected(
                CaseRejected(
                    dossierId: running.dossierId, step: turn.step, organizationId: turn.organizationId,
                    byMemberId: officer.memberId, reason: reason, rejectedAt: around.now)))
    }
}
