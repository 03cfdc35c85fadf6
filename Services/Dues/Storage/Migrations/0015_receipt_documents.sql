-- Documents of receipts, made by Signing, and the vouchers of money that went back (decision 0052).

-- How far a receipt's document is; no row where nothing was ever asked or told. Its lock orders all events of the
-- receipt.
CREATE TABLE receipt_documents (
    receipt_id      uuid        PRIMARY KEY REFERENCES receipts,
    state           text        NOT NULL DEFAULT 'unasked'
        CHECK (state IN ('unasked', 'asked', 'late', 'issued', 'failed')),
    -- How often it was asked for: again only after a failure that was final.
    attempt         integer     NOT NULL DEFAULT 0,
    asked_at        timestamptz,
    -- Why it is late or failed, as a stable name.
    reason          text,
    verification_id text,
    sha256          text,
    size            bigint,
    signed_at       timestamptz,
    -- Counts the events told of the receipt on paper.
    version         bigint      NOT NULL DEFAULT 0,
    CHECK ((state = 'unasked') = (asked_at IS NULL)),
    CHECK (num_nonnulls(verification_id, sha256, size, signed_at) = CASE WHEN state = 'issued' THEN 4 ELSE 0 END)
);
CREATE INDEX receipt_documents_unfinished ON receipt_documents (state) WHERE state IN ('asked', 'late', 'failed');
-- What was sealed stays sealed; only the count of events goes on.
CREATE TRIGGER receipt_documents_stand BEFORE UPDATE ON receipt_documents FOR EACH ROW
    WHEN (OLD.state = 'issued' AND (OLD.state, OLD.verification_id, OLD.sha256, OLD.size, OLD.signed_at)
        IS DISTINCT FROM (NEW.state, NEW.verification_id, NEW.sha256, NEW.size, NEW.signed_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipt_documents_are_kept BEFORE DELETE ON receipt_documents
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
SELECT guard_truncation('receipt_documents');

-- The vouchers of refunds (phiếu hoàn), one for each refund that came through, in a series of their own.
CREATE TABLE refund_voucher_series (
    issuer_id uuid    NOT NULL,
    year      integer NOT NULL,
    last      bigint  NOT NULL,
    PRIMARY KEY (issuer_id, year)
);
CREATE TABLE refund_vouchers (
    refund_id  uuid        PRIMARY KEY REFERENCES refunds,
    receipt_id uuid        NOT NULL REFERENCES receipts,
    issuer_id  uuid        NOT NULL,
    year       integer     NOT NULL,
    ordinal    bigint      NOT NULL,
    number     text        NOT NULL,
    amount     bigint      NOT NULL,
    -- What the receipt still counts for.
    remaining  bigint      NOT NULL,
    reversal   boolean     NOT NULL,
    issued_at  timestamptz NOT NULL,
    UNIQUE (issuer_id, year, ordinal)
);
CREATE INDEX refund_vouchers_by_receipt ON refund_vouchers (receipt_id);
SELECT guard_rows('refund_vouchers'), guard_truncation('refund_vouchers');

-- Refunds that came through and have no voucher yet; the row is written with the refund's own change.
CREATE TABLE refunds_without_voucher (refund_id uuid PRIMARY KEY REFERENCES refunds);
CREATE FUNCTION want_refund_voucher() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO refunds_without_voucher VALUES (NEW.refund_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER refunds_want_voucher AFTER INSERT OR UPDATE OF state ON refunds FOR EACH ROW
    WHEN (NEW.state = 'succeeded') EXECUTE FUNCTION want_refund_voucher();
INSERT INTO refunds_without_voucher SELECT refund_id FROM refunds WHERE state = 'succeeded';
