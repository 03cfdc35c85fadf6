import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import Projections
import RoutingDomain
import ServiceKit

/// `GET /v1/work-list`: the turns in which the caller acts, the most urgent first.
extension CaseDesk {
    func addWorkList(to router: Router<HosoRequestContext>) {
        router.get("/v1/work-list") { request, context in
            let member = try context.requireMember()
            let page = try WorkListPage(request.uri.queryParameters)
            try requireFreshRoles()
            let roles = try await directory.roles(of: member.id, at: kit.time.now, in: kit.pool)
            var items = try await turns(for: member.id, seats: roles, page)
            let more = items.count > page.limit
            items = Array(items.prefix(page.limit))
            let next = more ? items.last.map { WorkListPage.cursor($0.due, $0.dossierId) } : nil
            return try Reply.json(.ok, WorkList(items: items, next: next))
        }
    }

    private func turns(
        for member: MemberID, seats: [RoleState], _ page: WorkListPage
    ) async throws -> [WorkList.Item] {
        guard !seats.isEmpty else { return [] }
        let organizations = seats.map(\.organizationId.value.uuid)
        let roles = seats.map(\.role.rawValue)
        let now = kit.time.now
        let rows = try await kit.pool.query(
            """
            WITH held AS (SELECT * FROM unnest(\(organizations)::uuid[], \(roles)::text[]) AS h (organization, role))
            SELECT c.dossier_id, c.code, c.procedure, c.turn, c.step, c.organization_id, o.state ->> 'name' AS name,
                   c.role, (c.document -> 'turn' ->> 'box')::integer AS box, c.document -> 'turn' ->> 'enteredAt' AS entered,
                   c.due_at, c.member_id, m.state ->> 'fullName' AS member_name
            FROM cases c
            LEFT JOIN directory_organizations o ON o.id = c.organization_id
            LEFT JOIN directory_members m ON m.id = c.member_id
            WHERE c.stage = 'running' AND c.member_id <> \(member) AND c.entered_by_member_id <> \(member)
              AND (c.due_at, c.dossier_id) > (\(page.due), \(page.id))
              AND ((c.organization_id, c.role) IN (SELECT organization, role FROM held)
                   OR (c.seat_organization_id, c.seat_role) IN (SELECT organization, role FROM held))
            ORDER BY c.due_at, c.dossier_id LIMIT \(page.limit + 1)
            """)
        return try rows.map { try WorkList.Item($0, now: now) }
    }
}

/// The turns that wait for the caller.
struct WorkList: Encodable {
    struct Item: Encodable {
        let dossierId: DossierID
        let code: String
        let procedure: String
        let turn: Int
        let step: String
        let organizationId: OrganizationID
        let organizationName: String?
        let role: String
        let box: Int?
        let enteredAt: String
        let due: Date
        let overdue: Bool
        let memberId: MemberID
        let memberName: String?

        init(_ row: PostgresRow, now: Date) throws {
            dossierId = try row.get("dossier_id")
            code = try row.get("code")
            procedure = try row.get("procedure")
            turn = try row.get("turn")
            step = try row.get("step")
            organizationId = try row.get("organization_id")
            organizationName = try row.get("name")
            role = try row.get("role")
            box = try row.get("box")
            enteredAt = try row.get("entered")
            due = try row.get("due_at")
            overdue = now > due
            memberId = try row.get("member_id")
            memberName = try row.get("member_name")
        }
    }

    let items: [Item]
    /// Give it as `after` for the next page; absent on the last one.
    let next: String?
}

/// Which part of the list is asked for.
struct WorkListPage {
    let limit: Int
    let due: Date
    let id: UUID

    init(_ parameters: Parameters) throws(Problem) {
        let given = parameters.get("limit").map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(given) else { throw Self.invalid("limit", "must be 1 to 200", "phải từ 1 đến 200") }
        limit = given
        guard let after = parameters.get("after") else {
            due = Date(timeIntervalSince1970: 0)
            id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            return
        }
        let parts = after.split(separator: "_")
        guard parts.count == 2, let milliseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])) else {
            throw Self.invalid("after", "is not a mark of this list", "không phải dấu trang của danh sách này")
        }
        due = Date(millisecondsSince1970: milliseconds)
        self.id = id
    }

    static func cursor(_ due: Date, _ id: DossierID) -> String { "\(due.millisecondsSince1970)_\(id)" }

    private static func invalid(_ name: String, _ english: String, _ vietnamese: String) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: name, rule: "parameter.form", vietnamese: "Tham số \(name) \(vietnamese).",
                english: "The parameter \(name) \(english).")
        ])
    }
}
