-- A settlement file taken in by hand: after a COPY one join with the payments, which writes the rows that the service writes
-- for lines that match.
INSERT INTO settlement_files (file_id, gateway, layout, sha256, payee_id, lines, gross, from_day, through_day, imported_by,
    imported_at)
SELECT '018f0000-0000-7000-8006-000000000001', 'vnpay', 'vnpay-csv', '\x00', :'payee', count(*), sum(gross),
    min(settled_on), max(settled_on), 'bench', now()
FROM told;
WITH line AS MATERIALIZED (
    SELECT t.*, p.payment_id, o.order_id, o.payee_id, o.version + 1 AS version
    FROM told t JOIN payment_orders o USING (reference)
        JOIN payments p ON p.order_id = o.order_id AND p.gateway_transaction = t.transaction AND p.amount = t.gross
), kept AS (
    INSERT INTO settlement_lines (file_id, number, gateway, reference, gateway_transaction, gross, fee, net, settled_on,
        state, order_id, payment_id)
    SELECT '018f0000-0000-7000-8006-000000000001', number, 'vnpay', reference, transaction, gross, fee, net, settled_on,
        'matched', order_id, payment_id
    FROM line
), posted AS (
    INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
        payment_id, settlement)
    SELECT uuid_v7(now()), now(), 'settlement', m.debit, payee_id, 'gateway-clearing', payee_id, m.amount, payment_id,
        '018f0000-0000-7000-8006-000000000001/' || number
    FROM line CROSS JOIN LATERAL (VALUES ('bank', net), ('channel-fees', fee)) AS m (debit, amount)
), told_of AS (
    INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
    SELECT 0, 'hoso.dues.payments.v1', order_id, version, false, uuid_v7(now()), 'hoso.payment.settled.v1', now(),
        convert_to(json_build_object('orderId', order_id, 'paymentId', payment_id, 'state', 'matched', 'gross', gross,
            'fee', fee, 'net', net, 'settledOn', settled_on, 'file', '018f0000-0000-7000-8006-000000000001')::text, 'UTF8')
    FROM line
)
UPDATE payment_orders o SET version = l.version FROM line l WHERE o.order_id = l.order_id;
