-- What the watch over deadlines and the work lists search by. `waiting`: the clock stands, the case waits for the
-- applicant. `alert_at`: when something is to be told of the deadline next. `due_calendar`: the version of the calendar
-- that the deadline was last compared with.
ALTER TABLE cases
    ADD COLUMN waiting      boolean NOT NULL DEFAULT false,
    ADD COLUMN alert_at     timestamptz,
    ADD COLUMN due_calendar text;
UPDATE cases SET due_calendar = document -> 'turn' -> 'due' ->> 'calendarVersion', alert_at = due_at
WHERE stage = 'running';
CREATE INDEX cases_by_alert ON cases (alert_at, dossier_id) WHERE alert_at IS NOT NULL;
-- Turns in which somebody else acts in the place of the organisation, or nobody.
CREATE INDEX cases_displaced ON cases (dossier_id)
    WHERE stage = 'running' AND seat_organization_id IS DISTINCT FROM organization_id;
CREATE INDEX cases_by_calendar ON cases (due_calendar, dossier_id) WHERE stage = 'running';

-- The work lists: in the order of the deadline, with everything that is filtered by in the index itself.
DROP INDEX cases_by_turn, cases_by_seat;
CREATE INDEX cases_by_turn ON cases (organization_id, role, due_at, dossier_id)
    INCLUDE (procedure, step, waiting, code, member_id, entered_by_member_id) WHERE stage = 'running';
CREATE INDEX cases_by_seat ON cases (seat_organization_id, seat_role, due_at, dossier_id)
    INCLUDE (procedure, step, waiting, code, member_id, entered_by_member_id) WHERE stage = 'running';
CREATE INDEX cases_by_organization ON cases (organization_id, due_at, dossier_id)
    INCLUDE (procedure, step, waiting, code) WHERE stage = 'running';

-- Under which organisations a running case stands: that of its turn (distance 0), its parent, and so on to the top. A
-- superior's list over the whole subtree is one range of an index.
CREATE TABLE case_places (
    organization_id uuid        NOT NULL,
    dossier_id      uuid        NOT NULL REFERENCES cases,
    distance        smallint    NOT NULL CHECK (distance >= 0),
    due_at          timestamptz NOT NULL,
    procedure       text        NOT NULL,
    step            text        NOT NULL,
    waiting         boolean     NOT NULL,
    code            text        NOT NULL,
    PRIMARY KEY (organization_id, dossier_id)
);
CREATE INDEX case_places_of_case ON case_places (dossier_id);
CREATE INDEX case_places_by_due ON case_places (organization_id, due_at, dossier_id)
    INCLUDE (procedure, step, waiting, code);
CREATE INDEX case_places_by_step ON case_places (organization_id, procedure, step, due_at, dossier_id)
    INCLUDE (waiting, code);
CREATE INDEX case_places_waiting ON case_places (organization_id, due_at, dossier_id)
    INCLUDE (procedure, step, code) WHERE waiting;
CREATE INDEX case_places_by_code ON case_places (organization_id, code text_pattern_ops, due_at, dossier_id);

-- Organisations that hang elsewhere now: the cases below them are placed anew by a background job.
CREATE TABLE moved_organizations (
    organization_id uuid        PRIMARY KEY,
    moved_at        timestamptz NOT NULL
);
CREATE FUNCTION note_moved_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO moved_organizations (organization_id, moved_at) VALUES (NEW.id, clock_timestamp())
    ON CONFLICT (organization_id) DO UPDATE SET moved_at = excluded.moved_at;
    RETURN NULL;
END $$;
CREATE TRIGGER organization_moved AFTER UPDATE OF parent_id ON directory_organizations
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION note_moved_organization();
-- Cases that run already.
WITH RECURSIVE path (dossier_id, organization_id, distance) AS (
    SELECT dossier_id, organization_id, 0 FROM cases WHERE stage = 'running'
    UNION ALL
    SELECT p.dossier_id, o.parent_id, p.distance + 1
    FROM path p JOIN directory_organizations o ON o.id = p.organization_id
    WHERE o.parent_id IS NOT NULL AND p.distance < 32)
INSERT INTO case_places (organization_id, dossier_id, distance, due_at, procedure, step, waiting, code)
SELECT p.organization_id, c.dossier_id, p.distance, c.due_at, c.procedure, c.step, c.waiting, c.code
FROM path p JOIN cases c USING (dossier_id) ON CONFLICT DO NOTHING;

-- Calendars whose effect on the open deadlines an operator has seen and approved.
CREATE TABLE calendar_approvals (
    calendar_version text        PRIMARY KEY,
    approved_by      text        NOT NULL,
    approved_at      timestamptz NOT NULL,
    -- When no open deadline was left that an older calendar had computed.
    finished_at      timestamptz
);

-- The thread between the applicant and the bodies that handle a case; rows are only ever added.
CREATE TABLE case_messages (
    id               uuid        PRIMARY KEY,
    dossier_id       uuid        NOT NULL REFERENCES cases,
    at               timestamptz NOT NULL,
    author_member_id uuid        NOT NULL,
    author_name      text        NOT NULL,
    -- The body that speaks; absent when it is the applicant.
    organization_id  uuid,
    text             text        NOT NULL CHECK (text <> '')
);
CREATE INDEX case_messages_by_case ON case_messages (dossier_id, id);
CREATE FUNCTION refuse_change_of_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a message of a case is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER case_messages_stand BEFORE UPDATE OR DELETE ON case_messages
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_message();
CREATE TRIGGER case_messages_stay BEFORE TRUNCATE ON case_messages
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_message();

-- Each time a case began to wait for the applicant, and at which body.
CREATE TABLE case_stops (
    dossier_id      uuid        NOT NULL REFERENCES cases,
    at              timestamptz NOT NULL,
    turn            integer     NOT NULL,
    organization_id uuid        NOT NULL,
    PRIMARY KEY (dossier_id, at)
);
CREATE INDEX case_stops_by_time ON case_stops (at);

-- Signs of delay by body: what the deadlines of the past told.
CREATE INDEX case_history_of_delay ON case_history (at)
    WHERE type IN ('hoso.case.deadline-alert.v1', 'hoso.case.unroutable.v1');
