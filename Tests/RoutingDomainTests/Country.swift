import Contracts
import Foundation
import WorkingTime

@testable import RoutingDomain

/// A small made-up tree with officers, written like an outline.
struct Country {
    var nodes: [OrganizationTree.Node] = []
    var staffing = Staffing()
    private(set) var officers: [OrganizationID: Officer] = [:]
    private let ids = SequentialIDSource(seed: 7)

    var tree: OrganizationTree { OrganizationTree(nodes) }

    func id<Kind>(_ kind: Identifier<Kind>.Type = Identifier<Kind>.self) -> Identifier<Kind> {
        ids.next(at: Country.morning)
    }

    /// Adds an organisation with its officer.
    @discardableResult
    mutating func add(
        _ type: OrganizationType, _ name: String, under parent: OrganizationID? = nil,
        status: OrganizationStatus = .active, meetingDay: Int? = nil, staffed: Bool = true
    ) -> OrganizationID {
        let organization: OrganizationID = id()
        nodes.append(
            OrganizationTree.Node(
                id: organization, name: name, type: type, parentId: parent, status: status, hasSeal: !type.isCell,
                meetingDay: meetingDay))
        if staffed { appoint(person("Cán bộ \(name)"), at: organization) }
        return organization
    }

    /// A made-up person.
    func person(_ name: String, _ state: MembershipState = .official) -> Officer {
        Officer(memberId: id(), fullName: name, state: state)
    }

    /// Gives the role that acts at the organisation.
    mutating func appoint(_ officer: Officer, at organization: OrganizationID) {
        officers[organization] = officer
        staffing.add(officer.memberId, to: Seat(organizationId: organization, role: role(at: organization)))
    }

    /// Gives everybody's officer each role that the published procedures know at his kind of organisation.
    mutating func giveAllRoles() {
        for node in nodes {
            guard let officer = officers[node.id] else { continue }
            let roles: [RoleName] = node.type.isCell ? [.cellDuesOfficer] : [.officeOfficer, .committeeSigner]
            for role in roles { staffing.add(officer.memberId, to: Seat(organizationId: node.id, role: role)) }
        }
    }

    /// Whoever acts at the organisation.
    func officer(_ organization: OrganizationID) -> Officer {
        officers[organization] ?? Officer(memberId: id(), fullName: "nobody", state: .official)
    }

    mutating func change(_ organization: OrganizationID, _ status: OrganizationStatus) {
        nodes = nodes.map { node in
            guard node.id == organization else { return node }
            return OrganizationTree.Node(
                id: node.id, name: node.name, type: node.type, parentId: node.parentId, status: status,
                mergedIntoId: node.mergedIntoId, hasSeal: node.hasSeal, meetingDay: node.meetingDay)
        }
    }

    private func role(at organization: OrganizationID) -> RoleName {
        nodes.first { $0.id == organization }?.type.isCell == true ? .cellSecretary : .organisationOfficer
    }

    /// Checked once: a walk asks for it at every step.
    private static let transfer = Result { try ProcedureDefinition.transfer() }

    /// Read once; it does not change.
    private static let calendar = Result { try OfficialCalendar.bundled() }

    /// Friday, 20 November 2026, 08:02:03 in Vietnam.
    static let morning = Date(millisecondsSince1970: 1_795_136_523_000)
}

extension Country {
    /// A dossier by which the member asks to move.
    func dossier(
        of member: MemberID, to destination: OrganizationID?, received by: OrganizationID,
        enteredBy: MemberID? = nil, form: [String: JSONValue] = [:]
    ) throws -> SubmittedDossier {
        var form = form
        if let destination { form["destinationCellId"] = .string("\(destination)") }
        return SubmittedDossier(
            DossierSubmitted(
                dossierId: id(), code: try DossierCode("A35.12.08-261120-0007"), procedure: .officialTransfer,
                procedureVersion: 1, applicantMemberId: member, enteredByMemberId: enteredBy ?? member,
                receivingOrganizationId: by, receivedAt: Country.morning, acknowledgedAt: Country.morning,
                deadline: Deadline(at: Country.morning, calendarVersion: "test", provisional: false),
                form: .object(form), attachments: []))
    }

    /// The circumstances in which a command is applied.
    func around(
        now: Date = Country.morning, held: Bool = false, definition: ProcedureDefinition? = nil,
        residence: OrganizationID? = nil, exempt: Bool = false, stay: MemberState.Stay? = nil,
        openStay: OpenStay? = nil, offices: [HeldOffice] = [], dues: DuesStanding? = nil, probationary: Bool = false
    ) throws -> Circumstances {
        Circumstances(
            definition: try definition ?? Country.transfer.get(), tree: tree, staffing: staffing,
            applicant: Applicant(
                fullName: "Nguyễn Văn Mẫu 01", cardNumber: "000001",
                joinedOn: try Day(probationary ? "2025-12-28" : "2015-05-19"),
                recognisedOn: probationary ? nil : try Day("2016-05-19"), transfersHeld: held,
                residenceCellId: residence, exemptFromResidenceActivity: exempt, isProbationary: probationary,
                stay: stay),
            calendar: try Country.calendar.get(), openStay: openStay, offices: offices, dues: dues, now: now)
    }

