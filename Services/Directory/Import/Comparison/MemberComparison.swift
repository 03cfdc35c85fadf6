import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Compares the members of an import with those of the directory, in sets.
///
/// Nothing is changed but the numbers by which members are known in the source: what differs becomes rows for people to
/// settle. Of the millions that are equal only one number is compared (`member_facts`); the candidates, which are not
/// equal or stand on one side only, are looked at field by field.
struct MemberComparison: Sendable {
    let run: ImportRun
    let transaction: PostgresTransaction

    private var staged: String { StagingTable(.members, number: run.number).name }
    private var candidates: String { "candidates_\(run.number)" }
    var found: FoundDifferences { FoundDifferences(run: run, transaction: transaction) }

    private static let ends = MembershipState.allCases.filter(\.isEnd).map(\.rawValue)
    private static let cellTypes = OrganizationType.allCases.filter(\.isCell).map(\.rawValue)

    /// Finds everything in which the two disagree.
    func compare() async throws {
        try await link()
        try await findCandidates()
        try await found.create()
        try await findMissing()
        if run.mode != .delta { try await findExtra() }
        try await findRemoved()
        try await findDifferent()
        try await findMoved()
        try await findWrongPlaces()
        try await findDuplicates()
        try await transaction.execute("DROP TABLE \(identifier: candidates)")
    }

    /// Members that the source's number is not known of, but who alone have the personal ID on both sides.
    private func link() async throws {
        try await transaction.execute(
            """
            WITH pairs AS (
                SELECT m.id, s.source_id, count(*) OVER (PARTITION BY m.id) AS times
                FROM members m JOIN \(identifier: staged) s ON s.personal_id = m.personal_id
                WHERE m.source_id IS NULL AND NOT EXISTS (
                    SELECT FROM members known WHERE known.source_id = s.source_id))
            UPDATE members m SET source_id = p.source_id FROM pairs p
            WHERE m.id = p.id AND p.times = 1 AND NOT EXISTS (
                SELECT FROM pairs other WHERE other.source_id = p.source_id AND other.id <> p.id)
            """)
    }

    /// Whoever is not the same on both sides.
    private func findCandidates() async throws {
        // A delta says nothing of those whom it does not name.
        let join: SQL = run.mode == .delta ? "LEFT" : "FULL"
        try await transaction.execute(
            """
            CREATE UNLOGGED TABLE \(identifier: candidates) AS
            SELECT s.line, coalesce(s.source_id, m.source_id) AS source_id, s.source_id IS NOT NULL AS is_in_source,
                s.personal_id, s.full_name, s.sex, s.birth_date, s.card_number, s.record_number,
                s.joined_on, s.recognised_on, s.cell_code, s.residence_cell_code, s.state, s.dues_category,
                coalesce(s.change, 'upsert') AS change, m.id AS member_id, m.state AS our_state,
                c.id AS cell_id, c.type AS cell_type, c.status AS cell_status, r.id AS residence_cell_id
            FROM \(identifier: staged) s
            \(join) JOIN members m ON m.source_id = s.source_id
            LEFT JOIN organizations c ON c.code = s.cell_code
            LEFT JOIN organizations r ON r.code = s.residence_cell_code
            WHERE m.facts IS DISTINCT FROM member_facts(\(facts)) OR s.change = 'removed'
            """)
        try await transaction.execute("ANALYZE \(identifier: candidates)")
    }

    /// The arguments of `member_facts` for a record of the source. Of a field that the file does not have, nothing is
    /// said: ours stands for it.
    private var facts: SQL {
        var list: SQL = ""
        for (index, fact) in MemberFact.allCases.enumerated() {
            let value: SQL = run.fields.contains(fact.rawValue) ? fact.staged : fact.ours
            list = index == 0 ? value : "\(list), \(value)"
        }
        return list
    }

    private func findMissing() async throws {
        try await found.add(
            """
            SELECT source_id, \(DifferenceKind.missing.rawValue), '', NULL, NULL, NULL::uuid, NULL::uuid, cell_id,
                \(DifferenceKind.missing.settler(of: nil).rawValue), \(Self.record), personal_id
            FROM \(identifier: candidates)
            WHERE is_in_source AND member_id IS NULL AND change = 'upsert' AND state <> ALL (\(Self.ends))
            """)
    }

