-- The members of a file, as a first load enters them; the run holds some against what the service itself enters. The
-- file's records keep every rule (`hosoctl generate --clean`). What a first load writes beside them (history, placements,
-- events) no comparison reads: it is left out.
CREATE TEMP TABLE told (
    number bigint GENERATED ALWAYS AS IDENTITY, source_id text, personal_id text, full_name text, sex text,
    birth_date text, card_number text, record_number text, joined_on text, recognised_on text, cell_code text,
    residence_cell_code text, state text, dues_category text);
COPY told (source_id, personal_id, full_name, sex, birth_date, card_number, record_number, joined_on, recognised_on,
    cell_code, residence_cell_code, state, dues_category) FROM :'file' (FORMAT csv, HEADER);
ANALYZE told;

-- Indexes that keep nothing unique are made when the rows are there.
SELECT string_agg(pg_get_indexdef(i.indexrelid), ';') AS indexes, string_agg(i.indexrelid::regclass::text, ', ') AS names
FROM pg_index i WHERE i.indrelid = 'members'::regclass AND NOT i.indisunique \gset
DROP INDEX :names;
INSERT INTO members (id, version, cell_id, state, personal_id, source_id, changed_at, document)
SELECT m.id, 1, c.id, t.state, t.personal_id, t.source_id, now(), jsonb_strip_nulls(jsonb_build_object(
    'id', m.id, 'version', 1, 'fullName', t.full_name, 'state', t.state, 'cellId', c.id, 'residenceCellId', r.id,
    'residenceLinks', CASE WHEN r.id IS NOT NULL
        THEN jsonb_build_array(jsonb_build_object('cellId', r.id, 'state', 'accepted')) END,
    'joinedOn', t.joined_on, 'recognisedOn', t.recognised_on, 'sex', t.sex, 'birthDate', t.birth_date,
    'officialCardNumber', t.card_number, 'recordNumber', t.record_number, 'duesCategory', t.dues_category,
    'channels', '{"consent": {"email": false, "sms": false, "push": false}}'::jsonb))
FROM told t
CROSS JOIN LATERAL (SELECT ('019a9ef0-0000-7000-8000-' || lpad(to_hex(t.number), 12, '0'))::uuid AS id) m
JOIN organizations c ON c.code = t.cell_code
LEFT JOIN organizations r ON r.code = t.residence_cell_code;
:indexes;
VACUUM (ANALYZE) members;
VACUUM (ANALYZE) organizations;
