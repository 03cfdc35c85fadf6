-- Figures from Vietnam Social Security that dues are computed from.

ALTER TABLE imports
    DROP CONSTRAINT imports_subject_check,
    ADD CONSTRAINT imports_subject_check CHECK (subject IN ('members', 'organizations', 'figures')),
    -- The month that a pull asks the source for.
    ADD COLUMN month text;

-- The numbers by which Social Security knows members, learned from records that have the personal ID too. A table of its
-- own: members are not locked while a file is compared.
CREATE TABLE insurance_numbers (
    insurance_number text PRIMARY KEY CHECK (insurance_number ~ '^[0-9]{10}$'),
    member_id        uuid NOT NULL UNIQUE
);

-- What one employer paid a member for one month, as it came. The newest row of a member, month, kind and employer counts:
-- by the moment of which the source tells, then by its number. No foreign keys: they would lock every member of a file.
CREATE TABLE figures (
    id            bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    member_id     uuid        NOT NULL,
    month         text        NOT NULL CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    kind          text        NOT NULL CHECK (kind IN ('insurance-salary', 'insurance-benefit', 'pension')),
    -- Empty where nobody is named.
    employer_code text        NOT NULL,
    employer_name text,
    amount        bigint      NOT NULL CHECK (amount >= 0),
    -- The moment of which the source says that it is so.
    told_at       timestamptz NOT NULL,
    came_at       timestamptz NOT NULL,
    -- The import or the inquiry that it came by.
    origin        uuid        NOT NULL
);
CREATE INDEX figures_newest ON figures (member_id, month, kind, employer_code, told_at DESC, id DESC);

-- Questions about one member, with what came of them.
CREATE TABLE figure_inquiries (
    id        uuid        PRIMARY KEY,
    member_id uuid        NOT NULL,
    month     text        NOT NULL,
    asked_by  text        NOT NULL,
    asked_at  timestamptz NOT NULL,
    -- Whether the source knows the member.
    known     boolean     NOT NULL,
    answered  integer     NOT NULL,
    -- How many of them were new.
    entered   integer     NOT NULL
);

-- Months for which several employers reported.
CREATE TABLE figure_contradictions (
    id        bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    member_id uuid        NOT NULL,
    month     text        NOT NULL,
    kind      text        NOT NULL,
    state     text        NOT NULL CHECK (state IN ('open', 'settled')),
    found_at  timestamptz NOT NULL,
    UNIQUE (member_id, month, kind)
);
CREATE INDEX figure_contradictions_open ON figure_contradictions (id) WHERE state = 'open';

-- What was settled about them; the newest counts, as long as there are no other figures than those that it names.
CREATE TABLE figure_decisions (
    id               bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    contradiction_id bigint      NOT NULL REFERENCES figure_contradictions,
    figures          bigint[]    NOT NULL,
    choice           text        NOT NULL CHECK (choice IN ('employer', 'sum')),
    employer_code    text        CHECK ((employer_code IS NULL) = (choice = 'sum')),
    amount           bigint      NOT NULL CHECK (amount >= 0),
    reason           text        NOT NULL,
    decided_by       text        NOT NULL,
    decided_at       timestamptz NOT NULL
);
CREATE INDEX figure_decisions_newest ON figure_decisions (contradiction_id, id DESC);

-- Members of whom something came that the other services were not told yet. Only ever appended and taken: of two causes
-- at once neither waits for the other, and none is lost.
CREATE TABLE figures_untold (
    id        bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    member_id uuid   NOT NULL
);

CREATE TRIGGER rows_stand BEFORE UPDATE OR DELETE ON figures FOR EACH ROW EXECUTE FUNCTION audit_stands();
CREATE TRIGGER rows_are_kept BEFORE TRUNCATE ON figures FOR EACH STATEMENT EXECUTE FUNCTION audit_stands();
CREATE TRIGGER rows_stand BEFORE UPDATE OR DELETE ON figure_decisions FOR EACH ROW EXECUTE FUNCTION audit_stands();
CREATE TRIGGER rows_are_kept BEFORE TRUNCATE ON figure_decisions FOR EACH STATEMENT EXECUTE FUNCTION audit_stands();
