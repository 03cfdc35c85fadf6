import Contracts
import Foundation
import Postgres
import RoutingDomain

/// Reads work lists.
///
/// Every list is the merge of ranges of one index, each in the order of the deadline and cut to the length of the page
/// before they are merged: what a page costs hangs on its length, not on how much waits. Under one timetable the order
/// of the deadlines is the order of the remaining working time.
enum WorkListStore {
    /// The turns of a page, and one more when there is a next page.
    static func page(
        _ question: WorkListQuestion, _ scope: WorkListScope, now: Date, in pool: PostgresPool
    ) async throws -> [PostgresRow] {
        guard let found = candidates(question, scope, now: now, limit: question.limit + 1) else { return [] }
        return try await inOrder(
            """
            SELECT t.dossier_id, t.code, t.procedure, t.turn, t.step, t.organization_id, o.state ->> 'name' AS name,
                   o.state -> 'officeHours' AS office_hours, t.role, t.waiting, t.box, t.entered_at, t.stopped_at,
                   (c.document ->> 'revision')::bigint AS revision, t.due_at, t.member_id,
                   m.state ->> 'fullName' AS member_name
            FROM (\(found)) f
            JOIN case_turns t ON t.dossier_id = f.dossier_id AND t.turn = f.turn
            JOIN cases c ON c.dossier_id = f.dossier_id
            LEFT JOIN directory_organizations o ON o.id = t.organization_id
            LEFT JOIN directory_members m ON m.id = t.member_id
            ORDER BY f.due_at, f.dossier_id, f.turn
            """, in: pool)
    }

    /// Runs a question with a planner that walks indexes in their order wherever one can be walked.
    ///
    /// It knows how much waits at an organisation on average, which is next to nothing, and would read all that waits at
    /// a province and sort it. Merging the ranges is a sort all the same; it must not look dear enough to be compiled.
    static func inOrder(_ question: SQL, in pool: PostgresPool) async throws -> [PostgresRow] {
        try await pool.transaction(TransactionOptions(isReadOnly: true)) { transaction in
            try await transaction.pipeline(["SET LOCAL enable_sort = off", "SET LOCAL jit = off", question])
                .last?.rows ?? []
        }
    }

    /// How many turns there are, how many of them are overdue, how many wait for the applicant.
    static func counts(
        _ question: WorkListQuestion, _ scope: WorkListScope, now: Date, in pool: PostgresPool
    ) async throws -> WorkListCounts {
        func count(overdue: Bool? = nil, waiting: Bool? = nil) async throws -> WorkListCounts.Count {
            let narrowed = question.narrowed(overdue: overdue, waiting: waiting)
            let found = candidates(narrowed, scope, now: now, limit: WorkListCounts.most + 1)
            guard let found else { return WorkListCounts.Count(0) }
            let rows = try await inOrder("SELECT count(*) AS n FROM (\(found)) f", in: pool)
            return WorkListCounts.Count(try rows.first?.get("n") ?? 0)
        }
        return WorkListCounts(
            all: try await count(), overdue: try await count(overdue: true), waiting: try await count(waiting: true))
    }

