public import Contracts

/// What a person may do in the directory, by the roles that he holds on the day.
///
/// A role says nothing about neighbours: it counts at its organisation and, where the rule says so, below.
public struct Authority: Sendable {
    /// Whose it is.
    public enum Holder: Sendable, Hashable {
        /// One of those who run the suite.
        case operating
        case member(MemberID)
    }

    /// The roles whose holders see members at their organisation and below it.
    static let readers: Set<RoleName> = [
        .cellSecretary, .cellDeputy, .cellDuesOfficer, .officeOfficer, .organisationOfficer, .committeeSigner,
        .inspector, .systemAdmin,
    ]

    public let holder: Holder
    private let places: [RoleName: Set<OrganizationID>]

    /// - Parameter roles: the roles of the member; those not in force on the day do not count.
    public init(_ holder: Holder, roles: [HeldRole] = [], on day: Day) {
        self.holder = holder
        places = Dictionary(grouping: roles.filter { $0.isInForce(on: day) }, by: \.role)
            .mapValues { Set($0.map(\.organizationId)) }
    }

    /// Whether he may enter and change organisations, members and roles at the place.
    ///
    /// - Parameter path: the place and those above it; nothing at the top, which operators alone administer.
    public func administers(_ path: OrganizationPath?) -> Bool {
        switch holder {
        case .operating: true
        case .member: holds([.systemAdmin], on: path)
        }
    }

    /// Whether he may change what is kept of this person: nobody administers himself.
    public func administers(_ member: MemberID, at path: OrganizationPath?) -> Bool {
        holder != .member(member) && administers(path)
    }

    /// Whether he may settle what a member of the cell at the beginning of the path asks, and say where he lives: the
    /// cell's own officers and the organisation boards above it. Nobody settles his own matter.
    public func settles(_ member: MemberID?, at path: OrganizationPath?) -> Bool {
        if let member, holder == .member(member) { return false }
        if administers(path) { return true }
        guard let cell = path?.first else { return false }
        return holds([.organisationOfficer], on: path) || holds([.cellSecretary], on: OrganizationPath([cell]))
    }

    /// Whether he may propose and decide which accounts receive the money of the place.
    public func handlesMoney(at path: OrganizationPath?) -> Bool {
        administers(path) || holds([.officeOfficer], on: path)
    }

    /// Whether he may lock the account of a member of the cell at the beginning of the path, who is not himself.
    public func locksAccount(of member: MemberID, at path: OrganizationPath?) -> Bool {
        administers(member, at: path) || (holder != .member(member) && holds([.support], on: path))
    }

    /// Whether he may see what is kept of a member of the cell at the beginning of the path.
    public func reads(_ member: MemberID, at path: OrganizationPath) -> Bool {
        switch holder {
        case .operating: true
        case .member(member): true
        case .member: holds(Self.readers, on: path)
        }
    }

    /// Whether he may see who holds which role at the place.
    public func readsRoles(at path: OrganizationPath) -> Bool {
        switch holder {
        case .operating: true
        case .member: holds(Self.readers, on: path)
        }
    }

    func holds(_ names: Set<RoleName>, on path: OrganizationPath?) -> Bool {
        guard let path else { return false }
        return path.ids.contains { id in names.contains { places[$0]?.contains(id) == true } }
    }
}
