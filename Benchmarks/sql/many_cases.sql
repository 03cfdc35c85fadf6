-- Open cases :first to :last like those that the service opened and moved, numbers 0 to :models - 1: each with the
-- document of one of them, at an organisation of the same level anywhere in the country, with a deadline in the twenty days
-- before now or the forty after. What no list reads (history, events) they do not have; of their deadlines everything was
-- told (`alert_at`).
SET session_replication_role = replica;  -- Rows refer to each other as they are made: nothing has to be looked up.

CREATE TEMP TABLE model AS
SELECT row_number() OVER (ORDER BY dossier_id) - 1 AS number, c.*,
    ('x' || substr(c.organization_id::text, 7, 2))::bit(8)::int AS kind
FROM cases c WHERE stage = 'running' AND dossier_id < bench_id(7, :models);

CREATE TEMP TABLE told AS
SELECT n AS number, m.number AS model, m.kind, n % :all_cells AS cell,
    date_trunc('milliseconds', now()) + make_interval(mins => (n * 7919 % 86400 - 28800)::int) AS due_at,
    abs(hashint8(n)::bigint) % 25 = 7 AS waiting,
    'A' || lpad((1 + n % :all_cells * :provinces / :all_cells)::text, 2, '0') || '.'
        || lpad((n % :all_cells * :provinces * :communes / :all_cells % :communes)::text, 3, '0') || '-261122-' || 10000 + n AS code
FROM generate_series(:first::bigint, :last::bigint) AS n
JOIN model m ON m.number = abs(hashint8(-n)::bigint) % :models;
ANALYZE told;

SELECT string_agg(pg_get_indexdef(indexrelid), ';') AS indexes, string_agg(indexrelid::regclass::text, ', ') AS names
FROM pg_index WHERE indrelid IN ('cases'::regclass, 'case_places'::regclass) AND NOT indisunique \gset
DROP INDEX :names;

INSERT INTO cases (dossier_id, version, code, procedure, procedure_version, member_id, entered_by_member_id, stage, turn,
    step, organization_id, role, seat_organization_id, seat_role, due_at, due_calendar, waiting, opened_at, document)
SELECT bench_id(7, t.number), m.version, t.code, m.procedure, m.procedure_version, person.id, person.id, m.stage, m.turn,
    m.step, place.id, m.role, place.id, m.role, t.due_at, m.due_calendar, t.waiting, m.opened_at,
    m.document || jsonb_build_object('dossierId', bench_id(7, t.number), 'code', t.code)
FROM told t JOIN model m ON m.number = t.model JOIN bench_level l ON l.kind = t.kind
CROSS JOIN LATERAL (SELECT bench_id(t.kind, t.cell * l.count / :all_cells) AS id) place
CROSS JOIN LATERAL (SELECT bench_id(6, t.cell + :all_cells * (t.number / :all_cells % :applicants)) AS id) person
ORDER BY t.number;

INSERT INTO case_places (organization_id, dossier_id, distance, due_at, procedure, step, waiting, code)
SELECT bench_id(l.kind, t.cell * l.count / :all_cells), bench_id(7, t.number), t.kind - l.kind, t.due_at, m.procedure, m.step,
    t.waiting, t.code
FROM told t JOIN model m ON m.number = t.model JOIN bench_level l ON l.kind <= t.kind
ORDER BY 1, 2;

:indexes;
RESET session_replication_role;
VACUUM (ANALYZE) cases;
VACUUM (ANALYZE) case_places;
CHECKPOINT;
