public import Contracts
import WorkingTime

/// The rules of a running case: state and command in, new state and events out.
public enum CaseEngine {
    /// Opens the case of a dossier that arrived.
    ///
    /// A case is never lost: one without a usable destination waits with the receiving body for its right address.
    ///
    /// - Parameter cell: The cell that the member belongs to.
    /// - Throws: `InvalidValue` only when a limit of the definition cannot be computed.
    public static func open(
        _ dossier: SubmittedDossier, from cell: OrganizationID, in around: Circumstances
    ) throws(InvalidValue) -> CaseChange {
        let route = around.definition.route
        let cells = Circumstances.destinations(
            of: dossier.form, by: around.definition, for: around.applicant)
        var draft = Draft(
            RunningCase(
                dossierId: dossier.dossierId, code: dossier.code, procedure: around.definition.procedure,
                procedureVersion: around.definition.version, memberId: dossier.applicantMemberId,
                enteredByMemberId: dossier.enteredByMemberId,
                receivingOrganizationId: dossier.receivingOrganizationId, fromCellId: cell,
                toCellId: cells.first, furtherCellIds: route.isTransfer ? [] : Array(cells.dropFirst()),
                form: dossier.form, openedAt: around.now, stage: .running, ahead: []),
            in: around)
        if around.definition.stayChange != nil { draft.running.stayUntilBefore = around.applicant.stay?.until }
        if try around.isStartedLate(dossier) { draft.warn(.startedLate) }
        if around.isRecognitionDue(in: draft.running) { draft.warn(.recognitionDue) }
        draft.checkPeriod()
        draft.emit(
            .opened(
                CaseOpened(
                    dossierId: dossier.dossierId, code: dossier.code, procedure: around.definition.procedure,
                    procedureVersion: around.definition.version, memberId: dossier.applicantMemberId,
                    organizationId: cell, openedAt: around.now, campaignId: dossier.campaignId)))
        try draft.beginWay()
        return draft.change
    }

    /// Applies a command. A command that has no effect any more gives the same case and no events.
    public static func apply(
        _ command: CaseCommand, to running: RunningCase, in around: Circumstances
    ) throws(Refusal) -> CaseChange {
        var draft = Draft(running, in: around)
        switch command {
        case .act(let action): try draft.act(action)
        case .resultIssued(let document, let version): draft.resultIssued(document, version: version)
        case .supplemented(let form): try draft.supplemented(form)
        case .withdraw: draft.withdraw()
        case .changeStay(let change): draft.changeStay(change)
        case .recordPaperFile(let entry): try draft.recordPaperFile(entry)
        }
        return draft.change
    }
}

extension CaseEngine {
    /// Why this person may not act in any open turn; nil when he may.
    public static func refusal(
        of officer: Officer, in running: RunningCase, around: Circumstances
    ) -> Refusal? {
        guard !running.turns.isEmpty else { return .notRunning }
        let refusals = running.turns.map { refusal(of: officer, $0, in: running, around: around) }
        return refusals.contains(nil) ? nil : refusals[0]
    }

    /// Why this person may not act in one open turn; nil when he may.
    public static func refusal(
        of officer: Officer, _ turn: RunningCase.Turn, in running: RunningCase, around: Circumstances
    ) -> Refusal? {
        let asked = OfficerAction(officer: officer, action: "", step: turn.step, turn: turn.number)
        do {
            _ = try Draft(running, in: around).authority(of: asked)
            return nil
        } catch {
            return error
        }
    }

    /// Everybody who has to do with a case: the organisations on its way and whoever acted in their place.
    public static func organizations(of running: RunningCase) -> Set<OrganizationID> {
        var all: Set<OrganizationID> = [running.fromCellId, running.receivingOrganizationId]
        all.formUnion(running.cellIds)
        for turn in running.turns {
            all.formUnion([turn.organizationId, turn.seat?.organizationId ?? turn.organizationId])
            if let superior = turn.escalatedTo { all.insert(superior.organizationId) }
        }
        all.formUnion(running.ahead.flatMap(\.organizationIds))
        for turn in running.done { all.formUnion([turn.organizationId, turn.seat.organizationId]) }
        all.formUnion(running.handOver?.bodies ?? [])
        for record in running.paperFile?.records ?? [] {
            all.formUnion([record.organizationId, record.seat.organizationId])
        }
        return all
    }
}

/// A case while the engine works on it.
struct Draft {
    var running: RunningCase
    private var events: [CaseEvent] = []
    /// What becomes of a stay that another case led to.
    var stayChange: StayChange?
    let around: Circumstances

    init(_ running: RunningCase, in around: Circumstances) {
        self.running = running
        self.around = around
    }

    var definition: ProcedureDefinition { around.definition }
    var change: CaseChange { CaseChange(running: running, events: events, stayChange: stayChange) }

    /// Says what happened and counts the version up with it.
    mutating func emit(_ event: CaseEvent) {
        events.append(event)
        running.version += 1
        if event.changesWhatIsDecided { running.revision = running.version }
    }

    /// Ends the case.
    mutating func close(_ stage: RunningCase.Stage, outcome: String) {
        running.stage = stage
        running.turns = []
        running.ahead = []
        running.outcome = outcome
        running.finishedAt = around.now
    }

    /// The signed result arrived: the case is complete, unless the letter is still to be handed over and answered. An
    /// answer to an older request changes nothing.
    mutating func resultIssued(_ document: String, version: Int) {
        guard document == definition.result?.document, version == running.requests else { return }
        switch running.stage {
        case .awaitingResult: completeCase()
        case .running: running.resultSigned = version
        case .completed, .refused, .withdrawn: break
        }
    }

    /// The good end.
    mutating func completeCase() {
        close(.completed, outcome: definition.outcome)
        emit(
            .completed(
                CaseCompleted(dossierId: running.dossierId, outcome: definition.outcome, finishedAt: around.now)))
    }

    /// The applicant took the dossier back; after the admission, a decision about his stay, or the handing over to a body
    /// outside, which may have admitted him, that is no longer possible.
    mutating func withdraw() {
        guard running.stage == .running, running.stayUntilDecided == nil, running.turn?.place != .reply else { return }
        voidLetter()
        close(.withdrawn, outcome: RunningCase.Stage.withdrawn.rawValue)
        emit(
            .completed(
                CaseCompleted(
                    dossierId: running.dossierId, outcome: RunningCase.Stage.withdrawn.rawValue,
                    finishedAt: around.now)))
    }
}

extension Circumstances {
    /// The cells that a case is addressed to: those of the form, else the one known of the member that is meant.
    public static func destinations(
        of form: JSONValue, by definition: ProcedureDefinition, for applicant: Applicant
    ) -> [OrganizationID] {
        let named = definition.route.destinations(in: form)
        guard named.isEmpty else { return named }
        let known: OrganizationID? =
            switch definition.route.fallback {
            case .residence: applicant.residenceCellId
            case .stay: applicant.stay?.cellId
            case nil: nil
            }
        return known.map { [$0] } ?? []
    }

    /// Whether the dossier came later after its decision than the definition wishes.
    func isStartedLate(_ dossier: SubmittedDossier) throws(InvalidValue) -> Bool {
        guard let rule = definition.startWithin, let text = dossier.form[rule.field]?.string,
            let decided = try? Day(text)
        else { return false }
        let limit = try workingTime(of: dossier.receivingOrganizationId).deadline(
            from: decided.start, limit: rule.limit)
        return dossier.receivedAt > limit.at
    }
}
