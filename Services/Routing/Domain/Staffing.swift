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
    private var principals: [Seat: [MemberID: MemberID]] = [:]

    /// Nobody holds anything unless added.
    public init(_ holders: [Seat: Set<MemberID>] = [:]) { self.holders = holders }

    /// Adds a holder.
    public mutating func add(_ member: MemberID, to seat: Seat) { holders[seat, default: []].insert(member) }

    /// Adds a substitute (người thay): who holds the role for an absent officer.
    public mutating func add(_ member: MemberID, to seat: Seat, standingInFor principal: MemberID) {
        add(member, to: seat)
        principals[seat, default: [:]][member] = principal
    }

    /// For whom the member holds the role; nil for whoever holds it in his own right.
    public func principal(of member: MemberID, at seat: Seat) -> MemberID? { principals[seat]?[member] }

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
    /// Nobody there can act; a superior may, until somebody can.
    case offered(Seat, because: NobodyActs)
    case nobody(NobodyActs)

    /// Who acts, if somebody does.
    public var seat: Seat? {
        switch self {
        case .seat(let seat), .offered(let seat, _): seat
        case .nobody: nil
        }
    }

    /// Why nobody acts where somebody should.
    public var vacancy: NobodyActs? {
        switch self {
        case .seat: nil
        case .offered(_, let reason), .nobody(let reason): reason
        }
    }
}

/// Why nobody can act.
public enum NobodyActs: String, Codable, Hashable, Sendable {
    /// No one holds the role at the organisation.
    case noActiveRole = "no-active-role"
    /// Everybody who could act is concerned himself, up to the top.
    case onlyThoseConcerned = "only-those-concerned"
}

extension Staffing {
    /// The roles that act in procedures, and speak for a body in a case.
    public static let handlers: Set<RoleName> = [
        .cellSecretary, .cellDeputy, .cellDuesOfficer, .officeOfficer, .organisationOfficer, .committeeSigner,
    ]

    /// The role that acts for a committee above.
    public static let superiorRole = RoleName.organisationOfficer

    /// Finds who acts at `wanted`.
    ///
    /// Nobody decides in a matter that concerns himself: it goes to another holder of the role (the substitute), else
    /// to the superior. The superior also acts in the place of a dissolved organisation, and is offered the case where
    /// an organisation has no active officer for the role.
    ///
    /// - Parameter concerned: Those who may not act: the member himself and whoever entered the dossier.
    func seating(at wanted: Seat, concerned: Set<MemberID>, in tree: OrganizationTree) -> Seating {
        let path = tree.path(from: wanted.organizationId)
        let acts = path.first?.status == .active
        let own = holders(of: wanted)
        if acts, !own.subtracting(concerned).isEmpty { return .seat(wanted) }
        let reason = acts && own.isEmpty ? NobodyActs.noActiveRole : .onlyThoseConcerned
        guard let superior = superior(above: wanted.organizationId, concerned: concerned, in: tree) else {
            return .nobody(reason)
        }
        return reason == .noActiveRole ? .offered(superior, because: reason) : .seat(superior)
    }

    /// The nearest committee above an organisation that has somebody to act for it.
    func superior(above organization: OrganizationID, concerned: Set<MemberID>, in tree: OrganizationTree) -> Seat? {
        tree.path(from: organization).dropFirst().lazy.filter { $0.status == .active }
            .map { Seat(organizationId: $0.id, role: Staffing.superiorRole) }
            .first { !holders(of: $0).subtracting(concerned).isEmpty }
    }
}
