public import Contracts

/// A temporary stay (sinh hoạt đảng tạm thời) that a case led to: it lives on when the case is complete.
public struct TemporaryStay: Codable, Hashable, Sendable {
    /// The cell that admitted the member for it.
    public let cellId: OrganizationID
    /// The first day by the letter.
    public let from: Day
    /// The last day.
    public internal(set) var until: Day
    /// Why, as the form named it.
    public let reason: String
    /// The last day of which the member was reminded.
    public internal(set) var remindedOf: Day?
    /// The day on which something is to be done about it; absent when it is over.
    public internal(set) var lookOn: Day?

    /// Whether nothing more is told of it.
    public var isOver: Bool { lookOn == nil }
}

/// A stay that runs, as a case that asks to change it sees it.
public struct OpenStay: Hashable, Sendable {
    /// The dossier of the temporary transfer.
    public let dossierId: DossierID
    public let from: Day
    /// The last day.
    public let until: Day
    /// The last day that the procedure of the transfer allows.
    public let latest: Day

    public init(dossierId: DossierID, from: Day, until: Day, latest: Day) {
        self.dossierId = dossierId
        self.from = from
        self.until = until
        self.latest = latest
    }

    /// The stay that a case led to; nil when there is none, or it is over.
    ///
    /// - Parameter definition: what that case runs by.
    public init?(of running: RunningCase, by definition: ProcedureDefinition) {
        guard let stay = running.stay, !stay.isOver, let latest = definition.period?.latest(of: stay) else {
            return nil
        }
        self.init(dossierId: running.dossierId, from: stay.from, until: stay.until, latest: latest)
    }
}

/// The last day of a stay becomes another one: later is an extension, earlier an early return.
public struct StayChange: Hashable, Sendable {
    /// The dossier of the temporary transfer.
    public let dossierId: DossierID
    public let until: Day
    /// The dossier that asked for it.
    public let requestDossierId: DossierID
    public let byMemberId: MemberID
    /// The absent officer for whom that person stood in.
    public let forMemberId: MemberID?
}

extension ProcedureDefinition {
    /// How a case asks for another last day of the stay that runs.
    public struct StayChangeRule: Hashable, Sendable {
        /// The field of the form that names the day.
        public let untilField: String

        public init(untilField: String) { self.untilField = untilField }

        func day(in form: JSONValue) -> Day? { (form[untilField]?.string).flatMap { try? Day($0) } }
    }
}
