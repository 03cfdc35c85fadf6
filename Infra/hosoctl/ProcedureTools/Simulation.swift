public import Contracts
public import Foundation
public import RoutingDomain
public import WorkingTime

/// A case of a definition walked over a tree, with made-up officers in every role that the definition needs.
public struct Simulation {
    /// What somebody does instead of the first action that leads on.
    public struct Deviation: Hashable, Sendable {
        public let step: String
        public let action: String

        public init(step: String, action: String) {
            self.step = step
            self.action = action
        }
    }

    private let file: TreeFile
    private let around: Circumstances
    private let people: [Seat: Officer]
    private let member: Officer
    private var deviations: [Deviation]
    private let rightAddress: OrganizationID?
    private var now: Date
    private var lines: [String] = []
    /// The case as it stands.
    public private(set) var running: RunningCase

    /// The longest walk; a definition that passed its checks ends long before.
    private static let longest = 200

    /// A case just opened.
    ///
    /// - Parameters:
    ///   - deviations: Each is done once, when the case comes to its step, or has left it with a signed box.
    ///   - knownCell: The cell of the member's residence or stay, where the definition means one of them.
    ///   - rightAddress: The cell that a readdressing committee finds.
    public init(
        _ definition: ProcedureDefinition, over file: TreeFile, from: OrganizationID, form: JSONValue,
        deviations: [Deviation] = [], knownCell: OrganizationID? = nil, rightAddress: OrganizationID? = nil,
        calendar: OfficialCalendar, start: Date
    ) throws {
        let ids = SequentialIDSource(seed: 2)
        var staffing = Staffing()
        var people: [Seat: Officer] = [:]
        for entry in file.entries {
            guard let organization = file.id(entry.code) else { continue }
            for role in Self.roles(of: definition, at: entry.type) {
                let seat = Seat(organizationId: organization, role: role)
                let officer = Officer(
                    memberId: ids.next(at: start), fullName: "\(role.rawValue) \(entry.code)", state: .official)
                people[seat] = officer
                staffing.add(officer.memberId, to: seat)
            }
        }
        self.file = file
        self.people = people
        self.deviations = deviations
        self.rightAddress = rightAddress
        member = Officer(memberId: ids.next(at: start), fullName: "Nguyễn Văn Mẫu", state: .official)
        now = start
        let today = Day(containing: start)
        // A stay that began today and can be extended for long, for definitions that change one.
        let stay = OpenStay(
            dossierId: ids.next(at: start), from: today, until: today.adding(months: 3),
            latest: today.adding(months: 24))
        around = Circumstances(
            definition: definition, tree: file.tree, staffing: staffing,
            applicant: Applicant(
                fullName: member.fullName, joinedOn: today, residenceCellId: knownCell,
                stay: knownCell.map {
                    MemberState.Stay(dossierId: stay.dossierId, cellId: $0, from: stay.from, until: stay.until)
                }),
            calendar: calendar, openStay: stay, now: start)
        let received =
            file.tree.path(from: from).first { !$0.type.isCell && $0.type != .section && $0.type != .group }?.id ?? from
        let dossier = DossierSubmitted(
            dossierId: ids.next(at: start), code: try DossierCode("A35.12.08-261120-0007"),
            procedure: definition.procedure, procedureVersion: definition.version, applicantMemberId: member.memberId,
            enteredByMemberId: member.memberId, receivingOrganizationId: received, receivedAt: start,
            acknowledgedAt: start, deadline: Deadline(at: start, calendarVersion: calendar.version, provisional: false),
            form: form, attachments: [])
        running = try CaseEngine.open(SubmittedDossier(dossier), from: from, in: around).running
    }

    /// The roles that act at organisations of a type, and the one that acts for a superior.
    private static func roles(of definition: ProcedureDefinition, at type: OrganizationType) -> Set<RoleName> {
        Set(definition.steps.map { $0.role(at: type) }).union(type.isCell ? [] : [.organisationOfficer])
    }

    /// Walks to the end: a line for each hop.
    public mutating func walk() -> [String] {
        if let variant = running.variant { lines.append("variant \(variant)") }
        while let turn = running.turn, running.done.count < Self.longest {
            guard let step = around.definition.step(named: turn.step), take(turn, step) else {
                lines.append("    nobody goes on from here")
                return lines
            }
        }
        if running.stage == .awaitingResult, let result = around.definition.result {
            lines.append("result \(result.document) is asked for")
            tell(.resultIssued(document: result.document, version: running.requests))
        }
        let sheets = around.definition.continuationSheets(
            for: running.boxes.last?.number ?? 0, in: running.variant)
        if sheets > 0 { lines.append("continuation sheets: \(sheets)") }
        lines.append("\(running.stage.rawValue): \(running.outcome ?? "-") after \(running.done.count) turns")
        return lines
    }

    /// The circumstances at this moment of the walk.
    private var present: Circumstances {
        Circumstances(
            definition: around.definition, tree: around.tree, staffing: around.staffing, applicant: around.applicant,
            calendar: around.calendar, rules: around.rules, openStay: around.openStay, now: now)
    }

