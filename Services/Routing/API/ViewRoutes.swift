import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import Projections
import RoutingDomain
import ServiceKit

/// `GET /v1/cases/{dossierId}` and its history, for those who have to do with it. Each look is logged.
extension CaseDesk {
    func addViews(to router: Router<HosoRequestContext>) {
        router.get("/v1/cases/:dossierId") { _, context in
            let member = try context.requireMember()
            let id = try caseID(context, "dossierId")
            return try await kit.pool.transaction { transaction in
                let (running, officer) = try await entitled(member.id, to: id, in: transaction)
                let around = try await circumstances(of: running, in: transaction)
                try await logLook("case.viewed", at: id, by: member.id, in: transaction)
                return try Reply.json(.ok, CaseView(running, around: around, for: officer))
            }
        }
        router.get("/v1/cases/:dossierId/history") { _, context in
            let member = try context.requireMember()
            let id = try caseID(context, "dossierId")
            return try await kit.pool.transaction { transaction in
                _ = try await entitled(member.id, to: id, in: transaction)
                try await logLook("case.history-viewed", at: id, by: member.id, in: transaction)
                return try Reply.json(.ok, HistoryView(items: try await history(of: id, in: transaction)))
            }
        }
    }

    /// The case, if the member may see it: the applicant, who entered it, or an officer of an organisation on its way.
    func entitled(
        _ member: MemberID, to id: DossierID, in transaction: PostgresTransaction
    ) async throws -> (RunningCase, Officer) {
        guard let running = try await CaseStore.read(id, in: transaction) else { throw Problem.notFound }
        let officer = try await officer(member, in: transaction)
        if running.concerned.contains(member) { return (running, officer) }
        try requireFreshRoles()
        let places = CaseEngine.organizations(of: running)
        let roles = try await directory.roles(of: member, at: kit.time.now, in: transaction)
        guard roles.contains(where: { Self.readers.contains($0.role) && places.contains($0.organizationId) }) else {
            throw Problem.forbidden.with(
                vietnamese: "Đồng chí không có vai trò đối với hồ sơ này.", english: "You hold no role for this case.")
        }
        return (running, officer)
    }

    /// The roles that read cases; those of administration and support never do.
    static let readers: Set<RoleName> = Staffing.handlers.union([.inspector, .auditor])

    private func circumstances(
        of running: RunningCase, in transaction: PostgresTransaction
    ) async throws -> Circumstances {
        do {
            return try await cases.circumstances(of: running, now: kit.time.now, in: transaction)
        } catch is NotYet {
            throw Problem.projectionStale
        }
    }

    func logLook(
        _ action: String, at id: DossierID, by member: MemberID, in transaction: PostgresTransaction
    ) async throws {
        try await kit.audit.record(action, subject: "\(id)", actor: "\(member)", in: transaction)
    }

    private func history(of id: DossierID, in transaction: PostgresTransaction) async throws -> [HistoryView.Item] {
        let rows = try await transaction.query(
            "SELECT version, at, type, actor, data FROM case_history WHERE dossier_id = \(id) ORDER BY version")
        return try rows.map { row in
            HistoryView.Item(
                version: try row.get("version"), at: try row.get("at"), type: try row.get("type"),
                actor: try row.get("actor"),
                data: try ContractsJSON.decode(from: row.get("data", as: PostgresJSON.self).bytes))
        }
    }
}

/// What happened to a case, in order.
struct HistoryView: Encodable {
    struct Item: Encodable {
        let version: Int64
        let at: Date
        let type: String
        let actor: String
        let data: JSONValue
    }

    let items: [Item]
}
