import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import Projections
import RoutingDomain
import ServiceKit
import WorkingTime

/// `GET /v1/work-list`: the turns that wait for the caller, his organisation or his subtree, the most urgent first; and
/// `GET /v1/work-list/counts`: how many there are.
extension CaseDesk {
    func addWorkList(to router: Router<HosoRequestContext>) {
        router.get("/v1/work-list") { request, context in
            let member = try context.requireMember()
            let question = try WorkListQuestion(request)
            try requireFreshRoles()
            let scope = try await scope(question, of: member.id)
            let found = try await WorkListStore.page(question, scope, now: kit.time.now, in: kit.pool)
            let items = try found.prefix(question.limit).map { try WorkList.Item($0, scope, self) }
            let next =
                found.count > question.limit
                ? items.last.map { WorkListMark($0.due, $0.dossierId, turn: $0.turn).text } : nil
            return try Reply.json(.ok, WorkList(items: items, next: next))
        }
        router.get("/v1/work-list/counts") { request, context in
            let member = try context.requireMember()
            let question = try WorkListQuestion(request)
            try requireFreshRoles()
            let scope = try await scope(question, of: member.id)
            return try Reply.json(
                .ok, try await WorkListStore.counts(question, scope, now: kit.time.now, in: kit.pool))
        }
    }

    /// Whose turns the caller may see in the list that he asks for.
    private func scope(_ question: WorkListQuestion, of member: MemberID) async throws -> WorkListScope {
        let roles = try await directory.roles(of: member, at: kit.time.now, in: kit.pool)
        switch question.list {
        case .mine:
            let seats = roles.map { Seat(organizationId: $0.organizationId, role: $0.role) }
            return .seats(seats.filter { question.covers($0.organizationId) }, of: member)
        case .organization:
            let own = Set(roles.filter { Self.readers.contains($0.role) }.map(\.organizationId))
            return .organizations(own.filter(question.covers).sorted())
        case .subtree:
            let own = Set(roles.filter { Self.superiors.contains($0.role) }.map(\.organizationId))
            return .subtrees(try await subtrees(of: own, question.organization))
        }
    }

    /// The tops of the subtrees that are asked for; none where the organisation stands under none of the caller's.
    private func subtrees(
        of own: Set<OrganizationID>, _ asked: OrganizationID?
    ) async throws -> [OrganizationID] {
        guard let asked else { return own.sorted() }
        let path = try await directory.path(from: asked, in: kit.pool).map(\.organizationId)
        return path.contains(where: own.contains) ? [asked] : []
    }

    /// The roles that watch over what happens below their organisation.
    static let superiors: Set<RoleName> = [.organisationOfficer, .committeeSigner, .inspector]
}

/// The turns that wait.
struct WorkList: Encodable {
    struct Item: Encodable {
        let dossierId: DossierID
        let code: String
        let procedure: String
        let turn: Int
        /// The version of the case; an action names it.
        let version: Int64
        let step: String
        let organizationId: OrganizationID
        let organizationName: String?
        let role: String
        let box: Int?
        let enteredAt: Date
        let due: Date
        let overdue: Bool
        /// Working minutes until the deadline; 0 once it has passed.
        let remainingMinutes: Int
        /// Whether the clock stands: the case waits for the applicant's supplement.
        let waiting: Bool
        /// Absent in a superior's list: who is meant shows to those whose turn it is.
        let memberId: MemberID?
        let memberName: String?

        init(_ row: PostgresRow, _ scope: WorkListScope, _ desk: CaseDesk) throws {
            let now = desk.kit.time.now
            let hours = try row.get("office_hours", as: PostgresJSON?.self).map { json in
                try ContractsJSON.decode([OrganizationState.OpeningPeriod].self, from: json.bytes)
            }
            let reader = desk.cases.reader
            let time = WorkingTime(
                calendar: reader.calendar, officeHours: hours.flatMap { try? OfficeHours($0) }, rules: reader.rules)
            dossierId = try row.get("dossier_id")
            code = try row.get("code")
            procedure = try row.get("procedure")
            turn = try row.get("turn")
            version = try row.get("revision")
            step = try row.get("step")
            organizationId = try row.get("organization_id")
            organizationName = try row.get("name")
            role = try row.get("role")
            box = try row.get("box")
            enteredAt = try row.get("entered_at")
            due = try row.get("due_at")
            waiting = try row.get("waiting")
            overdue = now > due && !waiting
            // A clock that stands keeps what was left when it stopped.
            let stoppedAt = try row.get("stopped_at", as: Date?.self)
            remainingMinutes = time.between(stoppedAt ?? now, due).wholeMinutes
            memberId = scope.namesMembers ? try row.get("member_id") : nil
            memberName = scope.namesMembers ? try row.get("member_name") : nil
        }
    }

    let items: [Item]
    /// Give it as `after` for the next page; absent on the last one.
    let next: String?
}
