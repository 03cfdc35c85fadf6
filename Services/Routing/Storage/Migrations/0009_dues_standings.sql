-- How members stand with the dues, as Dues tells it: a letter states through which month they are paid.
CREATE TABLE dues_standings (
    member_id      uuid   PRIMARY KEY,
    version        bigint NOT NULL,
    paid_through   text,
    arrears_months text[] NOT NULL,
    arrears        bigint NOT NULL
);
