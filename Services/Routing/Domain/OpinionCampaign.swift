public import Contracts
public import Foundation

/// One order by which a committee asks the places of residence for opinions on many of its members (lấy ý kiến nhận xét,
/// regulation 213-QĐ/TW): once a year on all of them, at any time on those of a list.
public struct OpinionCampaign: Hashable, Sendable {
    public let id: CampaignID
    public let purpose: OpinionPurpose
    public let year: Int
    /// The last day on which the opinions are of use.
    public let finishBy: Day
    /// Who ordered it; he counts as having entered its dossiers.
    public let orderedByMemberId: MemberID

    public init(
        id: CampaignID, purpose: OpinionPurpose, year: Int, finishBy: Day, orderedByMemberId: MemberID
    ) {
        self.id = id
        self.purpose = purpose
        self.year = year
        self.finishBy = finishBy
        self.orderedByMemberId = orderedByMemberId
    }

    /// The most members that one campaign concerns.
    public static let most = 100_000

    /// The most members that an order names one by one.
    public static let mostNamed = 1_000

    /// The year in which each member is asked about once; nil for a purpose that may come more than once.
    public var onceIn: Int? { purpose == .annual ? year : nil }

    /// The numbers of its dossier codes begin here, so that they never meet those that Intake draws for what a body
    /// receives on the same day.
    public static let firstNumber = 900_000_001
}

extension OpinionCampaign {
    /// Why a member of an organisation gets no case.
    public enum Omission: Hashable, Sendable {
        case exempt(OpinionExemption)
        /// Nothing is begun while a membership is suspended, on its way, or over.
        case state
        /// He belongs to the cell of his residence: his own cell knows him.
        case ownCell
        /// Another campaign of the year concerns him already.
        case askedAlready

        /// The stable name.
        public var rule: String {
            switch self {
            case .exempt(let exemption): exemption.rawValue
            case .state: "membership-state"
            case .ownCell: "own-cell"
            case .askedAlready: "asked-already"
            }
        }
    }

    /// Why a member gets no case; nil when he gets one.
    public func omission(of member: MemberState, _ applicant: Applicant) -> Omission? {
        if let exemption = applicant.exemption(from: purpose) { return .exempt(exemption) }
        guard member.state.allowsNewCases else { return .state }
        return cells(of: member) == [member.cellId] ? .ownCell : nil
    }

    /// The cells of residence of the year, the present one first: who moved within the year gets opinions from both.
    func cells(of member: MemberState) -> [OrganizationID] {
        var cells = member.residenceCellId.map { [$0] } ?? []
        for link in (member.residenceLinks ?? []).reversed() where link.isAccepted(in: year) {
            if !cells.contains(link.cellId) { cells.append(link.cellId) }
        }
        return cells
    }

    /// The cells that are asked for a member; his own cell is asked elsewhere.
    public func asked(for member: MemberState) -> [OrganizationID] { cells(of: member).filter { $0 != member.cellId } }

    /// The form of a member's dossier, as he or his committee would have filled it in.
    public func form(for member: MemberState) -> JSONValue {
        var form: [String: JSONValue] = [
            "purpose": .string(purpose.rawValue), "year": .integer(Int64(year)),
            "finishBy": .string(finishBy.text), "campaignId": .string("\(id)"),
        ]
        let asked = asked(for: member)
        if !asked.isEmpty { form["residenceCellIds"] = .array(asked.map { .string("\($0)") }) }
        return .object(form)
    }

    /// The body that a member's dossier is received by: the committee at his place of work. Nil when the tree has none.
    public static func receivingBody(of cell: OrganizationID, in tree: OrganizationTree) -> OrganizationID? {
        tree.find(.baseCommittee, from: cell)?.id
    }

    /// The dossier of a member.
    public func dossier(
        _ id: DossierID, of member: MemberState, code: DossierCode, receivedBy body: OrganizationID, version: Int,
        now: Date
    ) -> SubmittedDossier {
        SubmittedDossier(
            dossierId: id, code: code, procedureVersion: version, applicantMemberId: member.memberId,
            enteredByMemberId: orderedByMemberId, receivingOrganizationId: body, receivedAt: now,
            form: form(for: member), campaignId: self.id)
    }
}

extension MembershipState {
    /// Whether a new case can begin in it.
    fileprivate var allowsNewCases: Bool {
        switch self {
        case .probationary, .official, .temporarilyElsewhere, .exemptFromActivity, .temporarilyExcused: true
        case .inTransit, .suspended, .deceased, .expelled, .struckOff, .resigned, .probationCancelled: false
        }
    }
}

extension MemberState.ResidenceLink {
    /// Whether the cell had accepted the member on some day of the year.
    fileprivate func isAccepted(in year: Int) -> Bool {
        switch state {
        case .accepted: acceptedOn.map { $0.year <= year } ?? true
        // One that ended before anybody accepted has only the day of the introduction.
        case .ended: (acceptedOn != nil || introducedOn == nil) && endedOn.map { $0.year >= year } ?? false
        default: false
        }
    }
}
