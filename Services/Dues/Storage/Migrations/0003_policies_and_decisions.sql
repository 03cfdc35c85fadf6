-- The policy as dated data that is published; comparisons before it comes into force; decisions about single members.

-- Every version of the whole book of rules. What was proposed is never changed, and what is in force stays.
CREATE TABLE dues_policies (
    version         integer     PRIMARY KEY CHECK (version > 0),
    document        text        NOT NULL CHECK (document <> ''),
    sha256          text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    state           text        NOT NULL CHECK (state IN ('proposed', 'in-force', 'withdrawn')),
    proposed_by     text        NOT NULL,
    proposed_at     timestamptz NOT NULL,
    -- The decision on the policy; absent where a program brought the book.
    decision_number text,
    decided_on      date,
    decided_by      text,
    approved_by     text,
    approved_at     timestamptz,
    withdrawn_by    text,
    withdrawn_at    timestamptz,
    CHECK (num_nonnulls(decision_number, decided_on, decided_by) IN (0, 3)),
    CHECK ((state = 'in-force') = (approved_by IS NOT NULL) AND (state = 'in-force') = (approved_at IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (withdrawn_by IS NOT NULL) AND (state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    -- Two persons; what a program brings along is approved by nobody else.
    CHECK (decision_number IS NULL OR approved_by <> proposed_by)
);
CREATE UNIQUE INDEX dues_policies_one_proposal ON dues_policies ((true)) WHERE state = 'proposed';
CREATE INDEX dues_policies_in_force ON dues_policies (version) WHERE state = 'in-force';

CREATE FUNCTION keep_dues_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'proposed'
        AND (NEW.version, NEW.document, NEW.sha256, NEW.proposed_by, NEW.proposed_at, NEW.decision_number,
            NEW.decided_on, NEW.decided_by)
        IS NOT DISTINCT FROM (OLD.version, OLD.document, OLD.sha256, OLD.proposed_by, OLD.proposed_at,
            OLD.decision_number, OLD.decided_on, OLD.decided_by) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a version of the policy is never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER dues_policies_stand BEFORE UPDATE OR DELETE ON dues_policies
    FOR EACH ROW EXECUTE FUNCTION keep_dues_policy();
SELECT guard_truncation('dues_policies');

-- One run is one policy; absent in runs from before, which take the newest.
ALTER TABLE assessment_runs ADD COLUMN policy_version integer REFERENCES dues_policies;

-- Who would pay what differently; worked off in the order of member ids and going on where it was.
CREATE TABLE policy_comparisons (
    comparison_id   uuid        PRIMARY KEY,
    version         integer     NOT NULL REFERENCES dues_policies,
    -- What was in force when it began.
    base_version    integer     NOT NULL REFERENCES dues_policies,
    month           text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('running', 'done', 'stopped')),
    after_member_id uuid,
    members         bigint      NOT NULL DEFAULT 0,
    requested_by    text        NOT NULL,
    started_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    finished_at     timestamptz
);
CREATE UNIQUE INDEX policy_comparisons_running ON policy_comparisons (version, month) WHERE state = 'running';
CREATE INDEX policy_comparisons_by_version ON policy_comparisons (version, month, started_at);

CREATE TABLE policy_comparison_sums (
    comparison_id uuid   NOT NULL REFERENCES policy_comparisons,
    -- Empty for members without one.
    category      text   NOT NULL,
    members       bigint NOT NULL,
    differing     bigint NOT NULL,
    sum_now       bigint NOT NULL,
    sum_then      bigint NOT NULL,
    highest_rise  bigint NOT NULL CHECK (highest_rise >= 0),
    highest_fall  bigint NOT NULL CHECK (highest_fall >= 0),
    to_exempt     bigint NOT NULL,
    from_exempt   bigint NOT NULL,
    PRIMARY KEY (comparison_id, category)
);

-- By which decision; who decided is the member in `decided_by`, for the body.
ALTER TABLE relief_decisions
    ADD COLUMN body_id         uuid,
    ADD COLUMN decision_number text,
    ADD COLUMN decided_on      date,
    ADD COLUMN revoked_from    text,
    ADD COLUMN revoked_reason  text,
    ADD COLUMN revoked_by      uuid,
    ADD COLUMN revoked_at      timestamptz,
    ADD CHECK (num_nonnulls(revoked_from, revoked_reason, revoked_by, revoked_at) IN (0, 4));

-- Months of a member who is temporarily excused that are paid later.
CREATE TABLE deferrals (
    decision_id     uuid        PRIMARY KEY,
    member_id       uuid        NOT NULL,
    from_month      text        NOT NULL,
    through_month   text        NOT NULL CHECK (through_month >= from_month),
    due_month       text        NOT NULL CHECK (due_month > through_month),
    body_id         uuid        NOT NULL,
    decision_number text        NOT NULL,
    decided_on      date        NOT NULL,
    decided_by      uuid        NOT NULL,
    decided_at      timestamptz NOT NULL,
    revoked_from    text,
    revoked_reason  text,
    revoked_by      uuid,
    revoked_at      timestamptz,
    -- Whether the standing was told anew after the due month.
    lapsed          boolean     NOT NULL DEFAULT false,
    CHECK (num_nonnulls(revoked_from, revoked_reason, revoked_by, revoked_at) IN (0, 4))
);
CREATE INDEX deferrals_by_member ON deferrals (member_id);
CREATE INDEX deferrals_to_lapse ON deferrals (due_month) WHERE NOT lapsed;
