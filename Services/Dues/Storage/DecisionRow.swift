import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres

/// A kind of decision about a single member, with the table that keeps it.
protocol MemberDecision: Sendable {
    /// What is decided, as it is entered and shown.
    associatedtype Content: Codable & Sendable

    /// The name in addresses and of the audit: `relief`.
    static var name: String { get }
    static var table: SQL { get }

    init(_ content: Content, revokedFrom: DuesMonth?) throws(InvalidValue)
    init(row: PostgresRow) throws

    var content: Content { get }
    var months: DecidedMonths { get }

    func insertion(_ form: DecisionForm) -> SQL
}

/// Who decided, when, and by which decision.
struct DecisionForm: Sendable, Encodable {
    let decisionId: UUIDv7
    let memberId: MemberID
    /// Absent in rows from before bodies were kept, as are number and day.
    let bodyId: OrganizationID?
    let decisionNumber: String?
    let decidedOn: Day?
    /// Who decided for the body.
    let decidedBy: MemberID
    let decidedAt: Date
}

/// A later decision that the first one holds no more.
struct Revocation: Sendable, Encodable {
    let revokedFrom: DuesMonth
    let revokedReason: String
    let revokedBy: MemberID
    let revokedAt: Date
}

/// A decision about a member as it is kept.
struct DecisionRow<Decision: MemberDecision>: Sendable, Encodable {
    let form: DecisionForm
    let decision: Decision
    let revocation: Revocation?

    init(row: PostgresRow) throws {
        form = DecisionForm(
            decisionId: try row.get("decision_id"), memberId: try row.get("member_id"), bodyId: try row.get("body_id"),
            decisionNumber: try row.get("decision_number"), decidedOn: try row.get("decided_on"),
            decidedBy: try row.get("decided_by"), decidedAt: try row.get("decided_at"))
        decision = try Decision(row: row)
        revocation = try row.get("revoked_from", as: DuesMonth?.self).map {
            Revocation(
                revokedFrom: $0, revokedReason: try row.get("revoked_reason"), revokedBy: try row.get("revoked_by"),
                revokedAt: try row.get("revoked_at"))
        }
    }

    /// All in one object.
    func encode(to encoder: any Encoder) throws {
        try form.encode(to: encoder)
        try decision.content.encode(to: encoder)
        try revocation?.encode(to: encoder)
    }

    /// The decisions about a member, the newest first.
    static func list(of member: MemberID, in session: any PostgresQueryable) async throws -> [DecisionRow] {
        try await session.query(
            "SELECT * FROM \(Decision.table) WHERE member_id = \(member) ORDER BY from_month DESC, decision_id DESC"
        ).map(DecisionRow.init)
    }

    static func find(
        _ id: UUIDv7, of member: MemberID, in session: any PostgresQueryable
    ) async throws -> DecisionRow? {
        try await session.queryOptional(
            "SELECT * FROM \(Decision.table) WHERE decision_id = \(id) AND member_id = \(member)"
        ).map(DecisionRow.init)
    }

    static func insert(
        _ decision: Decision, _ form: DecisionForm, in transaction: PostgresTransaction
    ) async throws -> DecisionRow {
        try DecisionRow(row: await transaction.queryOne("\(decision.insertion(form)) RETURNING *"))
    }

    func revoked(_ revocation: Revocation, in transaction: PostgresTransaction) async throws -> DecisionRow {
        try DecisionRow(
            row: await transaction.queryOne(
                """
                UPDATE \(Decision.table) SET revoked_from = \(revocation.revokedFrom),
                    revoked_reason = \(revocation.revokedReason), revoked_by = \(revocation.revokedBy),
                    revoked_at = \(revocation.revokedAt)
                WHERE decision_id = \(form.decisionId) RETURNING *
                """))
    }

    /// Makes decisions about a member follow one another until the transaction ends.
    static func lock(_ member: MemberID, in transaction: PostgresTransaction) async throws {
        // Advisory locks are shared by all schemas of a database.
        try await transaction.execute(
            """
            SELECT pg_advisory_xact_lock(
                hashtextextended('dues decisions ' || current_schema() || ' ' || \(member)::text, 7462))
            """)
    }
}

