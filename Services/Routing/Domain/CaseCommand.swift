public import Contracts
public import Foundation
public import WorkingTime

/// A dossier that begins to run.
public struct SubmittedDossier: Hashable, Sendable {
    public let dossierId: DossierID
    public let code: DossierCode
    public let procedureVersion: Int
    public let applicantMemberId: MemberID
    public let enteredByMemberId: MemberID
    public let receivingOrganizationId: OrganizationID
    public let receivedAt: Date
    public let form: JSONValue
    /// The campaign that made the dossier; absent where it was submitted.
    public let campaignId: CampaignID?

    public init(_ event: DossierSubmitted) {
        dossierId = event.dossierId
        code = event.code
        procedureVersion = event.procedureVersion
        applicantMemberId = event.applicantMemberId
        enteredByMemberId = event.enteredByMemberId
        receivingOrganizationId = event.receivingOrganizationId
        receivedAt = event.receivedAt
        form = event.form
        campaignId = nil
    }

    init(
        dossierId: DossierID, code: DossierCode, procedureVersion: Int, applicantMemberId: MemberID,
        enteredByMemberId: MemberID, receivingOrganizationId: OrganizationID, receivedAt: Date, form: JSONValue,
        campaignId: CampaignID?
    ) {
        self.dossierId = dossierId
        self.code = code
        self.procedureVersion = procedureVersion
        self.applicantMemberId = applicantMemberId
        self.enteredByMemberId = enteredByMemberId
        self.receivingOrganizationId = receivingOrganizationId
        self.receivedAt = receivedAt
        self.form = form
        self.campaignId = campaignId
    }
}

/// What an officer does.
public struct OfficerAction: Hashable, Sendable {
    public let officer: Officer
    /// The action by its name in the definition.
    public let action: String
    /// The step that the officer saw.
    public let step: String
    /// The turn that the officer saw; without it two turns of the same step are told apart by the officer's seat.
    public let turn: Int?
    /// The version of the case that the officer saw; without it nothing is asked of what he saw.
    public let version: Int64?
    /// What stands in the box, or the reason.
    public let text: String?
    /// Further data by name, as the officer gave it.
    public let fields: [String: String]

    public init(
        officer: Officer, action: String, step: String, turn: Int? = nil, version: Int64? = nil, text: String? = nil,
        fields: [String: String] = [:]
    ) {
        self.officer = officer
        self.action = action
        self.step = step
        self.turn = turn
        self.version = version
        self.text = text
        self.fields = fields
    }
}

/// Who acts.
public struct Officer: Hashable, Sendable {
    public let memberId: MemberID
    public let fullName: String
    public let state: MembershipState

    public init(memberId: MemberID, fullName: String, state: MembershipState) {
        self.memberId = memberId
        self.fullName = fullName
        self.state = state
    }

    /// Probationary members hold no deciding role, nor do those whose membership rests or ended.
    public var mayDecide: Bool {
        switch state {
        case .official, .inTransit, .temporarilyElsewhere: true
        case .probationary, .exemptFromActivity, .temporarilyExcused, .suspended, .deceased, .expelled, .struckOff,
            .resigned, .probationCancelled:
            false
        }
    }
}

/// What a case can be told.
public enum CaseCommand: Hashable, Sendable {
    case act(OfficerAction)
    case resultIssued(document: String, version: Int)
    /// The applicant sent what was missing: the form as it is now.
    case supplemented(form: JSONValue)
    case withdraw
    /// The stay that the case led to has another last day, as a case of its own decided.
    case changeStay(StayChange)
    /// Something became of the paper file that the member carries.
    case recordPaperFile(PaperFileEntry)
}

/// What an officer's letter says of the member.
public struct Applicant: Hashable, Sendable {
    public let fullName: String
    public let cardNumber: String?
    public let joinedOn: Day
    public let recognisedOn: Day?
    /// Whether a transfer must wait until another matter is settled.
    public let transfersHeld: Bool
    /// The cell of the place of residence that accepted the member.
    public let residenceCellId: OrganizationID?
    /// Whether the member is exempt from activity at the place of residence.
    public let exemptFromResidenceActivity: Bool
    /// Not introduced to a place of residence at all.
    public let exemptFromIntroduction: Bool
    /// Whether he is on probation (dự bị).
    public let isProbationary: Bool
    /// The temporary stay as the directory knows it.
    public let stay: MemberState.Stay?

    public init(
        fullName: String, cardNumber: String? = nil, joinedOn: Day, recognisedOn: Day? = nil,
        transfersHeld: Bool = false, residenceCellId: OrganizationID? = nil,
        exemptFromResidenceActivity: Bool = false, exemptFromIntroduction: Bool = false,
        isProbationary: Bool = false, stay: MemberState.Stay? = nil
    ) {
        self.fullName = fullName
        self.cardNumber = cardNumber
        self.joinedOn = joinedOn
        self.recognisedOn = recognisedOn
        self.transfersHeld = transfersHeld
        self.residenceCellId = residenceCellId
        self.exemptFromResidenceActivity = exemptFromResidenceActivity
        self.exemptFromIntroduction = exemptFromIntroduction
        self.isProbationary = isProbationary
        self.stay = stay
    }

    /// The day on which a probation of twelve months ends; nil for whoever is on none.
    public var recognitionDueOn: Day? { isProbationary ? joinedOn.adding(months: 12) : nil }
}

/// Everything outside a case that decides how it goes on.
public struct Circumstances: Sendable {
    public let definition: ProcedureDefinition
    public let tree: OrganizationTree
    public let staffing: Staffing
    public let applicant: Applicant
    public let calendar: OfficialCalendar
    public let rules: DeadlineRules
    /// The member's stay that runs, for a case that asks to change it; absent where none runs.
    public let openStay: OpenStay?
    /// The offices that the member hands over, for a case whose letter is not issued yet.
    public let offices: [HeldOffice]
    /// How the member stands with the dues, for a case whose letter is not issued yet; absent where it is not known.
    public let dues: DuesStanding?
    public let now: Date

    public init(
        definition: ProcedureDefinition, tree: OrganizationTree, staffing: Staffing, applicant: Applicant,
        calendar: OfficialCalendar, rules: DeadlineRules = .standard,
        openStay: OpenStay? = nil, offices: [HeldOffice] = [], dues: DuesStanding? = nil, now: Date
    ) {
        self.definition = definition
        self.tree = tree
        self.staffing = staffing
        self.applicant = applicant
        self.calendar = calendar
        self.rules = rules
        self.openStay = openStay
        self.offices = offices
        self.dues = dues
        self.now = now
    }
}

/// A case after a command, and what happened.
public struct CaseChange: Hashable, Sendable {
    public let running: RunningCase
    /// In order; the last one bears the version of the case.
    public let events: [CaseEvent]
    /// What becomes of the stay that another case led to; kept together with this change, or not at all.
    public let stayChange: StayChange?

    init(running: RunningCase, events: [CaseEvent], stayChange: StayChange? = nil) {
        self.running = running
        self.events = events
        self.stayChange = stayChange
    }
}
