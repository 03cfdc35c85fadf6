import Contracts
import DirectoryDomain
import Postgres

/// Compares the organisations of an import with those of the directory, in sets, field by field: there are a few hundred
/// thousand.
struct OrganizationComparison: Sendable {
    let run: ImportRun
    let transaction: PostgresTransaction

    private var staged: String { StagingTable(.organizations, number: run.number).name }
    private var found: FoundDifferences { FoundDifferences(run: run, transaction: transaction) }

    func compare() async throws {
        try await found.create()
        try await findMissing()
        try await findExtra()
        try await findDifferent()
        try await findWrongTypes()
        try await findUnknownParents()
    }

    /// It counts for the organisation above it, where that is known.
    private func findMissing() async throws {
        try await found.add(
            """
            SELECT s.code, \(DifferenceKind.missing.rawValue), '', NULL, NULL, NULL::uuid, NULL::uuid, p.id,
                \(Self.settler), jsonb_strip_nulls(to_jsonb(s) - 'line' - 'change'), NULL
            FROM \(identifier: staged) s LEFT JOIN organizations p ON p.code = s.parent_code
            WHERE s.change IS DISTINCT FROM 'removed'
              AND NOT EXISTS (SELECT FROM organizations o WHERE o.code = s.code)
            """)
    }

    private static let settler = Settler.administrator.rawValue

    private func findExtra() async throws {
        let condition: SQL =
            run.mode == .delta
            ? "EXISTS (SELECT FROM \(identifier: staged) s WHERE s.code = o.code AND s.change = 'removed')"
            : """
            NOT EXISTS (SELECT FROM \(identifier: staged) s
                WHERE s.code = o.code AND s.change IS DISTINCT FROM 'removed')
            AND NOT EXISTS (SELECT FROM import_faults f WHERE f.import_id = \(run.id) AND f.source_id = o.code)
            """
        try await found.add(
            """
            SELECT o.code, \(DifferenceKind.extra.rawValue), '', NULL, NULL, NULL::uuid, NULL::uuid, o.id,
                \(Self.settler), NULL::jsonb, NULL
            FROM organizations o WHERE o.status = 'active' AND \(condition)
            """)
    }

    /// Another place is a move; everything else a field.
    private func findDifferent() async throws {
        let facts = OrganizationFact.allCases.filter { run.fields.contains($0.rawValue) }
        guard !facts.isEmpty else { return }
        var rows: SQL = ""
        for (index, fact) in facts.enumerated() {
            let kind = fact == .parentCode ? DifferenceKind.moved : .different
            let row: SQL = "(\(kind.rawValue), \(fact.rawValue), \(fact.staged), \(fact.ours))"
            rows = index == 0 ? row : "\(rows), \(row)"
        }
        try await found.add(
            """
            SELECT s.code, v.kind, v.field, v.source, v.ours, NULL::uuid, NULL::uuid, o.id, \(Self.settler),
                NULL::jsonb, NULL
            FROM \(identifier: staged) s JOIN organizations o ON o.code = s.code
            LEFT JOIN organizations p ON p.id = o.parent_id
            CROSS JOIN LATERAL (VALUES \(rows)) AS v (kind, field, source, ours)
            WHERE s.change IS DISTINCT FROM 'removed' AND o.status = 'active' AND v.source IS DISTINCT FROM v.ours
            """)
    }

    /// A type that cannot hang under that of the organisation above, both as the source has them.
    private func findWrongTypes() async throws {
        let allowed = Hierarchy.places.flatMap { type, place in place.parents.map { (type.rawValue, $0.rawValue) } }
        let tops = Hierarchy.places.filter(\.value.mayBeTop).map(\.key.rawValue)
        try await found.add(
            """
            SELECT s.code, \(DifferenceKind.wrongType.rawValue), 'type', s.type, coalesce(ps.type, p.type), NULL::uuid,
                NULL::uuid, coalesce(o.id, p.id), \(Self.settler), NULL::jsonb, NULL
            FROM \(identifier: staged) s
            LEFT JOIN \(identifier: staged) ps ON ps.code = s.parent_code
            LEFT JOIN organizations p ON p.code = s.parent_code
            LEFT JOIN organizations o ON o.code = s.code
            WHERE s.change IS DISTINCT FROM 'removed'
              AND CASE WHEN s.parent_code IS NULL THEN s.type <> ALL (\(tops))
                  ELSE coalesce(ps.type, p.type) IS NOT NULL AND NOT EXISTS (
                      SELECT FROM unnest(\(allowed.map(\.0)), \(allowed.map(\.1))) AS a (type, parent)
                      WHERE a.type = s.type AND a.parent = coalesce(ps.type, p.type)) END
            """)
    }

    private func findUnknownParents() async throws {
        try await found.add(
            """
            SELECT s.code, \(DifferenceKind.unknownOrganization.rawValue), 'parentCode', s.parent_code, NULL, NULL::uuid,
                NULL::uuid, o.id, \(Self.settler), NULL::jsonb, NULL
            FROM \(identifier: staged) s LEFT JOIN organizations o ON o.code = s.code
            WHERE s.change IS DISTINCT FROM 'removed' AND s.parent_code IS NOT NULL
              AND NOT EXISTS (SELECT FROM organizations p WHERE p.code = s.parent_code)
              AND NOT EXISTS (SELECT FROM \(identifier: staged) ps WHERE ps.code = s.parent_code)
            """)
    }
}

extension OrganizationFact {
    fileprivate var staged: SQL {
        switch self {
        case .type: "s.type"
        case .name: "s.name"
        case .parentCode: "s.parent_code"
        case .residential: "coalesce(s.residential, 'false')"
        // What the source leaves open is decided here.
        case .duesRegion: "coalesce(s.dues_region, o.document ->> 'duesRegion')"
        case .meetingDay: "s.meeting_day"
        }
    }

    fileprivate var ours: SQL {
        switch self {
        case .parentCode: "p.code"
        case .type: "o.type"
        case .name, .residential, .duesRegion, .meetingDay: "o.document ->> \(rawValue)"
        }
    }
}
