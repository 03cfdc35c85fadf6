-- Jobs that cannot be read are set aside; results stand.

ALTER TABLE jobs
    DROP CONSTRAINT jobs_state_check,
    ADD CONSTRAINT jobs_state_check CHECK (state IN ('waiting', 'issued', 'failed', 'unreadable'));

CREATE FUNCTION result_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a result is never changed but for its force, and never removed'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER rows_stand BEFORE DELETE OR UPDATE OF id, dossier_id, document_type, version, result_code, store_key,
    number, register_number, issuing_organization_id, member_id, title, template, verification_id, signed_at, signer,
    signer_class, level, sha256, size, document
ON results FOR EACH ROW EXECUTE FUNCTION result_stands();
CREATE TRIGGER rows_are_kept BEFORE TRUNCATE ON results FOR EACH STATEMENT EXECUTE FUNCTION result_stands();
