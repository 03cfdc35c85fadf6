-- Open turns, one row for each: a case that is asked at several organisations at once stands in all their lists. What
-- is filtered by stands in the row, so that a list reads its index alone.
CREATE TABLE case_turns (
    dossier_id           uuid        NOT NULL REFERENCES cases,
    turn                 integer     NOT NULL,
    step                 text        NOT NULL,
    organization_id      uuid        NOT NULL,
    role                 text        NOT NULL,
    seat_organization_id uuid,
    seat_role            text,
    box                  integer,
    entered_at           timestamptz NOT NULL,
    due_at               timestamptz NOT NULL,
    -- The version of the calendar that the deadline was last compared with.
    due_calendar         text        NOT NULL,
    -- Since when the clock stands: the turn waits for the applicant.
    stopped_at           timestamptz,
    waiting              boolean     NOT NULL GENERATED ALWAYS AS (stopped_at IS NOT NULL) STORED,
    -- When something is to be told of the deadline next.
    alert_at             timestamptz,
    procedure            text        NOT NULL,
    code                 text        NOT NULL,
    member_id            uuid        NOT NULL,
    entered_by_member_id uuid        NOT NULL,
    PRIMARY KEY (dossier_id, turn)
);

-- A decision names the version of the case that it was made on; messages do not change that one.
UPDATE cases SET document = jsonb_set(document, '{revision}', to_jsonb(version));

INSERT INTO case_turns (dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role, box, entered_at,
    due_at, due_calendar, stopped_at, alert_at, procedure, code, member_id, entered_by_member_id)
SELECT c.dossier_id, (t ->> 'number')::integer, t ->> 'step', (t ->> 'organizationId')::uuid, t ->> 'role',
       (t -> 'seat' ->> 'organizationId')::uuid, t -> 'seat' ->> 'role', (t ->> 'box')::integer,
       (t ->> 'enteredAt')::timestamptz, (t -> 'due' ->> 'at')::timestamptz, t -> 'due' ->> 'calendarVersion',
       CASE WHEN t #> '{pauses,-1,to}' IS NULL THEN (t #>> '{pauses,-1,from}')::timestamptz END,
       (t ->> 'alertAt')::timestamptz, c.procedure, c.code, c.member_id, c.entered_by_member_id
FROM cases c
CROSS JOIN LATERAL jsonb_array_elements(
    jsonb_build_array(c.document -> 'turn') || coalesce(c.document -> 'beside', '[]')) AS t
WHERE c.stage = 'running';

DROP INDEX cases_by_turn, cases_by_seat, cases_by_organization, cases_by_alert, cases_displaced, cases_by_calendar;
ALTER TABLE cases
    DROP COLUMN turn, DROP COLUMN step, DROP COLUMN organization_id, DROP COLUMN role,
    DROP COLUMN seat_organization_id, DROP COLUMN seat_role, DROP COLUMN due_at, DROP COLUMN waiting,
    DROP COLUMN alert_at, DROP COLUMN due_calendar;

CREATE INDEX case_turns_by_turn ON case_turns (organization_id, role, due_at, dossier_id, turn)
    INCLUDE (procedure, step, waiting, code, member_id, entered_by_member_id);
CREATE INDEX case_turns_by_seat ON case_turns (seat_organization_id, seat_role, due_at, dossier_id, turn)
    INCLUDE (procedure, step, waiting, code, member_id, entered_by_member_id);
CREATE INDEX case_turns_by_organization ON case_turns (organization_id, due_at, dossier_id, turn)
    INCLUDE (procedure, step, waiting, code);
CREATE INDEX case_turns_by_alert ON case_turns (alert_at, dossier_id) WHERE alert_at IS NOT NULL;
-- Turns in which somebody else acts in the place of the organisation, or nobody.
CREATE INDEX case_turns_displaced ON case_turns (dossier_id)
    WHERE seat_organization_id IS DISTINCT FROM organization_id;
CREATE INDEX case_turns_by_calendar ON case_turns (due_calendar, dossier_id, turn);

-- Under which organisations an open turn stands: its own (distance 0), the parent, and so on to the top.
DROP TABLE case_places;
CREATE TABLE case_places (
    organization_id uuid        NOT NULL,
    dossier_id      uuid        NOT NULL REFERENCES cases,
    turn            integer     NOT NULL,
    distance        smallint    NOT NULL CHECK (distance >= 0),
    due_at          timestamptz NOT NULL,
    procedure       text        NOT NULL,
    step            text        NOT NULL,
    waiting         boolean     NOT NULL,
    code            text        NOT NULL,
    PRIMARY KEY (organization_id, dossier_id, turn)
);
WITH RECURSIVE path (dossier_id, turn, organization_id, distance) AS (
    SELECT dossier_id, turn, organization_id, 0 FROM case_turns
    UNION ALL
    SELECT p.dossier_id, p.turn, o.parent_id, p.distance + 1
    FROM path p JOIN directory_organizations o ON o.id = p.organization_id
    WHERE o.parent_id IS NOT NULL AND p.distance < 32)
INSERT INTO case_places (organization_id, dossier_id, turn, distance, due_at, procedure, step, waiting, code)
SELECT p.organization_id, p.dossier_id, p.turn, p.distance, t.due_at, t.procedure, t.step, t.waiting, t.code
FROM path p JOIN case_turns t USING (dossier_id, turn) ON CONFLICT DO NOTHING;
CREATE INDEX case_places_of_case ON case_places (dossier_id);
CREATE INDEX case_places_by_due ON case_places (organization_id, due_at, dossier_id, turn)
    INCLUDE (procedure, step, waiting, code);
CREATE INDEX case_places_by_step ON case_places (organization_id, procedure, step, due_at, dossier_id, turn)
    INCLUDE (waiting, code);
CREATE INDEX case_places_waiting ON case_places (organization_id, due_at, dossier_id, turn)
    INCLUDE (procedure, step, code) WHERE waiting;
CREATE INDEX case_places_by_code ON case_places (organization_id, code text_pattern_ops, due_at, dossier_id, turn);