    /// What is kept of a record for whoever is to be entered.
    private static let record: SQL = """
        jsonb_strip_nulls(jsonb_build_object('sourceId', source_id, 'fullName', full_name, 'sex', sex,
            'birthDate', birth_date, 'cardNumber', card_number, 'recordNumber', record_number, 'joinedOn', joined_on,
            'recognisedOn', recognised_on, 'cellCode', cell_code, 'residenceCellCode', residence_cell_code,
            'state', state, 'duesCategory', dues_category))
        """

    /// Whose line in the file could not be read is not missing in the source.
    private func findExtra() async throws {
        try await addExtra(
            """
            NOT is_in_source AND our_state <> ALL (\(Self.ends)) AND NOT EXISTS (
                SELECT FROM import_faults f WHERE f.import_id = \(run.id) AND f.source_id = c.source_id)
            """)
    }

    /// A delta says that the source does not have somebody any more.
    private func findRemoved() async throws {
        try await addExtra("is_in_source AND change = 'removed' AND our_state <> ALL (\(Self.ends))")
    }

    private func addExtra(_ condition: SQL) async throws {
        try await found.add(
            """
            SELECT coalesce(c.source_id, 'member:' || m.id), \(DifferenceKind.extra.rawValue), '', NULL, NULL, m.id,
                NULL::uuid, m.cell_id, \(DifferenceKind.extra.settler(of: nil).rawValue), NULL::jsonb, NULL
            FROM \(identifier: candidates) c JOIN members m ON m.id = c.member_id
            WHERE \(condition)
            """)
    }

    private func findDifferent() async throws {
        let facts = MemberFact.allCases.filter { $0 != .cellCode && run.fields.contains($0.rawValue) }
        guard !facts.isEmpty else { return }
        var rows: SQL = ""
        for (index, fact) in facts.enumerated() {
            let settler = DifferenceKind.different.settler(of: fact).rawValue
            let row: SQL = """
                (\(fact.rawValue), \(settler), \(fact.compared), \(fact.oursCompared), \(fact.shown),
                    \(fact.oursShown))
                """
            rows = index == 0 ? row : "\(rows), \(row)"
        }
        try await found.add(
            """
            SELECT s.source_id, \(DifferenceKind.different.rawValue), v.field, v.shown, v.our_shown, m.id, NULL::uuid,
                m.cell_id, v.settler, NULL::jsonb, CASE WHEN v.field = 'personalId' THEN s.personal_id END
            FROM \(identifier: candidates) s JOIN members m ON m.id = s.member_id
            LEFT JOIN organizations ro ON ro.id = (m.document ->> 'residenceCellId')::uuid
            CROSS JOIN LATERAL (VALUES \(rows)) AS v (field, settler, source, ours, shown, our_shown)
            WHERE s.is_in_source AND s.change = 'upsert' AND v.source IS DISTINCT FROM v.ours
              AND NOT (v.field = 'personalId' AND EXISTS (
                  SELECT FROM members other WHERE other.personal_id = s.personal_id AND other.id <> m.id))
            """)
    }

    private func findMoved() async throws {
        try await found.add(
            """
            SELECT s.source_id, \(DifferenceKind.moved.rawValue), 'cellCode', s.cell_code, o.code, m.id, NULL::uuid,
                m.cell_id, \(DifferenceKind.moved.settler(of: .cellCode).rawValue), NULL::jsonb, NULL
            FROM \(identifier: candidates) s JOIN members m ON m.id = s.member_id
            JOIN organizations o ON o.id = m.cell_id
            WHERE s.is_in_source AND s.change = 'upsert' AND s.cell_id <> m.cell_id AND \(Self.isCell)
              AND m.state <> ALL (\(Self.ends))
            """)
    }

    private static let isCell: SQL = "s.cell_type = ANY (\(cellTypes)) AND s.cell_status = 'active'"

