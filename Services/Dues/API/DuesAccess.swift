import Contracts
import DuesDomain
import HTTPTypes
import Postgres
import Projections
import ServiceKit

/// Who may see and do what with the dues of others; roles come from this service's copy of Directory.
struct DuesAccess: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection

    /// At the member's own cell.
    static let cellRoles: Set<RoleName> = [.cellSecretary, .cellDeputy, .cellDuesOfficer]
    /// At the cell or anywhere above it.
    static let superiorRoles: Set<RoleName> = [.officeOfficer]
    /// They read, and do nothing.
    static let readingRoles: Set<RoleName> = [.inspector, .auditor]

    /// Whether the caller may see the dues of a member: the member, the officers of the cell, and above it the office,
    /// the inspection and the auditors.
    func requireReader(
        of member: MemberID, _ caller: Caller, in session: any PostgresQueryable
    ) async throws {
        try await require(
            caller, for: member, Self.superiorRoles.union(Self.readingRoles), in: session)
    }

    /// Whether the caller may see an order and its receipts: the payer, and whoever may see the dues of all its members.
    func requireReader(
        ofOrder order: PaymentOrder, _ caller: Caller, in session: any PostgresQueryable
    ) async throws {
        if let member = caller.memberID, member == order.payerMemberId { return }
        for member in Set(order.lines.map(\.key.memberId)) {
            try await requireReader(of: member, caller, in: session)
        }
    }

    /// Whether the caller may pay for a member.
    func requirePayer(for member: MemberID, _ caller: Caller, in session: any PostgresQueryable) async throws {
        try await require(caller, for: member, Self.superiorRoles, in: session)
    }

    private func require(
        _ caller: Caller, for member: MemberID, _ above: Set<RoleName>, in session: any PostgresQueryable
    ) async throws {
        guard let own = caller.memberID else { throw Problem.forbidden }
        if own == member { return }
        try requireFreshRoles()
        guard let state = try await directory.member(member, in: session) else { throw Problem.forbidden }
        let roles = try await directory.roles(of: own, at: kit.time.now, in: session)
        if roles.contains(where: { $0.organizationId == state.cellId && Self.cellRoles.contains($0.role) }) { return }
        let path = Set(try await directory.path(from: state.cellId, in: session).map(\.organizationId))
        guard roles.contains(where: { path.contains($0.organizationId) && above.contains($0.role) }) else {
            throw Problem.forbidden
        }
    }

    /// A member with his cell, as decisions about him need them.
    func place(
        of member: MemberID, in session: any PostgresQueryable
    ) async throws -> (member: MemberState, cell: OrganizationState) {
        guard let state = try await directory.member(member, in: session),
            let cell = try await directory.organization(state.cellId, in: session)
        else { throw Problem.notFound }
        return (state, cell)
    }

    /// The body in whose name an officer decides about a member's dues: secretary or deputy of the cell, or the office
    /// of the committee above it. Nobody decides for himself.
    func requireDecider(
        _ decider: Decider, about member: MemberState, by officer: MemberID, in session: any PostgresQueryable
    ) async throws -> OrganizationID {
        guard officer != member.memberId else { throw Problem.ownDues }
        try requireFreshRoles()
        guard try await directory.member(officer, in: session)?.mayEnter ?? true else { throw Problem.accountClosed }
        let roles = try await directory.roles(of: officer, at: kit.time.now, in: session)
        func holds(_ wanted: Set<RoleName>, _ organization: OrganizationID) -> Bool {
            roles.contains { $0.organizationId == organization && wanted.contains($0.role) }
        }
        let path = try await directory.path(from: member.cellId, in: session)
        let bodies: [OrganizationID]
        switch decider {
        case .cellItself:
            bodies = path.prefix(1).map(\.organizationId).filter { holds([.cellSecretary, .cellDeputy], $0) }
        case .superior: bodies = Self.superiors(of: path).filter { holds([.officeOfficer], $0) }
        }
        guard let body = bodies.first else { throw Problem.forbidden }
        return body
    }

    /// The committee directly above a cell; where that is a section, which has no office of its own everywhere, also the
    /// one above it.
    private static func superiors(of path: [OrganizationState]) -> [OrganizationID] {
        let above = path.dropFirst()
        let sections = above.prefix { $0.type == .section || $0.type == .group }
        return above.prefix(sections.count + 1).map(\.organizationId)
    }

    /// The organisation in whose name the caller acts for the dues: an operator for any or all, an officer of the
    /// office for his own or one below it.
    func requireOffice(
        _ caller: Caller, asked organization: OrganizationID?, in session: any PostgresQueryable
    ) async throws -> OrganizationID? {
        if caller.isOperator { return organization }
        guard let own = caller.memberID else { throw Problem.forbidden }
        try requireFreshRoles()
        let places = try await offices(of: own, in: session)
        guard let organization else {
            guard let only = places.first, Set(places).count == 1 else { throw Problem.forbidden }
            return only
        }
        let path = Set(try await directory.path(from: organization, in: session).map(\.organizationId))
        guard !path.isDisjoint(with: places) else { throw Problem.forbidden }
        return organization
    }

    /// Whether a member is an officer of the office of an organisation, or of one above it.
    func isOfficer(
        _ member: MemberID, over organization: OrganizationID, in session: any PostgresQueryable
    ) async throws -> Bool {
        try requireFreshRoles()
        let path = Set(try await directory.path(from: organization, in: session).map(\.organizationId))
        return !path.isDisjoint(with: try await offices(of: member, in: session))
    }

    private func offices(of member: MemberID, in session: any PostgresQueryable) async throws -> [OrganizationID] {
        try await directory.roles(of: member, at: kit.time.now, in: session)
            .filter { $0.role == .officeOfficer }.map(\.organizationId)
    }

    func requireFreshRoles() throws { try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service)) }
}

extension Problem {
    /// Whatever his offices are.
    static let ownDues = Problem(
        .forbidden, id: "decision-own", vietnamese: "Không được quyết định về đảng phí của chính mình",
        english: "Nobody decides about his own dues",
        errors: [
            FieldError(
                field: "memberId", rule: "decision.own", vietnamese: "Đây là đảng phí của chính người quyết định.",
                english: "These are the dues of whoever decides.")
        ])
}
