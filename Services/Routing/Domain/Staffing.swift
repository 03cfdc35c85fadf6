public import Contracts

/// A role at an organisation: who holds it may act there.
public struct Seat: Codable, Hashable, Sendable {
    public let organizationId: OrganizationID
    public let role: RoleName

    public init(organizationId: OrganizationID, role: RoleName) {
        self.organizationId = organizationId
        self.role = role
    }
}

/// Who holds which role today, substitutes included.
public struct Staffing: Hashable, Sendable {
    private var holders: [Seat: Set<MemberID>]

    /// Nobody holds anything unless added.
    public init(_ holders: [Seat: Set<MemberID>] = [:]) { self.holders = holders }

    /// Adds a holder.
    public mutating func add(_ member: MemberID, to seat: Seat) { holders[seat, default: []].insert(member) }

    /// Who holds the role there.
    public func holders(of seat: Seat) -> Set<MemberID> { holders[seat] ?? [] }

    /// The seats that a member holds.
    public func seats(of member: MemberID) -> Set<Seat> {
        Set(holders.filter { $0.value.contains(member) }.keys)
    }
}

/// Who acts in a turn, or why nobody does.
public enum Seating: Hashable, Sendable {
    case seat(Seat)
    case nobody(NobodyActs)
}

/// Why nobody can act.
public enum NobodyActs: String, Codable, Hashable, Sendable {
    /// No one holds the role at the organisation.
    case noActiveRole = "no-active-role"
    /// Everybody who could act is concerned himself, up to the top.
    case onlyThoseConcerned = "only-those-concerned"
}

extension Staffing {
    /// The role that acts for a committee above.
    static let superiorRole = RoleName.organisationOfficer

    /// Finds who acts at `wanted`.
    ///
    /// Nobody decides in a matter that concerns himself: it goes to another holder of the role (the substitute), else
    /// to the superior. The superior also acts in the place of a dissolved organisation.
    ///
    /// - Parameter concerned: Those who may not act: the member himself and whoever entered the dossier.
    func seating(at wanted: Seat, concerned: Set<MemberID>, in tree: OrganizationTree) -> Seating {
        let path = tree.path(from: wanted.organizationId)
        let acts = path.first?.status == .active
        let own = holders(of: wanted)
        if acts, !own.subtracting(concerned).isEmpty { return .seat(wanted) }
        if acts, own.isEmpty { return .nobody(.noActiveRole) }
        for superior in path.dropFirst() where superior.status == .active {
            let seat = Seat(organizationId: superior.id, role: Staffing.superiorRole)
            if !holders(of: seat).subtracting(concerned).isEmpty { return .seat(seat) }
        }
        return .nobody(.onlyThoseConcerned)
    }
}
