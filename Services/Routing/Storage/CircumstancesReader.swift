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
    func read(
        _ definition: ProcedureDefinition, member: MemberState, organizations: [OrganizationID],
        openStay: OpenStay? = nil, now: Date, in session: any PostgresQueryable
    ) async throws -> Circumstances {
        let nodes = try await nodes(above: organizations, in: session)
        return Circumstances(
            definition: definition, tree: OrganizationTree(nodes.values),
            staffing: try await staffing(of: Array(nodes.keys), now: now, in: session),
            applicant: Applicant(member), calendar: calendar, rules: rules, openStay: openStay, now: now)
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
        let tree = OrganizationTree(try await nodes(above: Array(organizations), in: session).values)
        let places = Set(acting.flatMap { tree.path(from: $0).map(\.id) })
        return (tree, try await staffing(of: places.sorted(), now: now, in: session))
    }

    /// The organisations and everything above them, one question for all. What was merged is reached at its successor,
    /// which may stand elsewhere and may be merged itself.
    private func nodes(
        above organizations: [OrganizationID], in session: any PostgresQueryable
    ) async throws -> [OrganizationID: OrganizationTree.Node] {
        var nodes: [OrganizationID: OrganizationTree.Node] = [:]
        var wanted = organizations
        while !wanted.isEmpty {
            let states = try await directory.organizations(above: wanted, in: session)
            for state in states { nodes[state.organizationId] = OrganizationTree.Node(state) }
            wanted = states.filter { $0.status == .merged }.compactMap(\.mergedIntoId).filter { nodes[$0] == nil }
        }
        return nodes
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
        var staffing = Staffing()
        for held in try await directory.roles(at: organizations, now: now, in: session) {
            let seat = Seat(organizationId: held.role.organizationId, role: held.role.role)
            if let principal = held.standsInFor {
                staffing.add(held.role.memberId, to: seat, standingInFor: principal)
            } else {
                staffing.add(held.role.memberId, to: seat)
            }
        }
        return staffing
    }
}

extension OrganizationTree.Node {
    /// An organisation as Directory tells it. Office hours that cannot be read give way to the calendar's.
    init(_ state: OrganizationState) {
        self.init(
            id: state.organizationId, name: state.name, type: state.type, parentId: state.parentId,
            status: state.status, mergedIntoId: state.mergedIntoId, hasSeal: state.hasSeal,
            officeHours: state.officeHours.flatMap { try? OfficeHours($0) }, meetingDay: state.meetingDay)
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
            exemptFromIntroduction: state.exemptFromIntroduction ?? false, stay: state.stay)
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
