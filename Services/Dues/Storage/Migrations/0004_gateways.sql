-- Gateways: where the money of an order goes, where a callback came from, what is asked of gateways.

-- The payee's account as it was when the order was made: the one its QR code names, and the one that a gateway is told
-- in a part of the request that no signature covers. Settled lines are compared with it.
ALTER TABLE payment_orders
    ADD COLUMN payee_bank    text,
    ADD COLUMN payee_account text,
    ADD COLUMN payee_holder  text,
    ADD CHECK (num_nulls(payee_bank, payee_account, payee_holder) IN (0, 3)) NOT VALID;

ALTER TABLE callbacks
    -- `callback`, or `status` for the answer to a question of ours.
    ADD COLUMN source text NOT NULL DEFAULT 'callback',
    -- The address it came from, where it is known.
    ADD COLUMN peer   text;

-- Requests for the payer's page, for gateways that give out an address for each payment.
CREATE TABLE page_requests (
    order_id      uuid        PRIMARY KEY REFERENCES payment_orders,
    state         text        NOT NULL CHECK (state IN ('asked', 'answered', 'refused', 'given-up')),
    -- The payer's address, as the gateway wants it.
    payer_address text,
    page          text,
    asked         integer     NOT NULL DEFAULT 0,
    reason        text,
    next_at       timestamptz,
    CHECK ((state = 'asked') = (next_at IS NOT NULL) AND (state = 'answered') = (page IS NOT NULL))
);
CREATE INDEX page_requests_due ON page_requests (next_at) WHERE next_at IS NOT NULL;

-- Orders whose gateway is asked what became of them; a row goes when it is known.
CREATE TABLE status_questions (
    order_id uuid        PRIMARY KEY REFERENCES payment_orders,
    asked    integer     NOT NULL DEFAULT 0,
    next_at  timestamptz NOT NULL
);
CREATE INDEX status_questions_due ON status_questions (next_at);
INSERT INTO status_questions (order_id, next_at) SELECT order_id, now() FROM payment_orders WHERE state = 'unknown';
