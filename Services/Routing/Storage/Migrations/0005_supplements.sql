-- Every supplement that Intake told of, once, and whether a turn waited for it.
CREATE TABLE case_supplements (
    dossier_id       uuid        NOT NULL REFERENCES cases,
    number           integer     NOT NULL,
    at               timestamptz NOT NULL,
    request_sequence bigint      NOT NULL,
    awaited          boolean     NOT NULL,
    PRIMARY KEY (dossier_id, number)
);
