public import Contracts

extension Member {
    /// The member once the last day of his stay is another one; nil when it changes nothing.
    public func stay(of dossier: DossierID, until day: Day) -> Member? {
        guard let stay, stay.dossierId == dossier, stay.until != day else { return nil }
        var next = self
        next.version += 1
        next.stay = MemberState.Stay(
            dossierId: dossier, cellId: stay.cellId, from: stay.from, until: day, latest: stay.latest)
        return next
    }

    /// The member back in the activity of his cell after the stay of that dossier; nil when it changes nothing.
    public func returned(from dossier: DossierID) -> Member? {
        guard stay?.dossierId == dossier else { return nil }
        return arrived
    }
}
