-- Refunds: money of a payment that goes back to the payer, decided by two persons and sent through the gateway.

CREATE TABLE refunds (
    refund_id           uuid        PRIMARY KEY,
    order_id            uuid        NOT NULL REFERENCES payment_orders,
    payment_id          uuid        NOT NULL REFERENCES payments,
    kind                text        NOT NULL CHECK (kind IN ('overpayment', 'lines', 'payment', 'reversal')),
    state               text        NOT NULL CHECK (state IN
        ('requested', 'approved', 'sent', 'unknown', 'succeeded', 'failed', 'rejected', 'withdrawn')),
    amount              bigint      NOT NULL CHECK (amount > 0),
    reason              text        NOT NULL,
    requested_by        uuid        NOT NULL,
    requested_at        timestamptz NOT NULL,
    approved_by         uuid,
    approved_at         timestamptz,
    -- Why it was rejected, withdrawn, confirmed or denied, and by whom.
    ended_by            uuid,
    ended_reason        text,
    ended_at            timestamptz,
    -- Whether the whole payment goes back at once; gateways distinguish it.
    is_full             boolean     NOT NULL,
    sent_at             timestamptz,
    -- The gateway's own number and code.
    gateway_transaction text,
    gateway_code        text,
    -- Counts sendings and questions; the next is due then.
    asked               integer     NOT NULL DEFAULT 0,
    next_at             timestamptz,
    CHECK (num_nonnulls(approved_by, approved_at) IN (0, 2)),
    CHECK (approved_by <> requested_by),
    CHECK (state NOT IN ('approved', 'sent', 'unknown', 'succeeded', 'failed') OR approved_by IS NOT NULL),
    CHECK ((next_at IS NOT NULL) = (state IN ('approved', 'sent', 'unknown')))
);
CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE INDEX refunds_due ON refunds (next_at) WHERE next_at IS NOT NULL;

-- Of which line, or of what no line took; where the money was taken from is known from the approval on.
CREATE TABLE refund_parts (
    refund_id     uuid     NOT NULL REFERENCES refunds,
    position      smallint NOT NULL,
    member_id     uuid,
    month         text,
    surplus       boolean  NOT NULL,
    amount        bigint   NOT NULL CHECK (amount > 0),
    -- The cells of the line and of its month's assessment.
    holder_id     uuid,
    cell_id       uuid,
    from_returned bigint   NOT NULL DEFAULT 0,
    from_lowered  bigint   NOT NULL DEFAULT 0,
    from_advance  bigint   NOT NULL DEFAULT 0,
    from_paid     bigint   NOT NULL DEFAULT 0,
    -- What could not be put back when the refund failed, as somebody had paid the month meanwhile.
    kept          bigint   NOT NULL DEFAULT 0 CHECK (kept BETWEEN 0 AND from_paid),
    PRIMARY KEY (refund_id, position),
    CHECK (num_nulls(member_id, month) IN (0, 2)),
    CHECK (from_returned + from_lowered + from_advance + from_paid IN (0, amount))
);
CREATE INDEX refund_parts_by_dues ON refund_parts (member_id, month) WHERE member_id IS NOT NULL;

-- Whatever a gateway answered, byte for byte.
CREATE TABLE refund_answers (
    refund_id   uuid        NOT NULL REFERENCES refunds,
    asked       integer     NOT NULL,
    question    text        NOT NULL CHECK (question IN ('refund', 'status')),
    received_at timestamptz NOT NULL,
    raw         bytea       NOT NULL,
    -- How it was read.
    reading     text        NOT NULL,
    PRIMARY KEY (refund_id, asked)
);
SELECT guard_rows('refund_answers'), guard_truncation('refund_answers');

-- What lowered assessments left over of a member's month.
CREATE INDEX exceptions_lowered ON exceptions (member_id, month)
    WHERE kind = 'assessment-lowered' AND settled_at IS NULL;
