-- Outbox, relay, inbox, consumer positions and parked messages of one service.
-- Rows of the hot tables are only ever appended; partitions are dropped as a whole.

-- Events waiting for, or already through, the relay. Kept as long as the topics keep theirs, so that an emptied
-- broker can be filled again.
CREATE TABLE outbox (
    seq         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    created_at  timestamptz NOT NULL DEFAULT now(),
    shard       smallint    NOT NULL,
    topic       text        NOT NULL,
    key         uuid        NOT NULL,
    version     bigint      NOT NULL,
    republished boolean     NOT NULL,
    event_id    uuid        NOT NULL,
    type        text        NOT NULL,
    time        timestamptz NOT NULL,
    traceparent text,
    data        bytea       NOT NULL
) PARTITION BY RANGE (created_at);
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
CREATE INDEX outbox_by_transaction ON outbox (shard, xid);
CREATE INDEX outbox_by_sequence ON outbox (seq);
CREATE UNIQUE INDEX ON outbox_default (topic, key, version) WHERE NOT republished;

-- How far the relay of a shard is in one Kafka cluster. The newest row counts.
CREATE TABLE relay_positions (
    id          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    written_at  timestamptz NOT NULL DEFAULT now(),
    shard       smallint    NOT NULL,
    cluster_id  text        NOT NULL,
    done        pg_snapshot NOT NULL,
    reading     pg_snapshot,
    after_seq   bigint      NOT NULL
) PARTITION BY RANGE (written_at);
CREATE TABLE relay_positions_default PARTITION OF relay_positions DEFAULT;
CREATE INDEX relay_positions_newest ON relay_positions (shard, cluster_id, id);

-- The database server on which the outbox's transactions were counted, by its system identifier.
CREATE TABLE relay_servers (
    shard             smallint NOT NULL PRIMARY KEY,
    system_identifier bigint   NOT NULL
);

-- Events of keys that the broker refused for good: the refused one and whatever came after it for the same key.
CREATE TABLE relay_blocked (
    id              bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shard           smallint    NOT NULL,
    topic           text        NOT NULL,
    key             uuid        NOT NULL,
    seq             bigint      NOT NULL,
    reason          text,
    blocked_at      timestamptz NOT NULL DEFAULT now(),
    retry_requested boolean     NOT NULL DEFAULT false,
    UNIQUE (seq)
);
CREATE INDEX relay_blocked_by_key ON relay_blocked (shard, topic, key, seq);

-- The events a consumer has taken in. Partitioned by the id itself (its first 48 bits are its time), so that the same
-- id always meets the same partition.
CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (consumer, event_id)
) PARTITION BY RANGE (event_id);
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;

-- The offset a consumer goes on from; the newest row counts. The commit to Kafka only reports it.
CREATE TABLE consumer_positions (
    id          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    written_at  timestamptz NOT NULL DEFAULT now(),
    consumer    text        NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    cluster_id  text        NOT NULL,
    next_offset bigint      NOT NULL
) PARTITION BY RANGE (written_at);
CREATE TABLE consumer_positions_default PARTITION OF consumer_positions DEFAULT;
CREATE INDEX consumer_positions_newest ON consumer_positions (consumer, topic, partition, cluster_id, id);

-- The keys whose messages wait, one row each: whoever works on a key holds this row.
CREATE TABLE parked_keys (
    consumer        text        NOT NULL,
    topic           text        NOT NULL,
    key             bytea       NOT NULL,
    state           text        NOT NULL CHECK (state IN ('waiting', 'parked')),
    waiting_for     text,
    wait_until      timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    since           timestamptz NOT NULL,
    PRIMARY KEY (consumer, topic, key)
);
CREATE INDEX parked_keys_due ON parked_keys (consumer, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX parked_keys_waiting ON parked_keys (waiting_for) WHERE waiting_for IS NOT NULL;

-- The messages themselves, with everything needed to read them again. Never pruned by age.
CREATE TABLE parked_messages (
    id          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer    text        NOT NULL,
    topic       text        NOT NULL,
    key         bytea       NOT NULL,
    partition   integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    cluster_id  text        NOT NULL,
    event_id    uuid        NOT NULL,
    type        text,
    record_key  bytea,
    headers     jsonb       NOT NULL,
    value       bytea,
    state       text        NOT NULL CHECK (state IN ('open', 'applied', 'superseded', 'dropped')),
    reason_code text        NOT NULL,
    reason      text        NOT NULL,
    parked_at   timestamptz NOT NULL,
    settled_at  timestamptz,
    settled_by  text,
    -- With the event's id: a topic that was deleted and made anew counts its offsets anew.
    UNIQUE (consumer, event_id, topic, partition, "offset", cluster_id)
);
CREATE INDEX parked_messages_open ON parked_messages (consumer, topic, key, id) WHERE state = 'open';

-- Gives a table its partitions: width days each, from the one that holds `today` to `ahead` partitions later. Rows that
-- had to go to the default partition meanwhile are moved. The day is the server's, as are the times in the rows.
CREATE FUNCTION ensure_time_partitions(
    parent regclass, part_key text, width integer, ahead integer, today timestamptz DEFAULT now())
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    first_day date := date '2024-01-01' + ((today AT TIME ZONE 'UTC')::date - date '2024-01-01') / width * width;
    day date;
    name text;
    made integer := 0;
BEGIN
    FOR step IN 0..ahead LOOP
        day := first_day + step * width;
        name := parent::text || '_' || to_char(day, 'YYYYMMDD');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
            EXECUTE format(
                'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent::text || '_default', part_key, partition_bound(part_key, day),
                part_key, partition_bound(part_key, day + width), name);
            -- Two events of one version of an aggregate are a defect of the writer: refused within a partition.
            IF parent = to_regclass('outbox') THEN
                EXECUTE format('CREATE UNIQUE INDEX ON %I (topic, key, version) WHERE NOT republished', name);
            END IF;
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                partition_bound(part_key, day), partition_bound(part_key, day + width));
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

-- The lower bound of a day: its first moment, or the smallest UUIDv7 of that moment.
CREATE FUNCTION partition_bound(part_key text, day date) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN part_key = 'event_id'
        THEN regexp_replace(lpad(to_hex((extract(epoch FROM day) * 1000)::bigint), 12, '0'), '^(.{8})(.{4})$', '\1-\2')
            || '-0000-0000-000000000000'
        ELSE to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00'
    END
$$;

-- The partitions that ended longer ago than `retention`, oldest first.
CREATE FUNCTION expired_time_partitions(parent regclass, width integer, retention interval)
RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent AND c.relname ~ '_[0-9]{8}$'
      AND to_date(right(c.relname, 8), 'YYYYMMDD') + width <= ((now() - retention) AT TIME ZONE 'UTC')::date
    ORDER BY c.relname
$$;

SELECT ensure_time_partitions('outbox', 'created_at', 7, 2);
SELECT ensure_time_partitions('relay_positions', 'written_at', 1, 7);
SELECT ensure_time_partitions('consumer_positions', 'written_at', 1, 7);
-- Ids as old as the longest retention of a topic may still come.
SELECT ensure_time_partitions('inbox', 'event_id', 7, 9, now() - interval '35 days');
