public import Foundation

/// A case waits for its applicant: something is missing, and the clock stands still until it comes.
public struct CaseSupplementRequested: EventPayload, Hashable {
    public static let type = "hoso.case.supplement-requested.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The step that waits.
    public let step: String
    /// The body that asks.
    public let organizationId: OrganizationID
    /// Who asks.
    public let byMemberId: MemberID
    /// What is missing, as the applicant reads it.
    public let reason: String
    /// When.
    public let requestedAt: Date

    public init(
        dossierId: DossierID, step: String, organizationId: OrganizationID, byMemberId: MemberID, reason: String,
        requestedAt: Date
    ) {
        self.dossierId = dossierId
        self.step = step
        self.organizationId = organizationId
        self.byMemberId = byMemberId
        self.reason = reason
        self.requestedAt = requestedAt
    }
}

/// A signed correction was added to a box of a letter; the box itself stands.
public struct CaseBoxCorrected: EventPayload, Hashable {
    public static let type = "hoso.case.box-corrected.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The number of the box.
    public let box: Int
    /// The body that signed the box.
    public let organizationId: OrganizationID
    /// The correction as it is printed beside the box.
    public let text: String
    /// Who signed it.
    public let byMemberId: MemberID
    /// When.
    public let at: Date

    public init(
        dossierId: DossierID, box: Int, organizationId: OrganizationID, text: String, byMemberId: MemberID, at: Date
    ) {
        self.dossierId = dossierId
        self.box = box
        self.organizationId = organizationId
        self.text = text
        self.byMemberId = byMemberId
        self.at = at
    }
}

/// A letter of introduction was issued: its first box is signed.
public struct CaseLetterIssued: EventPayload, Hashable {
    public static let type = "hoso.case.letter-issued.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// Whom it introduces.
    public let memberId: MemberID
    /// The cell that lets the member go.
    public let fromCellId: OrganizationID
    /// The last month of dues that the letter states as paid.
    public let duesPaidThrough: DuesMonth?
    /// The last day of a temporary stay; absent for an official transfer.
    public let temporaryUntil: Day?
    /// The offices that the member handed over; absent where he held none.
    public let offices: [Office]?
    /// When.
    public let issuedAt: Date

    public init(
        dossierId: DossierID, memberId: MemberID, fromCellId: OrganizationID, duesPaidThrough: DuesMonth? = nil,
        temporaryUntil: Day? = nil, offices: [Office]? = nil, issuedAt: Date
    ) {
        self.dossierId = dossierId
        self.memberId = memberId
        self.fromCellId = fromCellId
        self.duesPaidThrough = duesPaidThrough
        self.temporaryUntil = temporaryUntil
        self.offices = offices
        self.issuedAt = issuedAt
    }

    /// A role that the member held at an organisation.
    public struct Office: Codable, Hashable, Sendable {
        /// The organisation.
        public let organizationId: OrganizationID
        /// The role.
        public let role: RoleName

        public init(organizationId: OrganizationID, role: RoleName) {
            self.organizationId = organizationId
            self.role = role
        }
    }
}

/// A letter of introduction is void: the member is on the list of the cell that issued it as before.
public struct CaseLetterCancelled: EventPayload, Hashable {
    public static let type = "hoso.case.letter-cancelled.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// Whom it introduced.
    public let memberId: MemberID
    /// The cell that issued it.
    public let fromCellId: OrganizationID
    /// Whether it is written anew; otherwise the move is off.
    public let reissued: Bool
    /// Why, where an officer cancelled it.
    public let reason: String?
    /// Who cancelled it; absent where the applicant took the dossier back.
    public let byMemberId: MemberID?
    /// The absent officer for whom that person stood in.
    public let forMemberId: MemberID?
    /// When.
    public let cancelledAt: Date

    public init(
        dossierId: DossierID, memberId: MemberID, fromCellId: OrganizationID, reissued: Bool, reason: String? = nil,
        byMemberId: MemberID? = nil, forMemberId: MemberID? = nil, cancelledAt: Date
    ) {
        self.dossierId = dossierId
        self.memberId = memberId
        self.fromCellId = fromCellId
        self.reissued = reissued
        self.reason = reason
        self.byMemberId = byMemberId
        self.forMemberId = forMemberId
        self.cancelledAt = cancelledAt
    }
}
