-- Refunds and reconciliation to the đồng: what each line, refund and exception moved of a payment's clearing.

ALTER TABLE settlement_lines
    -- Whether it takes money back. Lines before this column that did so moved nothing in the books.
    ADD COLUMN reversal  boolean NOT NULL DEFAULT false,
    -- The refund that it tells of.
    ADD COLUMN refund_id uuid;
CREATE UNIQUE INDEX settlement_lines_of_refund ON settlement_lines (refund_id) WHERE refund_id IS NOT NULL;
CREATE INDEX refunds_by_order ON refunds (order_id);
CREATE INDEX refunds_by_transaction ON refunds (gateway_transaction) WHERE gateway_transaction IS NOT NULL;

ALTER TABLE exceptions
    -- What its end moved out of the clearing of the payment.
    ADD COLUMN cleared bigint NOT NULL DEFAULT 0 CHECK (cleared >= 0),
    -- What of a write-off was undone, as a file settled the payment after all, and when.
    ADD COLUMN came    bigint NOT NULL DEFAULT 0 CHECK (came IN (0, cleared)),
    ADD COLUMN came_at timestamptz,
    ADD CHECK ((came > 0) = (came_at IS NOT NULL)),
    -- The refund that it is about.
    ADD COLUMN refund_id uuid;
UPDATE exceptions e SET cleared = l.amount
FROM (
    SELECT payment_id, settlement, posted_at, sum(amount)::bigint AS amount FROM ledger_postings
    WHERE cause = 'exception' AND credit = 'gateway-clearing' AND payment_id IS NOT NULL
    GROUP BY payment_id, settlement, posted_at
) AS l
WHERE l.payment_id = e.payment_id AND l.settlement IS NOT DISTINCT FROM e.settlement AND l.posted_at = e.settled_at
    AND NOT EXISTS (
        SELECT FROM exception_actions a WHERE a.exception_id = e.exception_id AND a.action = 're-assign');
CREATE INDEX exceptions_by_payment ON exceptions (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX exceptions_cleared ON exceptions (payment_id) WHERE cleared > came;

-- A payment whose write-off was undone can be missed again.
DROP INDEX exceptions_of_unsettled_payment;
CREATE UNIQUE INDEX exceptions_of_unsettled_payment ON exceptions (payment_id)
    WHERE kind = 'missing-settlement' AND settled_at IS NULL;
-- Those that a refund ended count as well: what refunds took is set against all of them.
DROP INDEX exceptions_lowered;
CREATE INDEX exceptions_lowered ON exceptions (member_id, month) WHERE kind = 'assessment-lowered';

-- What was settled above the payment, confirmed by a person: owed back to the payer.
ALTER TABLE payments ADD COLUMN settled_above bigint NOT NULL DEFAULT 0 CHECK (settled_above >= 0);

-- Through when the payments of a gateway were looked at for what no file settled.
CREATE TABLE settlement_watch (
    gateway        text        PRIMARY KEY,
    looked_through timestamptz NOT NULL
);
