import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import RoutingDomain
import WorkingTime

/// Gathers what a case depends on from the service's own copies.
struct CircumstancesReader: Sendable {
    let directory: DirectoryProjection
    let definitions: Definitions
    let calendar: OfficialCalendar
    let rules: DeadlineRules

    /// What surrounds a case of a member.
    ///
    /// - Parameters:
    ///   - organizations: those whose paths to the top are needed; one that is unknown is left out.
    ///   - openStay: the member's stay that runs, where the case is about it.
    ///   - dues: how the member stands, where the letter is still to state it.
    ///   - departure: for which the member's offices are listed; they are not where nothing is given.
    func read(
        _ definition: ProcedureDefinition, member: MemberState, organizations: [OrganizationID],
        openStay: OpenStay? = nil, dues: DuesStanding? = nil, departure: Departure? = nil, now: Date,
        in session: any PostgresQueryable
    ) async throws -> Circumstances {
        let nodes = try await OrganizationNodes.above(organizations, in: session)
        let held = try await directory.roles(
            at: Array(nodes.keys), orOf: departure.map { _ in member.memberId }, now: now, in: session)
        let offices = Set(held.filter { $0.memberId == member.memberId && $0.role != .member }.map(Seat.init))
        guard let departure, !offices.isEmpty else {
            return Circumstances(
                definition: definition, tree: OrganizationTree(nodes.values), staffing: Staffing(held),
                applicant: Applicant(member), calendar: calendar, rules: rules, openStay: openStay, dues: dues, now: now
            )
        }
        // Few hold an office, and some of them off the way.
        let all = try await OrganizationNodes.above(organizations + offices.map(\.organizationId), in: session)
        let staffing = try await staffing(of: Array(all.keys), now: now, in: session)
        let tree = OrganizationTree(all.values)
        let ending = offices.filter { tree.leaves($0.organizationId, by: departure) }
        return Circumstances(
            definition: definition, tree: tree, staffing: staffing, applicant: Applicant(member), calendar: calendar,
            rules: rules, openStay: openStay,
            offices: try await HeldOffices.read(Array(ending), of: member.memberId, staffing, in: session), dues: dues,
            now: now)
    }

    /// What surrounds new cases of many members, read at once.
    ///
    /// - Parameters:
    ///   - organizations: those whose paths to the top are needed; one that is unknown is left out.
    ///   - acting: those among them at whose paths somebody may have to act at once.
    func surroundings(
        of organizations: Set<OrganizationID>, acting: Set<OrganizationID>, now: Date,
        in session: any PostgresQueryable
    ) async throws -> (tree: OrganizationTree, staffing: Staffing) {
        let tree = OrganizationTree(try await OrganizationNodes.above(Array(organizations), in: session).values)
        let places = Set(acting.flatMap { tree.path(from: $0).map(\.id) })
        return (tree, try await staffing(of: places.sorted(), now: now, in: session))
    }

    /// The circumstances of one of those members.
    func circumstances(
        _ definition: ProcedureDefinition, _ tree: OrganizationTree, _ staffing: Staffing, _ member: MemberState,
        now: Date
    ) -> Circumstances {
        Circumstances(
            definition: definition, tree: tree, staffing: staffing, applicant: Applicant(member), calendar: calendar,
            rules: rules, now: now)
    }

    /// Who holds which role at the organisations today: one question for all of them.
    private func staffing(
        of organizations: [OrganizationID], now: Date, in session: any PostgresQueryable
    ) async throws -> Staffing {
        Staffing(try await directory.roles(at: organizations, now: now, in: session))
    }
}

extension Staffing {
    /// Roles that are in force.
    fileprivate init(_ roles: [DirectoryProjection.HeldRole]) {
        self.init()
        for held in roles {
            if let principal = held.standsInFor {
                add(held.memberId, to: Seat(held), standingInFor: principal)
            } else {
                add(held.memberId, to: Seat(held))
            }
        }
    }
}

extension Seat {
    fileprivate init(_ held: DirectoryProjection.HeldRole) {
        self.init(organizationId: held.organizationId, role: held.role)
    }
}

extension Applicant {
    /// A member as Directory tells it.
    init(_ state: MemberState) {
        self.init(
            fullName: state.fullName, cardNumber: state.officialCardNumber, joinedOn: state.joinedOn,
            recognisedOn: state.recognisedOn, transfersHeld: state.transfersHeld ?? false,
            residenceCellId: state.residenceCellId,
            exemptFromResidenceActivity: state.exemptFromResidenceActivity ?? false,
            exemptFromIntroduction: state.exemptFromIntroduction ?? false,
            isProbationary: Officer(state).state == .probationary, stay: state.stay)
    }
}

extension Officer {
    /// A member who acts.
    init(_ state: MemberState) {
        // A transfer makes nobody more than he was.
        let isProbationary = state.state == .inTransit && state.recognisedOn == nil
        self.init(
            memberId: state.memberId, fullName: state.fullName, state: isProbationary ? .probationary : state.state)
    }
}
