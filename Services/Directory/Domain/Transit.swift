public import Contracts

/// In transit (đang chuyển sinh hoạt): from the letter of introduction to the admission, or until that letter is
/// cancelled.
public struct Transit: Codable, Hashable, Sendable {
    /// The dossier whose letter it is.
    public let dossierId: DossierID
    /// What the member was when it was issued.
    public let state: MembershipState
    /// The day of the letter; absent in what was kept before it was noted.
    public let since: Day?
}

extension Member {
    /// What he is wherever he belongs, while he is in transit or away: recognised meanwhile, he is official.
    var standing: MembershipState {
        if let transit { return transit.state == .probationary && recognisedOn != nil ? .official : transit.state }
        return recognisedOn == nil ? .probationary : .official
    }

    /// His state as the Party Member Database knows it: there he belongs to the old cell until the admission.
    public var stateInSource: MembershipState { transit == nil ? state : standing }

    /// The member once the letter of a dossier is issued; nil when it changes nothing.
    ///
    /// Who is away, excused or suspended stays so, and who has another letter already goes with that one.
    public func inTransit(from cell: OrganizationID, by dossier: DossierID, since day: Day) -> Member? {
        guard cellId == cell, state == .official || state == .probationary else { return nil }
        var next = self
        next.version += 1
        next.transit = Transit(dossierId: dossier, state: state, since: day)
        next.state = .inTransit
        return next
    }

    /// The member back on the list of his cell after the letter of that dossier was cancelled; nil when it changes
    /// nothing.
    public func restored(by dossier: DossierID) -> Member? {
        guard state == .inTransit, transit?.dossierId == dossier else { return nil }
        return arrived
    }

    /// The member as he is where he belongs, one version on.
    var arrived: Member {
        var next = self
        next.version += 1
        next.state = standing
        next.transit = nil
        next.stay = nil
        return next
    }
}
