public import Contracts

/// In transit (đang chuyển sinh hoạt): from the letter of introduction to the admission, or until that letter is
/// cancelled.
extension Member {
    /// What he is wherever he belongs: on probation until he is recognised.
    var standing: MembershipState { recognisedOn == nil ? .probationary : .official }

    /// His state as the Party Member Database knows it: there he belongs to the old cell until the admission.
    public var stateInSource: MembershipState { state == .inTransit ? standing : state }

    /// The member once his letter is issued; nil when it changes nothing.
    ///
    /// Who is away, excused or suspended stays so: a cancelled letter could not tell what to restore.
    public func inTransit(from cell: OrganizationID) -> Member? {
        guard cellId == cell, state == .official || state == .probationary else { return nil }
        return entering(.inTransit)
    }

    /// The member back on the list of his cell after his letter was cancelled; nil when it changes nothing.
    public func restored(to cell: OrganizationID) -> Member? {
        guard cellId == cell, state == .inTransit else { return nil }
        return entering(standing)
    }

    private func entering(_ state: MembershipState) -> Member {
        var next = self
        next.version += 1
        next.state = state
        return next
    }
}
