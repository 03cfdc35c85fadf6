import Contracts
import DirectoryDomain
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/members`
extension DirectoryDesk {
    func addMembers(to router: Router<HosoRequestContext>) {
        router.post("/v1/members") { request, context in
            try await kit.idempotent(request, context, as: NewMember.self) { body, transaction in
                try await enter(body, context, in: transaction)
            }
        }
        router.post("/v1/members/:id/changes") { request, context in
            let id = try id(context, as: MemberID.self)
            return try await kit.idempotent(request, context, as: MemberChangeBody.self) { body, transaction in
                try await change(id, body, context, in: transaction)
            }
        }
        router.get("/v1/members/:id") { _, context in
            let id = try id(context, as: MemberID.self)
            return try await kit.pool.transaction { transaction in
                let row = try await seen(id, as: "member.read", context, in: transaction)
                return try Reply.json(.ok, MemberView(row.member, row.personalID))
            }
        }
        router.get("/v1/members/:id/history") { request, context in
            let id = try id(context, as: MemberID.self)
            return try await kit.pool.transaction { transaction in
                let row = try await seen(id, as: "member.history-read", context, in: transaction)
                let authority = try await visitor(context, in: transaction).authority
                let path = try await OrganizationStore.path(from: row.member.cellId, in: transaction)
                let tellsWhy = authority.administers(id, at: path)
                return try await history(of: "member", id.value, request, tellsWhy: tellsWhy, in: transaction) {
                    try ContractsJSON.decode(Member.self, from: $0).published
                }
            }
        }
        router.get("/v1/members") { request, context in
            let page = try PageRequest(request)
            guard let cell = try Query.value("cellId", request, OrganizationID.init) else {
                throw Query.invalid("cellId")
            }
            let day = try Query.day("on", request)
            return try await kit.pool.transaction { transaction in
                let visitor = try await visitor(context, in: transaction)
                let (subject, authority) = (visitor.subject, visitor.authority)
                guard let path = try await OrganizationStore.path(from: cell, in: transaction) else {
                    throw Problem.notFound
                }
                guard authority.readsRoles(at: path) else { throw Problem.outsideAuthority }
                let found =
                    if let day { try await Past.members(of: cell, on: day, page, in: transaction) } else {
                        try await MemberStore.page(cell: cell, page, in: transaction)
                    }
                try await kit.audit.record("members.listed", subject: "\(cell)", actor: subject, in: transaction)
                return try Reply.json(
                    .ok, PageView(found, page, id: \.member.id.value) { MemberView($0.member, $0.personalID) })
            }
        }
    }

    /// A member, for those who may see him; each look at somebody else's data is logged.
    func seen(
        _ id: MemberID, as action: String, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> MemberStore.Row {
        let visitor = try await visitor(context, in: transaction)
        let (subject, authority) = (visitor.subject, visitor.authority)
        // Whoever may not see him does not learn that he exists.
        guard let row = try await MemberStore.read(id, in: transaction),
            let path = try await OrganizationStore.path(from: row.member.cellId, in: transaction),
            authority.reads(id, at: path)
        else { throw Problem.notFound }
        if authority.holder != .member(id) {
            try await kit.audit.record(action, subject: "\(id)", actor: subject, in: transaction)
        }
        return row
    }

    private func enter(
        _ body: NewMember, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        let (subject, authority) = (visitor.subject, visitor.authority)
        let cell = try await path(body.draft.cellId, field: "cellId", in: transaction)
        guard authority.administers(cell) else { throw Problem.outsideAuthority }
        var residenceCell: Organization?
        if let id = body.draft.residenceCellId {
            residenceCell = try await path(id, field: "residenceCellId", in: transaction).first
        }
        let member = try checked { () throws(Faults) in
            try Member.entered(
                kit.ids.next(at: kit.time.now), body.draft, cell: cell.first, residenceCell: residenceCell,
                today: today)
        }
        do {
            try await register(transaction, author: subject, reason: body.reason.text)
                .add(member, personalID: body.personalID)
        } catch is PersonalIDTaken {
            throw Problem.personalIDTaken
        }
        try await kit.audit.record(
            "member.entered", subject: "\(member.id)", actor: subject,
            details: Audited(version: 1, reason: body.reason.text), in: transaction)
        return try .json(
            .created, MemberView(member, body.personalID), headers: [.location: "/v1/members/\(member.id)"])
    }

    private func change(
        _ id: MemberID, _ body: MemberChangeBody, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        let (subject, authority) = (visitor.subject, visitor.authority)
        guard let row = try await MemberStore.read(id, lock: .update, in: transaction) else { throw Problem.notFound }
        let path = try await OrganizationStore.path(from: row.member.cellId, in: transaction)
        guard authority.administers(id, at: path) else { throw Problem.outsideAuthority }
        let held = try await RoleStore.open(of: id, lock: .update, in: transaction)
        let cell = try await cell(body.change, of: row.member, authority, in: transaction)
        let day = body.effectiveOn ?? today
        let faults = try await faults(of: day, of: id, cell: row.member.state.isEnd ? cell : nil, in: transaction)
        if !faults.isEmpty { throw Problem(Faults(faults)) }
        let (member, roles) = try checked { () throws(Faults) in
            try row.member.changed(body.change, roles: held, cell: cell, from: day, today: today)
        }
        try await keep(
            member, roles, as: "member.changed", by: subject, body.reason, effectiveOn: day, in: transaction)
        return try .json(.ok, MemberView(member, row.personalID))
    }

    /// Writes the next version of a member and what it changes of his roles.
    func keep(
        _ member: Member, _ roles: [HeldRole] = [], as action: String, by subject: String, _ reason: Reason,
        effectiveOn day: Day? = nil, in transaction: PostgresTransaction
    ) async throws {
        let register = register(transaction, author: subject, reason: reason.text, effectiveOn: day)
        try await register.change(member)
        for role in roles { try await register.change(role) }
        try await kit.audit.record(
            action, subject: "\(member.id)", actor: subject,
            details: Audited(version: member.version, reason: reason.text), in: transaction)
    }

    /// A decision may be of the past, but not from before he came to where he stands, or into a cell that was not there.
    ///
    /// - Parameter cell: the one that takes him back.
    private func faults(
        of day: Day, of id: MemberID, cell: Organization?, in transaction: PostgresTransaction
    ) async throws -> [InvalidValue] {
        if day > today { return [Faults.inFuture("effectiveOn")] }
        guard day < today else { return [] }
        var faults: [InvalidValue] = []
        if let last = try await Past.lastMove(of: id, in: transaction), day < last {
            faults.append(Self.beforeLastMove)
        }
        if let cell, try await Past.path(from: cell.id, on: day, in: transaction)?.first?.status != .active {
            faults.append(Self.cellNotThere)
        }
        return faults
    }

    private static let beforeLastMove = InvalidValue(
        field: "effectiveOn", rule: "member.before-last-change",
        vietnamese: "Ngày có hiệu lực không được trước lần thay đổi trạng thái hoặc chi bộ gần nhất.",
        english: "The day lies before the last change of state or cell.")
    private static let cellNotThere = InvalidValue(
        field: "cellId", rule: "member.cell-not-there", vietnamese: "Chi bộ chưa hoạt động vào ngày này.",
        english: "The cell was not active on that day.")

    /// The cell that takes a member back: the one that is named, or what became of his own.
    private func cell(
        _ change: MemberChange, of member: Member, _ authority: Authority, in transaction: PostgresTransaction
    ) async throws -> Organization? {
        guard let named = change.cellId else {
            return try await OrganizationStore.acting(for: member.cellId, in: transaction)
        }
        let found = try await path(named, field: "cellId", in: transaction)
        guard authority.administers(found) else { throw Problem.outsideAuthority }
        return found.first
    }
}
