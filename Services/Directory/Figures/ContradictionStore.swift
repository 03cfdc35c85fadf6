import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// A month for which several employers reported, as the cell sees it.
struct Contradiction: PostgresRowDecodable, Sendable {
    enum State: String, Sendable, Codable, CaseIterable {
        case open, settled
    }

    let id: Int64
    let memberID: MemberID
    let fullName: String
    let cellID: OrganizationID
    let month: DuesMonth
    let kind: DuesFigureKind
    let state: State
    let foundAt: Date

    init(row: PostgresRow) throws {
        id = try row.get("id")
        memberID = try row.get("member_id")
        fullName = try row.get("full_name")
        cellID = try row.get("cell_id")
        month = try row.get("month")
        kind = try row.choice("kind")
        state = try row.choice("state")
        foundAt = try row.get("found_at")
    }
}

/// Contradictions as rows.
enum ContradictionStore {
    static func read(_ id: Int64, in session: any PostgresQueryable) async throws -> Contradiction? {
        try await session.queryOptional("\(selection) WHERE c.id = \(id)", as: Contradiction.self)
    }

    /// - Parameter organization: whose members, and those of everything below; absent: everybody.
    static func page(
        _ organization: OrganizationID?, _ state: Contradiction.State, since month: DuesMonth, after: Int64, limit: Int,
        in session: any PostgresQueryable
    ) async throws -> [Contradiction] {
        let below: SQL = organization.map { "WITH RECURSIVE \(OrganizationStore.below($0))" } ?? ""
        let place: SQL = organization == nil ? "true" : "m.cell_id IN (SELECT id FROM below)"
        return try await session.query(
            """
            \(below) \(selection)
            WHERE \(place) AND c.state = \(state.rawValue) AND c.month >= \(month) AND c.id > \(after)
            ORDER BY c.id LIMIT \(limit)
            """, as: Contradiction.self)
    }

    private static let selection: SQL = """
        SELECT c.id, c.member_id, m.document ->> 'fullName' AS full_name, m.cell_id, c.month, c.kind, c.state, c.found_at
        FROM figure_contradictions c JOIN members m ON m.id = c.member_id
        """

    /// What was settled, the newest first.
    static func decisions(
        of ids: [Int64], in session: any PostgresQueryable
    ) async throws -> [Int64: [DecisionView]] {
        let rows = try await session.query(
            """
            SELECT contradiction_id, choice, employer_code, amount, reason, decided_by, decided_at FROM figure_decisions
            WHERE contradiction_id = ANY (\(ids)) ORDER BY id DESC
            """)
        return Dictionary(
            grouping: try rows.map { (id: try $0.get("contradiction_id", as: Int64.self), view: try DecisionView($0)) },
            by: \.id
        ).mapValues { $0.map(\.view) }
    }

    static func insert(
        _ decision: FigureDecision, amount: Dong, of id: Int64, reason: String, by author: String,
        in transaction: PostgresTransaction
    ) async throws {
        var code: String?
        if case .employer(let named) = decision.choice { code = named }
        try await transaction.execute(
            """
            INSERT INTO figure_decisions (contradiction_id, figures, choice, employer_code, amount, reason, decided_by,
                decided_at)
            VALUES (\(id), \(decision.figures.sorted()), \(code == nil ? "sum" : "employer"), \(code), \(amount),
                \(reason), \(author), \(decision.decidedAt))
            """)
    }
}

/// What was settled, by whom, when and why.
struct DecisionView: Encodable, Sendable {
    let choice: String
    let employerCode: String?
    let amount: Dong
    let reason: String
    let decidedBy: String
    let decidedAt: Date

    init(_ row: PostgresRow) throws {
        choice = try row.get("choice")
        employerCode = try row.get("employer_code")
        amount = try row.get("amount")
        reason = try row.get("reason")
        decidedBy = try row.get("decided_by")
        decidedAt = try row.get("decided_at")
    }
}
