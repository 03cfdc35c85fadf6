import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import ServiceKit
import Synchronization

/// A service with one route for each thing to try.
enum Probe: ServiceDefinition {
    static let name = ServiceName.dues
    static let settings = [Setting("dues.secret", isSecret: true, help: "A secret.")]
    static let migrations = [
        Migration(
            component: "probe", version: 1, name: "things",
            sql: "CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY, name text NOT NULL UNIQUE)")
    ]

    struct NewThing: Codable {
        var name: String
        var amount: Int?
    }

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        ServiceParts(routes: { router in
            router.post("/v1/things") { request, context in
                try await kit.idempotent(request, context, as: NewThing.self) { body, transaction in
                    let id: Int64 = try await transaction.queryOne(
                        "INSERT INTO things (name) VALUES (\(body.name)) RETURNING id"
                    ).get("id")
                    try await kit.audit.record(
                        "thing.created", subject: "\(id)", actor: "test", details: body, in: transaction)
                    return try .json(.created, ["id": id], headers: [.location: "/v1/things/\(id)"])
                }
            }
            router.put("/v1/things/:id") { request, context in
                let body = try await request.decode(as: NewThing.self, context: context)
                return try Reply.json(.ok, body)
            }
            router.get("/v1/me") { _, context in
                let caller = try context.requireCaller()
                return try Reply.json(.ok, ["subject": caller.subject, "member": "\(caller.memberID != nil)"])
            }
            router.get("/v1/operators") { _, context in
                _ = try context.requireOperator()
                return Reply(.noContent)
            }
            router.get("/v1/open") { _, _ in Reply(.ok) }
            router.get("/v1/broken") { _, _ -> Reply in
                throw PostgresError(.server, "relation \"inner_secret\" does not exist", sqlState: .undefinedTable)
            }
            router.get("/v1/slow/:gate") { _, context in
                await Turnstile.named(context.parameters.get("gate") ?? "").wait()
                return Reply(.ok)
            }
        })
    }
}

/// Holds requests until it is opened.
final class Turnstile: Sendable {
    private static let all = Mutex<[String: Turnstile]>([:])

    /// Tests run at the same time: each takes its own.
    static func named(_ name: String) -> Turnstile {
        all.withLock { all in
            let found = all[name] ?? Turnstile()
            all[name] = found
            return found
        }
    }

    private struct State {
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.waiting.count } }

    func wait() async {
        await withCheckedContinuation { continuation in state.withLock { $0.waiting.append(continuation) } }
    }

    func open() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
