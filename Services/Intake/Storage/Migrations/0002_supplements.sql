-- What an applicant sent after a body had asked him for it. Each row holds the whole form as it stood then: the form of a
-- dossier is the one of its last supplement, else the one it was submitted with, and none is ever written over.
CREATE TABLE supplements (
    dossier_id       uuid        NOT NULL REFERENCES dossiers,
    number           integer     NOT NULL CHECK (number > 0),
    at               timestamptz NOT NULL,
    by_member_id     uuid        NOT NULL,
    request_sequence bigint      NOT NULL,
    changed_fields   text[]      NOT NULL,
    form             jsonb       NOT NULL,
    PRIMARY KEY (dossier_id, number)
);
-- The supplement that a file came with; null for those of the submission.
ALTER TABLE attachments ADD COLUMN supplement integer;
ALTER TABLE attachments ADD FOREIGN KEY (dossier_id, supplement) REFERENCES supplements (dossier_id, number);

CREATE FUNCTION supplements_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a supplement is never changed or removed';
END $$;
CREATE TRIGGER supplements_stand BEFORE UPDATE OR DELETE ON supplements
    FOR EACH ROW EXECUTE FUNCTION supplements_stand();
CREATE TRIGGER supplements_stay BEFORE TRUNCATE ON supplements
    FOR EACH STATEMENT EXECUTE FUNCTION supplements_stand();
