-- The document is the whole state of an aggregate; the columns beside it are what is searched by and kept unique.
CREATE TABLE organizations (
    id         uuid        PRIMARY KEY,
    version    bigint      NOT NULL CHECK (version > 0),
    code       text        NOT NULL,
    type       text        NOT NULL,
    parent_id  uuid        REFERENCES organizations,
    status     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    document   jsonb       NOT NULL,
    CONSTRAINT organizations_code UNIQUE (code),
    CHECK (parent_id <> id)
);
CREATE INDEX organizations_by_parent ON organizations (parent_id, id);

CREATE TABLE members (
    id          uuid        PRIMARY KEY,
    version     bigint      NOT NULL CHECK (version > 0),
    cell_id     uuid        NOT NULL REFERENCES organizations,
    state       text        NOT NULL,
    -- The only place where it stands; no answer, event, history row or log line has it in clear.
    personal_id text        CHECK (personal_id ~ '^[0-9]{12}$'),
    changed_at  timestamptz NOT NULL,
    document    jsonb       NOT NULL,
    CONSTRAINT members_personal_id UNIQUE (personal_id)
);
CREATE INDEX members_by_cell ON members (cell_id, id);

CREATE TABLE roles (
    id              uuid        PRIMARY KEY,
    version         bigint      NOT NULL CHECK (version > 0),
    member_id       uuid        NOT NULL REFERENCES members,
    organization_id uuid        NOT NULL REFERENCES organizations,
    role            text        NOT NULL,
    status          text        NOT NULL,
    changed_at      timestamptz NOT NULL,
    document        jsonb       NOT NULL
);
CREATE INDEX roles_by_member ON roles (member_id, id);
CREATE INDEX roles_by_organization ON roles (organization_id, id);

-- What every version was, who made it, when and why; rows are only ever added.
CREATE TABLE history (
    kind     text        NOT NULL CHECK (kind IN ('organization', 'member', 'role')),
    id       uuid        NOT NULL,
    version  bigint      NOT NULL,
    at       timestamptz NOT NULL,
    author   text        NOT NULL,
    reason   text        NOT NULL,
    document jsonb       NOT NULL,
    PRIMARY KEY (kind, id, version)
);
