import Contracts
import Foundation
import Postgres

/// What a comparison finds, gathered in a table and then held against the differences that stand.
struct FoundDifferences: Sendable {
    let run: ImportRun
    let transaction: PostgresTransaction

    private var table: String { "found_\(run.number)" }

    func create() async throws {
        try await transaction.execute(
            """
            CREATE UNLOGGED TABLE \(identifier: table) (
                key text, kind text, field text, source_value text, our_value text, member_id uuid,
                other_member_id uuid, organization_id uuid, settler text, record jsonb, personal_id text)
            """)
    }

    /// - Parameter query: gives the columns of the table in their order.
    func add(_ query: SQL) async throws {
        try await transaction.execute("INSERT INTO \(identifier: table) \(query)")
    }

    /// What the list of differences changed by.
    struct Outcome: Sendable {
        let opened: Int
        let closed: Int
    }

    /// Opens what is new, closes what both sides agree in again, and touches nothing else: the same file once more
    /// changes nothing.
    ///
    /// - Parameter staged: the staging table; a delta speaks only of the records in it.
    func settle(staged: StagingTable, at now: Date) async throws -> Outcome {
        let opened = try await open(at: now)
        let closed = try await close(staged: staged, at: now)
        try await transaction.execute("DROP TABLE \(identifier: table)")
        return Outcome(opened: opened, closed: closed)
    }

    private func open(at now: Date) async throws -> Int {
        try await transaction.execute(
            """
            INSERT INTO differences AS d (subject, key, kind, field, source_value, our_value, member_id, other_member_id,
                organization_id, settler, record, personal_id, state, first_import, last_import, found_at)
            SELECT DISTINCT ON (f.key, f.kind, f.field) \(run.subject.rawValue), f.key, f.kind, f.field, f.source_value,
                f.our_value, f.member_id, f.other_member_id, f.organization_id, f.settler, f.record, f.personal_id,
                CASE WHEN \(Self.isExplained(subjectID: subjectID, kind: "f.kind", field: "f.field", asOf: "\(run.asOf)"))
                    THEN 'pending' ELSE 'open' END,
                \(run.id), \(run.id), \(now)
            FROM \(identifier: table) f
            ORDER BY f.key, f.kind, f.field, f.other_member_id
            ON CONFLICT (subject, key, kind, field) DO UPDATE SET
                source_value = excluded.source_value, our_value = excluded.our_value, member_id = excluded.member_id,
                other_member_id = excluded.other_member_id, organization_id = excluded.organization_id,
                settler = excluded.settler, record = excluded.record, personal_id = excluded.personal_id,
                state = excluded.state, outcome = NULL, reason = NULL, settled_by = NULL, settled_at = NULL,
                last_import = excluded.last_import
            WHERE (d.state = 'settled' AND d.outcome IS DISTINCT FROM 'set-aside')
               OR (d.state <> 'settled' AND d.state <> excluded.state)
               OR (d.source_value, d.our_value, d.member_id, d.other_member_id, d.organization_id, d.record,
                       d.personal_id)
                   IS DISTINCT FROM (excluded.source_value, excluded.our_value, excluded.member_id,
                       excluded.other_member_id, excluded.organization_id, excluded.record, excluded.personal_id)
            """)
    }

    private var subjectID: SQL { run.subject == .members ? "f.member_id" : "f.organization_id" }

    /// Whether a change that is on its way to the source explains a difference: one that was not yet answered, or was
    /// accepted after the moment that the import tells of.
    static func isExplained(subjectID: SQL, kind: SQL, field: SQL, asOf: SQL) -> SQL {
        """
        EXISTS (SELECT FROM outgoing_changes o
            WHERE o.subject_id = \(subjectID)
              AND (o.state IN ('prepared', 'sent') OR (o.state = 'accepted' AND o.answered_at > \(asOf)))
              AND CASE WHEN \(kind) = 'extra' THEN o.kind IN ('entered', 'reinstated', 'organization-founded')
                  ELSE \(field) = ANY (o.fields) END)
        """
    }

    /// Whether a change made since explains a difference that stands, by the moment that its last import tells of.
    static let isExplainedNow = isExplained(
        subjectID: "CASE d.subject WHEN 'members' THEN d.member_id ELSE d.organization_id END", kind: "d.kind",
        field: "d.field", asOf: "(SELECT i.as_of FROM imports i WHERE i.id = d.last_import)")

    private func close(staged: StagingTable, at now: Date) async throws -> Int {
        let isConcerned: SQL =
            run.mode == .delta
            ? """
            AND EXISTS (SELECT FROM \(identifier: staged.name) s
                WHERE s.\(identifier: staged.columns[0].name) = d.key)
            """
            : """
            AND NOT EXISTS (SELECT FROM import_faults f WHERE f.import_id = \(run.id) AND f.source_id = d.key)
            """
        return try await transaction.execute(
            """
            UPDATE differences d SET state = 'settled', outcome = 'agreed', settled_at = \(now), last_import = \(run.id)
            WHERE d.subject = \(run.subject.rawValue) AND d.state <> 'settled' \(isConcerned)
              AND NOT EXISTS (SELECT FROM \(identifier: table) f
                  WHERE f.key = d.key AND f.kind = d.kind AND f.field = d.field)
            """)
    }
}
