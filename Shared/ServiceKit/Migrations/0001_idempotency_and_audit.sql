-- What every service keeps beside its own tables: answers for repeated requests, and the audit.

-- The answer given to a request that carried an Idempotency-Key, written in the transaction of its effect.
CREATE TABLE idempotency_keys (
    caller      text        NOT NULL,
    key         text        NOT NULL,
    request     text        NOT NULL,
    body_digest bytea       NOT NULL,
    status      integer     NOT NULL,
    headers     text[]      NOT NULL,
    body        bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
COMMENT ON COLUMN idempotency_keys.request IS 'Method and path: the same key for another address is another request.';
COMMENT ON COLUMN idempotency_keys.headers IS 'Names and values in turn.';
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Who did what to what. Rows are only ever appended; the sealer chains them afterwards, in batches, so that nobody
-- waits for the row before.
CREATE TABLE audit (
    id          uuid        NOT NULL PRIMARY KEY,
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    at          timestamptz NOT NULL,
    action      text        NOT NULL,
    subject     text        NOT NULL,
    actor       text        NOT NULL,
    details     text        NOT NULL,
    traceparent text
);
COMMENT ON COLUMN audit.details IS 'JSON as text: its bytes are what the seal covers.';
-- The order of sealing: by transaction, then by id.
CREATE INDEX audit_by_transaction ON audit (xid, id);
CREATE INDEX audit_by_subject ON audit (subject, at);

-- The chain. A seal covers every row with from_xid <= xid < before_xid.
CREATE TABLE audit_seals (
    number      bigint      NOT NULL PRIMARY KEY,
    from_xid    xid8        NOT NULL,
    before_xid  xid8        NOT NULL,
    rows        integer     NOT NULL,
    total       bigint      NOT NULL,
    row_ids     uuid[]      NOT NULL,
    row_digests bytea       NOT NULL,
    previous    bytea       NOT NULL,
    hash        bytea       NOT NULL,
    anchor_id   uuid        NOT NULL,
    sealed_at   timestamptz NOT NULL
);
COMMENT ON COLUMN audit_seals.total IS 'Rows of the chain up to here.';
COMMENT ON COLUMN audit_seals.row_digests IS 'SHA-256 of each row, 32 bytes each, in the order of row_ids: names the changed row.';