/// What `DecidedMonths.contains` says, of a row of one of the tables of decisions.
enum DecisionMonths {
    static func holds(_ row: SQL, in month: SQL) -> SQL {
        """
        \(row).from_month <= \(month) AND (\(row).through_month IS NULL OR \(row).through_month >= \(month))
            AND (\(row).revoked_from IS NULL OR \(row).revoked_from > \(month))
        """
    }
}

extension Relief: MemberDecision {
    struct Content: Codable, Sendable {
        let ground: Ground
        let reductionPercent: Int
        let from: DuesMonth
        let through: DuesMonth?
    }

    static let name = "relief"
    static let table: SQL = "relief_decisions"

    init(_ content: Content, revokedFrom: DuesMonth?) throws(InvalidValue) {
        try self.init(
            ground: content.ground, reductionPercent: content.reductionPercent, from: content.from,
            through: content.through, revokedFrom: revokedFrom)
    }

    init(row: PostgresRow) throws {
        guard let ground = Ground(rawValue: try row.get("ground")) else {
            throw InvalidValue(
                field: "ground", rule: "relief.ground", vietnamese: "Lý do miễn, giảm không rõ.",
                english: "The ground of the relief is not known.")
        }
        try self.init(
            ground: ground, reductionPercent: try row.get("reduction", as: Int.self) / 100,
            from: try row.get("from_month"), through: try row.get("through_month"),
            revokedFrom: try row.get("revoked_from"))
    }

    var content: Content {
        Content(
            ground: ground, reductionPercent: reduction.value / 100, from: months.from, through: months.through)
    }

    func insertion(_ form: DecisionForm) -> SQL {
        """
        INSERT INTO relief_decisions (decision_id, member_id, ground, reduction, from_month, through_month, body_id,
            decision_number, decided_on, decided_by, decided_at)
        VALUES (\(form.decisionId), \(form.memberId), \(ground.rawValue), \(reduction.value), \(months.from),
            \(months.through), \(form.bodyId), \(form.decisionNumber), \(form.decidedOn), \(form.decidedBy),
            \(form.decidedAt))
        """
    }
}

extension Deferral: MemberDecision {
    struct Content: Codable, Sendable {
        let from: DuesMonth
        let through: DuesMonth
        let due: DuesMonth
    }

    static let name = "deferral"
    static let table: SQL = "deferrals"

    init(_ content: Content, revokedFrom: DuesMonth?) throws(InvalidValue) {
        try self.init(from: content.from, through: content.through, due: content.due, revokedFrom: revokedFrom)
    }

    init(row: PostgresRow) throws {
        try self.init(
            from: try row.get("from_month"), through: try row.get("through_month"), due: try row.get("due_month"),
            revokedFrom: try row.get("revoked_from"))
    }

    var content: Content { Content(from: months.from, through: months.through ?? months.from, due: due) }

    func insertion(_ form: DecisionForm) -> SQL {
        """
        INSERT INTO deferrals (decision_id, member_id, from_month, through_month, due_month, body_id, decision_number,
            decided_on, decided_by, decided_at)
        VALUES (\(form.decisionId), \(form.memberId), \(months.from), \(months.through), \(due), \(form.bodyId),
            \(form.decisionNumber), \(form.decidedOn), \(form.decidedBy), \(form.decidedAt))
        """
    }
}

extension VoluntaryAmount: MemberDecision {
    struct Content: Codable, Sendable {
        let amount: Dong
        let from: DuesMonth
        let through: DuesMonth?
    }

    static let name = "voluntary-amount"
    static let table: SQL = "voluntary_amounts"

    init(_ content: Content, revokedFrom: DuesMonth?) throws(InvalidValue) {
        try self.init(
            amount: content.amount, from: content.from, through: content.through, revokedFrom: revokedFrom)
    }

    init(row: PostgresRow) throws {
        try self.init(
            amount: try row.get("amount"), from: try row.get("from_month"), through: try row.get("through_month"),
            revokedFrom: try row.get("revoked_from"))
    }

    var content: Content { Content(amount: amount, from: months.from, through: months.through) }

    func insertion(_ form: DecisionForm) -> SQL {
        """
        INSERT INTO voluntary_amounts (decision_id, member_id, amount, from_month, through_month, body_id,
            decision_number, decided_on, decided_by, decided_at)
        VALUES (\(form.decisionId), \(form.memberId), \(amount), \(months.from), \(months.through), \(form.bodyId),
            \(form.decisionNumber), \(form.decidedOn), \(form.decidedBy), \(form.decidedAt))
        """
    }
}
