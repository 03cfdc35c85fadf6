-- An order may name the members. A year stands only where each member is asked about once in it.
ALTER TABLE campaign_members ALTER COLUMN year DROP NOT NULL;
