import Contracts
import Foundation

extension Draft {
    /// An officer acts in an open turn, or about the box that he signed in an earlier one.
    mutating func act(_ command: OfficerAction) throws(Refusal) {
        if let effect = definition.step(named: command.step)?.action(named: command.action)?.effect,
            effect.concernsSignedBox
        {
            return try actOnSignedBox(command, effect)
        }
        let (turn, seat) = try authority(of: command)
        try checkVersion(of: command)
        guard let action = definition.step(named: turn.step)?.action(named: command.action) else {
            throw .unknownAction
        }
        let text = try BoxText.checked(command.text)
        if action.needsText, text == nil { throw .textMissing }
        let fields = try GivenFields(
            command.fields, for: action, opinion: definition.opinion, opened: running.openedAt, now: around.now)
        for guarding in action.guards { try check(guarding, fields) }
        let act = Act(turn: turn, seat: seat, action: action, text: text, fields: fields, officer: command.officer)
        switch action.effect {
        case .forward: try forward(act)
        case .readdress: try readdress(act)
        case .sendBack: try sendBack(act)
        case .refuse: refuse(act)
        case .admit: admit(act)
        case .finish: try finish(act)
        case .recordOpinion: try recordOpinion(act)
        case .changeStay: try changeStay(act)
        case .refer: try refer(act)
        case .requestSupplement: try requestSupplement(turn, seat, text ?? "", command.officer)
        case .correctBox, .reissueLetter, .cancelMove: throw .unknownAction
        }
    }

    /// Who may act is asked first of the person, then of the moment, then of the seat.
    func authority(of command: OfficerAction) throws(Refusal) -> (RunningCase.Turn, Seat) {
        let officer = command.officer
        try checkPerson(officer)
        let seats = around.staffing.seats(of: officer.memberId)
        let deciding = Set(definition.steps.flatMap { [$0.role] + $0.roleByType.values } + [Staffing.superiorRole])
        guard seats.contains(where: { deciding.contains($0.role) }) else { throw .noRoleHere }
        guard !running.turns.isEmpty else { throw .notRunning }
        let open = running.turns.filter { $0.step == command.step && command.turn ?? $0.number == $0.number }
        guard !open.isEmpty else { throw .turnPassed }
        for turn in open {
            let wanted = Seat(organizationId: turn.organizationId, role: turn.role)
            let seating = around.staffing.seating(at: wanted, concerned: running.concerned, in: around.tree)
            if let seat = seating.seat, seats.contains(seat) { return (turn, seat) }
        }
        // Two officers of one seat at once: the second finds the turn gone, which is no lack of a role.
        let acted = running.done.contains { $0.step == command.step && seats.contains($0.seat) }
        throw acted && command.turn == nil ? .turnPassed : .noRoleHere
    }

    /// A decision is made on the case as it stands. What was said in its thread since, or told of its deadline, changes
    /// nothing of that.
    func checkVersion(of command: OfficerAction) throws(Refusal) {
        guard let version = command.version else { return }
        guard version <= running.version else { throw .versionUnknown }
        guard version >= running.revision else { throw .caseChanged }
    }

    /// Nobody acts in a matter that concerns himself, nor without being an active, official member.
    func checkPerson(_ officer: Officer) throws(Refusal) {
        if officer.memberId == running.memberId { throw .ownMatter }
        if officer.memberId == running.enteredByMemberId { throw .enteredDossier }
        guard officer.mayDecide else { throw .mayNotDecide }
    }

    private func check(_ guarding: ProcedureDefinition.Guard, _ fields: GivenFields) throws(Refusal) {
        switch guarding {
        case .transferNotHeld:
            if around.applicant.transfersHeld { throw .transfersHeld }
        case .officesHandedOver:
            guard around.offices.isEmpty || fields.officesHandedOver else { throw .officesNotHandedOver }
        case .periodAllowed:
            guard definition.period?.isKept(in: running.form) ?? true else { throw .periodNotAllowed }
        case .opinionDue:
            guard let purpose = definition.opinion?.purpose(in: running.form) else { throw .purposeMissing }
            guard around.applicant.exemption(from: purpose) == nil else { throw .opinionNotDue }
        }
    }
}

/// What an officer does, with all that was found out about it.
struct Act {
    let turn: RunningCase.Turn
    let seat: Seat
    let action: ProcedureDefinition.Action
    let text: String?
    let fields: GivenFields
    let officer: Officer

