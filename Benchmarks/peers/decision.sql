-- What one decision does to the tables, as pgbench says it: what it depends on is read, then everything is written in one
-- round trip, the same rows as the Routing service writes. Each client has cases of its own: number
-- k * clients + client, from FIRST on. Words in capitals stand for what the service wrote for such a decision, as bytes.
\set n :k * :clients + :client_id + FIRST
\set cell :n % CELLS
\set k :k + 1
BEGIN;
SELECT status, body FROM idempotency_keys
WHERE caller = bench_id(15, :cell)::text AND key = 'decide-' || bench_id(7, :n);
SELECT document FROM cases WHERE dossier_id = bench_id(7, :n) FOR UPDATE;
SELECT state FROM directory_members WHERE id IN (bench_id(15, :cell), bench_id(6, :n));
SELECT r.state FROM directory_roles r
WHERE r.organization_id IN (bench_id(5, :cell), bench_id(4, :cell / CELLS_OF_BASE)) AND r.status = 'active'
    AND r.valid_from <= current_date AND (r.valid_to IS NULL OR r.valid_to >= current_date);
\startpipeline
DELETE FROM case_turns WHERE dossier_id = bench_id(7, :n);
INSERT INTO case_turns (dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role, box, entered_at,
    due_at, due_calendar, stopped_at, alert_at, procedure, code, member_id, entered_by_member_id)
VALUES (bench_id(7, :n), TURN, 'STEP', bench_id(4, :cell / CELLS_OF_BASE), 'ROLE', bench_id(4, :cell / CELLS_OF_BASE), 'ROLE',
    BOX, now(), to_timestamp(DUE), 'CALENDAR', NULL, to_timestamp(ALERT), 'PROCEDURE', 'CODE' || 10000 + :n, bench_id(6, :n),
    bench_id(6, :n));
UPDATE cases SET version = VERSION, stage = 'running', finished_at = NULL,
    document = convert_from('DOCUMENT', 'UTF8')::jsonb
WHERE dossier_id = bench_id(7, :n) AND version = BEFORE;
DELETE FROM case_places WHERE dossier_id = bench_id(7, :n);
WITH RECURSIVE path (organization_id, dossier_id, turn, distance, due_at, procedure, step, waiting, code) AS (
    SELECT organization_id, dossier_id, turn, 0, due_at, procedure, step, waiting, code
    FROM case_turns WHERE dossier_id = bench_id(7, :n)
    UNION ALL
    SELECT o.parent_id, p.dossier_id, p.turn, p.distance + 1, p.due_at, p.procedure, p.step, p.waiting, p.code
    FROM path p CROSS JOIN LATERAL (
        SELECT parent_id FROM directory_organizations WHERE id = p.organization_id OFFSET 0) AS o
    WHERE o.parent_id IS NOT NULL AND p.distance < 32)
INSERT INTO case_places (organization_id, dossier_id, turn, distance, due_at, procedure, step, waiting, code)
SELECT * FROM path ON CONFLICT DO NOTHING;
EVENTS
INSERT INTO audit (id, at, action, subject, actor, details, traceparent)
VALUES (bench_id(31, :n), now(), 'case.acted', bench_id(7, :n)::text, bench_id(15, :cell)::text,
    convert_from('DETAILS', 'UTF8'), TRACE);
INSERT INTO idempotency_keys (caller, key, request, body_digest, status, headers, body, created_at)
VALUES (bench_id(15, :cell)::text, 'decide-' || bench_id(7, :n), 'POST /v1/cases/' || bench_id(7, :n) || '/actions',
    'DIGEST', 200, ARRAY[HEADERS], 'ANSWER', now());
COMMIT;
\endpipeline
