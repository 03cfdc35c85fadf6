-- What the orders :first to :last of `orders.sql` were paid with a day ago, and its postings.
INSERT INTO payments (payment_id, order_id, channel, gateway_transaction, amount, overpaid, source, paid_at, confirmed_at,
    receipted)
SELECT ('018f0000-0000-7000-8005-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('018f0000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid, 'vnpay', n::text, 50000, 0, 'callback',
    now() - interval '1 day', now() - interval '1 day', true
FROM generate_series(:first, :last) AS n;

SELECT ensure_month_partition('ledger_postings', 'posted_at', (now() - interval '1 day')::date);
INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount, member_id,
    month, payment_id)
SELECT uuid_v7(p.confirmed_at), p.confirmed_at, 'payment', 'gateway-clearing', o.payee_id, 'member-receivable', l.cell_id,
    p.amount, l.member_id, l.month, p.payment_id
FROM payments p JOIN payment_orders o USING (order_id) JOIN order_lines l USING (order_id);
-- They are compared already: nothing runs beside the measurement.
INSERT INTO parity_position (checked_through) VALUES (now()) ON CONFLICT DO NOTHING;
VACUUM (ANALYZE) payments;
VACUUM (ANALYZE) payment_orders;
VACUUM (ANALYZE) ledger_postings;