    /// The `due_at`, `dossier_id` and `turn` of the first turns that are asked for; nil when the caller sees none at all.
    static func candidates(
        _ question: WorkListQuestion, _ scope: WorkListScope, now: Date, limit: Int
    ) -> SQL? {
        let rest = rest(question, now: now, limit: limit)
        switch scope {
        case .seats(let seats, let member):
            guard !seats.isEmpty else { return nil }
            let others: SQL = "AND c.member_id <> \(member) AND c.entered_by_member_id <> \(member)"
            return """
                WITH held AS (
                    SELECT DISTINCT organization, role
                    FROM unnest(\(seats.map(\.organizationId)), \(seats.map(\.role.rawValue))) AS h (organization, role))
                SELECT due_at, dossier_id, turn FROM (
                    SELECT t.due_at, t.dossier_id, t.turn FROM held CROSS JOIN LATERAL (
                        SELECT c.due_at, c.dossier_id, c.turn FROM case_turns c
                        WHERE c.organization_id = held.organization AND c.role = held.role \(others) \(rest)) t
                    UNION
                    SELECT t.due_at, t.dossier_id, t.turn FROM held CROSS JOIN LATERAL (
                        SELECT c.due_at, c.dossier_id, c.turn FROM case_turns c
                        WHERE c.seat_organization_id = held.organization AND c.seat_role = held.role
                          \(others) \(rest)) t
                ) merged ORDER BY due_at, dossier_id, turn LIMIT \(limit)
                """
        case .organizations(let ids):
            guard !ids.isEmpty else { return nil }
            return """
                SELECT t.due_at, t.dossier_id, t.turn FROM unnest(\(ids)) AS own (id) CROSS JOIN LATERAL (
                    SELECT c.due_at, c.dossier_id, c.turn FROM case_turns c
                    WHERE c.organization_id = own.id \(rest)) t
                ORDER BY t.due_at, t.dossier_id, t.turn LIMIT \(limit)
                """
        case .subtrees(let tops):
            guard !tops.isEmpty else { return nil }
            var places: SQL = "SELECT * FROM case_places c WHERE c.organization_id = own.id"
            // Few codes begin alike: they are found by the code and sorted then, for in the order of the deadlines all
            // that stands below would be read. OFFSET 0 keeps the planner from that.
            if let code = question.code { places = "\(places) AND \(beginning(code)) OFFSET 0" }
            // One committee can stand below another of the same officer.
            return """
                SELECT DISTINCT t.due_at, t.dossier_id, t.turn FROM unnest(\(tops)) AS own (id) CROSS JOIN LATERAL (
                    SELECT c.due_at, c.dossier_id, c.turn FROM (\(places)) c WHERE true \(rest)) t
                ORDER BY t.due_at, t.dossier_id, t.turn LIMIT \(limit)
                """
        }
    }

    /// The conditions that all lists share, the order and the length.
    private static func rest(_ question: WorkListQuestion, now: Date, limit: Int) -> SQL {
        var sql: SQL = ""
        func add(_ condition: SQL) { sql = "\(sql) AND \(condition)" }
        if let procedure = question.procedure { add("c.procedure = \(procedure)") }
        if let step = question.step { add("c.step = \(step)") }
        // What waits for the applicant is not late.
        if question.overdue == true { add("c.due_at < \(now) AND NOT c.waiting") }
        if question.overdue == false { add("(c.due_at >= \(now) OR c.waiting)") }
        if question.waiting == true { add("c.waiting") }
        if question.waiting == false { add("NOT c.waiting") }
        if let code = question.code { add(beginning(code)) }
        if let mark = question.after {
            add("(c.due_at, c.dossier_id, c.turn) > (\(mark.due), \(mark.id), \(mark.turn))")
        }
        return "\(sql) ORDER BY c.due_at, c.dossier_id, c.turn LIMIT \(limit)"
    }
}

extension WorkListStore {
    /// The codes that begin so. A code has no character beyond `Z`, so that `~` ends the range.
    private static func beginning(_ code: String) -> SQL { "c.code ~>=~ \(code) AND c.code ~<~ \(code + "~")" }
}

/// How much waits, counted up to a bound so that a badge costs as little in a ministry as in a cell.
struct WorkListCounts: Encodable {
    struct Count: Encodable, Equatable {
        let count: Int
        /// Whether there are more than that.
        let more: Bool

        init(_ counted: Int) {
            count = min(counted, WorkListCounts.most)
            more = counted > WorkListCounts.most
        }
    }

    /// Counted no further than this.
    static let most = 1_000

    let all: Count
    let overdue: Count
    let waiting: Count
}

extension WorkListQuestion {
    /// The same question from the beginning of the list, narrower where something is given.
    func narrowed(overdue: Bool?, waiting: Bool?) -> WorkListQuestion {
        WorkListQuestion(
            list: list, organization: organization, procedure: procedure, step: step,
            overdue: overdue ?? self.overdue, waiting: waiting ?? self.waiting, code: code, after: nil, limit: limit)
    }
}
