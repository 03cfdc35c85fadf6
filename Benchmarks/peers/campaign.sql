-- The rows of a campaign that has run, inserted once more by one statement, and the seconds that it took with its commit.
CREATE TABLE copied_cases AS TABLE cases;
CREATE TABLE copied_turns AS TABLE case_turns;
CREATE TABLE copied_places AS TABLE case_places;
CREATE TABLE copied_history AS TABLE case_history;
CREATE TABLE copied_members AS TABLE campaign_members;
CREATE TABLE copied_outbox AS TABLE outbox;
-- Messages are never removed; here there are none.
DROP TABLE case_messages;
TRUNCATE cases, case_turns, case_places, case_history, campaign_members, outbox CASCADE;
CHECKPOINT;
SELECT clock_timestamp() AS began \gset
WITH c AS (INSERT INTO cases SELECT * FROM copied_cases),
t AS (
    INSERT INTO case_turns (dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role, box, entered_at,
        due_at, due_calendar, stopped_at, alert_at, procedure, code, member_id, entered_by_member_id)
    SELECT dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role, box, entered_at, due_at,
        due_calendar, stopped_at, alert_at, procedure, code, member_id, entered_by_member_id
    FROM copied_turns),
p AS (INSERT INTO case_places SELECT * FROM copied_places),
h AS (INSERT INTO case_history SELECT * FROM copied_history),
m AS (INSERT INTO campaign_members SELECT * FROM copied_members)
INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, traceparent, data)
SELECT shard, topic, key, version, republished, event_id, type, time, traceparent, data FROM copied_outbox;
SELECT extract(epoch FROM clock_timestamp() - :'began'::timestamptz);
