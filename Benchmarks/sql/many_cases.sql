-- Open cases :first to :last like those that the service opened and moved, numbers 0 to :models - 1: each with the
-- document of one of them, at an organisation of the same level anywhere in the country, with a deadline in the twenty days
-- before now or the forty after. What no list reads (history, events) they do not have; of their deadlines everything was
-- told (`alert_at`).
SET session_replication_role = replica;  -- Rows refer to each other as they are made: nothing has to be looked up.

CREATE TEMP TABLE model AS
SELECT row_number() OVER (ORDER BY c.dossier_id) - 1 AS number, c.version, c.procedure, c.procedure_version, c.stage,
    c.opened_at, c.document, t.turn, t.step, t.role, t.box, t.entered_at, t.due_calendar,
    ('x' || substr(t.organization_id::text, 7, 2))::bit(8)::int AS kind
FROM cases c JOIN case_turns t USING (dossier_id) WHERE c.dossier_id < bench_id(7, :models);

CREATE TEMP TABLE told AS
SELECT n AS number, m.number AS model, m.kind, n % :all_cells AS cell,
    bench_id(6, n % :all_cells + :all_cells * (n / :all_cells % :applicants)) AS person,
    date_trunc('milliseconds', now()) + make_interval(mins => (n * 7919 % 86400 - 28800)::int) AS due_at,
    abs(hashint8(n)::bigint) % 25 = 7 AS waiting,
    'A' || lpad((1 + n % :all_cells * :provinces / :all_cells)::text, 2, '0') || '.'
        || lpad((n % :all_cells * :provinces * :communes / :all_cells % :communes)::text, 3, '0') || '-261122-' || 10000 + n AS code
FROM generate_series(:first::bigint, :last::bigint) AS n
JOIN model m ON m.number = abs(hashint8(-n)::bigint) % :models;
ANALYZE told;

SELECT string_agg(pg_get_indexdef(indexrelid), ';') AS indexes, string_agg(indexrelid::regclass::text, ', ') AS names
FROM pg_index
WHERE indrelid IN ('cases'::regclass, 'case_turns'::regclass, 'case_places'::regclass) AND NOT indisunique \gset
DROP INDEX :names;

INSERT INTO cases (dossier_id, version, code, procedure, procedure_version, member_id, entered_by_member_id, stage,
    opened_at, document)
SELECT bench_id(7, t.number), m.version, t.code, m.procedure, m.procedure_version, t.person, t.person, m.stage, m.opened_at,
    m.document || jsonb_build_object('dossierId', bench_id(7, t.number), 'code', t.code)
FROM told t JOIN model m ON m.number = t.model
ORDER BY t.number;

INSERT INTO case_turns (dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role, box, entered_at,
    due_at, due_calendar, stopped_at, procedure, code, member_id, entered_by_member_id)
SELECT bench_id(7, t.number), m.turn, m.step, place.id, m.role, place.id, m.role, m.box, m.entered_at, t.due_at,
    m.due_calendar, CASE WHEN t.waiting THEN m.entered_at END, m.procedure, t.code, t.person, t.person
FROM told t JOIN model m ON m.number = t.model JOIN bench_level l ON l.kind = t.kind
CROSS JOIN LATERAL (SELECT bench_id(t.kind, t.cell * l.count / :all_cells) AS id) place
ORDER BY t.number;

INSERT INTO case_places (organization_id, dossier_id, turn, distance, due_at, procedure, step, waiting, code)
SELECT bench_id(l.kind, t.cell * l.count / :all_cells), bench_id(7, t.number), m.turn, t.kind - l.kind, t.due_at,
    m.procedure, m.step, t.waiting, t.code
FROM told t JOIN model m ON m.number = t.model JOIN bench_level l ON l.kind <= t.kind
ORDER BY 1, 2;

:indexes;
RESET session_replication_role;
VACUUM (ANALYZE) cases;
VACUUM (ANALYZE) case_turns;
VACUUM (ANALYZE) case_places;
CHECKPOINT;
