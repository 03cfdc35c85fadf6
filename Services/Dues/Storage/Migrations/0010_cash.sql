-- Cash: what members pay to the cell by hand, and how it is handed on (decision 0048).

CREATE TABLE cash_batches (
    batch_id        uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    -- Who counts it: the organisation above, or the holder of the account that it was paid in to.
    superior_id     uuid        NOT NULL,
    to_bank         boolean     NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    state           text        NOT NULL,
    -- The number of the list that goes with the cash, or of the bank's receipt.
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

-- What was handed over and settled stays as it was.
CREATE TRIGGER cash_batches_stand BEFORE UPDATE ON cash_batches FOR EACH ROW
    WHEN (OLD.state <> 'handed' OR (OLD.organization_id, OLD.superior_id, OLD.to_bank, OLD.amount, OLD.reference,
            OLD.handed_by, OLD.handed_at)
        IS DISTINCT FROM (NEW.organization_id, NEW.superior_id, NEW.to_bank, NEW.amount, NEW.reference, NEW.handed_by,
            NEW.handed_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cash_batches_are_kept BEFORE DELETE ON cash_batches FOR EACH ROW EXECUTE FUNCTION refuse_change();
SELECT guard_truncation('cash_batches');

-- Which batch a posting is about.
ALTER TABLE ledger_postings ADD COLUMN cash_batch_id uuid;
CREATE INDEX ledger_postings_cash_in ON ledger_postings (debit_owner, posted_at) WHERE debit = 'cash-on-hand';
CREATE INDEX ledger_postings_cash_out ON ledger_postings (credit_owner, posted_at) WHERE credit = 'cash-on-hand';