    /// Records whose cell is none, or is not known here.
    private func findWrongPlaces() async throws {
        try await found.add(
            """
            SELECT s.source_id, CASE WHEN s.cell_id IS NULL THEN \(DifferenceKind.unknownOrganization.rawValue)
                    ELSE \(DifferenceKind.wrongType.rawValue) END,
                'cellCode', s.cell_code, o.code, m.id, NULL::uuid, coalesce(m.cell_id, s.cell_id),
                \(DifferenceKind.wrongType.settler(of: .cellCode).rawValue), NULL::jsonb, NULL
            FROM \(identifier: candidates) s LEFT JOIN members m ON m.id = s.member_id
            LEFT JOIN organizations o ON o.id = m.cell_id
            WHERE s.is_in_source AND s.change = 'upsert' AND s.cell_id IS DISTINCT FROM m.cell_id
              AND (\(Self.isCell)) IS NOT TRUE AND s.state <> ALL (\(Self.ends))
            """)
    }

    /// A personal ID that somebody else has, here or in the file. Of two records with one number at least one is a
    /// candidate, since here it is unique.
    ///
    /// The twins are found once for all: looked for from each candidate, they would cost the square of the candidates.
    private func findDuplicates() async throws {
        try await found.add(
            """
            SELECT s.source_id, \(DifferenceKind.duplicatePersonalID.rawValue), 'personalId',
                '*********' || right(s.personal_id, 3), NULL, s.member_id, other.id, coalesce(m.cell_id, s.cell_id),
                \(DifferenceKind.duplicatePersonalID.settler(of: .personalId).rawValue), NULL::jsonb, s.personal_id
            FROM \(identifier: candidates) s LEFT JOIN members m ON m.id = s.member_id
            LEFT JOIN members other ON other.personal_id = s.personal_id AND other.id IS DISTINCT FROM s.member_id
            WHERE s.is_in_source AND s.personal_id IS NOT NULL AND s.change = 'upsert'
              AND s.state <> ALL (\(Self.ends))
              AND (other.id IS NOT NULL OR s.personal_id IN (
                  SELECT twin.personal_id FROM \(identifier: candidates) twin WHERE twin.personal_id IS NOT NULL
                  GROUP BY twin.personal_id HAVING min(twin.source_id) <> max(twin.source_id)))
            """)
    }
}

extension MemberFact {
    /// What the source says, in the form in which the digest has it: organisations by their ids.
    fileprivate var staged: SQL {
        switch self {
        case .cellCode: "c.id::text"
        // A code that nobody knows here differs from none.
        case .residenceCellCode: "coalesce(r.id::text, s.residence_cell_code)"
        default: "s.\(identifier: column)"
        }
    }

    /// What a candidate says, in the form in which it is compared with ours.
    fileprivate var compared: SQL {
        switch self {
        case .residenceCellCode: "coalesce(s.residence_cell_id::text, s.residence_cell_code)"
        default: "s.\(identifier: column)"
        }
    }

    fileprivate var ours: SQL {
        documentKey.map { "m.document ->> \($0)" } ?? "m.personal_id"
    }

    /// What we say to that. The source knows nothing of a way from cell to cell: there he still is what he was.
    fileprivate var oursCompared: SQL {
        switch self {
        case .state: "coalesce(m.document #>> '{transit,state}', m.document ->> 'state')"
        default: ours
        }
    }

    /// What a person reads: codes of organisations, the personal ID masked.
    fileprivate var shown: SQL {
        switch self {
        case .personalId: "'*********' || right(s.personal_id, 3)"
        default: "s.\(identifier: column)"
        }
    }

    fileprivate var oursShown: SQL {
        switch self {
        case .personalId: "'*********' || right(m.personal_id, 3)"
        case .residenceCellCode: "ro.code"
        default: oursCompared
        }
    }

    /// The column of the staging table.
    private var column: String {
        switch self {
        case .personalId: "personal_id"
        case .fullName: "full_name"
        case .sex: "sex"
        case .birthDate: "birth_date"
        case .cardNumber: "card_number"
        case .recordNumber: "record_number"
        case .joinedOn: "joined_on"
        case .recognisedOn: "recognised_on"
        case .cellCode: "cell_code"
        case .residenceCellCode: "residence_cell_code"
        case .state: "state"
        case .duesCategory: "dues_category"
        }
    }
}
