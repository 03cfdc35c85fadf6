-- Temporary stays that run: what is searched for by the day of the next look.
CREATE TABLE case_stays (
    dossier_id uuid PRIMARY KEY REFERENCES cases,
    member_id  uuid NOT NULL,
    -- The day on which something is to be told of it: the reminder, then the end.
    look_on    date NOT NULL
);
CREATE INDEX case_stays_look_on ON case_stays (look_on, dossier_id);
