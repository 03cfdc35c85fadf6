import Contracts
import Foundation
import RoutingDomain
import WorkingTime

/// A case as its applicant and the officers on its way see it.
struct CaseView: Encodable {
    let dossierId: DossierID
    let code: DossierCode
    let procedure: ProcedureCode
    let procedureVersion: Int
    let title: LocalizedText
    let stage: RunningCase.Stage
    /// What an action on the case names as the version that it was decided on. Messages do not change it.
    let version: Int64
    let memberId: MemberID
    let memberName: String
    let from: Organization
    let to: Organization?
    let openedAt: Date
    let finishedAt: Date?
    let outcome: String?
    let admittedOn: Day?
    /// The stay that the case led to, or that it asks to change.
    let stay: Stay?
    let duesPaidThrough: DuesMonth?
    /// How the member stands with the dues, while the letter is still to state it.
    let dues: Dues?
    /// When the probation ends; absent for whoever is on none.
    let recognitionDueOn: Day?
    /// The member's offices: those to be handed over before the letter is issued, then those that were.
    let handOver: HandOver?
    /// Whether the letter that is handed over outside the system is signed; absent elsewhere.
    let letterSigned: Bool?
    /// The sealed paper file; absent where none is carried.
    let paperFile: CarriedFile?
    let warnings: [RunningCase.Warning]
    /// The turn that the caller may take, else the first of those that are open.
    let turn: Turn?
    /// The others that are open at the same time.
    let beside: [Turn]
    let ahead: [Ahead]
    let done: [Done]
    let boxes: [Box]
    let corrections: [RunningCase.BoxCorrection]
    let cancelledLetters: [CancelledLetter]
    /// Not for the member whom they are about: he has the result.
    let opinions: [RecordedOpinion]

    init(_ running: RunningCase, around: Circumstances, for officer: Officer?) {
        dossierId = running.dossierId
        code = running.code
        procedure = running.procedure
        procedureVersion = running.procedureVersion
        title = around.definition.title
        stage = running.stage
        version = running.revision
        memberId = running.memberId
        memberName = around.applicant.fullName
        from = Organization(running.fromCellId, around)
        to = running.toCellId.map { Organization($0, around) }
        openedAt = running.openedAt
        finishedAt = running.finishedAt
        outcome = running.outcome
        admittedOn = running.admittedOn
        stay = Stay(running, around)
        duesPaidThrough = running.duesPaidThrough
        dues = around.dues.map(Dues.init)
        recognitionDueOn = around.applicant.recognitionDueOn
        handOver = HandOver(running, around)
        letterSigned = running.turn?.place == .outside ? running.hasSignedResult : nil
        paperFile = CarriedFile(running, around, for: officer)
        warnings = running.warnings
        let turns = running.turns.map { turn in
            Turn(
                turn, around,
                mayAct: officer.map { CaseEngine.refusal(of: $0, turn, in: running, around: around) == nil } ?? false)
        }
        turn = turns.first(where: \.mayAct) ?? turns.first
        beside = turns.filter { [turn] in $0.number != turn?.number }
        ahead = running.ahead.map {
            Ahead(
                organization: Organization($0.organizationId, around), place: $0.place,
                step: around.definition.step(of: $0)?.name)
        }
        done = running.done.map { turn in
            let actions = CaseEngine.actions(onBoxOf: turn, in: running, around: around)
            let mayAct = officer.map { CaseEngine.mayAct($0, onBoxOf: turn, in: running, around: around) } ?? false
            return Done(turn, around, actions: actions, mayAct: mayAct && !actions.isEmpty)
        }
        boxes = running.boxes.map(Box.init)
        corrections = running.corrections
        cancelledLetters = running.cancelledLetters.map(CancelledLetter.init)
        opinions = officer.map { running.concerned.contains($0.memberId) } ?? true ? [] : running.opinions
    }
}

extension CaseView {
    struct Organization: Encodable {
        let id: OrganizationID
        /// Absent when the directory no longer knows it.
        let name: String?

        init(_ id: OrganizationID, _ around: Circumstances) {
            self.id = id
            name = around.tree[id]?.name
        }
    }

    struct Stay: Encodable {
        let organization: Organization
        let from: Day
        /// The last day, as it stands now.
        let until: Day

        init?(_ running: RunningCase, _ around: Circumstances) {
            if let stay = running.stay {
                (organization, from, until) = (Organization(stay.cellId, around), stay.from, stay.until)
            } else if around.definition.stayChange != nil, let stay = around.applicant.stay {
                (organization, from, until) = (Organization(stay.cellId, around), stay.from, stay.until)
            } else {
                return nil
            }
        }
    }

    struct HandOver: Encodable {
        struct Office: Encodable {
            let organization: Organization
            let role: RoleName
            let isSole: Bool
            let openTurns: Int
        }

        let offices: [Office]
        /// Who confirmed that they were handed over, and when; absent while they still have to be.
        let byMemberId: MemberID?
        let at: Date?

