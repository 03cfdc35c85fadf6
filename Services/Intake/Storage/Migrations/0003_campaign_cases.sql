-- Cases that a campaign of a committee opened: nobody submitted a dossier, so that there is no status to be told.
CREATE TABLE campaign_cases (
    dossier_id uuid PRIMARY KEY
);
