public import Contracts
public import Foundation
public import WorkingTime

/// A case (vụ việc) as it stands: whose turn it is, which boxes are signed, how it ended.
///
/// It bears the id of its dossier. Only the engine changes it, and every change counts up the version.
public struct RunningCase: Codable, Hashable, Sendable {
    public let dossierId: DossierID
    public let code: DossierCode
    public let procedure: ProcedureCode
    public let procedureVersion: Int
    /// Whom the case is about.
    public let memberId: MemberID
    public let enteredByMemberId: MemberID
    public let receivingOrganizationId: OrganizationID
    /// The cell that lets the member go.
    public let fromCellId: OrganizationID
    /// The cell that the case is addressed to; absent until there is a right address.
    public internal(set) var toCellId: OrganizationID?
    /// Further cells that are asked at the same time.
    public internal(set) var furtherCellIds: [OrganizationID] = []
    /// The variant of the definition that is taken, by its name.
    public internal(set) var variant: String?
    /// The form, with what the applicant supplemented.
    public internal(set) var form: JSONValue
    public let openedAt: Date
    public internal(set) var stage: Stage
    /// Whose turn it is; absent unless the stage is `running`. In a parallel step the first of those still open.
    public private(set) var turn: Turn?
    /// The turns that are open beside it, in a parallel step.
    public private(set) var beside: [Turn] = []
    /// How many were asked at the same time when the open turns began.
    public internal(set) var asked = 0
    /// The hops that follow this turn, as the tree stood when it began.
    public internal(set) var ahead: [Hop]
    public internal(set) var done: [CompletedTurn] = []
    public private(set) var boxes: [FilledBox] = []
    public internal(set) var corrections: [BoxCorrection] = []
    /// Letters that were cancelled before the admission, with their boxes as they were.
    public private(set) var cancelledLetters: [CancelledLetter] = []
    /// The offices that were handed over before the letter was issued; absent where the member held none.
    public internal(set) var handOver: HandOver?
    public internal(set) var opinions: [RecordedOpinion] = []
    public internal(set) var warnings: [Warning] = []
    public internal(set) var duesPaidThrough: DuesMonth?
    public internal(set) var admittedOn: Day?
    /// The stay that the case led to; it goes on after the case is complete.
    public internal(set) var stay: TemporaryStay?
    /// The last day of the stay when the case was opened that asks for another one.
    public internal(set) var stayUntilBefore: Day?
    /// The last day that was decided on in that case.
    public internal(set) var stayUntilDecided: Day?
    /// The sealed paper file that the member carries; absent until something is recorded of it.
    public internal(set) var paperFile: PaperFile?
    /// How often a result was asked for.
    public internal(set) var requests = 0
    /// The last request whose signed result arrived while the case went on: the letter that leaves the system.
    public internal(set) var resultSigned: Int?
    /// How the case ended, by its name in the definition.
    public internal(set) var outcome: String?
    public internal(set) var finishedAt: Date?
    /// Counts the events of the case.
    public internal(set) var version: Int64 = 0
    /// The version at the last change that a decision depends on: neither messages of the thread, nor what is told of
    /// deadlines, nor records of the paper file are such changes.
    public internal(set) var revision: Int64 = 0

    /// Whoever may not act: the member himself and whoever entered the dossier.
    public var concerned: Set<MemberID> { [memberId, enteredByMemberId] }

    /// The cells that the case is addressed to.
    public var cellIds: [OrganizationID] { (toCellId.map { [$0] } ?? []) + furtherCellIds }

    /// Whether the result that was asked for last is signed, while the case goes on.
    public var hasSignedResult: Bool { requests > 0 && resultSigned == requests }

    /// Every open turn: one, or those of a parallel step.
    public internal(set) var turns: [Turn] {
        get { (turn.map { [$0] } ?? []) + beside }
        set {
            turn = newValue.first
            beside = Array(newValue.dropFirst())
        }
    }

