public import Foundation

/// A temporary stay comes to its end soon.
public struct CaseStayEnding: EventPayload, Hashable {
    public static let type = "hoso.case.stay-ending.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier of the temporary transfer; also the key.
    public let dossierId: DossierID
    /// The member.
    public let memberId: MemberID
    /// The cell that the member belongs to and returns to.
    public let fromCellId: OrganizationID
    /// The cell of the stay.
    public let cellId: OrganizationID
    /// The last day of the stay.
    public let until: Day

    public init(
        dossierId: DossierID, memberId: MemberID, fromCellId: OrganizationID, cellId: OrganizationID, until: Day
    ) {
        self.dossierId = dossierId
        self.memberId = memberId
        self.fromCellId = fromCellId
        self.cellId = cellId
        self.until = until
    }
}

/// A temporary stay was extended, or ends earlier than the letter said.
public struct CaseStayChanged: EventPayload, Hashable {
    public static let type = "hoso.case.stay-changed.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier of the temporary transfer; also the key.
    public let dossierId: DossierID
    /// The member.
    public let memberId: MemberID
    /// The cell that the member belongs to.
    public let fromCellId: OrganizationID
    /// The cell of the stay.
    public let cellId: OrganizationID
    /// The last day until now.
    public let previousUntil: Day
    /// The last day from now on.
    public let until: Day
    /// The dossier that asked for it.
    public let requestDossierId: DossierID
    /// Who decided.
    public let byMemberId: MemberID
    /// The absent officer for whom that person stood in.
    public let forMemberId: MemberID?
    /// When.
    public let changedAt: Date

    public init(
        dossierId: DossierID, memberId: MemberID, fromCellId: OrganizationID, cellId: OrganizationID,
        previousUntil: Day, until: Day, requestDossierId: DossierID, byMemberId: MemberID,
        forMemberId: MemberID? = nil, changedAt: Date
    ) {
        self.dossierId = dossierId
        self.memberId = memberId
        self.fromCellId = fromCellId
        self.cellId = cellId
        self.previousUntil = previousUntil
        self.until = until
        self.requestDossierId = requestDossierId
        self.byMemberId = byMemberId
        self.forMemberId = forMemberId
        self.changedAt = changedAt
    }
}

/// A temporary stay is over: the member is back in the activity of his own cell.
public struct CaseStayEnded: EventPayload, Hashable {
    public static let type = "hoso.case.stay-ended.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier of the temporary transfer; also the key.
    public let dossierId: DossierID
    /// The member.
    public let memberId: MemberID
    /// The cell that the member belongs to and returns to.
    public let fromCellId: OrganizationID
    /// The cell of the stay.
    public let cellId: OrganizationID
    /// The last day of the stay.
    public let until: Day
    /// When it was told.
    public let endedAt: Date

    public init(
        dossierId: DossierID, memberId: MemberID, fromCellId: OrganizationID, cellId: OrganizationID, until: Day,
        endedAt: Date
    ) {
        self.dossierId = dossierId
        self.memberId = memberId
        self.fromCellId = fromCellId
        self.cellId = cellId
        self.until = until
        self.endedAt = endedAt
    }
}
