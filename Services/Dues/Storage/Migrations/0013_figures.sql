-- Figures that authorities report of single months.

-- Whom the base is of and when it came; absent where nobody reported it.
ALTER TABLE assessments ADD COLUMN base_origin jsonb;

-- As before (0005), and with the figures among what an assessment depends on. Figures alone ask for nobody whose months
-- after them are not assessed yet: the run finds them there.
CREATE OR REPLACE FUNCTION note_changed_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state ? 'inTransitSince' THEN
        INSERT INTO letter_months (member_id, month, cell_id)
        VALUES (NEW.id, left(NEW.state ->> 'inTransitSince', 7), NEW.cell_id) ON CONFLICT DO NOTHING;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.cell_id, NEW.state -> 'state', NEW.state -> 'joinedOn', NEW.state -> 'duesCategory',
                NEW.state -> 'duesBase')
            IS NOT DISTINCT FROM (OLD.cell_id, OLD.state -> 'state', OLD.state -> 'joinedOn',
                OLD.state -> 'duesCategory', OLD.state -> 'duesBase')
            AND (NEW.state -> 'duesFigures' IS NOT DISTINCT FROM OLD.state -> 'duesFigures' OR NOT EXISTS (
                SELECT FROM assessments a WHERE a.member_id = NEW.id AND a.month > (
                    SELECT min(f ->> 'month') FROM jsonb_array_elements(NEW.state -> 'duesFigures') AS f
                    WHERE NOT coalesce(OLD.state -> 'duesFigures', '[]') @> jsonb_build_array(f)))) THEN
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
