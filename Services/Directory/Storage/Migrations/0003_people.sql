-- Who a signed-in person is, what he says of his own data, and what he asks of those who keep it.

-- What the identity provider knows somebody by. The personal ID by which he was looked for is not kept here.
CREATE TABLE identities (
    id         uuid        PRIMARY KEY,
    -- As the provider names him: opaque, the same for ever.
    subject    text        NOT NULL UNIQUE,
    state      text        NOT NULL CHECK (state IN ('bound', 'not-found', 'ambiguous')),
    member_id  uuid        REFERENCES members,
    changed_at timestamptz NOT NULL,
    CHECK ((state = 'bound') = (member_id IS NOT NULL))
);
CREATE UNIQUE INDEX identities_bound ON identities (member_id) WHERE state = 'bound';

-- Who was introduced to a cell of residence, also where nobody has accepted him yet.
CREATE INDEX members_by_residence_link ON members USING gin ((document -> 'residenceLinks') jsonb_path_ops);
CREATE INDEX members_by_birth_date ON members ((document ->> 'birthDate'));

-- The value of a field that its owner said is right; it counts while the field has that value.
CREATE TABLE confirmations (
    member_id    uuid        NOT NULL REFERENCES members,
    field        text        NOT NULL,
    -- As the document writes it; absent where nothing is kept, and that is right.
    value        text,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, field)
);

CREATE TABLE requests (
    id              uuid        PRIMARY KEY,
    matter          text        NOT NULL CHECK (matter IN ('misuse', 'data', 'identity')),
    state           text        NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
    -- Where it was opened; a member's own requests go along with him.
    organization_id uuid        NOT NULL REFERENCES organizations,
    member_id       uuid        REFERENCES members,
    identity_id     uuid        REFERENCES identities,
    field           text,
    document        jsonb       NOT NULL
);
CREATE INDEX requests_by_state ON requests (state, id);
CREATE INDEX requests_by_member ON requests (member_id, id);
-- One open request about one thing.
CREATE UNIQUE INDEX requests_open_field ON requests (member_id, field) WHERE state = 'open' AND matter = 'data';
CREATE UNIQUE INDEX requests_open_misuse ON requests (member_id) WHERE state = 'open' AND matter = 'misuse';
CREATE UNIQUE INDEX requests_open_identity ON requests (identity_id) WHERE state = 'open' AND matter = 'identity';

-- What was proposed about the bank accounts of organisations, and what became of it.
CREATE TABLE bank_account_proposals (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organizations,
    state           text        NOT NULL CHECK (state IN ('proposed', 'approved', 'refused', 'withdrawn')),
    inquiry         text        NOT NULL CHECK (inquiry IN ('asked', 'matches', 'differs', 'unknown', 'not-asked')),
    -- When the bank is asked next; absent when it is not asked any more.
    next_inquiry_at timestamptz,
    document        jsonb       NOT NULL,
    CHECK (next_inquiry_at IS NULL OR (state = 'proposed' AND inquiry = 'asked'))
);
CREATE INDEX bank_account_proposals_by_organization ON bank_account_proposals (organization_id, id);
CREATE INDEX bank_account_proposals_due ON bank_account_proposals (next_inquiry_at, id) WHERE next_inquiry_at IS NOT NULL;
-- One proposal at a time for each organisation: the next one is judged on what the one before left.
CREATE UNIQUE INDEX bank_account_proposals_open ON bank_account_proposals (organization_id) WHERE state = 'proposed';
