import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// Exceptions over HTTP: `GET /v1/exceptions`, what a person has to look at, the oldest first; `GET …/{id}` with its
/// trail; `POST …/{id}/actions`, what he does about it.
///
/// Operators see all of it, an officer of the office what belongs to his organisation or one below it.
struct ExceptionRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let desk: ExceptionDesk

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/exceptions") { try await list($0, $1) }
        router.get("/v1/exceptions/:id") { request, context in
            let (caller, id) = (try context.requireCaller(), try Self.id(context))
            return try Reply.json(.ok, try await desk.show(id, to: caller, in: kit.pool))
        }
        router.post("/v1/exceptions/:id/actions") { request, context in
            let (caller, id) = (try context.requireCaller(), try Self.id(context))
            return try await kit.idempotent(request, context, as: ExceptionOrder.self) { body, transaction in
                try .json(.ok, try await desk.act(body, on: id, by: caller, in: transaction))
            }
        }
    }

    private static func id(_ context: HosoRequestContext) throws -> UUIDv7 {
        guard let id = context.parameters.get("id").flatMap({ UUIDv7($0) }) else { throw Problem.notFound }
        return id
    }

    private struct Page: Encodable {
        let items: [ExceptionEntry]
        /// Give it as `after` for the next page; absent on the last one.
        let next: UUIDv7?
    }

    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        let asked = try ExceptionQuery(request.uri.queryParameters, caller, at: kit.time.now)
        let scope = try await access.requireOffice(caller, asked: asked.list.organization, in: kit.pool)
        let entries = try await ExceptionEntry.page(
            below: scope, asked, in: kit.pool)
        let shown = Array(entries.prefix(asked.list.limit))
        return try .json(
            .ok, Page(items: shown, next: entries.count > asked.list.limit ? shown.last?.exceptionId : nil))
    }
}

/// Which exceptions are asked for.
struct ExceptionQuery {
    /// The open ones unless told otherwise; both kinds when nil.
    let state: ExceptionEntry.State?
    let list: ListQuery
    let kind: String?
    /// The subject of who works on it; `none` for nobody.
    let assignee: String?
    let raisedBefore: Date?

    /// - Parameter caller: who `me` is.
    init(_ parameters: Parameters, _ caller: Caller, at now: Date) throws(Problem) {
        switch parameters.get("state") ?? "open" {
        case "all": state = nil
        case let word:
            guard let known = ExceptionEntry.State(rawValue: word) else {
                throw ListQuery.invalid("state", "phải là open, settled hoặc all", "must be open, settled or all")
            }
            state = known
        }
        list = try ListQuery(parameters)
        kind = parameters.get("kind")
        assignee = parameters.get("assignee").map { $0 == "me" ? caller.subject : $0 }
        let days = parameters.get("olderThanDays").map { Int($0) ?? -1 }
        guard (0...3_650).contains(days ?? 0) else {
            throw ListQuery.invalid("olderThanDays", "phải từ 0 đến 3650", "must be 0 to 3650")
        }
        raisedBefore = days.map { now.addingTimeInterval(-86_400 * Double($0)) }
    }
}
