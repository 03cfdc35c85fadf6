-- What a receipt still counts for is never below nothing. Vouchers before this may be: they had counted what was given back
-- of money that no receipt is for.
ALTER TABLE refund_vouchers ADD CONSTRAINT refund_vouchers_remaining CHECK (remaining >= 0) NOT VALID;

-- What a refund that has gone ends is looked for by its order.
CREATE INDEX exceptions_open_of_order ON exceptions (order_id) WHERE settled_at IS NULL;