        init?(_ running: RunningCase, _ around: Circumstances) {
            let held = running.handOver?.offices ?? around.offices
            guard !held.isEmpty else { return nil }
            offices = held.map {
                Office(
                    organization: Organization($0.organizationId, around), role: $0.role, isSole: $0.isSole,
                    openTurns: $0.openTurns)
            }
            byMemberId = running.handOver?.byMemberId
            at = running.handOver?.at
        }
    }

    struct Turn: Encodable {
        let number: Int
        let step: String
        let title: LocalizedText?
        let place: Place
        let organization: Organization
        let role: RoleName
        let box: Int?
        /// Who acts in the organisation's place; absent while nobody was found.
        let seat: Acting?
        let enteredAt: Date
        let due: Deadline
        let overdue: Bool
        /// What the clock of the turn shows.
        let clock: Clock?
        /// Whether the caller may act now.
        let mayAct: Bool
        let actions: [Action]

        init(_ turn: RunningCase.Turn, _ around: Circumstances, mayAct: Bool) {
            let step = around.definition.step(named: turn.step)
            number = turn.number
            self.step = turn.step
            title = step?.title
            place = turn.place
            organization = Organization(turn.organizationId, around)
            role = turn.role
            box = turn.box
            seat = turn.seat.map { Acting($0, around) }
            enteredAt = turn.enteredAt
            due = turn.due
            overdue = around.now > turn.due.at && !turn.isWaiting
            clock = (try? around.reading(of: turn)).map { Clock($0, alerted: turn.alerted) }
            self.mayAct = mayAct
            // What is about a signed box belongs to a turn that is over.
            actions = step?.actions.filter { !$0.effect.concernsSignedBox }.map(Action.init) ?? []
        }
    }

    /// What the clock of a turn shows, in working time.
    struct Clock: Encodable {
        /// The whole limit, in working minutes.
        let totalMinutes: Int
        /// What has run, stops left out; more than the limit after it has passed.
        let usedMinutes: Int
        let remainingMinutes: Int
        let level: DeadlineClock.Level
        /// Whether the clock stands: the case waits for the applicant.
        let stopped: Bool
        /// From when on the officer is warned; absent while the clock stands.
        let warnsAt: Date?
        /// The last that was told of the deadline.
        let alerted: DeadlineAlertLevel?

        init(_ reading: DeadlineClock.Reading, alerted: DeadlineAlertLevel?) {
            totalMinutes = reading.total.wholeMinutes
            usedMinutes = reading.used.wholeMinutes
            remainingMinutes = reading.remaining.wholeMinutes
            level = reading.level
            stopped = reading.isStopped
            warnsAt = reading.warnsAt
            self.alerted = alerted
        }
    }

    struct Acting: Encodable {
        let organization: Organization
        let role: RoleName

        init(_ seat: Seat, _ around: Circumstances) {
            organization = Organization(seat.organizationId, around)
            role = seat.role
        }
    }

    struct Action: Encodable {
        struct Field: Encodable {
            let name: String
            let kind: ProcedureDefinition.Field.Kind
            let required: Bool
        }

        let name: String
        let title: LocalizedText
        let needsText: Bool
        let standardText: String?
        let fields: [Field]

        init(_ action: ProcedureDefinition.Action) {
            name = action.name
            title = action.title
            needsText = action.needsText
            standardText = action.standardText
            fields = action.fields.map {
                Field(name: $0.name.rawValue, kind: $0.name.kind, required: $0.isRequired)
            }
        }
    }

    struct Ahead: Encodable {
        let organization: Organization
        let place: Place
        let step: String?
    }

    struct Done: Encodable {
        let number: Int
        let step: String
        let organization: Organization
        let actedAt: Acting
        let action: String
        let byMemberId: MemberID
        /// The absent officer for whom that person stood in.
        let forMemberId: MemberID?
        let box: Int?
        let enteredAt: Date
        let due: Deadline
        let at: Date
        let inTime: Bool
        let note: String?
        /// What can be done about the box that was signed.
        let actions: [Action]
        /// Whether the caller may do it.
        let mayAct: Bool

        init(
            _ turn: RunningCase.CompletedTurn, _ around: Circumstances, actions: [ProcedureDefinition.Action],
            mayAct: Bool
        ) {
            number = turn.number
            step = turn.step
            organization = Organization(turn.organizationId, around)
            actedAt = Acting(turn.seat, around)
            action = turn.action
            byMemberId = turn.byMemberId
            forMemberId = turn.forMemberId
            box = turn.box
            enteredAt = turn.enteredAt
            due = turn.due
            at = turn.at
            inTime = turn.inTime
            note = turn.note
            self.actions = actions.map(Action.init)
            self.mayAct = mayAct
        }
    }

    struct Box: Encodable {
        let number: Int
        let organizationId: OrganizationID
        let organizationName: String
        let text: String
        let signerName: String
        let signedAt: Date

        init(_ box: RunningCase.FilledBox) {
            number = box.number
            organizationId = box.organizationId
            organizationName = box.organizationName
            text = box.text
            signerName = box.signerName
            signedAt = box.signedAt
        }
    }
}

extension Duration {
    /// Minutes, what is begun left out.
    var wholeMinutes: Int { Int(components.seconds / 60) }
}