    /// The action of whoever sits at the present turn.
    func action(
        _ name: String, in running: RunningCase, by officer: Officer? = nil, text: String? = nil,
        fields: [String: String] = [:]
    ) throws -> CaseCommand {
        guard let turn = running.turn else { throw Refusal.notRunning }
        let acting = turn.seat?.organizationId ?? turn.organizationId
        return .act(
            OfficerAction(
                officer: officer ?? self.officer(acting), action: name, step: turn.step, turn: turn.number,
                text: text, fields: fields))
    }

    /// Lets each officer act in turn until the member is admitted.
    func walkToAdmission(_ start: RunningCase) throws -> CaseChange {
        var running = start
        var events: [CaseEvent] = []
        while let turn = running.turn {
            let name = turn.place == .destination ? "admit" : "approve"
            let change = try CaseEngine.apply(action(name, in: running), to: running, in: around())
            events += change.events
            running = change.running
        }
        return CaseChange(running: running, events: events)
    }
}

extension ProcedureDefinition {
    /// The official transfer as the tests of the rules use it; the published one is read from its file elsewhere.
    static func transfer(
        boxes: Int = 10, issuer: Issuer = .receivingBody, variants: [Variant] = []
    ) throws -> ProcedureDefinition {
        func text(_ english: String) -> LocalizedText { LocalizedText(vietnamese: english, english: english) }
        func onward(_ standard: String) -> Action {
            Action(
                name: "approve", title: text("Approve"), effect: .forward, needsText: false, standardText: standard)
        }
        let refuse = Action(name: "refuse", title: text("Refuse"), effect: .refuse, needsText: true)
        let sendBack = Action(name: "return", title: text("Return"), effect: .sendBack, needsText: true)
        let supplement = Action(
            name: "supplement", title: text("Supplement"), effect: .requestSupplement, needsText: true)
        let correct = Action(name: "correct", title: text("Correct"), effect: .correctBox, needsText: true)
        let reissue = Action(name: "reissue", title: text("Reissue"), effect: .reissueLetter, needsText: true)
        let cancel = Action(name: "cancel", title: text("Cancel"), effect: .cancelMove, needsText: true)
        let twoDays = StepLimit.working(.workingDays(2))
        return try ProcedureDefinition(
            procedure: .officialTransfer, version: 1, title: text("Official transfer"),
            route: RouteRule(destinationField: "destinationCellId"), variants: variants,
            letter: Letter(boxes: boxes, presentWithin: .workingDays(30)),
            startWithin: StartLimit(limit: .workingDays(60), field: "decisionDate"),
            steps: [
                Step(
                    name: "introduce", title: text("Introduce"), places: [.origin], role: .cellSecretary,
                    fillsBox: true, limit: .nextMeeting(atMostDays: 30),
                    actions: [
                        Action(
                            name: "approve", title: text("Approve"), effect: .forward, needsText: false,
                            standardText: "Giới thiệu đồng chí {member} đến {next}.",
                            fields: [
                                Field(name: .duesPaidThrough, isRequired: false),
                                Field(name: .officesHandedOver, isRequired: false),
                            ],
                            guards: [.transferNotHeld, .officesHandedOver]), supplement, refuse, reissue, cancel,
                    ]),
                Step(
                    name: "onward-introduction", title: text("Onward introduction"), places: [.ascending, .meeting],
                    role: .organisationOfficer, fillsBox: true, limit: twoDays,
                    actions: [onward("Đến {next}."), supplement, correct]),
                Step(
                    name: "pass-down", title: text("Pass down"), places: [.descending], role: .organisationOfficer,
                    fillsBox: true, limit: twoDays,
                    actions: [onward("Đến {next}."), sendBack, correct]),
                Step(
                    name: "admit", title: text("Admit"), places: [.destination], role: .cellSecretary,
                    fillsBox: false, limit: .nextMeeting(atMostDays: 30),
                    actions: [
                        Action(
                            name: "admit", title: text("Admit"), effect: .admit, needsText: false,
                            fields: [Field(name: .admittedOn, isRequired: false)]), sendBack,
                    ]),
                Step(
                    name: "readdress", title: text("Readdress"), places: [.readdressing],
                    role: .organisationOfficer, fillsBox: true, limit: twoDays,
                    actions: [
                        Action(
                            name: "readdress", title: text("Readdress"), effect: .readdress, needsText: false,
                            standardText: "Đến {next}.",
                            fields: [Field(name: .destinationCellId, isRequired: true)]), refuse,
                    ]),
            ],
            result: Result(document: "GGT", title: "Giấy giới thiệu sinh hoạt đảng", issuer: issuer),
            outcome: "admitted")
    }
}
