import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// Statements over HTTP: `/v1/members/:id/statement` and `/v1/organizations/:id/statement`, each with the accounts of some
/// months, and under `/postings` their postings in pages.
struct StatementRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/members/:id/statement") { try await sums(try await ofMember($0, $1)) }
        router.get("/v1/members/:id/statement/postings") { try await postings(try await ofMember($0, $1)) }
        router.get("/v1/organizations/:id/statement") { try await sums(try await ofOrganization($0, $1)) }
        router.get("/v1/organizations/:id/statement/postings") { try await postings(try await ofOrganization($0, $1)) }
    }

    private struct Sums: Encodable {
        let from: DuesMonth
        let through: DuesMonth
        /// Balances are positive on the account's own side.
        let accounts: [Statement.Line]
    }

    private struct Page: Encodable {
        let items: [PostingEntry]
        /// Give it as `after` for the next page; absent on the last one.
        let next: UUIDv7?
    }

    private struct Asked {
        let statement: Statement
        let query: StatementQuery
    }

    private func ofMember(_ request: Request, _ context: HosoRequestContext) async throws -> Asked {
        let caller = try context.requireCaller()
        let query = try StatementQuery(request.uri.queryParameters)
        guard let member = context.parameters.get("id").flatMap({ MemberID($0) }) else { throw Problem.notFound }
        if !caller.isOperator { try await access.requireReader(of: member, caller, in: kit.pool) }
        return Asked(statement: Statement(subject: .member(member), months: query.months), query: query)
    }

    private func ofOrganization(_ request: Request, _ context: HosoRequestContext) async throws -> Asked {
        let caller = try context.requireCaller()
        let query = try StatementQuery(request.uri.queryParameters)
        guard let id = context.parameters.get("id").flatMap({ OrganizationID($0) }) else { throw Problem.notFound }
        try await access.requireReader(ofBooks: id, caller, in: kit.pool)
        return Asked(
            statement: Statement(subject: .organization(id, below: query.below), months: query.months), query: query)
    }

    private func sums(_ asked: Asked) async throws -> Reply {
        let months = asked.query.months
        return try .json(
            .ok,
            Sums(from: months.from, through: months.through, accounts: await asked.statement.lines(in: kit.pool)))
    }

    private func postings(_ asked: Asked) async throws -> Reply {
        let limit = asked.query.list.limit
        let entries = try await asked.statement.postings(after: asked.query.list.after, limit: limit + 1, in: kit.pool)
        let shown = Array(entries.prefix(limit))
        return try .json(.ok, Page(items: shown, next: entries.count > limit ? shown.last?.postingId : nil))
    }
}

/// Which months are asked for, and which page of their postings.
struct StatementQuery {
    /// More months than these are asked for in several statements.
    private static let longest = 12

    let months: StatementMonths
    /// Whether everything below the body counts too, as it does unless told otherwise.
    let below: Bool
    let list: ListQuery

    init(_ parameters: Parameters) throws(Problem) {
        guard let from = try Self.month(parameters, "from") else {
            throw ListQuery.invalid("from", "là bắt buộc, ví dụ 2026-11", "is needed, for example 2026-11")
        }
        let through = try Self.month(parameters, "through") ?? from
        guard from <= through, from.months(until: through) < Self.longest else {
            throw ListQuery.invalid(
                "through", "phải từ tháng đầu, tối đa 12 tháng", "must not be before from, and 12 months at most")
        }
        months = StatementMonths(from: from, through: through)
        switch parameters.get("below") ?? "true" {
        case "true": below = true
        case "false": below = false
        default: throw ListQuery.invalid("below", "phải là true hoặc false", "must be true or false")
        }
        list = try ListQuery(parameters)
    }

    private static func month(_ parameters: Parameters, _ name: String) throws(Problem) -> DuesMonth? {
        guard let text = parameters.get(name) else { return nil }
        guard let month = try? DuesMonth(checking: text, field: name) else {
            throw ListQuery.invalid(
                name, "phải có dạng năm-tháng, ví dụ 2026-11", "must be written year-month, like 2026-11")
        }
        return month
    }
}
