import Contracts
import HTTPTypes
import Hummingbird
import Messaging
import Postgres

/// `/admin/v1`: what operators need to see and do about messages. Every change is audited.
enum AdminRoutes {
    static func add(to router: Router<HosoRequestContext>, kit: ServiceContext, messaging: MessagingRuntime?) {
        let admin = router.group("/admin/v1")
        addParked(to: admin, kit)
        addOutbox(to: admin, kit, messaging)
        AuditRoutes.add(to: admin, kit)
    }

    /// What a retry or a drop did.
    struct Outcome: Codable, Sendable {
        var affected: Int
    }

    private static func addParked(to admin: RouterGroup<HosoRequestContext>, _ kit: ServiceContext) {
        let parked = ParkedMessages(pool: kit.pool)
        admin.get("/parked") { request, context in
            _ = try context.requireOperator()
            let query = request.uri.queryParameters
            return try Reply.json(
                .ok,
                try await parked.list(
                    consumer: query["consumer"].map(String.init),
                    after: try AdminParameters.number(query["after"], "after") ?? 0,
                    limit: Int(min(try AdminParameters.number(query["limit"], "limit") ?? 100, 1_000))))
        }
        admin.get("/parked/:id") { _, context in
            _ = try context.requireOperator()
            guard let found = try await parked.show(try AdminParameters.id(context)) else { throw Problem.notFound }
            return try Reply.json(.ok, found)
        }
        admin.post("/parked/retry") { _, context in
            let caller = try context.requireOperator()
            return try await changed(kit, caller, "parked.retried", subject: "all") { transaction in
                try await parked.retry(nil, now: kit.time.now, in: transaction)
            }
        }
        admin.post("/parked/:id/retry") { _, context in
            let caller = try context.requireOperator()
            let id = try AdminParameters.id(context)
            return try await changed(kit, caller, "parked.retried", subject: "\(id)") { transaction in
                try await parked.retry([id], now: kit.time.now, in: transaction)
            }
        }
        admin.post("/parked/:id/drop") { _, context in
            let caller = try context.requireOperator()
            let id = try AdminParameters.id(context)
            return try await changed(kit, caller, "parked.dropped", subject: "\(id)") { transaction in
                let wasOpen = try await parked.drop(id, by: caller.subject, now: kit.time.now, in: transaction)
                guard wasOpen else { throw Problem.notFound }
                return 1
            }
        }
    }

    private static func addOutbox(
        to admin: RouterGroup<HosoRequestContext>, _ kit: ServiceContext, _ messaging: MessagingRuntime?
    ) {
        admin.get("/outbox") { _, context in
            _ = try context.requireOperator()
            let standing =
                if let messaging {
                    try await messaging.outboxStanding()
                } else {
                    try await OutboxStanding.read(from: kit.pool, shards: 1, clusterID: nil)
                }
            return try Reply.json(.ok, standing)
        }
        admin.get("/outbox/blocked") { _, context in
            _ = try context.requireOperator()
            return try Reply.json(.ok, try await BlockedEvent.list(from: kit.pool))
        }
        admin.post("/outbox/blocked/retry") { _, context in
            let caller = try context.requireOperator()
            return try await changed(kit, caller, "outbox.retried", subject: "all") { transaction in
                try await BlockedEvent.retry(nil, in: transaction)
            }
        }
        admin.post("/outbox/blocked/:id/retry") { _, context in
            let caller = try context.requireOperator()
            let id = try AdminParameters.id(context)
            return try await changed(kit, caller, "outbox.retried", subject: "\(id)") { transaction in
                try await BlockedEvent.retry(id, in: transaction)
            }
        }
        admin.get("/messaging") { _, context in
            _ = try context.requireOperator()
            guard let messaging else { throw Problem.unavailable }
            return try Reply.json(.ok, messaging.standing)
        }
        admin.get("/lag") { _, context in
            _ = try context.requireOperator()
            guard let messaging else { throw Problem.unavailable }
            return try Reply.json(.ok, try await messaging.lags())
        }
    }

    /// Changes something and writes who did it, both or neither.
    private static func changed(
        _ kit: ServiceContext, _ caller: Caller, _ action: String, subject: String,
        _ change: (PostgresTransaction) async throws -> Int
    ) async throws -> Reply {
        let affected = try await kit.pool.transaction { transaction in
            let affected = try await change(transaction)
            try await kit.audit.record(
                action, subject: subject, actor: caller.subject, details: ["affected": affected], in: transaction)
            return affected
        }
        return try Reply.json(.ok, Outcome(affected: affected))
    }
}
