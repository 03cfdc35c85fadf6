import Contracts
import Postgres

/// What authorities reported, against what the months of a member were computed from.
enum ReportedFigures {
    /// The months of which another figure is known by now: of the month before; the very one that was used, when it was
    /// corrected, is contradicted or was withdrawn; or, where a figure holds until another is known, of a month nearer than
    /// that. A month of another category than today's stays, unless it is provisional: today's would say nothing about it.
    static func monthsTouched(_ member: MemberID) -> SQL {
        let kinds = DuesCategory.allCases.compactMap { category in category.figureKind.map { (category, $0) } }
        return """
            SELECT a.month FROM assessments a JOIN directory_members m ON m.id = a.member_id
                JOIN unnest(\(kinds.map(\.0.rawValue)), \(kinds.map(\.1.rawValue))) AS k (category, kind)
                    ON k.category = a.category
                CROSS JOIN LATERAL jsonb_to_recordset(m.state -> 'duesFigures') AS f (month text, kind text, source text,
                    amount bigint)
            WHERE a.member_id = \(member) AND f.kind = k.kind
                AND (a.provisional OR a.category = m.state ->> 'duesCategory')
                AND (a.base_amount, a.base_month, a.base_source) IS DISTINCT FROM (f.amount, f.month, f.source)
                AND (a.month = to_char(to_date(f.month, 'YYYY-MM') + interval '1 month', 'YYYY-MM')
                    OR (a.base_month, a.base_source) = (f.month, f.source)
                    OR (NOT a.provisional AND f.month < a.month AND (a.base_month IS NULL OR a.base_month <= f.month)))
            """
    }
}
