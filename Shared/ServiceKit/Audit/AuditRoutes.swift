import Hummingbird

/// `/admin/v1/audit`: the chain, for those who verify it.
enum AuditRoutes {
    static func add(to admin: RouterGroup<HosoRequestContext>, _ kit: ServiceContext) {
        let verifier = AuditVerifier(pool: kit.pool)
        admin.get("/audit/verify") { request, context in
            _ = try context.requireOperator()
            let query = request.uri.queryParameters
            return try Reply.json(
                .ok,
                try await verifier.verify(
                    after: try AdminParameters.number(query["after"], "after") ?? 0,
                    limit: Int(min(try AdminParameters.number(query["limit"], "limit") ?? 100, 1_000))))
        }
    }
}
