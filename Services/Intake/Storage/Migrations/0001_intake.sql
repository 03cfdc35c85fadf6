-- A dossier (hồ sơ) as it was submitted and acknowledged. What happens to it afterwards stands in the timeline;
-- status and finished_at are what the timeline says, kept for lists.
CREATE TABLE dossiers (
    id                        uuid        PRIMARY KEY,
    code                      text        NOT NULL UNIQUE,
    procedure                 text        NOT NULL,
    procedure_version         integer     NOT NULL,
    applicant_member_id       uuid        NOT NULL,
    entered_by_member_id      uuid        NOT NULL,
    receiving_organization_id uuid        NOT NULL,
    received_at               timestamptz NOT NULL,
    acknowledged_at           timestamptz NOT NULL,
    deadline_at               timestamptz NOT NULL,
    deadline_calendar         text        NOT NULL,
    deadline_provisional      boolean     NOT NULL,
    form                      jsonb       NOT NULL,
    version                   bigint      NOT NULL CHECK (version > 0),
    status                    text        NOT NULL,
    finished_at               timestamptz
);
-- Ids sort by time: the list of a member is read backwards along them.
CREATE INDEX dossiers_by_applicant ON dossiers (applicant_member_id, id);
CREATE INDEX dossiers_by_enterer ON dossiers (entered_by_member_id, id);

-- The running numbers of dossier codes: one row for each body and day, locked by whoever draws from it.
CREATE TABLE dossier_counters (
    organization_code text    NOT NULL,
    day               date    NOT NULL,
    last              integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (organization_code, day)
);

-- A file that a member uploaded; without a dossier until it is submitted with one.
CREATE TABLE attachments (
    id              uuid        PRIMARY KEY,
    owner_member_id uuid        NOT NULL,
    dossier_id      uuid        REFERENCES dossiers,
    position        integer,
    name            text        NOT NULL,
    media_type      text        NOT NULL,
    size            bigint      NOT NULL CHECK (size > 0),
    sha256          text        NOT NULL,
    contents        bytea       NOT NULL,
    uploaded_at     timestamptz NOT NULL,
    CHECK ((dossier_id IS NULL) = (position IS NULL))
);
-- The formats are compressed already.
ALTER TABLE attachments ALTER COLUMN contents SET STORAGE EXTERNAL;
CREATE INDEX attachments_of_dossier ON attachments (dossier_id, position) WHERE dossier_id IS NOT NULL;
CREATE INDEX attachments_unclaimed ON attachments (uploaded_at) WHERE dossier_id IS NULL;

-- What was told of a dossier, by the place of the event: the number of the topic's events of that dossier.
CREATE TABLE timeline (
    dossier_id uuid        NOT NULL REFERENCES dossiers,
    topic      text        NOT NULL,
    sequence   bigint      NOT NULL,
    type       text        NOT NULL,
    at         timestamptz NOT NULL,
    data       jsonb       NOT NULL,
    PRIMARY KEY (dossier_id, topic, sequence)
);
