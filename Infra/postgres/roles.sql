-- One role for each service, owning one schema, allowed nowhere else. Run by psql as a role that may create roles, in the
-- database of the suite; again at any time. Passwords come from HOSO_ROLE_PASSWORD_<SERVICE>.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET client_min_messages = 'warning';

\getenv console HOSO_ROLE_PASSWORD_CONSOLE
\getenv directory HOSO_ROLE_PASSWORD_DIRECTORY
\getenv dues HOSO_ROLE_PASSWORD_DUES
\getenv intake HOSO_ROLE_PASSWORD_INTAKE
\getenv notification HOSO_ROLE_PASSWORD_NOTIFICATION
\getenv routing HOSO_ROLE_PASSWORD_ROUTING
\getenv signing HOSO_ROLE_PASSWORD_SIGNING

BEGIN;
-- Two runs at the same time take turns.
SELECT pg_advisory_xact_lock(hashtext('hoso.roles')) \g /dev/null

CREATE TEMPORARY TABLE service (name text, password text) ON COMMIT DROP;
INSERT INTO service VALUES
    ('console', :'console'), ('directory', :'directory'), ('dues', :'dues'), ('intake', :'intake'),
    ('notification', :'notification'), ('routing', :'routing'), ('signing', :'signing');

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT', 'hoso_' || name)
FROM service WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hoso_' || name) \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', 'hoso_' || name, password) FROM service \gexec
SELECT format('ALTER ROLE %I IN DATABASE %I SET search_path = %I', 'hoso_' || name, current_database(), name)
FROM service \gexec

-- Without this a role that is no superuser could not hand a schema to another.
SELECT format('GRANT %I TO current_user', 'hoso_' || name) FROM service
WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec

SELECT format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', name, 'hoso_' || name) FROM service \gexec
SELECT format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', name) FROM service \gexec

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), 'hoso_' || name) FROM service \gexec
COMMIT;
