-- Import from the Party Member Database, what it disagrees in, and what it has to learn from here.

-- One number for everything that is compared, so that of millions of equal members no field is looked at. The same
-- function makes it of a member and of a record of the source; what an equal number hides is one in 2^64.
CREATE FUNCTION member_facts(
    personal_id text, full_name text, sex text, birth_date text, card_number text, record_number text, joined_on text,
    recognised_on text, cell_id text, residence_cell_id text, state text, dues_category text
) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hash_record_extended(ROW(personal_id, full_name, sex, birth_date, card_number, record_number, joined_on,
    recognised_on, cell_id, residence_cell_id, state, dues_category), 0);

ALTER TABLE members
    -- The number of the member in the Party Member Database; absent until an import has found him.
    ADD COLUMN source_id text,
    ADD COLUMN facts bigint GENERATED ALWAYS AS (member_facts(
        personal_id, document ->> 'fullName', document ->> 'sex', document ->> 'birthDate',
        document ->> 'officialCardNumber', document ->> 'recordNumber', document ->> 'joinedOn',
        document ->> 'recognisedOn', document ->> 'cellId', document ->> 'residenceCellId', document ->> 'state',
        document ->> 'duesCategory')) STORED,
    ADD CONSTRAINT members_source_id UNIQUE (source_id);

-- One file, or one pull, that was taken in.
CREATE TABLE imports (
    id           uuid        PRIMARY KEY,
    -- Names its staging table.
    number       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    subject      text        NOT NULL CHECK (subject IN ('members', 'organizations')),
    mode         text        NOT NULL CHECK (mode IN ('full', 'delta', 'first-load')),
    layout       text        NOT NULL,
    -- The moment of which the source says that it is so.
    as_of        timestamptz NOT NULL,
    author       text        NOT NULL,
    received_at  timestamptz NOT NULL,
    state        text        NOT NULL
                             CHECK (state IN ('pulling', 'staged', 'loading', 'compared', 'refused', 'lost')),
    -- The fields that the file has.
    fields       text[]      NOT NULL,
    records      bigint      NOT NULL,
    faulty       bigint      NOT NULL,
    unreadable   bigint      NOT NULL,
    -- What the comparison changed in the list of differences.
    opened       bigint,
    closed       bigint,
    -- The members that were entered into an empty directory.
    entered      bigint      NOT NULL DEFAULT 0,
    -- The line up to which a first load is done.
    loaded_to    bigint      NOT NULL DEFAULT 0,
    finished_at  timestamptz,
    -- The page that a pull has to ask the source for next; absent for the first one, and for a file.
    cursor       text,
    -- Why nothing of it was used: the rule, and where that is known line and field.
    refused_rule  text,
    refused_line  int,
    refused_field text
);
CREATE INDEX imports_waiting ON imports (number) WHERE state IN ('staged', 'loading');

CREATE INDEX members_unlinked ON members (personal_id) WHERE source_id IS NULL;

-- Lines that could not be taken, with the rule; never what stands in them.
CREATE TABLE import_faults (
    import_id  uuid   NOT NULL REFERENCES imports,
    line       bigint NOT NULL,
    place      int    NOT NULL,
    column_no  int,
    field      text,
    rule       text   NOT NULL,
    -- The record that the line is about, where that could be read: it is not missing in the source.
    source_id  text,
    PRIMARY KEY (import_id, line, place)
);

-- Where the source and the directory disagree.
CREATE TABLE differences (
    id              bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    subject         text        NOT NULL CHECK (subject IN ('members', 'organizations')),
    -- The number or code in the source; for somebody whom only the directory has, 'member:' and his id here.
    key             text        NOT NULL,
    kind            text        NOT NULL,
    -- The field by its name in the file; empty where the whole record is meant.
    field           text        NOT NULL,
    -- Masked where it is a personal ID.
    source_value    text,
    our_value       text,
    member_id       uuid        REFERENCES members,
    -- The other one of two.
    other_member_id uuid        REFERENCES members,
    -- The place that it counts for; absent where the directory does not know the place.
    organization_id uuid        REFERENCES organizations,
    settler         text        NOT NULL,
    -- The record of the source, for whoever is to be entered; without the personal ID.
    record          jsonb,
    -- In clear like that of a member, and given to nobody.
    personal_id     text        CHECK (personal_id ~ '^[0-9]{12}$'),
    state           text        NOT NULL CHECK (state IN ('open', 'pending', 'settled')),
    -- How it was settled: by an action of a person, or because both agree again.
    outcome         text,
    reason          text,
    settled_by      text,
    settled_at      timestamptz,
    first_import    uuid        NOT NULL REFERENCES imports,
    -- The import that changed it last.
    last_import     uuid        NOT NULL REFERENCES imports,
    found_at        timestamptz NOT NULL,
    UNIQUE (subject, key, kind, field)
);
CREATE INDEX differences_by_place ON differences (organization_id, id) WHERE state <> 'settled';
CREATE INDEX differences_by_member ON differences (member_id, id);

-- What was changed here and the source has to learn; one row for each version of a member or an organisation.
CREATE TABLE outgoing_changes (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    subject    text        NOT NULL CHECK (subject IN ('members', 'organizations')),
    subject_id uuid        NOT NULL,
    version    bigint      NOT NULL,
    kind       text        NOT NULL,
    -- In which the source differs until it has taken the change, by their names in the file.
    fields     text[]      NOT NULL,
    made_at    timestamptz NOT NULL,
    state      text        NOT NULL DEFAULT 'prepared' CHECK (state IN ('prepared', 'sent', 'accepted', 'refused')),
    -- The file or pull that it left with.
    batch      uuid,
    sent_at    timestamptz,
    answered_at timestamptz,
    -- Why the source refused it.
    reason     text
);
CREATE INDEX outgoing_changes_by_subject ON outgoing_changes (subject_id, id);
CREATE INDEX outgoing_changes_waiting ON outgoing_changes (id) WHERE state = 'prepared';
CREATE INDEX outgoing_changes_of_batch ON outgoing_changes (batch, id);
