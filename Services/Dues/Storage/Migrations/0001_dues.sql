-- Dues: assessments, payment orders, payments, callbacks, ledger, receipts, standings, settlement.

-- The id of the assessment of a member's month: computed, so that the same assessment has the same id wherever and
-- whenever it is made. A UUID of version 7 whose time is the month's first moment in UTC.
CREATE FUNCTION assessment_id(member uuid, month text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM to_date(month, 'YYYY-MM')) * 1000)::bigint), 12, '0')
        || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid
    FROM (SELECT md5(member::text || month) AS hash) AS named
$$;

-- A new id for rows that are made in sets.
CREATE FUNCTION uuid_v7(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || substr(random, 2, 3) || '8' || substr(random, 18, 15))::uuid
    FROM (SELECT replace(gen_random_uuid()::text, '-', '') AS random) AS drawn
$$;

-- Gives a table its partition of a calendar month in Vietnam; rows that went to the default partition are moved.
CREATE FUNCTION ensure_month_partition(parent regclass, part_key text, day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', day)::date;
    next date := (first + interval '1 month')::date;
    name text := parent::text || '_' || to_char(first, 'YYYYMM');
    lower text := first::text || ' 00:00:00+07';
    upper text := next::text || ' 00:00:00+07';
BEGIN
    -- Several processes may look at the same moment.
    PERFORM pg_advisory_xact_lock(hashtextextended(name, 7462));
    IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
    EXECUTE format(
        'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
        parent::text || '_default', part_key, lower, part_key, upper, name);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, lower, upper);
    RETURN true;
END $$;

-- What a member owes for a month, with everything it was computed from; the explanation is told from these columns.
CREATE TABLE assessments (
    assessment_id   uuid        NOT NULL,
    member_id       uuid        NOT NULL,
    month           text        NOT NULL,
    -- The cell to which it is owed; it does not follow the member when he moves later.
    organization_id uuid        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount >= 0),
    full_amount     bigint      NOT NULL CHECK (full_amount >= amount),
    category        text,
    base_source     text,
    base_amount     bigint,
    base_month      text,
    minimum         bigint,
    reduction       integer,
    policy          text        NOT NULL,
    provisional     boolean     NOT NULL,
    reason          text,
    paid            bigint      NOT NULL DEFAULT 0 CHECK (paid >= 0),
    version         bigint      NOT NULL DEFAULT 1,
    made_at         timestamptz NOT NULL,
    PRIMARY KEY (member_id, month)
) PARTITION BY LIST (month);
CREATE TABLE assessments_default PARTITION OF assessments DEFAULT WITH (fillfactor = 85);

-- The partition of a month of assessments, made before the first run of the month.
CREATE FUNCTION ensure_assessment_month(month text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text := 'assessments_' || replace(month, '-', '');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(name, 7462));
    IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
    -- Room in each page, so that a payment does not move the row.
    EXECUTE format('CREATE TABLE %I PARTITION OF assessments FOR VALUES IN (%L) WITH (fillfactor = 85)', name, month);
    RETURN true;
END $$;

-- Each adjustment of an assessment.
CREATE TABLE assessment_changes (
    assessment_id uuid        NOT NULL,
    version       bigint      NOT NULL,
    amount_before bigint      NOT NULL,
    amount_after  bigint      NOT NULL,
    reason        text,
    policy        text        NOT NULL,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (assessment_id, version)
);

-- Decisions that a member pays less or nothing for some months.
CREATE TABLE relief_decisions (
    decision_id   uuid        PRIMARY KEY,
    member_id     uuid        NOT NULL,
    ground        text        NOT NULL,
    reduction     integer     NOT NULL CHECK (reduction BETWEEN 1 AND 10000),
    from_month    text        NOT NULL,
    through_month text,
    decided_by    uuid        NOT NULL,
    decided_at    timestamptz NOT NULL
);
CREATE INDEX relief_decisions_by_member ON relief_decisions (member_id);

