-- The copy of the directory that Routing keeps: the centre, :provinces provinces, :communes communes in each, :bases base
-- organisations in each of these, :cells cells in each of these, an officer everywhere, :applicants members in each cell.
-- Ids follow from the kind and the number, so that load generators know them: kind 1 to 5 are the levels, 11 to 15 their
-- officers, 21 to 25 the officers' roles, 6 the members. `:circumstances` says what else is known of a member `n`;
-- nothing when it is not set.
\if :{?circumstances}
\else
\set circumstances '''{}''::jsonb'
\endif
CREATE FUNCTION bench_id(kind bigint, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('019a9e' || lpad(to_hex(kind), 2, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid;

CREATE TABLE bench_level AS
SELECT 1 AS kind, 'central' AS type, 1::bigint AS count, 1::bigint AS siblings
UNION ALL VALUES (2, 'provincial', :provinces, :provinces), (3, 'commune', :provinces * :communes, :communes),
    (4, 'base-organisation', :provinces * :communes * :bases, :bases),
    (5, 'subordinate-cell', :provinces * :communes * :bases * :cells, :cells);

CREATE TEMP TABLE place AS
SELECT kind, type, number, bench_id(kind, number) AS id,
    CASE WHEN kind > 1 THEN bench_id(kind - 1, number / siblings) END AS parent_id,
    CASE kind WHEN 1 THEN 'A00' ELSE 'A' || lpad((1 + CASE kind WHEN 2 THEN number WHEN 3 THEN number / :communes
            WHEN 4 THEN number / (:bases * :communes) ELSE number / (:cells * :bases * :communes) END)::text, 2, '0') END
        || CASE WHEN kind > 2 THEN '.' || lpad((CASE kind WHEN 3 THEN number WHEN 4 THEN number / :bases
            ELSE number / (:cells * :bases) END % :communes)::text, 3, '0') ELSE '' END
        || CASE WHEN kind > 3 THEN '.' || lpad((CASE kind WHEN 4 THEN number ELSE number / :cells END % :bases)::text, 2, '0')
            ELSE '' END
        || CASE WHEN kind > 4 THEN '.' || lpad((number % :cells)::text, 2, '0') ELSE '' END AS code
FROM bench_level CROSS JOIN LATERAL generate_series(0, count - 1) AS number;

INSERT INTO directory_organizations (id, version, parent_id, type, code, state)
SELECT id, 1, parent_id, type, code, jsonb_strip_nulls(jsonb_build_object(
    'organizationId', id, 'code', code, 'name', 'Đảng bộ Mẫu ' || code, 'type', type, 'parentId', parent_id,
    'status', 'active', 'residential', true, 'duesRegion', 'II', 'hasSeal', kind < 5, 'bankAccounts', '[]'::jsonb))
FROM place;

INSERT INTO directory_members (id, version, cell_id, state)
SELECT m.id, 1, m.cell, jsonb_build_object('memberId', m.id, 'fullName', m.name, 'state', 'official', 'cellId', m.cell,
    'joinedOn', '2015-05-19', 'recognisedOn', '2016-05-19',
    'channels', '{"consent": {"email": false, "sms": false, "push": false}}'::jsonb) || m.circumstances
FROM (
    SELECT bench_id(10 + kind, number) AS id, CASE kind WHEN 5 THEN id ELSE bench_id(5, 0) END AS cell,
        'Cán bộ Mẫu ' || code AS name, '{}'::jsonb AS circumstances
    FROM place
    UNION ALL
    SELECT bench_id(6, n), bench_id(5, n % (:provinces * :communes * :bases * :cells)), 'Nguyễn Văn Mẫu ' || n,
        :circumstances
    FROM generate_series(0, :provinces * :communes * :bases * :cells * :applicants - 1) AS n
) m;

INSERT INTO directory_roles (id, version, member_id, organization_id, role, status, valid_from, state)
SELECT r.id, 1, r.member_id, r.place_id, r.role, 'active', '2026-01-01', jsonb_build_object(
    'roleId', r.id, 'memberId', r.member_id, 'organizationId', r.place_id, 'role', r.role, 'from', '2026-01-01',
    'status', 'active')
FROM (
    SELECT bench_id(20 + kind, number) AS id, bench_id(10 + kind, number) AS member_id, id AS place_id,
        CASE kind WHEN 5 THEN 'cell-secretary' ELSE 'organisation-officer' END AS role
    FROM place
) r;

VACUUM (ANALYZE) directory_organizations;
VACUUM (ANALYZE) directory_members;
VACUUM (ANALYZE) directory_roles;