    /// What those who come after are told, where it stands nowhere else.
    var note: String? {
        switch action.effect {
        case .forward, .changeStay: turn.box == nil ? text : nil
        case .refer, .admit: text
        default: nil
        }
    }
}

extension Draft {
    private mutating func forward(_ act: Act) throws(Refusal) {
        if act.turn.place == .outside, !running.hasSignedResult { throw .letterNotSigned }
        if act.turn.box == 1 { stateDues(act.fields.duesPaidThrough) }
        if act.fields.officesHandedOver, !around.offices.isEmpty {
            running.handOver = HandOver(offices: around.offices, byMemberId: act.officer.memberId, at: around.now)
        }
        try handOn(act)
    }

    private mutating func readdress(_ act: Act) throws(Refusal) {
        running.toCellId = act.fields.destinationCellId
        running.furtherCellIds = running.furtherCellIds.filter(around.isReachable)
        let way: [Hop]
        do {
            way = try self.way(readdressedAt: act.turn)
        } catch {
            throw .unroutable(error)
        }
        try signBox(act, next: way.first)
        complete(act)
        try goOn(way, after: act.turn)
    }

    private mutating func recordOpinion(_ act: Act) throws(Refusal) {
        running.opinions.append(
            RecordedOpinion(
                organizationId: act.turn.organizationId,
                organizationName: around.tree[act.turn.organizationId]?.name ?? "", grades: act.fields.grades,
                text: act.text ?? "", signerId: act.officer.memberId, signerName: act.officer.fullName,
                signedAt: around.now))
        try handOn(act)
    }

    /// Hands the case to the next of the way. When no way leads to the destination any more, which was closed meanwhile,
    /// the case goes to the committee that finds the right address: it is never stuck.
    mutating func handOn(_ act: Act) throws(Refusal) {
        let plan = Result(catching: { () throws(RouteFault) in try way(after: act.turn) })
        switch plan {
        case .success(let way):
            try signBox(act, next: way.first)
            complete(act)
            try goOn(way, after: act.turn)
        case .failure(let fault):
            guard definition.step(at: .readdressing) != nil else { throw .unroutable(fault) }
            let superior = readdressing
            keepCells { [around] in around.isReachable($0) }
            try signBox(act, next: Hop(organizationId: superior, place: .readdressing))
            complete(act)
            guard isQuorumReached(act.turn) else { return }
            try returnForAddress(at: superior, because: fault.rawValue)
        }
    }

    /// Asks a step off the way; whoever asked has the next turn again.
    private mutating func refer(_ act: Act) throws(Refusal) {
        guard let target = act.action.target.flatMap(definition.step(named:)), let expression = target.at,
            let asked = organizations(at: expression).first
        else { throw .unroutable(.stationMissing) }
        let back = Hop(organizationId: act.turn.organizationId, place: act.turn.place, step: act.turn.step)
        let ahead = [back] + running.ahead
        complete(act)
        running.ahead = ahead
        do {
            try begin([asked], target, .station, box: nil)
        } catch {
            throw Refusal(error)
        }
    }

    private mutating func sendBack(_ act: Act) throws(Refusal) {
        let superior = readdressing
        // The cells for which this turn stands are not the right ones.
        let climb = definition.step(named: act.turn.step)?.at?.climb
        keepCells { [around] in around.tree.find(climb, from: $0)?.id != act.turn.organizationId }
        complete(act)
        reject(act)
        try returnForAddress(at: superior)
    }

    private mutating func returnForAddress(
        at superior: OrganizationID, because reason: String? = nil
    ) throws(Refusal) {
        do {
            try waitForAddress(at: superior, fillsBox: true, because: reason)
        } catch {
            throw Refusal(error)
        }
    }

    /// Of several cells that are asked at the same time only some need another address; the others stay.
    private mutating func keepCells(where isRight: (OrganizationID) -> Bool) {
        guard !definition.route.isTransfer else { return }
        running.furtherCellIds = running.cellIds.filter(isRight)
        running.toCellId = nil
    }

    private mutating func refuse(_ act: Act) {
        voidLetter(reason: act.text, by: act.officer)
        complete(act)
        reject(act)
        close(.refused, outcome: RunningCase.Stage.refused.rawValue)
    }

