-- Months in transit; members whose assessments are to be looked at again because something about them changed.

-- The month of a letter belongs to the cell that let the member go (official transfer, 5), whenever it is assessed.
CREATE TABLE letter_months (
    member_id uuid NOT NULL,
    month     text NOT NULL,
    cell_id   uuid NOT NULL,
    PRIMARY KEY (member_id, month)
);

-- Months for which a member was in transit when they were assessed: they are assessed where he is admitted.
CREATE TABLE held_months (
    member_id uuid NOT NULL,
    month     text NOT NULL,
    PRIMARY KEY (member_id, month)
);

CREATE TABLE members_changed (
    member_id uuid        PRIMARY KEY,
    noted_at  timestamptz NOT NULL
);
CREATE INDEX members_changed_in_order ON members_changed (noted_at, member_id);

-- What an assessment depends on; the copy of the directory tells it.
CREATE FUNCTION note_changed_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state ? 'inTransitSince' THEN
        INSERT INTO letter_months (member_id, month, cell_id)
        VALUES (NEW.id, left(NEW.state ->> 'inTransitSince', 7), NEW.cell_id) ON CONFLICT DO NOTHING;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.cell_id, NEW.state -> 'state', NEW.state -> 'joinedOn', NEW.state -> 'duesCategory',
                NEW.state -> 'duesBase')
            IS NOT DISTINCT FROM (OLD.cell_id, OLD.state -> 'state', OLD.state -> 'joinedOn',
                OLD.state -> 'duesCategory', OLD.state -> 'duesBase') THEN
            RETURN NULL;
        END IF;
    -- A copy that is filled again brings nobody who is new, and before the first run nobody has to be looked at. Who was
    -- admitted while it was filled has months that wait.
    ELSIF NOT EXISTS (SELECT FROM assessment_runs)
        OR (EXISTS (SELECT FROM assessments WHERE member_id = NEW.id)
            AND NOT EXISTS (SELECT FROM held_months WHERE member_id = NEW.id)) THEN
        RETURN NULL;
    END IF;
    INSERT INTO members_changed AS c (member_id, noted_at) VALUES (NEW.id, clock_timestamp())
    ON CONFLICT (member_id) DO UPDATE SET noted_at = excluded.noted_at;
    RETURN NULL;
END $$;
CREATE TRIGGER member_changed AFTER INSERT OR UPDATE ON directory_members
    FOR EACH ROW EXECUTE FUNCTION note_changed_member();

-- Another region is another minimum wage.
CREATE FUNCTION note_members_of_changed_cell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO members_changed AS c (member_id, noted_at)
    SELECT id, clock_timestamp() FROM directory_members WHERE cell_id = NEW.id
    ON CONFLICT (member_id) DO UPDATE SET noted_at = excluded.noted_at;
    RETURN NULL;
END $$;
CREATE TRIGGER cell_changed AFTER UPDATE ON directory_organizations
    FOR EACH ROW WHEN (OLD.state -> 'duesRegion' IS DISTINCT FROM NEW.state -> 'duesRegion')
    EXECUTE FUNCTION note_members_of_changed_cell();

-- Who is in transit already.
INSERT INTO letter_months (member_id, month, cell_id)
SELECT id, left(state ->> 'inTransitSince', 7), cell_id FROM directory_members WHERE state ? 'inTransitSince';
