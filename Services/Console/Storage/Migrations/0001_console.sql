-- The newest events by their headers; old ones are deleted. Emptied and filled again by replay.
CREATE TABLE seen_events (
    number    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id        uuid        NOT NULL,
    type      text        NOT NULL,
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    "offset"  bigint      NOT NULL,
    key       uuid        NOT NULL,
    sequence  bigint      NOT NULL,
    time      timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL
);
CREATE INDEX seen_events_by_topic ON seen_events (topic, number);

-- One row for each partition and type: batches of different partitions never wait for each other.
CREATE TABLE event_counts (
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    type      text        NOT NULL,
    count     bigint      NOT NULL,
    newest    timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, type)
);
