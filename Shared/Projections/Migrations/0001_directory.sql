-- A copy of what Directory says on its state topics; emptied and filled again by replay.
CREATE TABLE directory_organizations (
    id        uuid   PRIMARY KEY,
    version   bigint NOT NULL,
    parent_id uuid,
    type      text   NOT NULL,
    code      text   NOT NULL,
    state     jsonb  NOT NULL
);
CREATE INDEX directory_organizations_by_parent ON directory_organizations (parent_id);

CREATE TABLE directory_members (
    id      uuid   PRIMARY KEY,
    version bigint NOT NULL,
    cell_id uuid   NOT NULL,
    state   jsonb  NOT NULL
);
CREATE INDEX directory_members_by_cell ON directory_members (cell_id);

CREATE TABLE directory_roles (
    id              uuid   PRIMARY KEY,
    version         bigint NOT NULL,
    member_id       uuid   NOT NULL,
    organization_id uuid   NOT NULL,
    role            text   NOT NULL,
    status          text   NOT NULL,
    valid_from      date   NOT NULL,
    valid_to        date,
    state           jsonb  NOT NULL
);
CREATE INDEX directory_roles_by_member ON directory_roles (member_id);
CREATE INDEX directory_roles_by_place ON directory_roles (organization_id, role);
