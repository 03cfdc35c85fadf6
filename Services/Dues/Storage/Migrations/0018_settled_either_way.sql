-- What a file says without saying of what, and what it never says: moved in the books by refunds and exceptions.

-- What of a reversal was told by a line that did not say of which payment; its end took it out of unexplained money.
ALTER TABLE refunds ADD COLUMN found bigint NOT NULL DEFAULT 0 CHECK (found BETWEEN 0 AND amount);

-- What the end of an exception moved out of clearing is negative where a refund had taken it out before: nobody told that
-- it has gone, or it has not.
ALTER TABLE exceptions DROP CONSTRAINT exceptions_cleared_check, DROP CONSTRAINT exceptions_check2,
    ADD CONSTRAINT exceptions_came CHECK ((came <> 0) = (came_at IS NOT NULL));
DROP INDEX exceptions_cleared;
CREATE INDEX exceptions_cleared ON exceptions (payment_id) WHERE cleared <> came;

-- What is looked at of a stretch of time: what refunds, decisions and lines that tell of refunds moved.
CREATE INDEX exceptions_moved ON exceptions (settled_at) WHERE cleared <> 0;
CREATE INDEX refunds_ended ON refunds (ended_at) WHERE state = 'succeeded';
CREATE INDEX settlement_lines_of_refunds ON settlement_lines (file_id) WHERE refund_id IS NOT NULL;