    /// Puts a signed box into the letter. Boxes are immutable: a number that is not beyond the last is refused.
    mutating func sign(_ box: FilledBox) throws(Refusal) {
        guard box.number > boxes.last?.number ?? 0 else { throw .boxIsSigned }
        boxes.append(box)
    }

    /// Lays the letter aside: its boxes stand there as they were signed.
    mutating func voidBoxes(_ letter: CancelledLetter) {
        cancelledLetters.append(letter)
        boxes = []
        corrections = []
        duesPaidThrough = nil
        handOver = nil
        resultSigned = nil
    }
}

extension RunningCase {
    /// How far a case has come.
    public enum Stage: String, Codable, Hashable, Sendable, CaseIterable {
        /// It is an officer's turn.
        case running
        /// All have acted; the signed result is on its way.
        case awaitingResult = "awaiting-result"
        case completed
        case refused
        /// The applicant took the dossier back.
        case withdrawn
    }

    /// One organisation's turn.
    public struct Turn: Codable, Hashable, Sendable {
        /// Counts the turns of the case, from 1.
        public let number: Int
        public let step: String
        public let place: Place
        /// Whose turn it is.
        public let organizationId: OrganizationID
        /// The role that acts there.
        public let role: RoleName
        /// The box to be filled.
        public let box: Int?
        /// Who acts: the organisation itself or a superior in its place; absent when nobody was found.
        public internal(set) var seat: Seat?
        public let enteredAt: Date
        /// By when; while the clock stands, what held when it stopped.
        public internal(set) var due: Deadline
        /// When the clock stood; absent where it never did.
        public internal(set) var pauses: [DeadlineClock.Pause]?
        /// The last that was told of the deadline.
        public internal(set) var alerted: DeadlineAlertLevel?
        /// When something is to be told next; absent when all was told, and while the clock stands.
        public internal(set) var alertAt: Date?
        /// The superior who was told of the delay.
        public internal(set) var escalatedTo: Seat?

        /// Whether the clock stands: the case waits for the applicant.
        public var isWaiting: Bool { pauses?.isStopped ?? false }

        /// Since when it stands; nil while it runs.
        public var stoppedAt: Date? { isWaiting ? pauses?.last?.from : nil }
    }

    /// A turn that is over.
    public struct CompletedTurn: Codable, Hashable, Sendable {
        public let number: Int
        public let step: String
        public let organizationId: OrganizationID
        /// Where the officer acted: the organisation itself or a superior in its place.
        public let seat: Seat
        public let box: Int?
        public let action: String
        public let byMemberId: MemberID
        /// The absent officer for whom that person stood in.
        public let forMemberId: MemberID?
        public let enteredAt: Date
        public let due: Deadline
        public let at: Date
        /// A remark for those who come after.
        public let note: String?

        /// Whether it was done by its deadline.
        public var inTime: Bool { at <= due.at }
    }

    /// A signed box of the letter; it never changes.
    public struct FilledBox: Codable, Hashable, Sendable {
        public let number: Int
        public let organizationId: OrganizationID
        public let organizationName: String
        public let text: String
        public let signerId: MemberID
        public let signerName: String
        public let signedAt: Date
    }

    /// What those who act should know; it blocks nothing.
    public enum Warning: String, Codable, Hashable, Sendable, CaseIterable {
        /// Started later after the decision than the rules wish.
        case startedLate = "started-late"
        /// Presented later after the introduction than the rules wish.
        case presentedLate = "presented-late"
        /// The stay that the form asks for is shorter or longer than allowed.
        case periodNotAllowed = "period-not-allowed"
        /// The letter states another month of dues than Dues does.
        case duesDiffer = "dues-differ"
        /// Months of dues are owed when the letter is issued.
        case arrears
        /// The probation ends before the letter has to be presented.
        case recognitionDue = "recognition-due"
    }
}
