-- Rows that stand for good; what becomes of an advance that nothing takes; exceptions that say how much and of whom.

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'post a reversal, or add a row that corrects it';
END $$;

-- The trigger of a partitioned table holds for its partitions too.
CREATE FUNCTION guard_rows(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER rows_stand BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()',
        guarded);
END $$;

-- Each partition can be truncated by itself and needs a trigger of its own.
CREATE FUNCTION guard_truncation(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER rows_are_kept BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
        guarded);
END $$;

DROP TRIGGER ledger_postings_stand ON ledger_postings;
SELECT guard_rows(name::regclass), guard_truncation(name::regclass)
FROM unnest(ARRAY['ledger_postings', 'callbacks', 'assessment_changes', 'receipts', 'settlement_files',
    'settlement_lines']) AS name;
SELECT guard_truncation(inhrelid::regclass) FROM pg_inherits
WHERE inhparent IN ('ledger_postings'::regclass, 'callbacks'::regclass);

-- As before; the rows that move from the default partition pass its guard, and the new partition gets one.
CREATE OR REPLACE FUNCTION ensure_month_partition(parent regclass, part_key text, day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', day)::date;
    next date := (first + interval '1 month')::date;
    name text := parent::text || '_' || to_char(first, 'YYYYMM');
    rest text := parent::text || '_default';
    lower text := first::text || ' 00:00:00+07';
    upper text := next::text || ' 00:00:00+07';
    guarded boolean := EXISTS (SELECT FROM pg_trigger WHERE tgrelid = parent AND tgname = 'rows_are_kept');
    has_rows boolean;
BEGIN
    -- Several processes may look at the same moment.
    PERFORM pg_advisory_xact_lock(hashtextextended(name, 7462));
    IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= %L AND %I < %L)', rest, part_key, lower, part_key, upper)
        INTO has_rows;
    IF has_rows THEN
        EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', rest);
        EXECUTE format(
            'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
            rest, part_key, lower, part_key, upper, name);
        EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', rest);
    END IF;
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, lower, upper);
    IF guarded THEN PERFORM guard_truncation(to_regclass(name)); END IF;
    RETURN true;
END $$;

-- What was not needed for the month and is owed back.
ALTER TABLE advances
    ADD COLUMN returned bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    ADD CHECK (used + returned <= amount);
DROP INDEX advances_unused;
CREATE INDEX advances_unused ON advances (month, member_id) WHERE used + returned < amount;

ALTER TABLE exceptions
    ADD COLUMN member_id uuid,
    ADD COLUMN month     text,
    ADD COLUMN amount    bigint CHECK (amount > 0);
COMMENT ON COLUMN exceptions.amount IS 'The đồng at stake, where it is about an amount.';
CREATE INDEX exceptions_by_owner ON exceptions (owner_id, exception_id);
CREATE INDEX exceptions_waiting ON exceptions (exception_id) WHERE settled_at IS NULL;
