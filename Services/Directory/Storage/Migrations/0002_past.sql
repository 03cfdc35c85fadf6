-- What is kept of the past and of days to come: since which day a version holds, who stood where, what is planned.

-- Absent in rows of the version before: the day of the change then.
ALTER TABLE history ADD COLUMN effective_on date;

CREATE INDEX members_by_residence ON members ((document ->> 'residenceCellId'));

-- An organisation under the one above it, a member in his cell.
CREATE TABLE placements (
    kind     text NOT NULL CHECK (kind IN ('organization', 'member')),
    id       uuid NOT NULL,
    place_id uuid NOT NULL,
    from_on  date NOT NULL,
    -- The last day; absent while it lasts.
    to_on    date,
    PRIMARY KEY (kind, id, from_on),
    CHECK (to_on >= from_on)
);
CREATE INDEX placements_by_place ON placements (place_id, kind, id);

-- Where everything stands today, since the first of the versions that say so without a break.
INSERT INTO placements (kind, id, place_id, from_on)
SELECT now.kind, now.id, now.place_id, (
    SELECT min(h.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM history h
    WHERE h.kind = now.kind AND h.id = now.id AND h.version > coalesce((
        SELECT max(before.version) FROM history before
        WHERE before.kind = now.kind AND before.id = now.id
          AND before.document ->> now.field IS DISTINCT FROM now.place_id::text), 0))
FROM (
    SELECT 'organization' AS kind, id, parent_id AS place_id, 'parentId' AS field FROM organizations
    WHERE parent_id IS NOT NULL AND status = 'active'
    UNION ALL
    SELECT 'member', id, cell_id, 'cellId' FROM members
    WHERE state NOT IN ('deceased', 'expelled', 'struck-off', 'resigned', 'probation-cancelled')
) now;

-- What was decided about an organisation for a day to come: the body as it was sent, carried out on its day.
CREATE TABLE planned_changes (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organizations,
    kind            text        NOT NULL,
    effective_on    date        NOT NULL,
    body            text        NOT NULL,
    author          text        NOT NULL,
    -- Whether the author was one of those who run the suite; a member needs his role on the day too.
    is_operator     boolean     NOT NULL,
    reason          text        NOT NULL,
    planned_at      timestamptz NOT NULL,
    state           text        NOT NULL DEFAULT 'planned'
                                CHECK (state IN ('planned', 'applied', 'refused', 'withdrawn')),
    settled_at      timestamptz,
    -- Why it could not be carried out: a problem as RFC 9457 writes it.
    problem         jsonb
);
CREATE INDEX planned_changes_due ON planned_changes (effective_on, id) WHERE state = 'planned';
CREATE INDEX planned_changes_by_organization ON planned_changes (organization_id, id);