-- Runs over all members, or over one subtree, in the order of member ids; a run goes on where it was.
CREATE TABLE assessment_runs (
    run_id          uuid        PRIMARY KEY,
    month           text        NOT NULL,
    scope_id        uuid,
    state           text        NOT NULL CHECK (state IN ('running', 'done')),
    after_member_id uuid,
    members         bigint      NOT NULL DEFAULT 0,
    assessed        bigint      NOT NULL DEFAULT 0,
    changed         bigint      NOT NULL DEFAULT 0,
    requested_by    text        NOT NULL,
    started_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    finished_at     timestamptz
);
CREATE UNIQUE INDEX assessment_runs_running ON assessment_runs (month) WHERE state = 'running';

CREATE TABLE payment_orders (
    order_id        uuid        PRIMARY KEY,
    reference       text        NOT NULL UNIQUE,
    state           text        NOT NULL,
    channel         text        NOT NULL,
    payer_member_id uuid,
    payee_id        uuid        NOT NULL,
    total           bigint      NOT NULL CHECK (total > 0),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    version         bigint      NOT NULL,
    -- What gateways said so far: `outcome:transaction`.
    heard           text[]      NOT NULL DEFAULT '{}'
) WITH (fillfactor = 85);
CREATE INDEX payment_orders_to_expire ON payment_orders (expires_at) WHERE state = 'open';
CREATE INDEX payment_orders_by_payer ON payment_orders (payer_member_id, created_at);

CREATE TABLE order_lines (
    order_id      uuid     NOT NULL REFERENCES payment_orders,
    position      smallint NOT NULL,
    member_id     uuid     NOT NULL,
    month         text     NOT NULL,
    cell_id       uuid     NOT NULL,
    amount        bigint   NOT NULL CHECK (amount > 0),
    assessment_id uuid,
    PRIMARY KEY (order_id, position)
);
CREATE INDEX order_lines_by_dues ON order_lines (member_id, month);

CREATE TABLE payments (
    payment_id          uuid        PRIMARY KEY,
    order_id            uuid        NOT NULL,
    channel             text        NOT NULL,
    gateway_transaction text        NOT NULL,
    amount              bigint      NOT NULL CHECK (amount > 0),
    overpaid            bigint      NOT NULL CHECK (overpaid BETWEEN 0 AND amount),
    -- `callback` or `settlement`.
    source              text        NOT NULL,
    paid_at             timestamptz NOT NULL,
    confirmed_at        timestamptz NOT NULL,
    -- Whether number, receipt and standing were made; they follow the payment in a transaction of their own.
    receipted           boolean     NOT NULL DEFAULT false,
    UNIQUE (order_id, gateway_transaction)
) WITH (fillfactor = 85);
CREATE INDEX payments_by_transaction ON payments (channel, gateway_transaction);
CREATE INDEX payments_to_receipt ON payments (confirmed_at, payment_id) WHERE NOT receipted;

-- Money for months that were not assessed yet.
CREATE TABLE advances (
    payment_id uuid   NOT NULL,
    member_id  uuid   NOT NULL,
    month      text   NOT NULL,
    cell_id    uuid   NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    used       bigint NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND amount),
    PRIMARY KEY (payment_id, member_id, month)
);
CREATE INDEX advances_unused ON advances (month, member_id) WHERE used < amount;

-- Whatever a gateway sent, byte for byte, with what it was told.
CREATE TABLE callbacks (
    callback_id uuid        NOT NULL,
    received_at timestamptz NOT NULL,
    gateway     text        NOT NULL,
    raw         bytea       NOT NULL,
    answer      text        NOT NULL,
    reason      text,
    order_id    uuid,
    PRIMARY KEY (callback_id, received_at)
) PARTITION BY RANGE (received_at);
CREATE TABLE callbacks_default PARTITION OF callbacks DEFAULT;

