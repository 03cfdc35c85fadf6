-- Every definition that cases run by, for all processes alike: what operators publish by a decision, and what a program
-- brought along when it first ran. Running cases rely on what it says: a row is never changed.
CREATE TABLE procedure_definitions (
    procedure       text        NOT NULL,
    version         integer     NOT NULL CHECK (version > 0),
    yaml            text        NOT NULL CHECK (yaml <> ''),
    published_by    text        NOT NULL,
    published_at    timestamptz NOT NULL,
    -- The decision on the publication (article 8); absent where a program brought the definition.
    decision_number text,
    decided_on      date,
    decided_by      text,
    PRIMARY KEY (procedure, version),
    CHECK (num_nonnulls(decision_number, decided_on, decided_by) IN (0, 3))
);
CREATE FUNCTION refuse_change_of_definition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published definition is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER procedure_definitions_stand BEFORE UPDATE OR DELETE ON procedure_definitions
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_definition();
CREATE TRIGGER procedure_definitions_stay BEFORE TRUNCATE ON procedure_definitions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_definition();
