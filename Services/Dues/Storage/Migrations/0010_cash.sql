-- Cash: what members pay to the cell by hand, and how it is handed on (decision 0048).

CREATE TABLE cash_batches (
    batch_id        uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    superior_id     uuid        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    state           text        NOT NULL,
    -- The number of the list that goes with the cash.
    reference       text        NOT NULL,
    handed_by       uuid        NOT NULL,
    handed_at       timestamptz NOT NULL,
    -- Who counted, refused or withdrew it, and why.
    settled_by      uuid,
    settled_at      timestamptz,
    reason          text,
    version         bigint      NOT NULL DEFAULT 1
);
CREATE INDEX cash_batches_by_giver ON cash_batches (organization_id, batch_id);
CREATE INDEX cash_batches_by_receiver ON cash_batches (superior_id, batch_id);

-- Cash that was paid in at a bank.
CREATE TABLE cash_deposits (
    deposit_id      uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    holder_id       uuid        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    -- The bank's.
    reference       text        NOT NULL,
    deposited_by    uuid        NOT NULL,
    deposited_at    timestamptz NOT NULL,
    UNIQUE (holder_id, reference)
);

-- Which batch, or which deposit, a posting is about.
ALTER TABLE ledger_postings ADD COLUMN cash_batch_id uuid;
CREATE INDEX ledger_postings_cash_in ON ledger_postings (debit_owner, posted_at) WHERE debit = 'cash-on-hand';
CREATE INDEX ledger_postings_cash_out ON ledger_postings (credit_owner, posted_at) WHERE credit = 'cash-on-hand';