    /// Lets somebody act in the turn; false when nobody can.
    private mutating func take(_ turn: RunningCase.Turn, _ step: ProcedureDefinition.Step) -> Bool {
        // Everybody takes an hour of his working time.
        now = WorkingTime(calendar: around.calendar, rules: around.rules).moment(after: .seconds(3_600), from: now)
        lines.append(describe(turn))
        if turn.place == .outside, let result = around.definition.result {
            lines.append("    result \(result.document) is signed")
            tell(.resultIssued(document: result.document, version: running.requests))
        }
        guard let officer = turn.seat.flatMap({ people[$0] }) else { return false }
        if let index = deviations.firstIndex(where: { isDue($0, at: step) }) {
            let deviation = deviations.remove(at: index)
            guard let action = action(of: deviation) else {
                lines.append("    \(deviation.action): the step has no such action")
                return true
            }
            return action.effect.concernsSignedBox
                ? act(action, onBoxOf: deviation.step) : act(action, turn, officer)
        }
        guard let action = step.actions.first(where: Self.leadsOn) else { return false }
        return act(action, turn, officer)
    }

    private static func leadsOn(_ action: ProcedureDefinition.Action) -> Bool {
        switch action.effect {
        case .forward, .admit, .readdress, .recordOpinion, .changeStay, .finish: true
        case .refuse, .sendBack, .requestSupplement, .refer, .correctBox, .reissueLetter, .cancelMove: false
        }
    }

    private mutating func act(
        _ action: ProcedureDefinition.Action, _ turn: RunningCase.Turn, _ officer: Officer
    ) -> Bool {
        lines.append("    \(action.name) by \(officer.fullName) at \(RFC3339.text(of: now))")
        let isDone = tell(
            .act(
                OfficerAction(
                    officer: officer, action: action.name, step: turn.step, turn: turn.number,
                    text: action.needsText ? "Nội dung thử" : nil, fields: fields(of: action))))
        guard isDone else { return action.effect == .requestSupplement }
        if action.effect == .requestSupplement {
            lines.append("    the applicant sends what was missing")
            tell(.supplemented(form: running.form))
        }
        return true
    }

    /// Does something about the latest box of a step, by whoever signed it.
    private mutating func act(_ action: ProcedureDefinition.Action, onBoxOf step: String) -> Bool {
        guard let signed = running.done.last(where: { $0.step == step && $0.box != nil }),
            let officer = people[signed.seat]
        else {
            lines.append("    \(action.name): no box of \(step) is signed yet")
            return true
        }
        lines.append("    \(action.name) by \(officer.fullName) at \(RFC3339.text(of: now))")
        tell(
            .act(
                OfficerAction(
                    officer: officer, action: action.name, step: step, turn: signed.number, text: "Nội dung thử")))
        return true
    }

    private func action(of deviation: Deviation) -> ProcedureDefinition.Action? {
        around.definition.step(named: deviation.step)?.action(named: deviation.action)
    }

    /// Whether it is to be done now: in its step, or, being about a signed box, as soon as that is signed.
    private func isDue(_ deviation: Deviation, at step: ProcedureDefinition.Step) -> Bool {
        guard let action = action(of: deviation), action.effect.concernsSignedBox else {
            return deviation.step == step.name
        }
        return running.done.contains { $0.step == deviation.step && $0.box != nil }
    }

    /// What an action asks for, made up.
    private func fields(of action: ProcedureDefinition.Action) -> [String: String] {
        var fields: [String: String] = [:]
        for field in action.fields where field.isRequired {
            switch field.name {
            case .destinationCellId: fields[field.name.rawValue] = rightAddress.map { "\($0)" }
            case .duesPaidThrough: fields[field.name.rawValue] = DuesMonth(containing: now).text
            case .admittedOn: fields[field.name.rawValue] = Day(containing: now).text
            case .officesHandedOver: fields[field.name.rawValue] = "true"
            }
        }
        if action.effect == .recordOpinion, let opinion = around.definition.opinion {
            for criterion in opinion.criteria { fields[criterion.name] = opinion.grades.first?.name }
        }
        return fields
    }

    /// Gives the engine a command; false and a line when it refuses.
    @discardableResult
    private mutating func tell(_ command: CaseCommand) -> Bool {
        do {
            running = try CaseEngine.apply(command, to: running, in: present).running
            return true
        } catch {
            lines.append("    refused: \(error.rule): \(error.text.english) / \(error.text.vietnamese)")
            return false
        }
    }

    private func describe(_ turn: RunningCase.Turn) -> String {
        var parts = ["\(turn.number). \(turn.step): \(file.label(turn.organizationId)), \(turn.role.rawValue)"]
        if let box = turn.box { parts.append("box \(box)") }
        parts.append("due \(RFC3339.text(of: turn.due.at))")
        if let seat = turn.seat, seat.organizationId != turn.organizationId {
            parts.append("\(file.label(seat.organizationId)) acts in its place")
        }
        if turn.seat == nil { parts.append("nobody holds the role") }
        if !running.beside.isEmpty { parts.append("\(running.beside.count) more at the same time") }
        return parts.joined(separator: ", ")
    }
}
