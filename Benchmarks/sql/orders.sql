-- Payment orders :first to :last of one line each, spread over 1,000 bodies, with the assessments they pay.
-- Ids and references follow from the number, so that load generators know them. `:state` says in which state they are.
\if :{?state}
\else
\set state open
\endif
SELECT ensure_assessment_month('2026-10');

INSERT INTO assessments (assessment_id, member_id, month, organization_id, amount, full_amount, policy, provisional,
    made_at)
SELECT ('018f0000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('018f0000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, '2026-10',
    ('018f0000-0000-7000-8003-' || lpad(to_hex(n % 1000), 12, '0'))::uuid, 50000, 50000, 'bench', false, now()
FROM generate_series(:first, :last) AS n;

INSERT INTO payment_orders (order_id, reference, state, channel, payer_member_id, payee_id, total, created_at, expires_at,
    version)
SELECT ('018f0000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid, 'BN' || lpad(n::text, 10, '0'), :'state', 'vnpay',
    ('018f0000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('018f0000-0000-7000-8003-' || lpad(to_hex(n % 1000), 12, '0'))::uuid, 50000, now(), now() + interval '1 day', 1
FROM generate_series(:first, :last) AS n;

INSERT INTO order_lines (order_id, position, member_id, month, cell_id, amount, assessment_id)
SELECT ('018f0000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid, 1,
    ('018f0000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, '2026-10',
    ('018f0000-0000-7000-8003-' || lpad(to_hex(n % 1000), 12, '0'))::uuid, 50000,
    ('018f0000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid
FROM generate_series(:first, :last) AS n;

ANALYZE;
