-- What members pay beyond what they owe, as they wish themselves; approved by the superior.
CREATE TABLE voluntary_amounts (
    decision_id     uuid        PRIMARY KEY,
    member_id       uuid        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    from_month      text        NOT NULL,
    through_month   text        CHECK (through_month >= from_month),
    body_id         uuid        NOT NULL,
    decision_number text        NOT NULL,
    decided_on      date        NOT NULL,
    decided_by      uuid        NOT NULL,
    decided_at      timestamptz NOT NULL,
    revoked_from    text,
    revoked_reason  text,
    revoked_by      uuid,
    revoked_at      timestamptz,
    CHECK (num_nonnulls(revoked_from, revoked_reason, revoked_by, revoked_at) IN (0, 4))
);
CREATE INDEX voluntary_amounts_by_member ON voluntary_amounts (member_id);

-- The voluntary amount where it is more than what would be owed.
ALTER TABLE assessments ADD COLUMN voluntary bigint;
ALTER TABLE assessments DROP CONSTRAINT assessments_check;
ALTER TABLE assessments ADD CONSTRAINT assessments_amounts CHECK (amount = voluntary OR amount <= full_amount);
