-- The current month with :payments payments of one line each, spread over :cells cells of sql/tree.sql (kind 5) and over
-- the time since the month began, as callbacks and receipts leave them: orders, lines, assessments, payments, postings,
-- events. The events stand in a shard that no relay reads; nothing is left to be done about any of it.
CREATE TEMP TABLE paid AS
SELECT n, bench_id(7, n) AS order_id, bench_id(8, n) AS payment_id, bench_id(9, n) AS member_id,
    bench_id(5, n % :cells) AS cell_id, 20000 + n % 500 * 100 AS amount,
    began + (now() - began) * (n::float8 / :payments) AS at
FROM (SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh') AT TIME ZONE 'Asia/Ho_Chi_Minh' AS began) AS month,
    generate_series(0, :payments - 1) AS n;

SELECT ensure_assessment_month(:'month');
INSERT INTO assessments (assessment_id, member_id, month, organization_id, amount, full_amount, policy, provisional, paid,
    made_at)
SELECT assessment_id(member_id, :'month'), member_id, :'month', cell_id, amount, amount, 'bench', false, amount, at
FROM paid;

INSERT INTO payment_orders (order_id, reference, state, channel, payer_member_id, payee_id, total, created_at, expires_at,
    version, heard)
SELECT order_id, 'BN' || lpad(n::text, 10, '0'), 'paid', 'vnpay', member_id, bench_id(1, 0), amount, at,
    at + interval '15 minutes', 2, ARRAY['paid:' || n]
FROM paid;

INSERT INTO order_lines (order_id, position, member_id, month, cell_id, amount, assessment_id)
SELECT order_id, 1, member_id, :'month', cell_id, amount, assessment_id(member_id, :'month') FROM paid;

INSERT INTO payments (payment_id, order_id, channel, gateway_transaction, amount, overpaid, source, paid_at, confirmed_at,
    receipted)
SELECT payment_id, order_id, 'vnpay', (14000000 + n)::text, amount, 0, 'callback', now(), at, true FROM paid;

INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount, member_id,
    month, assessment_id, payment_id)
SELECT uuid_v7(at), at, 'payment', 'gateway-clearing', bench_id(1, 0), 'member-receivable', cell_id, amount, member_id,
    :'month', assessment_id(member_id, :'month'), payment_id
FROM paid;

INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
SELECT 99, 'hoso.dues.payments.v1', order_id, 2, false, uuid_v7(at), 'hoso.payment.received.v1', at,
    convert_to(replace(:'data', '019a9ef0-000b-7000-8000-00000000000b', payment_id::text), 'UTF8')
FROM paid;

INSERT INTO parity_position (checked_through) VALUES (now());
DROP TABLE paid;
VACUUM (ANALYZE);
