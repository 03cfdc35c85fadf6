-- A run goes in lanes, side by side; the last byte of his id says in which lane a member is.
CREATE FUNCTION assessment_lanes() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 4;
CREATE FUNCTION assessment_lane(member uuid) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN get_byte(uuid_send(member), 15) % assessment_lanes();

-- How far a run has come in each lane, in the order of member ids, and with what result.
CREATE TABLE assessment_run_lanes (
    run_id          uuid    NOT NULL REFERENCES assessment_runs,
    lane            integer NOT NULL,
    after_member_id uuid,
    members         bigint  NOT NULL DEFAULT 0,
    assessed        bigint  NOT NULL DEFAULT 0,
    changed         bigint  NOT NULL DEFAULT 0,
    done            boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, lane)
);
CREATE INDEX assessment_run_lanes_to_do ON assessment_run_lanes (run_id, lane) WHERE NOT done;
INSERT INTO assessment_run_lanes (run_id, lane, after_member_id, members, assessed, changed, done)
SELECT run_id, 0, after_member_id, members, assessed, changed, state = 'done' FROM assessment_runs
UNION ALL
SELECT run_id, lane, after_member_id, 0, 0, 0, false
FROM assessment_runs CROSS JOIN generate_series(1, assessment_lanes() - 1) AS lane WHERE state = 'running';
ALTER TABLE assessment_runs
    DROP COLUMN after_member_id, DROP COLUMN members, DROP COLUMN assessed, DROP COLUMN changed;
