import Contracts
import DuesDomain
import Postgres

extension AssessmentStatement {
    /// Writes what is new or different; the cell stays the one of the first assessment of the month.
    var upsert: SQL {
        """
        INSERT INTO assessments AS a (assessment_id, member_id, month, organization_id, amount, full_amount, category,
            base_source, base_amount, base_month, base_origin, minimum, reduction, policy, provisional, reason, voluntary,
            made_at)
        SELECT assessment_id(r.member_id, \(rules.month)), r.member_id, \(rules.month), r.cell_id, r.amount,
            r.full_amount, r.category,
            CASE WHEN r.kind IN ('share-of-base', 'fixed-by-body') THEN r.base_source END,
            CASE WHEN r.kind IN ('share-of-base', 'fixed-by-body') THEN r.base_amount END,
            CASE WHEN r.kind IN ('share-of-base', 'fixed-by-body') THEN r.base_month END,
            CASE WHEN r.kind IN ('share-of-base', 'fixed-by-body') THEN r.base_origin END,
            CASE WHEN r.kind = 'share-of-minimum' THEN r.wage END,
            r.reduction, \(rules.rates.version), r.doubt IS NOT NULL AND coalesce(r.reduction, 0) < 10000,
            coalesce(r.ground, r.doubt), r.voluntary, \(now)
        FROM relieved r ORDER BY r.member_id
        ON CONFLICT (member_id, month) DO UPDATE SET amount = excluded.amount, full_amount = excluded.full_amount,
            category = excluded.category, base_source = excluded.base_source, base_amount = excluded.base_amount,
            base_month = excluded.base_month, base_origin = excluded.base_origin, minimum = excluded.minimum, reduction = excluded.reduction,
            policy = excluded.policy, provisional = excluded.provisional, reason = excluded.reason,
            voluntary = excluded.voluntary, version = a.version + 1, made_at = excluded.made_at
        WHERE (a.amount, a.full_amount, a.category, a.base_source, a.base_amount, a.base_month, a.base_origin, a.minimum,
                a.reduction, a.policy, a.provisional, a.reason, a.voluntary)
            IS DISTINCT FROM (excluded.amount, excluded.full_amount, excluded.category, excluded.base_source,
                excluded.base_amount, excluded.base_month, excluded.base_origin, excluded.minimum, excluded.reduction, excluded.policy,
                excluded.provisional, excluded.reason, excluded.voluntary)
        RETURNING a.*
        """
    }

    /// Keeps for whom the month is held until the admission, and who waits no longer, as the tables `held` and `met`.
    var heldMonths: SQL {
        """
        held AS (
            INSERT INTO held_months (member_id, month)
            SELECT c.member_id, \(rules.month) FROM chunk c
            WHERE c.state ->> 'state' = ANY(\(held.map(\.rawValue)))
                AND (c.state ->> 'joinedOn')::date <= \(rules.month.lastDay)
                AND NOT EXISTS (SELECT FROM relieved r WHERE r.member_id = c.member_id)
                AND NOT EXISTS (SELECT FROM assessments a WHERE a.member_id = c.member_id AND a.month = \(rules.month))
            ON CONFLICT DO NOTHING
        ), met AS (
            DELETE FROM held_months h USING chunk c
            WHERE h.member_id = c.member_id AND h.month = \(rules.month)
                AND c.state ->> 'state' <> ALL(\(held.map(\.rawValue)))
                -- Whose new cell is not known here yet is assessed once it is.
                AND EXISTS (SELECT FROM directory_organizations o WHERE o.id = c.cell_id)
        )
        """
    }

    /// What `Posting.assessment` says: what was posted before is reversed, the new amount is posted.
    var postings: SQL {
        """
        INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
            member_id, month, assessment_id)
        SELECT uuid_v7(\(now)), \(now), p.cause, p.debit, c.organization_id, p.credit, c.organization_id, p.amount,
            c.member_id, c.month, c.assessment_id
        FROM changed c LEFT JOIN before b USING (member_id) CROSS JOIN LATERAL (VALUES
            (\(Posting.Cause.reversal.rawValue), \(AccountKind.assessedDues.rawValue),
                \(AccountKind.memberReceivable.rawValue), b.amount),
            (\(Posting.Cause.assessment.rawValue), \(AccountKind.memberReceivable.rawValue),
                \(AccountKind.assessedDues.rawValue), c.amount)
        ) AS p (cause, debit, credit, amount)
        WHERE p.amount > 0 AND c.amount IS DISTINCT FROM b.amount
        """
    }
}
