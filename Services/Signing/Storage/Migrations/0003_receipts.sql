-- Receipts of dues as sealed documents (decision 0052).

-- A document that was asked for: one for each receipt. It holds no names.
CREATE TABLE receipts (
    receipt_id              uuid        PRIMARY KEY,
    issuing_organization_id uuid        NOT NULL,
    -- Dues counts how often it asked; a higher one asks again after a failure that was final.
    attempt                 integer     NOT NULL,
    request                 jsonb       NOT NULL,
    traceparent             text,
    state                   text        NOT NULL CHECK (state IN ('waiting', 'issued', 'failed', 'unreadable')),
    attempts                integer     NOT NULL DEFAULT 0,
    next_attempt_at         timestamptz NOT NULL,
    reason                  text,
    requested_at            timestamptz NOT NULL,
    finished_at             timestamptz,
    -- Counts the events told of it.
    version                 bigint      NOT NULL DEFAULT 0,
    CHECK ((state = 'waiting') = (finished_at IS NULL))
);
CREATE INDEX receipts_waiting ON receipts (next_attempt_at) WHERE state = 'waiting';

-- A sealed receipt; never changed, and given out as it is for ever.
CREATE TABLE receipt_documents (
    receipt_id      uuid        PRIMARY KEY REFERENCES receipts,
    template        text        NOT NULL,
    verification_id text        NOT NULL UNIQUE,
    signed_at       timestamptz NOT NULL,
    signer          text        NOT NULL,
    signer_class    text        NOT NULL,
    level           text        NOT NULL,
    sha256          text        NOT NULL,
    size            bigint      NOT NULL CHECK (size > 0),
    document        bytea       NOT NULL
);
-- Most of a PDF is compressed already.
ALTER TABLE receipt_documents ALTER COLUMN document SET STORAGE EXTERNAL;

-- Money that went back, told by Dues; also of receipts whose document nobody asked for yet.
CREATE TABLE receipt_corrections (
    refund_id    uuid        PRIMARY KEY,
    receipt_id   uuid        NOT NULL,
    force        text        NOT NULL CHECK (force IN ('reduced', 'refunded', 'reversed')),
    remaining    bigint      NOT NULL,
    corrected_at timestamptz NOT NULL
);
CREATE INDEX receipt_corrections_by_receipt ON receipt_corrections (receipt_id, remaining);

CREATE FUNCTION receipt_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a sealed receipt and its corrections are never changed and never removed'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER rows_stand BEFORE DELETE OR UPDATE ON receipt_documents
    FOR EACH ROW EXECUTE FUNCTION receipt_stands();
CREATE TRIGGER rows_are_kept BEFORE TRUNCATE ON receipt_documents
    FOR EACH STATEMENT EXECUTE FUNCTION receipt_stands();
CREATE TRIGGER rows_stand BEFORE DELETE OR UPDATE ON receipt_corrections
    FOR EACH ROW EXECUTE FUNCTION receipt_stands();
CREATE TRIGGER rows_are_kept BEFORE TRUNCATE ON receipt_corrections
    FOR EACH STATEMENT EXECUTE FUNCTION receipt_stands();
