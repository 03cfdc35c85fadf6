-- Statements, the close of a month, and what the comparison of orders, payments, ledger and events found.

-- A member's statement, a cell's, and a stretch of time; rows come in the order of time.
CREATE INDEX ledger_postings_by_member ON ledger_postings (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX ledger_postings_by_debit_owner ON ledger_postings (debit_owner);
CREATE INDEX ledger_postings_by_credit_owner ON ledger_postings (credit_owner);
CREATE INDEX ledger_postings_in_time ON ledger_postings USING brin (posted_at);
CREATE INDEX payments_in_time ON payments USING brin (confirmed_at);
CREATE INDEX payment_orders_in_time ON payment_orders USING brin (created_at);

-- Months of the books that take no posting any more. A month is that of the moment of posting, in Vietnam.
CREATE TABLE month_closes (
    month     text        PRIMARY KEY CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    closed_by text        NOT NULL,
    closed_at timestamptz NOT NULL
);
-- What was checked before, with its numbers.
CREATE TABLE month_close_checks (
    month       text   NOT NULL REFERENCES month_closes,
    name        text   NOT NULL,
    expected    bigint NOT NULL,
    found       bigint NOT NULL,
    differences bigint NOT NULL CHECK (differences = 0),
    PRIMARY KEY (month, name)
);
-- What each account had at the end of a closed month: debits less credits of all postings until then.
CREATE TABLE month_balances (
    month   text   NOT NULL REFERENCES month_closes,
    owner   uuid   NOT NULL,
    account text   NOT NULL,
    balance bigint NOT NULL CHECK (balance <> 0),
    PRIMARY KEY (month, owner, account)
);
SELECT guard_rows(name::regclass), guard_truncation(name::regclass)
FROM unnest(ARRAY['month_closes', 'month_close_checks', 'month_balances']) AS name;

CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the month of % is closed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_month_closed',
            HINT = 'post it now, with the month it is about';
END $$;

-- The close of a month is a trigger of its partition, so that open months pay nothing for it. To make it takes a lock that
-- waits for whoever has posted there and not committed yet.
CREATE FUNCTION close_ledger_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ensure_month_partition('ledger_postings'::regclass, 'posted_at', to_date(NEW.month, 'YYYY-MM'));
    EXECUTE format('CREATE TRIGGER month_is_closed BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION refuse_closed_month()',
        'ledger_postings_' || replace(NEW.month, '-', ''));
    RETURN NULL;
END $$;
CREATE TRIGGER month_closed AFTER INSERT ON month_closes FOR EACH ROW EXECUTE FUNCTION close_ledger_month();

-- How far the comparison has come.
CREATE TABLE parity_position (
    only_one        boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    checked_through timestamptz NOT NULL
);
-- What it found, by the stretch that was compared; a later comparison of the same time replaces it.
CREATE TABLE parity_findings (
    from_at         timestamptz NOT NULL,
    kind            text        NOT NULL,
    through_at      timestamptz NOT NULL,
    differences     bigint      NOT NULL CHECK (differences > 0),
    -- The first of them.
    order_id        uuid,
    payment_id      uuid,
    posting_id      uuid,
    expected        bigint      NOT NULL,
    found           bigint      NOT NULL,
    found_at        timestamptz NOT NULL,
    PRIMARY KEY (from_at, kind)
);

-- The few postings of refunds and of decisions on exceptions, which every close looks at.
CREATE INDEX ledger_postings_decided ON ledger_postings (posted_at) WHERE cause IN ('exception', 'refund');
