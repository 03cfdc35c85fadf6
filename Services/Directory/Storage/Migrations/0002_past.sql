-- What is kept of the past and of days to come: since which day a version holds, who stood where, what is planned.

-- Absent in rows of the version before: the day of the change then.
ALTER TABLE history ADD COLUMN effective_on date;

CREATE INDEX members_by_residence ON members ((document ->> 'residenceCellId'));

-- An organisation under the one above it, a member in his cell. A row whose last day lies before its first is none.
CREATE TABLE placements (
    kind     text NOT NULL CHECK (kind IN ('organization', 'member')),
    id       uuid NOT NULL,
    place_id uuid NOT NULL,
    from_on  date NOT NULL,
    -- The last day; absent while it lasts.
    to_on    date,
    PRIMARY KEY (kind, id, from_on)
);
CREATE INDEX placements_by_place ON placements (place_id, kind, id);

INSERT INTO placements (kind, id, place_id, from_on)
SELECT 'organization', o.id, o.parent_id, (h.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
FROM organizations o JOIN history h ON h.kind = 'organization' AND h.id = o.id AND h.version = o.version
WHERE o.parent_id IS NOT NULL AND o.status = 'active'
UNION ALL
SELECT 'member', m.id, m.cell_id, (h.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
FROM members m JOIN history h ON h.kind = 'member' AND h.id = m.id AND h.version = m.version;

-- What was decided about an organisation for a day to come: the body as it was sent, carried out on its day.
CREATE TABLE planned_changes (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organizations,
    kind            text        NOT NULL,
    effective_on    date        NOT NULL,
    body            jsonb       NOT NULL,
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
