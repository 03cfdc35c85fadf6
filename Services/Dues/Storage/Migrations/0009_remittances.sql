-- Remittances: what came in for each organisation in a month, what it keeps and what it passes up (decision 0047).

-- The organisation that has the business of another one now: itself, or where its mergers led to.
CREATE FUNCTION successor_of(organization uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE way (id, depth) AS (
        SELECT organization, 0
        UNION ALL
        SELECT (o.state ->> 'mergedIntoId')::uuid, w.depth + 1
        FROM way w JOIN directory_organizations o ON o.id = w.id
        WHERE o.state ->> 'status' = 'merged' AND o.state ->> 'mergedIntoId' IS NOT NULL AND w.depth < 32
    )
    SELECT id FROM way ORDER BY depth DESC LIMIT 1
$$;
CREATE INDEX directory_organizations_merged ON directory_organizations ((state ->> 'mergedIntoId'))
    WHERE state ->> 'mergedIntoId' IS NOT NULL;
CREATE INDEX directory_organizations_by_type ON directory_organizations (type, id);

-- The months that are being closed, and by which policy they are divided.
CREATE TABLE remittance_months (
    month          text        PRIMARY KEY,
    policy_version integer     NOT NULL,
    gathered_at    timestamptz NOT NULL
);

-- What members paid in the month to each organisation, summed from the books once the month is over.
CREATE TABLE remittance_collections (
    month           text   NOT NULL REFERENCES remittance_months,
    organization_id uuid   NOT NULL,
    amount          bigint NOT NULL CHECK (amount <> 0),
    -- The month of the organisation in which it was divided.
    counted_in      uuid,
    PRIMARY KEY (month, organization_id)
);
CREATE INDEX remittance_collections_open ON remittance_collections (organization_id) WHERE counted_in IS NULL;

-- The turns of a month's closing: a kind of organisation, in the order of ids; a turn goes on where it was.
CREATE TABLE remittance_turns (
    month         text        NOT NULL REFERENCES remittance_months,
    day           smallint    NOT NULL,
    state         text        NOT NULL CHECK (state IN ('running', 'done')),
    after_id      uuid,
    organizations bigint      NOT NULL DEFAULT 0,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (month, day)
);

CREATE TABLE remittances (
    remittance_id    uuid        PRIMARY KEY,
    organization_id  uuid        NOT NULL,
    month            text        NOT NULL,
    -- The organisation above it when the month was closed; absent at the top.
    superior_id      uuid,
    own              bigint      NOT NULL,
    received         bigint      NOT NULL CHECK (received >= 0),
    carried_in       bigint      NOT NULL CHECK (carried_in <= 0),
    kept             bigint      NOT NULL CHECK (kept >= 0),
    passed           bigint      NOT NULL CHECK (passed >= 0),
    carried_out      bigint      NOT NULL CHECK (carried_out <= 0),
    share            integer,
    -- On whose bank account its money stood, and its superior's.
    holder_id        uuid        NOT NULL,
    superior_holder  uuid,
    state            text        NOT NULL,
    due_on           date        NOT NULL,
    made_at          timestamptz NOT NULL,
    version          bigint      NOT NULL DEFAULT 1,
    -- Who said that it was paid; somebody else acknowledges it.
    paid_by          uuid,
    reminders        integer     NOT NULL DEFAULT 0,
    reminded_on      date,
    -- The month of the superior, or of its successor, in which it was divided on.
    counted_in       uuid,
    -- The month, or that of its successor, that began with what this one left over.
    carried_to       uuid,
    UNIQUE (organization_id, month),
    CHECK (own + received + carried_in = kept + passed + carried_out)
) WITH (fillfactor = 85);
CREATE INDEX remittances_to_count ON remittances (superior_id) WHERE counted_in IS NULL AND state = 'acknowledged';
CREATE INDEX remittances_carried ON remittances (organization_id) WHERE carried_out < 0 AND carried_to IS NULL;
CREATE INDEX remittances_by_superior ON remittances (superior_id, month, organization_id);
CREATE INDEX remittances_open ON remittances (due_on) WHERE state = 'due';

-- A closed month is never changed; what was wrong is corrected in the month in which it is found. What was counted is
-- counted once.
CREATE FUNCTION refuse_division() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a closed month is never divided anew' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER remittances_stand BEFORE UPDATE ON remittances FOR EACH ROW
    WHEN ((OLD.organization_id, OLD.month, OLD.superior_id, OLD.own, OLD.received, OLD.carried_in, OLD.kept, OLD.passed,
            OLD.carried_out, OLD.share, OLD.holder_id, OLD.superior_holder, OLD.made_at)
        IS DISTINCT FROM (NEW.organization_id, NEW.month, NEW.superior_id, NEW.own, NEW.received, NEW.carried_in,
            NEW.kept, NEW.passed, NEW.carried_out, NEW.share, NEW.holder_id, NEW.superior_holder, NEW.made_at)
        OR OLD.counted_in IS NOT NULL AND NEW.counted_in IS DISTINCT FROM OLD.counted_in
        OR OLD.carried_to IS NOT NULL AND NEW.carried_to IS DISTINCT FROM OLD.carried_to)
    EXECUTE FUNCTION refuse_division();
CREATE TRIGGER remittances_are_kept BEFORE DELETE ON remittances FOR EACH ROW EXECUTE FUNCTION refuse_division();
CREATE TRIGGER remittance_collections_stand BEFORE UPDATE ON remittance_collections FOR EACH ROW
    WHEN ((OLD.month, OLD.organization_id, OLD.amount) IS DISTINCT FROM (NEW.month, NEW.organization_id, NEW.amount)
        OR OLD.counted_in IS NOT NULL)
    EXECUTE FUNCTION refuse_division();
CREATE TRIGGER remittance_collections_are_kept BEFORE DELETE ON remittance_collections FOR EACH ROW
    EXECUTE FUNCTION refuse_division();
SELECT guard_truncation('remittances'), guard_truncation('remittance_collections');

-- What was done with each remittance, by whom.
CREATE TABLE remittance_steps (
    remittance_id uuid        NOT NULL REFERENCES remittances,
    version       bigint      NOT NULL,
    trigger       text        NOT NULL,
    state         text        NOT NULL,
    actor         text        NOT NULL,
    -- The reference of the bank or of the document.
    reference     text,
    reason        text,
    at            timestamptz NOT NULL,
    PRIMARY KEY (remittance_id, version)
);
SELECT guard_rows('remittance_steps'), guard_truncation('remittance_steps');

-- Which remittance a posting is about.
ALTER TABLE ledger_postings ADD COLUMN remittance_id uuid;
