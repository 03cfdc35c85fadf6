import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// `GET /v1/exceptions`: what a person has to look at, the oldest first.
///
/// Operators see all of it, an officer of the office what belongs to his organisation or one below it.
struct ExceptionRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/exceptions") { try await list($0, $1) }
    }

    private struct Page: Encodable {
        let items: [ExceptionEntry]
        /// Give it as `after` for the next page; absent on the last one.
        let next: UUIDv7?
    }

    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        let asked = try ExceptionQuery(request.uri.queryParameters)
        let scope = try await access.requireOffice(caller, asked: asked.organization, in: kit.pool)
        let entries = try await ExceptionEntry.page(
            below: scope, state: asked.state, after: asked.after, limit: asked.limit + 1, in: kit.pool)
        let shown = Array(entries.prefix(asked.limit))
        return try .json(
            .ok, Page(items: shown, next: entries.count > asked.limit ? shown.last?.exceptionId : nil))
    }
}

/// Which exceptions are asked for.
struct ExceptionQuery {
    /// The open ones unless told otherwise; both kinds when nil.
    let state: ExceptionEntry.State?
    let organization: OrganizationID?
    let limit: Int
    let after: UUIDv7?

    init(_ parameters: Parameters) throws(Problem) {
        switch parameters.get("state") ?? "open" {
        case "all": state = nil
        case let word:
            guard let known = ExceptionEntry.State(rawValue: word) else {
                throw Self.invalid("state", "phải là open, settled hoặc all", "must be open, settled or all")
            }
            state = known
        }
        let given = parameters.get("limit").map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(given) else { throw Self.invalid("limit", "phải từ 1 đến 200", "must be 1 to 200") }
        limit = given
        after = try Self.id(parameters, "after")
        organization = try Self.id(parameters, "organizationId").map { OrganizationID($0) }
    }

    private static func id(_ parameters: Parameters, _ name: String) throws(Problem) -> UUIDv7? {
        guard let text = parameters.get(name) else { return nil }
        guard let id = UUIDv7(text) else { throw invalid(name, "không phải mã định danh", "is not an identifier") }
        return id
    }

    private static func invalid(_ name: String, _ vietnamese: String, _ english: String) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: name, rule: "parameter.form", vietnamese: "Tham số \(name) \(vietnamese).",
                english: "The parameter \(name) \(english).")
        ])
    }
}
