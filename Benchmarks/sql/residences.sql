-- Every member lives in the other half of the country: the cell of his residence is the one half of all cells further on.
UPDATE directory_members SET state = state || jsonb_build_object('residenceCellId',
    bench_id(5, (('x' || right(cell_id::text, 12))::bit(48)::bigint + :all_cells / 2) % :all_cells));
VACUUM (FULL, ANALYZE) directory_members;
