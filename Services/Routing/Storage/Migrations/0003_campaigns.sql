-- Campaigns: one order, many cases. The counters follow the rows of campaign_members, in the same transactions.
CREATE TABLE campaigns (
    id                   uuid        PRIMARY KEY,
    purpose              text        NOT NULL,
    year                 integer     NOT NULL,
    organization_id      uuid        NOT NULL,
    -- The tops of the subtrees whose members are concerned.
    within               uuid[]      NOT NULL,
    procedure            text        NOT NULL,
    procedure_version    integer     NOT NULL,
    ordered_by_member_id uuid        NOT NULL,
    ordered_at           timestamptz NOT NULL,
    finish_by            date        NOT NULL,
    planned              integer     NOT NULL CHECK (planned >= 0),
    created              integer     NOT NULL DEFAULT 0,
    exempt               integer     NOT NULL DEFAULT 0,
    failed               integer     NOT NULL DEFAULT 0,
    -- When the last member was dealt with; absent while there are some to come.
    created_at           timestamptz,
    CHECK (created + exempt + failed <= planned)
);
CREATE INDEX campaigns_by_organization ON campaigns (organization_id, id);
CREATE INDEX campaigns_at_work ON campaigns (id) WHERE created_at IS NULL;

-- Everybody whom a campaign concerns, and what became of it.
CREATE TABLE campaign_members (
    campaign_id uuid    NOT NULL,
    ordinal     integer NOT NULL,
    member_id   uuid    NOT NULL,
    year        integer NOT NULL,
    state       text    NOT NULL CHECK (state IN ('planned', 'created', 'exempt', 'failed')),
    reason      text,
    dossier_id  uuid,
    PRIMARY KEY (campaign_id, ordinal),
    CHECK ((state = 'created') = (dossier_id IS NOT NULL)),
    CHECK ((state IN ('exempt', 'failed')) = (reason IS NOT NULL))
);
-- One annual opinion for each member and year, whatever campaigns overlap.
CREATE UNIQUE INDEX campaign_members_once ON campaign_members (member_id, year) WHERE state IN ('planned', 'created');
CREATE INDEX campaign_members_planned ON campaign_members (campaign_id, ordinal) WHERE state = 'planned';
CREATE INDEX campaign_members_left_out ON campaign_members (campaign_id, state, ordinal)
    INCLUDE (reason) WHERE state IN ('exempt', 'failed');

-- How many codes of dossiers campaigns have drawn for a body on a day.
CREATE TABLE campaign_numbers (
    organization_id uuid    NOT NULL,
    day             date    NOT NULL,
    drawn           integer NOT NULL,
    PRIMARY KEY (organization_id, day)
);

ALTER TABLE cases ADD COLUMN campaign_id uuid;
CREATE INDEX cases_by_campaign ON cases (campaign_id, stage) WHERE campaign_id IS NOT NULL;
