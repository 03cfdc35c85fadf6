-- What counts within one dossier: its results, and the events told of them. Its row is locked by whoever adds one.
CREATE TABLE dossiers (
    dossier_id   uuid    PRIMARY KEY,
    dossier_code text    NOT NULL,
    member_id    uuid    NOT NULL,
    results      integer NOT NULL DEFAULT 0,
    version      bigint  NOT NULL DEFAULT 0
);

-- A result that was asked for. The natural key is what keeps one request from becoming two documents.
CREATE TABLE jobs (
    dossier_id              uuid        NOT NULL REFERENCES dossiers,
    document_type           text        NOT NULL,
    version                 integer     NOT NULL,
    issuing_organization_id uuid        NOT NULL,
    request                 jsonb       NOT NULL,
    traceparent             text,
    state                   text        NOT NULL CHECK (state IN ('waiting', 'issued', 'failed')),
    attempts                integer     NOT NULL DEFAULT 0,
    next_attempt_at         timestamptz NOT NULL,
    reason                  text,
    requested_at            timestamptz NOT NULL,
    finished_at             timestamptz,
    PRIMARY KEY (dossier_id, document_type, version),
    CHECK ((state = 'waiting') = (finished_at IS NULL))
);
CREATE INDEX jobs_waiting ON jobs (next_attempt_at) WHERE state = 'waiting';

-- The registers of results: one row for each body and kind of document, locked by whoever draws from it.
CREATE TABLE registers (
    organization_id uuid    NOT NULL,
    document_type   text    NOT NULL,
    last            integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (organization_id, document_type)
);

-- A signed result; never changed but for its force.
CREATE TABLE results (
    id                      uuid        PRIMARY KEY,
    dossier_id              uuid        NOT NULL REFERENCES dossiers,
    document_type           text        NOT NULL,
    version                 integer     NOT NULL,
    result_code             text        NOT NULL UNIQUE,
    store_key               text        NOT NULL UNIQUE,
    number                  text        NOT NULL,
    register_number         integer     NOT NULL,
    issuing_organization_id uuid        NOT NULL,
    member_id               uuid        NOT NULL,
    title                   text        NOT NULL,
    template                text        NOT NULL,
    verification_id         text        NOT NULL UNIQUE,
    signed_at               timestamptz NOT NULL,
    signer                  text        NOT NULL,
    signer_class            text        NOT NULL,
    level                   text        NOT NULL,
    sha256                  text        NOT NULL,
    size                    bigint      NOT NULL CHECK (size > 0),
    force                   text        NOT NULL CHECK (force IN ('in-force', 'invalidated')),
    document                bytea       NOT NULL,
    FOREIGN KEY (dossier_id, document_type, version) REFERENCES jobs,
    UNIQUE (dossier_id, document_type, version),
    UNIQUE (issuing_organization_id, document_type, register_number)
);
-- Most of a PDF is compressed already.
ALTER TABLE results ALTER COLUMN document SET STORAGE EXTERNAL;
