-- Reconciliation: what days a file is of, who works on an exception and what was done with it, what did not come.

ALTER TABLE settlement_files ADD COLUMN from_day date, ADD COLUMN through_day date,
    ADD CHECK (num_nulls(from_day, through_day) <> 1 AND from_day <= through_day);
CREATE INDEX settlement_files_by_day ON settlement_files (gateway, through_day);
CREATE INDEX settlement_lines_by_payment ON settlement_lines (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX payments_by_channel ON payments (channel, paid_at);

ALTER TABLE exceptions
    -- Who works on it.
    ADD COLUMN assignee     text,
    -- Who proposed to write it off; somebody else has to approve.
    ADD COLUMN write_off_by text,
    -- The day of a gateway for which no file came.
    ADD COLUMN gateway      text,
    ADD COLUMN day          date,
    ADD CHECK (num_nulls(gateway, day) <> 1);
CREATE UNIQUE INDEX exceptions_of_day ON exceptions (gateway, day) WHERE day IS NOT NULL;
CREATE UNIQUE INDEX exceptions_of_unsettled_payment ON exceptions (payment_id) WHERE kind = 'missing-settlement';

-- The trail of an exception.
CREATE TABLE exception_actions (
    exception_id uuid        NOT NULL REFERENCES exceptions,
    ordinal      integer     NOT NULL,
    action       text        NOT NULL,
    -- The subject of the caller, or `settlement` where a file ended it.
    actor        text        NOT NULL,
    reason       text        NOT NULL,
    -- Whom it was given to, or the reference of the order that its money went to.
    target       text,
    acted_at     timestamptz NOT NULL,
    PRIMARY KEY (exception_id, ordinal)
);
SELECT guard_rows('exception_actions'), guard_truncation('exception_actions');
