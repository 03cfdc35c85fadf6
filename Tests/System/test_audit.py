"""Whoever owns the database edits, deletes, reorders, cuts and forks the audit: `hosoctl audit verify` names it (I5, A1)."""

import pytest
from accounts import everything_settled
from stack import eventually, long_only
from walkthrough.suite import OPERATOR

SERVICE = "directory"
UNSEALED = (
    "SELECT 1 FROM {0}.audit WHERE xid >= (SELECT coalesce(max(before_xid::text::bigint), 0) FROM {0}.audit_seals)"
    "::text::xid8"
)


def as_owner(stack, statements):
    """Changes past the triggers, as only the owner of the database can."""
    stack.sql(f"BEGIN; SET LOCAL session_replication_role = replica; {statements}; COMMIT")


def write_audit(suite, directory, name):
    """An operator looks at a member: a row in the audit."""
    suite.call(SERVICE, "GET", f"/v1/members/{directory.ids['members'][name]}", by=OPERATOR)


def sealed(stack):
    """The last seal, once nothing waits for one: its number and rows."""
    eventually("everything is sealed", lambda: not stack.sql(UNSEALED.format(SERVICE)))
    ((number, rows),) = stack.sql(
        f"SELECT number, array_to_string(row_ids, ',') FROM {SERVICE}.audit_seals ORDER BY number DESC LIMIT 1"
    )
    return int(number), rows.split(",")


TABLES = ("audit", "audit_seals")


@pytest.fixture(scope="module")
def copied(stack, suite, directory):
    """Three seals of the tests' own, published, and a copy of everything."""
    for name in ("member-01", "member-02", "member-03"):
        write_audit(suite, directory, name)
        sealed(stack)
    everything_settled(stack, suite)
    for table in TABLES:
        stack.sql(f"CREATE TABLE {SERVICE}.test_{table} AS TABLE {SERVICE}.{table}")
    yield
    stack.sql(";".join(f"DROP TABLE {SERVICE}.test_{table}" for table in TABLES))


@pytest.fixture
def whole(copied, stack):
    """The audit is put back after a change; nothing else may have been added to it meanwhile."""
    yield
    added = stack.sql(
        f"SELECT at, action, subject, actor FROM {SERVICE}.audit"
        f" WHERE xid > (SELECT max(xid::text::bigint) FROM {SERVICE}.test_audit)::text::xid8"
    )
    put_back = (f"DELETE FROM {SERVICE}.{table}; INSERT INTO {SERVICE}.{table} TABLE {SERVICE}.test_{table}" for table in TABLES)
    as_owner(stack, ";".join(put_back))
    assert not added, added


ROWS, SEALS = f"{SERVICE}.audit", f"{SERVICE}.audit_seals"
# What is done: (statement, words of the verdict); {row} and {other} are rows, {seal} is the last seal, {before} and
# {earlier} those before.
CHANGES = {
    "a row edited": (f"UPDATE {ROWS} SET details = details || ' ' WHERE id = '{{row}}'", "row {row} of seal {seal} was changed"),
    "a row deleted": (f"DELETE FROM {ROWS} WHERE id = '{{row}}'", "row {row} of seal {seal} is missing"),
    "a row slipped in": (
        f"INSERT INTO {ROWS} SELECT gen_random_uuid(), xid, at, action, subject, actor, details, traceparent"
        f" FROM {ROWS} WHERE id = '{{row}}'",
        "was added to sealed range {seal}",
    ),
    "two rows exchanged": (
        f"UPDATE {ROWS} a SET xid = b.xid FROM {ROWS} b"
        " WHERE (a.id, b.id) IN (('{row}', '{other}'), ('{other}', '{row}'))",
        "row {row} of seal {seal} is missing",
    ),
    "two seals exchanged": (
        # Not the last one: the sealer would go on from where that one ends.
        f"UPDATE {SEALS} SET number = -number WHERE number IN ({{earlier}}, {{before}});"
        f" UPDATE {SEALS} SET number = {{earlier}} + {{before}} + number WHERE number < 0",
        "seal {earlier} does not continue the one before it",
    ),
    "a seal in the middle deleted": (f"DELETE FROM {SEALS} WHERE number = {{before}}", "seal {before} is missing"),
    "the tail cut off": (
        f"DELETE FROM {ROWS} WHERE xid >= (SELECT from_xid FROM {SEALS} WHERE number = {{seal}});"
        f" DELETE FROM {SEALS} WHERE number = {{seal}}",
        "seal {seal} was published and is gone",
    ),
}  # fmt: skip
ALWAYS = {"a row deleted", "two rows exchanged", "the tail cut off"}


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[] if what in ALWAYS else [long_only]) for what in CHANGES]
)
def test_a_change_shows(stack, hosoctl, attack, what):
    attack("A1", f"{what}, past the triggers that refuse it")
    number, rows = sealed(stack)
    ((other,),) = stack.sql(f"SELECT row_ids[1] FROM {SEALS} WHERE number = {number - 1}")
    names = {"row": rows[0], "other": other, "seal": number, "before": number - 1, "earlier": number - 2}
    statement, words = (text.format(**names) for text in CHANGES[what])
    as_owner(stack, statement)
    assert words in hosoctl("audit", "verify", "--service", SERVICE, code=1)


@long_only
@pytest.mark.usefixtures("whole")
def test_a_change_of_every_hash_after_it_still_shows(stack, hosoctl, attack):
    attack("A1", "a row edited and the last seal computed anew: only the published anchor tells")
    number, _ = sealed(stack)
    as_owner(stack, f"UPDATE {SEALS} SET hash = sha256('another') WHERE number = {number}")
    said = hosoctl("audit", "verify", "--service", SERVICE, code=1)
    assert f"seal {number} differs from the published one" in said


# The last one: two anchors of one seal stay in the topic for ever.
def test_a_fork_after_a_restore_shows(stack, suite, directory, hosoctl, attack):
    attack("A1", "a backup restored and worked on: another seal under a number that was published")
    assert "intact" in hosoctl("audit", "verify", "--service", SERVICE)
    write_audit(suite, directory, "member-01")
    number, _ = sealed(stack)
    everything_settled(stack, suite)
    cut, _ = CHANGES["the tail cut off"]
    as_owner(stack, cut.format(seal=number))
    write_audit(suite, directory, "member-02")
    eventually("sealed again", lambda: sealed(stack)[0] == number)
    everything_settled(stack, suite)
    assert f"seal {number} differs from the published one" in hosoctl("audit", "verify", "--service", SERVICE, code=1)
