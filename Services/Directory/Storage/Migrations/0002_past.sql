-- What is kept of the past: since which day a version holds, and who stood where.

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
