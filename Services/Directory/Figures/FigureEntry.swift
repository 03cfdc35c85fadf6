import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Enters the figures of an import, in sets: whom each is of, what does not fit, and what is new.
struct FigureEntry: Sendable {
    let run: ImportRun
    let limits: ImportLimits
    /// How many months back figures are taken.
    let months: Int
    let now: Date
    let transaction: PostgresTransaction

    private var staged: String { StagingTable(.figures, number: run.number).name }
    private var matched: String { "matched_\(run.number)" }

    /// - Returns: how many figures are new.
    /// - Throws: ``TooManyFaults``, with the faults noted and nothing entered.
    func enter() async throws -> Int {
        try await learnNumbers()
        try await match()
        try await findTwice()
        let wrong = try await noteFaults()
        do {
            try limits.check(
                wrong: wrong + Int(run.faulty + run.unreadable), of: Int(run.records + run.unreadable), isLast: true)
        } catch {
            try await transaction.execute("DROP TABLE \(identifier: matched)")
            throw error
        }
        // A source that tells of a moment to come would outrun every correction until then.
        let entered = try await FigureStore.enter(
            """
            SELECT member_id, month, kind, employer_code, employer_name, amount FROM \(identifier: matched)
            WHERE fault IS NULL
            """, told: min(run.asOf, now), origin: run.id, at: now, in: transaction)
        try await transaction.execute("UPDATE imports SET entered = \(Int64(entered)) WHERE id = \(run.id)")
        try await transaction.execute("DROP TABLE \(identifier: matched)")
        return entered
    }

    /// Insurance numbers of members whose personal ID stands beside them, where it is one number of one member.
    private func learnNumbers() async throws {
        try await transaction.execute(
            """
            WITH pairs AS (
                SELECT DISTINCT s.insurance_number, m.id FROM \(identifier: staged) s
                JOIN members m ON m.personal_id = s.personal_id WHERE s.insurance_number IS NOT NULL)
            INSERT INTO insurance_numbers (insurance_number, member_id)
            SELECT p.insurance_number, p.id FROM pairs p
            WHERE NOT EXISTS (SELECT FROM pairs o WHERE (o.insurance_number = p.insurance_number) <> (o.id = p.id))
            ON CONFLICT DO NOTHING
            """)
    }

    private func match() async throws {
        let newest = run.month ?? DuesMonth(containing: run.asOf)
        let oldest = run.month ?? DuesMonth(containing: now).adding(months: -months)
        try await transaction.execute(
            """
            CREATE UNLOGGED TABLE \(identifier: matched) AS
            SELECT s.line, coalesce(m.id, n.member_id) AS member_id, s.month, s.kind,
                coalesce(s.employer_code, '') AS employer_code, s.employer_name, s.amount::bigint AS amount,
                CASE
                    WHEN s.personal_id IS NULL AND s.insurance_number IS NULL THEN \(FigureFault.noPerson.rawValue)
                    WHEN s.month NOT BETWEEN \(oldest) AND \(newest) THEN \(FigureFault.monthOutside.rawValue)
                    WHEN s.personal_id IS NOT NULL AND n.member_id IS DISTINCT FROM m.id AND n.member_id IS NOT NULL
                        THEN \(FigureFault.twoPersons.rawValue)
                    WHEN coalesce(m.id, n.member_id) IS NULL THEN \(FigureFault.unknownPerson.rawValue)
                END AS fault
            FROM \(identifier: staged) s LEFT JOIN members m ON m.personal_id = s.personal_id
            LEFT JOIN insurance_numbers n ON n.insurance_number = s.insurance_number
            """)
        try await transaction.execute("ANALYZE \(identifier: matched)")
    }

    private func findTwice() async throws {
        try await transaction.execute(
            """
            UPDATE \(identifier: matched) x SET fault = \(FigureFault.twice.rawValue)
            FROM (
                SELECT member_id, month, kind, employer_code FROM \(identifier: matched) WHERE fault IS NULL
                GROUP BY member_id, month, kind, employer_code HAVING min(amount) <> max(amount)
            ) AS t
            WHERE x.fault IS NULL AND (x.member_id, x.month, x.kind, x.employer_code)
                = (t.member_id, t.month, t.kind, t.employer_code)
            """)
    }

    /// - Returns: how many records say that the file is wrong.
    private func noteFaults() async throws -> Int {
        let faults = FigureFault.allCases
        try await transaction.execute(
            """
            INSERT INTO import_faults (import_id, line, place, field, rule)
            SELECT \(run.id), x.line, 0, f.field, x.fault
            FROM \(identifier: matched) x
                JOIN unnest(\(faults.map(\.rawValue)), \(faults.map(\.field))) AS f (rule, field) ON f.rule = x.fault
            ORDER BY x.line LIMIT \(limits.faults)
            """)
        let counted = try await transaction.queryOne(
            """
            WITH counted AS (
                SELECT count(*) AS n, count(*) FILTER (
                    WHERE fault = ANY (\(faults.filter(\.isOfFile).map(\.rawValue)))) AS wrong
                FROM \(identifier: matched) WHERE fault IS NOT NULL)
            UPDATE imports SET faulty = faulty + counted.n FROM counted WHERE id = \(run.id)
            RETURNING counted.wrong
            """)
        return try counted.get("wrong")
    }
}
