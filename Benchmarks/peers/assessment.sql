-- The first assessment of a month as one writes it by hand, in one statement that writes the rows the service writes, and
-- the seconds that it took with its commit. The rates of the month stand in it, as one would copy them from the policy.
SELECT clock_timestamp() AS began \gset
WITH made AS (
    INSERT INTO assessments (assessment_id, member_id, month, organization_id, amount, full_amount, category, base_source,
        base_amount, base_month, minimum, reduction, policy, provisional, reason, made_at)
    SELECT assessment_id(m.id, :'month'), m.id, :'month', m.cell_id, CASE WHEN d.long_member THEN 0 ELSE d.full_amount END,
        d.full_amount, d.category, d.base_source, d.base_amount, d.base_month, d.minimum,
        CASE WHEN d.long_member THEN 10000 END, '01-QD/TW-2026', d.doubt IS NOT NULL AND NOT d.long_member,
        CASE WHEN d.long_member THEN 'long-membership' ELSE d.doubt END, now()
    FROM directory_members m JOIN directory_organizations o ON o.id = m.cell_id
    CROSS JOIN LATERAL (
        SELECT m.state ->> 'duesCategory' AS category, m.state -> 'duesBase' ->> 'source' AS base_source,
            (m.state -> 'duesBase' ->> 'amount')::bigint AS base_amount, m.state -> 'duesBase' ->> 'month' AS base_month,
            CASE o.state ->> 'duesRegion' WHEN 'I' THEN 5310000 WHEN 'II' THEN 4730000 WHEN 'III' THEN 4140000
                ELSE 3700000 END AS wage
    ) AS k CROSS JOIN LATERAL (
        SELECT k.*, CASE k.category WHEN 'insured' THEN (k.base_amount * 100 + 5000) / 10000
                WHEN 'pensioner' THEN (k.base_amount * 50 + 5000) / 10000 WHEN 'student' THEN 5000
                WHEN 'uninsured-working-age' THEN (k.wage * 30 + 5000) / 10000
                WHEN 'uninsured-retirement-age' THEN (k.wage * 20 + 5000) / 10000 ELSE 0 END AS full_amount,
            CASE WHEN k.category LIKE 'uninsured-%' THEN k.wage END AS minimum,
            (m.state ->> 'joinedOn')::date + interval '50 years' <= :'last_day' AS long_member,
            CASE WHEN k.category IS NULL THEN 'no-category'
                WHEN k.category = 'insured' AND k.base_month <> :'month_before' THEN 'old-figure' END AS doubt
    ) AS d
    WHERE m.state ->> 'state' = 'official' AND (m.state ->> 'joinedOn')::date <= :'last_day'
    RETURNING *
), posted AS (
    INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount, member_id,
        month, assessment_id)
    SELECT uuid_v7(now()), now(), 'assessment', 'member-receivable', organization_id, 'assessed-dues', organization_id,
        amount, member_id, month, assessment_id
    FROM made WHERE amount > 0
), stands AS (
    INSERT INTO standings (member_id, organization_id, paid_through, arrears_months, arrears, version, changed_at)
    SELECT member_id, organization_id, CASE WHEN amount = 0 THEN month END,
        CASE WHEN amount > 0 THEN ARRAY[month] ELSE '{}' END, amount, 1, now()
    FROM made RETURNING *
), told AS (
    INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
    SELECT 0, 'hoso.dues.assessments.v1', assessment_id, 1, false, uuid_v7(now()), 'hoso.assessment.made.v1', now(),
        convert_to(json_strip_nulls(json_build_object('assessmentId', assessment_id, 'memberId', member_id,
            'organizationId', organization_id, 'month', month, 'amount', amount, 'category', category,
            'base', CASE WHEN base_amount IS NOT NULL THEN
                json_build_object('source', base_source, 'amount', base_amount, 'month', base_month) END,
            'policy', policy, 'provisional', provisional, 'reason', reason,
            'madeAt', to_char(made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))::text, 'UTF8')
    FROM made
)
INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
SELECT 0, 'hoso.dues.standings.v1', member_id, 1, false, uuid_v7(now()), 'hoso.standing.state.v1', now(),
    convert_to(json_strip_nulls(json_build_object('memberId', member_id, 'organizationId', organization_id,
        'paidThrough', paid_through, 'arrearsMonths', arrears_months, 'arrears', arrears))::text, 'UTF8')
FROM stands;
SELECT extract(epoch FROM clock_timestamp() - :'began'::timestamptz);
