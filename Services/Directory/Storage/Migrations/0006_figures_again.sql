-- What the source said again of figures, and what was withdrawn of them. Beside the figures, whose rows are never changed.

-- The last moment of which the source said the same as a figure says: what it said of a moment before is older.
CREATE TABLE figures_confirmed (
    figure_id bigint      PRIMARY KEY,
    told_at   timestamptz NOT NULL
);

-- That a figure came wrongly and does not count, or that it counts after all; the newest row of a figure holds.
CREATE TABLE figure_withdrawals (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    figure_id  bigint      NOT NULL REFERENCES figures,
    withdrawn  boolean     NOT NULL,
    reason     text        NOT NULL,
    decided_by text        NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX figure_withdrawals_newest ON figure_withdrawals (figure_id, id DESC);

CREATE TRIGGER rows_stand BEFORE UPDATE OR DELETE ON figure_withdrawals
    FOR EACH ROW EXECUTE FUNCTION audit_stands();
CREATE TRIGGER rows_are_kept BEFORE TRUNCATE ON figure_withdrawals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stands();
