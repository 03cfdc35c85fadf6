-- What one joins by hand, after a plain COPY of the file: who stands on one side only, and of whom something differs. It
-- compares by the digest that the directory keeps of each member, which is quicker than field by field.
SET work_mem = '256MB';
SELECT count(*) FILTER (WHERE m.id IS NULL), count(*) FILTER (WHERE s.source_id IS NULL),
    count(*) FILTER (WHERE m.id IS NOT NULL AND s.source_id IS NOT NULL)
FROM told s FULL JOIN members m ON m.source_id = s.source_id
LEFT JOIN organizations c ON c.code = s.cell_code
LEFT JOIN organizations r ON r.code = s.residence_cell_code
WHERE m.facts IS DISTINCT FROM member_facts(s.personal_id, s.full_name, s.sex, s.birth_date, s.card_number,
    s.record_number, s.joined_on, s.recognised_on, c.id::text, coalesce(r.id::text, s.residence_cell_code), s.state,
    s.dues_category);
