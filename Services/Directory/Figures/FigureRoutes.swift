import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// Figures from Vietnam Social Security over HTTP; their files go to `/v1/imports`.
struct FigureRoutes: Sendable {
    let desk: DirectoryDesk
    let telling: FigureTelling
    /// Absent where no source is named.
    let inquiry: FigureInquiry?
    private let missingFrom: Int

    private var kit: ServiceContext { desk.kit }

    init(_ desk: DirectoryDesk) throws {
        let settings = desk.kit.settings
        var source: (any FigureSource)?
        if let address = try ImportPull.address(of: .figures, settings) {
            source = HTTPFigureSource(
                address: address, token: try settings.stringIfSet("directory.figures.sourceToken"),
                timeout: try settings.duration("directory.figures.timeout"))
        }
        try self.init(desk, source: source)
    }

    init(_ desk: DirectoryDesk, source: (any FigureSource)?) throws {
        self.desk = desk
        let telling = try FigureTelling(desk.kit)
        self.telling = telling
        inquiry = source.map { FigureInquiry(desk: desk, source: $0, telling: telling) }
        missingFrom = try desk.kit.settings.int("directory.figures.missingFromDay")
    }

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/members/:id/figures") { try await figures($0, $1) }
        router.post("/v1/members/:id/figures/inquiries") { try await ask($0, $1) }
        router.post("/v1/members/:id/figures/:figure/withdrawal") { try await withdraw($0, $1) }
        router.get("/v1/figure-contradictions") { try await contradictions($0, $1) }
        router.post("/v1/figure-contradictions/:id/settlement") { try await settle($0, $1) }
        router.get("/v1/missing-figures") { try await missing($0, $1) }
        router.get("/v1/missing-figures/counts") { try await missingCounts($0, $1) }
    }

    // MARK: One member

    private func figures(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let id = try desk.id(context, as: MemberID.self)
        return try await kit.pool.transaction { transaction in
            _ = try await desk.seen(id, as: "figures.read", context, in: transaction)
            return try await view(of: id, in: transaction)
        }
    }

    private func view(of member: MemberID, in transaction: PostgresTransaction) async throws -> Reply {
        let known = try await FigureStore.known(of: [member], since: telling.oldest, in: transaction)
        let trail = try await FigureWithdrawals.trail(of: member, since: telling.oldest, in: transaction)
        return try .json(.ok, MonthsView(items: (known[member] ?? []).map(MonthView.init), withdrawals: trail))
    }

    private func withdraw(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let id = try desk.id(context, as: MemberID.self)
        guard let figure = context.parameters.get("figure").flatMap(Int64.init) else { throw Problem.notFound }
        return try await kit.idempotent(request, context, as: WithdrawalBody.self) { body, transaction in
            let visitor = try await desk.visitor(context, in: transaction)
            try await FigureWithdrawal(
                desk: desk, telling: telling, visitor: visitor, body: body, transaction: transaction
            ).decide(on: figure, of: id)
            return try await view(of: id, in: transaction)
        }
    }

    /// No Idempotency-Key is asked for: the same answer once more changes nothing.
    private func ask(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let id = try desk.id(context, as: MemberID.self)
        let body = try await request.decode(as: InquiryBody.self, context: context)
        let visitor = try await desk.visitor(context, in: kit.pool)
        guard let row = try await MemberStore.read(id, in: kit.pool) else { throw Problem.notFound }
        let path = try await OrganizationStore.path(from: row.member.cellId, in: kit.pool)
        guard visitor.authority.settles(as: .cell, about: id, at: path) else { throw Problem.outsideAuthority }
        guard let inquiry else { throw Problem.notFound }
        return try .json(.ok, try await inquiry.ask(id, body.month, by: visitor.subject))
    }

    private struct InquiryBody: Decodable {
        let month: DuesMonth
    }

    // MARK: Contradictions

    private func contradictions(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let limit = try PageRequest.limit(request)
        let after = try Query.value("after", request, Int64.init) ?? 0
        let state = try Query.value("state", request, Contradiction.State.init) ?? .open
        return try await kit.pool.transaction { transaction in
            let place = try await place(request, context, "figure-contradictions.listed", in: transaction)
            let found = try await ContradictionStore.page(
                place, state, since: telling.oldest, after: after, limit: limit + 1, in: transaction)
            let items = try await views(Array(found.prefix(limit)), in: transaction)
            return try .json(
                .ok, ContradictionPage(items: items, next: found.count > limit ? found[limit - 1].id : nil))
        }
    }

    private func settle(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        guard let id = context.parameters.get("id").flatMap(Int64.init) else { throw Problem.notFound }
        return try await kit.idempotent(request, context, as: ContradictionBody.self) { body, transaction in
            let visitor = try await desk.visitor(context, in: transaction)
            try await ContradictionSettlement(
                desk: desk, telling: telling, visitor: visitor, body: body, transaction: transaction
            ).settle(id)
            guard let settled = try await ContradictionStore.read(id, in: transaction),
                let view = try await views([settled], in: transaction).first
            else { throw Problem.notFound }
            return try .json(.ok, view)
        }
    }

    private func views(
        _ found: [Contradiction], in session: any PostgresQueryable
    ) async throws -> [ContradictionView] {
        let known = try await FigureStore.known(
            of: Array(Set(found.map(\.memberID))), since: telling.oldest, in: session)
        let decisions = try await ContradictionStore.decisions(of: found.map(\.id), in: session)
        return found.map { one in
            let figures = known[one.memberID]?.first { $0.month == one.month && $0.kind == one.kind }
            return ContradictionView(one, figures, decisions[one.id] ?? [])
        }
    }

    // MARK: Missing figures

    private func missing(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let page = try PageRequest(request)
        return try await kit.pool.transaction { transaction in
            let question = try await missingFigures(request, context, in: transaction)
            let from = listedFrom(question.month)
            let found = try await from <= desk.today ? question.page(page, in: transaction) : []
            return try .json(
                .ok, MissingView(question, from, PageView(found, page, id: \.memberId.value) { $0 }))
        }
    }

    private func missingCounts(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        try await kit.pool.transaction { transaction in
            let question = try await missingFigures(request, context, in: transaction)
            let from = listedFrom(question.month)
            let found = try await from <= desk.today ? question.counts(in: transaction) : []
            return try .json(.ok, MissingView(question, from, ["items": found]))
        }
    }

    /// The day from which the figures of a month are missing rather than on their way.
    private func listedFrom(_ month: DuesMonth) -> Day { month.next.firstDay.adding(days: missingFrom - 1) }

    private func missingFigures(
        _ request: Request, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> MissingFigures {
        let last = DuesMonth(containing: kit.time.now).previous
        let month = try Query.value("month", request) { try? DuesMonth($0) } ?? last
        guard (telling.oldest...last).contains(month) else { throw Query.invalid("month") }
        let category = try Query.value("category", request, DuesCategory.init) ?? .insured
        guard let kind = category.figureKind else { throw Query.invalid("category") }
        guard let place = try await place(request, context, "missing-figures.listed", in: transaction) else {
            throw Query.invalid("organizationId")
        }
        return MissingFigures(organization: place, month: month, category: category, kind: kind)
    }

    /// The organisation that is asked about: of members those only hear who may see them there.
    private func place(
        _ request: Request, _ context: HosoRequestContext, _ action: String, in transaction: PostgresTransaction
    ) async throws -> OrganizationID? {
        let visitor = try await desk.visitor(context, in: transaction)
        let place = try Query.value("organizationId", request, OrganizationID.init)
        if let place {
            guard let path = try await OrganizationStore.path(from: place, in: transaction) else {
                throw Problem.notFound
            }
            guard visitor.authority.readsRoles(at: path) else { throw Problem.outsideAuthority }
        } else if visitor.authority.holder != .operating {
            throw Query.invalid("organizationId")
        }
        try await kit.audit.record(
            action, subject: place.map { "\($0)" } ?? "all", actor: visitor.subject, in: transaction)
        return place
    }
}
