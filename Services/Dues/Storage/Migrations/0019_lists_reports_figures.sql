-- Lists of payment orders of a payee are read along an index in every state, and reports find the exceptions that were
-- settled after their months without reading those of all years.
CREATE INDEX payment_orders_by_payee ON payment_orders (payee_id, state, order_id);
CREATE INDEX exceptions_settled ON exceptions (settled_at) WHERE settled_at IS NOT NULL;

-- As before (0013), but a figure that only loses something, its amount for example, is another one too: JSON that has less
-- is contained in what has more.
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
                    WHERE f NOT IN (
                        SELECT jsonb_array_elements(coalesce(OLD.state -> 'duesFigures', '[]')))))) THEN
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
