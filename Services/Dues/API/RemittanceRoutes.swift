import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// Remittances over HTTP: what each organisation's month came to, what it passes up, and whether it arrived.
struct RemittanceRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess

    private var steps: RemittanceSteps { RemittanceSteps(kit: kit) }

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/organizations/:id/remittances") { try await list($0, $1) }
        router.get("/v1/organizations/:id/remittances/:month") { try await show($1) }
        router.get("/v1/organizations/:id/inferior-remittances/:month") { try await inferiors($0, $1) }
        router.get("/v1/organizations/:id/remittance-summary/:month") { try await summary($1) }
        router.post("/v1/remittances/:id/payment") { request, context in
            try await step(request, context, .reported, as: Payment.self) { row in row.organizationId }
        }
        router.post("/v1/remittances/:id/acknowledgement") { request, context in
            try await step(request, context, .confirmed, as: Acknowledgement.self) { row in row.superiorId }
        }
        router.post("/v1/remittances/:id/dispute") { request, context in
            try await step(request, context, .disputed, as: Dispute.self) { row in row.superiorId }
        }
    }

    // MARK: What is shown

    private struct Page: Encodable {
        let items: [RemittanceRow]
        /// Give it as `after` for the next page; absent on the last one.
        let next: String?
    }

    /// The months of an organisation, the newest first; `after` is a month.
    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let organization = try await readable(context)
        let query = try RemittanceQuery(request.uri.queryParameters)
        let before = try query.after.map { try DuesMonth(checking: $0, field: "after") }
        let rows = try await kit.pool.query(
            """
            SELECT * FROM remittances
            WHERE organization_id = \(organization) AND (\(before)::text IS NULL OR month < \(before))
            ORDER BY month DESC LIMIT \(query.limit + 1)
            """
        ).map(RemittanceRow.init)
        return try .json(.ok, Self.page(rows, query.limit) { $0.month.text })
    }

    /// The months of those directly below; `after` is an organisation.
    private func inferiors(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let organization = try await readable(context)
        let month = try Self.month(context)
        let query = try RemittanceQuery(request.uri.queryParameters)
        let after = query.after.flatMap { OrganizationID($0) }
        guard (query.after == nil) == (after == nil) else {
            throw ListQuery.invalid("after", "không phải mã định danh", "is not an identifier")
        }
        let today = Day(containing: kit.time.now)
        let rows = try await kit.pool.query(
            """
            SELECT * FROM remittances
            WHERE superior_id = \(organization) AND month = \(month)
                AND (\(after)::uuid IS NULL OR organization_id > \(after))
                AND (\(query.state?.rawValue)::text IS NULL OR state = \(query.state?.rawValue))
                AND (NOT \(query.lateOnly) OR state = 'due' AND due_on < \(today))
            ORDER BY organization_id LIMIT \(query.limit + 1)
            """
        ).map(RemittanceRow.init)
        return try .json(.ok, Self.page(rows, query.limit) { "\($0.organizationId)" })
    }

    private static func page(_ rows: [RemittanceRow], _ limit: Int, _ key: (RemittanceRow) -> String) -> Page {
        let shown = Array(rows.prefix(limit))
        return Page(items: shown, next: rows.count > limit ? shown.last.map(key) : nil)
    }

    private struct Shown: Encodable {
        let remittance: RemittanceRow
        /// What was done with it, the oldest first.
        let steps: [Step]

        struct Step: Encodable, Sendable {
            let trigger: RemittanceTrigger
            let state: RemittanceState
            let actor: String
            let reference: String?
            let reason: String?
            let at: Date
        }
    }

    private func show(_ context: HosoRequestContext) async throws -> Reply {
        let organization = try await readable(context)
        let month = try Self.month(context)
        guard
            let row = try await kit.pool.queryOptional(
                "SELECT * FROM remittances WHERE organization_id = \(organization) AND month = \(month)"
            ).map(RemittanceRow.init)
        else { throw Problem.notFound }
        let steps = try await kit.pool.query(
            "SELECT * FROM remittance_steps WHERE remittance_id = \(row.remittanceId) ORDER BY version"
        ).map { step in
            Shown.Step(
                trigger: try step.get("trigger"), state: try step.get("state"), actor: try step.get("actor"),
                reference: try step.get("reference"), reason: try step.get("reason"), at: try step.get("at"))
        }
        return try .json(.ok, Shown(remittance: row, steps: steps))
    }

    /// The month of an organisation and everything below it, by type.
    private func summary(_ context: HosoRequestContext) async throws -> Reply {
        let organization = try await readable(context)
        return try .json(
            .ok,
            try await RemittanceSummary.make(
                below: organization, try Self.month(context), today: Day(containing: kit.time.now), in: kit.pool))
    }

    // MARK: Steps

    /// What somebody says with a step.
    private protocol Said: Decodable, Sendable {
        func note() throws -> RemittanceSteps.Note
    }

    private struct Payment: Said {
        /// The reference of the bank, or of the document where force majeure forbade the portal.
        let reference: String

        func note() throws -> RemittanceSteps.Note {
            .init(reference: try EnteredText.line(reference, field: "reference"))
        }
    }

    private struct Acknowledgement: Said {
        let reference: String?
        /// Whether it came as cash, by batches that were counted; otherwise it moved from bank to bank.
        let inCash: Bool?

        func note() throws -> RemittanceSteps.Note {
            .init(
                reference: try reference.map { try EnteredText.line($0, field: "reference") }, inCash: inCash ?? false)
        }
    }

    private struct Dispute: Said {
        let reason: String

        func note() throws -> RemittanceSteps.Note { .init(reason: try EnteredText.line(reason, field: "reason")) }
    }

    /// - Parameter place: whose officer takes the step.
    private func step<Body: Said>(
        _ request: Request, _ context: HosoRequestContext, _ trigger: RemittanceTrigger, as body: Body.Type,
        at place: @escaping @Sendable (RemittanceRow) -> OrganizationID?
    ) async throws -> Reply {
        let officer = try context.requireMember()
        guard let id = context.parameters.get("id").flatMap({ RemittanceID($0) }) else { throw Problem.notFound }
        return try await kit.idempotent(request, context, as: Body.self) { body, transaction in
            let note = try body.note()
            guard let row = try await RemittanceSteps.locked(id, in: transaction) else { throw Problem.notFound }
            guard let organization = place(row) else { throw Problem.remittanceState(row.state, trigger) }
            let acting = try await access.successor(of: organization, in: transaction)
            try await access.requireTreasurer(of: acting, officer.id, in: transaction)
            if trigger == .confirmed {
                let payers = try await access.successor(of: row.organizationId, in: transaction)
                let isPayer = try await access.isTreasurer(of: payers, officer.id, in: transaction)
                guard !isPayer, row.paidBy != officer.id else { throw Problem.samePerson }
            }
            return try .json(
                .ok,
                try await steps.take(
                    trigger, row, note, by: officer.id, actor: officer.caller.subject, in: transaction))
        }
    }

    /// The organisation of the path, when the caller may see its money.
    private func readable(_ context: HosoRequestContext) async throws -> OrganizationID {
        let caller = try context.requireCaller()
        guard let id = context.parameters.get("id").flatMap({ OrganizationID($0) }) else { throw Problem.notFound }
        try await access.requireReader(ofBooks: id, caller, in: kit.pool)
        return id
    }

    private static func month(_ context: HosoRequestContext) throws -> DuesMonth {
        try DuesMonth(checking: context.parameters.get("month") ?? "", field: "month")
    }
}

/// Which remittances are asked for.
struct RemittanceQuery {
    let limit: Int
    let after: String?
    let state: RemittanceState?
    let lateOnly: Bool

    init(_ parameters: Parameters) throws(Problem) {
        limit = try ListQuery.limit(parameters)
        after = parameters.get("after")
        switch parameters.get("state") {
        case nil: (state, lateOnly) = (nil, false)
        case "late": (state, lateOnly) = (nil, true)
        case let word?:
            guard let known = RemittanceState(rawValue: word) else {
                throw ListQuery.invalid("state", "không phải trạng thái nào", "is no state")
            }
            (state, lateOnly) = (known, false)
        }
    }
}

extension Problem {
    fileprivate static let samePerson = Problem(
        .forbidden, id: "remittance-same-person", vietnamese: "Người nộp không được tự xác nhận đã nhận",
        english: "Whoever paid cannot confirm that it came",
        errors: [
            FieldError(
                field: "officer", rule: "remittance.second-person",
                vietnamese: "Cần người khác của tổ chức cấp trên xác nhận.",
                english: "Somebody else at the superior organisation has to confirm it.")
        ])
}
