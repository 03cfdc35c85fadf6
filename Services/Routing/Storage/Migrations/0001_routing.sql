-- A running case. The document is the whole state; the columns beside it are what is searched by.
CREATE TABLE cases (
    dossier_id           uuid        PRIMARY KEY,
    version              bigint      NOT NULL CHECK (version > 0),
    code                 text        NOT NULL,
    procedure            text        NOT NULL,
    procedure_version    integer     NOT NULL,
    member_id            uuid        NOT NULL,
    entered_by_member_id uuid        NOT NULL,
    stage                text        NOT NULL
        CHECK (stage IN ('running', 'awaiting-result', 'completed', 'refused', 'withdrawn')),
    turn                 integer,
    step                 text,
    organization_id      uuid,
    role                 text,
    seat_organization_id uuid,
    seat_role            text,
    due_at               timestamptz,
    opened_at            timestamptz NOT NULL,
    finished_at          timestamptz,
    document             jsonb       NOT NULL,
    CHECK ((stage = 'running') = (turn IS NOT NULL)),
    CHECK ((turn IS NULL) = (organization_id IS NULL AND role IS NULL AND due_at IS NULL))
);
CREATE INDEX cases_by_turn ON cases (organization_id, role, due_at, dossier_id) WHERE stage = 'running';
CREATE INDEX cases_by_seat ON cases (seat_organization_id, seat_role, due_at, dossier_id) WHERE stage = 'running';
CREATE INDEX cases_by_member ON cases (member_id);

-- What happened to a case, one row for each of its versions; rows are only ever added.
CREATE TABLE case_history (
    dossier_id uuid        NOT NULL REFERENCES cases,
    version    bigint      NOT NULL,
    at         timestamptz NOT NULL,
    type       text        NOT NULL,
    actor      text        NOT NULL,
    data       jsonb       NOT NULL,
    PRIMARY KEY (dossier_id, version)
);
