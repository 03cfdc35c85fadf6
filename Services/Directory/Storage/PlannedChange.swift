import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// What was decided about an organisation for a day to come.
struct PlannedChange: PostgresRowDecodable, Sendable {
    enum State: String, Sendable, Encodable {
        case planned
        case applied
        /// Its day came, and the rules did not allow it any more.
        case refused
        case withdrawn
    }

    let id: UUIDv7
    let organizationId: OrganizationID
    let kind: String
    let effectiveOn: Day
    let body: String
    let author: String
    let isOperator: Bool
    let reason: String
    let state: State
    /// Why it was refused, a problem as RFC 9457 writes it.
    let problem: PostgresJSON?

    init(row: PostgresRow) throws {
        id = try row.get("id")
        organizationId = try row.get("organization_id")
        kind = try row.get("kind")
        effectiveOn = try row.get("effective_on")
        body = try row.get("body")
        author = try row.get("author")
        isOperator = try row.get("is_operator")
        reason = try row.get("reason")
        state = State(rawValue: try row.get("state")) ?? .planned
        problem = try row.get("problem")
    }
}

/// Planned changes as rows.
enum PlannedChangeStore {
    private static let columns: SQL =
        "id, organization_id, kind, effective_on, body, author, is_operator, reason, state, problem"

    static func insert(
        _ id: UUIDv7, _ kind: OrganizationCommand.Kind, of organization: OrganizationID, on day: Day, body: String,
        by visitor: Visitor, reason: String, at now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO planned_changes (id, organization_id, kind, effective_on, body, author, is_operator, reason,
                planned_at)
            VALUES (\(id), \(organization), \(kind.rawValue), \(day), \(body), \(visitor.subject),
                \(visitor.authority.holder == .operating), \(reason), \(now))
            """)
    }

    static func read(_ id: UUIDv7, in transaction: PostgresTransaction) async throws -> PlannedChange? {
        try await transaction.queryOptional(
            "SELECT \(columns) FROM planned_changes WHERE id = \(id) FOR UPDATE", as: PlannedChange.self)
    }

    static func page(
        of organization: OrganizationID, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [PlannedChange] {
        try await session.query(
            """
            SELECT \(columns) FROM planned_changes
            WHERE organization_id = \(organization) AND (\(page.after)::uuid IS NULL OR id > \(page.after))
            ORDER BY id LIMIT \(page.limit + 1)
            """, as: PlannedChange.self)
    }

    /// The next one whose day has come.
    ///
    /// One process at a time carries out: of one day each may build on the one before.
    static func takeDue(by day: Day, in transaction: PostgresTransaction) async throws -> PlannedChange? {
        try await transaction.lockAdvisory(AdvisoryLockKey(named: "hoso.directory.planned-changes"))
        return try await transaction.queryOptional(
            """
            SELECT \(columns) FROM planned_changes
            WHERE state = \(PlannedChange.State.planned.rawValue) AND effective_on <= \(day)
            ORDER BY effective_on, id LIMIT 1 FOR UPDATE
            """, as: PlannedChange.self)
    }

    static func settle(
        _ id: UUIDv7, as state: PlannedChange.State, problem: [UInt8]? = nil, at now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE planned_changes SET state = \(state.rawValue), settled_at = \(now),
                problem = \(problem.map { PostgresJSON(bytes: $0) })
            WHERE id = \(id)
            """)
    }
}
