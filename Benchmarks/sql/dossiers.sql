-- Dossiers :first to :last as Intake tells of them: member number n asks to move from his cell, the one of the number
-- n % :all_cells, to the cell :distance further on. Sent from this outbox by the relay's peer.
INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
SELECT 0, 'hoso.intake.dossiers.v1', bench_id(7, n), 1, false,
    -- A UUIDv7 of this moment: the inbox believes no older one.
    (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
    'hoso.dossier.submitted.v1', now(), convert_to(jsonb_build_object(
        'dossierId', bench_id(7, n), 'code', 'A01.001-261122-' || 10000 + n, 'procedure', 'official-transfer',
        'procedureVersion', 1, 'applicantMemberId', bench_id(6, n), 'enteredByMemberId', bench_id(6, n),
        'receivingOrganizationId', bench_id(3, n % :all_cells / :cells_of_commune), 'receivedAt', m.text,
        'acknowledgedAt', m.text,
        'deadline', jsonb_build_object('at', m.text, 'calendarVersion', 'bench', 'provisional', false),
        'form', jsonb_build_object('reason', 'Chuyển công tác', 'decisionDate', (now() - interval '10 days')::date,
            'destinationCellId', bench_id(5, (n + :distance) % :all_cells)),
        'attachments', '[]'::jsonb)::text, 'UTF8')
FROM generate_series(:first::bigint, :last::bigint) AS n
CROSS JOIN (SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS text) m;
