import Contracts
import Foundation
import Postgres
import Records

/// Imports and their faults as rows.
enum ImportStore {
    /// Enters an import whose rows are still to come; its number.
    static func insert(
        _ id: UUIDv7, _ request: ImportRequest, author: String, at now: Date, in transaction: PostgresTransaction
    ) async throws -> Int64 {
        try await transaction.queryOne(
            """
            INSERT INTO imports (id, subject, mode, layout, as_of, author, received_at, state, fields, records, faulty,
                unreadable, month)
            VALUES (\(id), \(request.subject.rawValue), \(request.mode.rawValue), \(request.layout.name),
                \(request.asOf), \(author), \(now), \(ImportRun.State.staged.rawValue), \([String]()), 0, 0, 0,
                \(request.month))
            RETURNING number
            """
        ).get("number")
    }

    /// Writes down what was found in the file.
    static func note(_ notes: StagingNotes.Contents, of id: UUIDv7, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE imports SET fields = \(notes.fields), records = \(Int64(notes.counts.records)),
                faulty = \(Int64(notes.counts.faulty)), unreadable = \(Int64(notes.counts.unreadable))
            WHERE id = \(id)
            """)
        try await insert(notes.faults, of: id, in: transaction)
    }

    private static func insert(
        _ faults: [StagingNotes.NotedFault], of id: UUIDv7, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO import_faults (import_id, line, place, column_no, field, rule, source_id)
            SELECT \(id), line, place, column_no, field, rule, source_id
            FROM unnest(\(faults.map { Int64($0.fault.line) }), \(faults.map(\.place)),
                \(faults.map(\.fault.column)), \(faults.map(\.fault.field)), \(faults.map(\.fault.rule.rawValue)),
                \(faults.map(\.key))) AS f (line, place, column_no, field, rule, source_id)
            """)
    }

    /// - Parameter refusal: what makes the file untrustworthy; absent when too many lines are wrong.
    static func refuse(
        _ id: UUIDv7, _ refusal: RecordFault?, rule: String = "too-many-faults", at now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE imports SET state = \(ImportRun.State.refused.rawValue), finished_at = \(now),
                refused_rule = \(refusal?.rule.rawValue ?? rule), refused_line = \(refusal?.line),
                refused_field = \(refusal?.field)
            WHERE id = \(id)
            """)
    }

    static func read(_ id: UUIDv7, in session: any PostgresQueryable) async throws -> ImportRun? {
        try await session.queryOptional(
            "SELECT \(ImportRun.columns) FROM imports WHERE id = \(id)", as: ImportRun.self)
    }

    static func page(_ page: PageRequest, in session: any PostgresQueryable) async throws -> [ImportRun] {
        try await session.query(
            """
            SELECT \(ImportRun.columns) FROM imports WHERE (\(page.after)::uuid IS NULL OR id < \(page.after))
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """, as: ImportRun.self)
    }

    /// The oldest import that is not finished, held until the transaction ends; nothing while another process holds it.
    static func takeNext(in transaction: PostgresTransaction) async throws -> ImportRun? {
        try await transaction.queryOptional(
            """
            SELECT \(ImportRun.columns) FROM imports
            WHERE id = (SELECT id FROM imports WHERE state IN ('staged', 'loading') ORDER BY number LIMIT 1)
            FOR UPDATE SKIP LOCKED
            """, as: ImportRun.self)
    }

    /// The oldest import of the subjects whose records are being pulled.
    static func pulling(
        _ subjects: [ImportSubject], in session: any PostgresQueryable
    ) async throws -> ImportRun? {
        try await session.queryOptional(
            """
            SELECT \(ImportRun.columns) FROM imports
            WHERE state = 'pulling' AND subject = ANY (\(subjects.map(\.rawValue))) ORDER BY number LIMIT 1
            """, as: ImportRun.self)
    }

    /// Holds a pull until the transaction ends; false when it has gone on since it was read.
    static func hold(_ run: ImportRun, in transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.queryOptional(
            """
            SELECT 1 AS one FROM imports
            WHERE id = \(run.id) AND state = 'pulling' AND cursor IS NOT DISTINCT FROM \(run.cursor) FOR UPDATE
            """) != nil
    }

    /// Adds what was found in a page.
    static func add(_ notes: StagingNotes.Contents, to id: UUIDv7, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE imports SET records = records + \(Int64(notes.counts.records)),
                faulty = faulty + \(Int64(notes.counts.faulty)), unreadable = unreadable + \(Int64(notes.counts.unreadable)),
                fields = ARRAY(SELECT DISTINCT unnest(fields || \(notes.fields)) ORDER BY 1)
            WHERE id = \(id)
            """)
        try await insert(notes.faults, of: id, in: transaction)
    }

    /// A pull goes on with the next page, or waits for its comparison.
    static func advance(_ run: ImportRun, to page: ImportPage, in transaction: PostgresTransaction) async throws {
        let state: ImportRun.State = page.next == nil ? .staged : .pulling
        // All pages tell of the moment of the first one.
        let asOf = run.cursor == nil ? page.asOf : run.asOf
        try await transaction.execute(
            """
            UPDATE imports SET cursor = \(page.next), state = \(state.rawValue), as_of = \(asOf) WHERE id = \(run.id)
            """)
    }

    /// The moment of which the newest import of the subject tells.
    static func newest(of subject: ImportSubject, in session: any PostgresQueryable) async throws -> Date? {
        try await session.queryOne(
            """
            SELECT max(as_of) AS moment FROM imports
            WHERE subject = \(subject.rawValue) AND state IN ('staged', 'loading', 'compared')
            """
        ).get("moment")
    }

    /// Whether the directory has anything of the kind.
    static func isFilled(_ subject: ImportSubject, in session: any PostgresQueryable) async throws -> Bool {
        let table = subject == .members ? "members" : "organizations"
        return try await session.queryOptional("SELECT 1 AS one FROM \(identifier: table) LIMIT 1") != nil
    }

    /// The moment of the newest import that was compared.
    static func newestCompared(of subject: ImportSubject, in session: any PostgresQueryable) async throws -> Date? {
        try await session.queryOne(
            "SELECT max(as_of) AS moment FROM imports WHERE subject = \(subject.rawValue) AND state = 'compared'"
        ).get("moment")
    }

    static func finish(
        _ id: UUIDv7, as state: ImportRun.State, opened: Int = 0, closed: Int = 0, at now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE imports SET state = \(state.rawValue), opened = \(Int64(opened)), closed = \(Int64(closed)),
                finished_at = \(now)
            WHERE id = \(id)
            """)
    }

    /// One line that could not be taken, as a list shows it.
    struct Fault: PostgresRowDecodable, Sendable {
        let line: Int64
        let place: Int
        let column: Int?
        let field: String?
        let rule: String

        init(row: PostgresRow) throws {
            line = try row.get("line")
            place = try row.get("place")
            column = try row.get("column_no")
            field = try row.get("field")
            rule = try row.get("rule")
        }
    }

    static func faults(
        of id: UUIDv7, afterLine: Int64, limit: Int, in session: any PostgresQueryable
    ) async throws -> [Fault] {
        try await session.query(
            """
            SELECT line, place, column_no, field, rule FROM import_faults
            WHERE import_id = \(id) AND line > \(afterLine) ORDER BY line, place LIMIT \(limit)
            """, as: Fault.self)
    }
}