    private mutating func admit(_ act: Act) {
        let day = act.fields.admittedOn ?? Day(containing: around.now)
        running.admittedOn = day
        // Whom a body outside admitted the committee says that waited for its reply.
        let outside = act.turn.place == .reply ? running.toCellId : nil
        let stay = beginStay(at: act.turn.organizationId)
        complete(act)
        if around.isPresentedLate(running) { warn(.presentedLate) }
        emit(
            .admitted(
                MemberAdmitted(
                    dossierId: running.dossierId, memberId: running.memberId, fromCellId: running.fromCellId,
                    toCellId: outside ?? act.turn.organizationId, effectiveOn: day,
                    duesPaidThrough: running.duesPaidThrough,
                    stay: stay.map { stay in
                        MemberState.Stay(
                            dossierId: running.dossierId, cellId: stay.cellId, from: stay.from, until: stay.until,
                            latest: definition.period?.latest(of: stay))
                    })))
        if outside != nil, running.hasSignedResult { completeCase() } else { requestResult() }
    }

    /// The last one's `finish` ends the case; without a result to be signed at once.
    private mutating func finish(_ act: Act) throws(Refusal) {
        complete(act)
        guard isQuorumReached(act.turn) else { return }
        guard definition.result != nil else { return completeCase() }
        requestResult()
    }
}

extension Draft {
    private mutating func goOn(_ way: [Hop], after turn: RunningCase.Turn) throws(Refusal) {
        guard isQuorumReached(turn) else { return }
        guard !way.isEmpty else { throw .unroutable(.sameCell) }
        do {
            try enter(way)
        } catch {
            throw Refusal(error)
        }
    }

    /// Whether enough of those asked at the same time have acted; who acts alone is enough.
    private func isQuorumReached(_ turn: RunningCase.Turn) -> Bool {
        guard let quorum = definition.step(named: turn.step)?.quorum else { return true }
        return running.asked - running.turns.count >= quorum.needed(of: running.asked)
    }

    private mutating func signBox(_ act: Act, next: Hop?) throws(Refusal) {
        guard let number = act.turn.box else { return }
        let organization = around.tree[act.turn.organizationId]?.name ?? ""
        let standard = act.action.standardText.map { standardText($0, organization: organization, next: next) }
        guard let written = act.text ?? standard else { throw .textMissing }
        try running.sign(
            RunningCase.FilledBox(
                number: number, organizationId: act.turn.organizationId, organizationName: organization,
                text: written, signerId: act.officer.memberId, signerName: act.officer.fullName,
                signedAt: around.now))
    }

    private func standardText(_ template: String, organization: String, next: Hop?) -> String {
        // Who hands the letter over himself names the body that it goes to.
        let following = next?.place == .outside ? running.toCellId : next?.organizationId
        return BoxText.filled(
            template,
            [
                "member": around.applicant.fullName,
                "organization": organization,
                "next": following.flatMap { around.tree[$0]?.name } ?? "",
                "destination": running.toCellId.flatMap { around.tree[$0]?.name } ?? "",
            ])
    }

    private mutating func complete(_ act: Act) {
        let turn = act.turn
        let principal = around.staffing.principal(of: act.officer.memberId, at: act.seat)
        running.done.append(
            RunningCase.CompletedTurn(
                number: turn.number, step: turn.step, organizationId: turn.organizationId, seat: act.seat,
                box: turn.box, action: act.action.name, byMemberId: act.officer.memberId, forMemberId: principal,
                enteredAt: turn.enteredAt,
                due: turn.due, at: around.now, note: act.note))
        running.turns.removeAll { $0.number == turn.number }
        emit(
            .stepCompleted(
                CaseStepCompleted(
                    dossierId: running.dossierId, step: turn.step, box: turn.box,
                    organizationId: act.seat.organizationId, action: act.action.name,
                    byMemberId: act.officer.memberId, forMemberId: principal, at: around.now, note: act.note)))
        if turn.box == 1 { tellLetterIssued() }
    }

    private mutating func reject(_ act: Act) {
        emit(
            .rejected(
                CaseRejected(
                    dossierId: running.dossierId, step: act.turn.step, organizationId: act.turn.organizationId,
                    byMemberId: act.officer.memberId, reason: act.text ?? "", rejectedAt: around.now)))
    }
}

extension Circumstances {
    /// Whether a case can be addressed to the cell.
    fileprivate func isReachable(_ cell: OrganizationID) -> Bool { (try? tree.cell(cell)) != nil }
}
