-- Reports of a small part of the tree find the assessments of its cells without reading the whole month (decision 0051).
-- The cell of an assessment seldom changes, so that payments go on updating rows without touching the index.
CREATE INDEX assessments_by_organization ON assessments (organization_id);
