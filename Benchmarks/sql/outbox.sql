-- So many events in the outbox, each of its own order; written by as many transactions as there are thousands.
INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, traceparent, data)
SELECT 0, 'hoso.dues.payments.v1', ('018f0000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid, 2, false,
    -- A UUIDv7 of this moment: the inbox believes no older one.
    (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
    'hoso.payment.received.v1', now(), '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    convert_to(:'data', 'UTF8')
FROM generate_series(:first::bigint, :last::bigint) AS n;
