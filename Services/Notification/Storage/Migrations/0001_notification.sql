-- The dossiers whose applicant is told of what happens: filled from Intake's topic.
CREATE TABLE dossiers (
    dossier_id          uuid PRIMARY KEY,
    code                text NOT NULL,
    applicant_member_id uuid NOT NULL
);

-- One row for each notice to one recipient over one channel. The natural key makes a repeated event say nothing twice.
CREATE TABLE deliveries (
    id              uuid        PRIMARY KEY,
    event_id        uuid        NOT NULL,
    rule            text        NOT NULL,
    member_id       uuid        NOT NULL,
    channel         text        NOT NULL,
    dossier_id      uuid,
    address         text        NOT NULL,
    subject         text        NOT NULL,
    body            text        NOT NULL,
    short           text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_reason     text,
    version         bigint      NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    settled_at      timestamptz,
    UNIQUE (event_id, rule, member_id, channel)
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE state = 'queued';
CREATE INDEX deliveries_by_member ON deliveries (member_id, id);