-- The books. A posting balances by construction; it is never changed, a correction is a reversal.
CREATE TABLE ledger_postings (
    posting_id    uuid        NOT NULL,
    posted_at     timestamptz NOT NULL,
    cause         text        NOT NULL,
    debit         text        NOT NULL,
    debit_owner   uuid        NOT NULL,
    credit        text        NOT NULL,
    credit_owner  uuid        NOT NULL,
    amount        bigint      NOT NULL CHECK (amount > 0),
    member_id     uuid,
    month         text,
    assessment_id uuid,
    payment_id    uuid,
    -- The line of a settlement file, `<file>/<number>`.
    settlement    text,
    PRIMARY KEY (posting_id, posted_at)
) PARTITION BY RANGE (posted_at);
CREATE TABLE ledger_postings_default PARTITION OF ledger_postings DEFAULT;
CREATE INDEX ledger_postings_by_payment ON ledger_postings (payment_id) WHERE payment_id IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a posting is never changed; post its reversal' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_postings_stand BEFORE UPDATE ON ledger_postings FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The next number of each issuer's year; its row lock keeps the series without gaps.
CREATE TABLE receipt_series (
    issuer_id uuid    NOT NULL,
    year      integer NOT NULL,
    last      bigint  NOT NULL,
    PRIMARY KEY (issuer_id, year)
);
CREATE TABLE receipts (
    receipt_id uuid        PRIMARY KEY,
    payment_id uuid        NOT NULL UNIQUE,
    order_id   uuid        NOT NULL,
    issuer_id  uuid        NOT NULL,
    year       integer     NOT NULL,
    ordinal    bigint      NOT NULL,
    number     text        NOT NULL,
    amount     bigint      NOT NULL,
    issued_at  timestamptz NOT NULL,
    UNIQUE (issuer_id, year, ordinal)
);

-- Where each member stands, as last told on the state topic.
CREATE TABLE standings (
    member_id       uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    paid_through    text,
    arrears_months  text[]      NOT NULL,
    arrears         bigint      NOT NULL,
    version         bigint      NOT NULL,
    changed_at      timestamptz NOT NULL
) WITH (fillfactor = 85);

CREATE TABLE settlement_files (
    file_id     uuid        PRIMARY KEY,
    gateway     text        NOT NULL,
    layout      text        NOT NULL,
    sha256      bytea       NOT NULL,
    payee_id    uuid        NOT NULL,
    lines       integer     NOT NULL,
    gross       bigint      NOT NULL,
    imported_by text        NOT NULL,
    imported_at timestamptz NOT NULL,
    UNIQUE (gateway, sha256)
);
CREATE TABLE settlement_lines (
    file_id             uuid    NOT NULL REFERENCES settlement_files,
    number              integer NOT NULL,
    gateway             text    NOT NULL,
    reference           text    NOT NULL,
    gateway_transaction text    NOT NULL,
    gross               bigint  NOT NULL,
    fee                 bigint  NOT NULL,
    net                 bigint  NOT NULL,
    settled_on          date    NOT NULL,
    state               text    NOT NULL,
    order_id            uuid,
    payment_id          uuid,
    PRIMARY KEY (file_id, number)
);
CREATE INDEX settlement_lines_by_transaction ON settlement_lines (gateway, gateway_transaction);

-- What a person has to look at.
CREATE TABLE exceptions (
    exception_id uuid        PRIMARY KEY,
    kind         text        NOT NULL,
    owner_id     uuid        NOT NULL,
    order_id     uuid,
    payment_id   uuid,
    settlement   text,
    raised_at    timestamptz NOT NULL,
    settled_at   timestamptz
);
CREATE INDEX exceptions_open ON exceptions (owner_id, raised_at) WHERE settled_at IS NULL;
-- A gateway that repeats itself raises one exception.
CREATE UNIQUE INDEX exceptions_once ON exceptions (kind, order_id)
    WHERE settled_at IS NULL AND payment_id IS NULL AND settlement IS NULL;

SELECT ensure_month_partition(parent::regclass, part_key, (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + ahead)
FROM (VALUES ('callbacks', 'received_at'), ('ledger_postings', 'posted_at')) AS tables (parent, part_key),
    (VALUES (0), (31)) AS days (ahead);
