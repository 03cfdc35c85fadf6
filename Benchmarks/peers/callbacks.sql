-- What one callback does to the tables, as pgbench says it: the same statements' worth of rows as the Dues service, one
-- transaction for each callback, the writing in one round trip. 94 of 100 pay an order, 5 come again, 1 is forged.
-- Each client has orders of its own: number k * clients + client.
\set dice random(1, 100)
\if :dice <= 94
\set n :k * :clients + :client_id + 1
\set k :k + 1
BEGIN;
SELECT order_id, payer_member_id, payee_id, total, version FROM payment_orders
WHERE reference = 'BN' || lpad((:n)::text, 10, '0') FOR UPDATE \gset
SELECT member_id, month, cell_id, amount, assessment_id FROM order_lines WHERE order_id = :order_id \gset
SELECT amount - paid AS open FROM assessments WHERE member_id = :member_id AND month = :month FOR UPDATE \gset
\startpipeline
INSERT INTO callbacks (callback_id, received_at, gateway, raw, answer, reason, order_id)
VALUES (('01990000-0000-7000-8005-' || lpad(to_hex((:n)::bigint), 12, '0'))::uuid, now(), 'vnpay', 'RAW', 'confirmed', NULL, :order_id);
UPDATE payment_orders SET state = 'paid', version = version + 1, heard = heard || ARRAY['paid:' || (:n)::text]
WHERE order_id = :order_id;
UPDATE assessments SET paid = paid + :amount WHERE member_id = :member_id AND month = :month;
INSERT INTO payments (payment_id, order_id, channel, gateway_transaction, amount, overpaid, source, paid_at, confirmed_at)
VALUES (('01990000-0000-7000-8006-' || lpad(to_hex((:n)::bigint), 12, '0'))::uuid, :order_id, 'vnpay', (:n)::text, :amount, 0,
    'callback', now(), now());
INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount, member_id,
    month, payment_id)
VALUES (('01990000-0000-7000-8007-' || lpad(to_hex((:n)::bigint), 12, '0'))::uuid, now(), 'payment', 'gateway-clearing', :payee_id,
    'member-receivable', :cell_id, :amount, :member_id, :month,
    ('01990000-0000-7000-8006-' || lpad(to_hex((:n)::bigint), 12, '0'))::uuid);
INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, traceparent, data)
VALUES (0, 'hoso.dues.payments.v1', :order_id, 2, false,
    ('01990000-0000-7000-8008-' || lpad(to_hex((:n)::bigint), 12, '0'))::uuid, 'hoso.payment.received.v1', now(),
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'DATA');
COMMIT;
\endpipeline
\elif :dice <= 99 and :k > 0
\set n (:k - 1) * :clients + :client_id + 1
\set m :k * 1000000 + :client_id * 10000 + random(1, 9999)
BEGIN;
SELECT order_id FROM payment_orders WHERE reference = 'BN' || lpad((:n)::text, 10, '0') FOR UPDATE \gset
SELECT member_id, month FROM order_lines WHERE order_id = :order_id \gset
SELECT amount - paid AS open FROM assessments WHERE member_id = :member_id AND month = :month FOR UPDATE \gset
\startpipeline
INSERT INTO callbacks (callback_id, received_at, gateway, raw, answer, reason, order_id)
VALUES (('01990000-0000-7000-8009-' || lpad(to_hex((:m)::bigint), 12, '0'))::uuid, now(), 'vnpay', 'RAW', 'alreadyConfirmed', NULL,
    :order_id);
COMMIT;
\endpipeline
\else
\set m :k * 1000000 + :client_id * 10000 + random(1, 9999)
INSERT INTO callbacks (callback_id, received_at, gateway, raw, answer, reason, order_id)
VALUES (('01990000-0000-7000-800a-' || lpad(to_hex((:m)::bigint), 12, '0'))::uuid, now(), 'vnpay', 'RAW', 'notAuthentic', 'signature',
    NULL);
\endif
