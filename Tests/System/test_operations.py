"""What operators do with a running suite: parked messages, refused events, state said again, copies rebuilt, the audit."""

import subprocess

import pytest
from accounts import everything_settled
from outbox import DOSSIERS, new_id, write_event
from stack import PRODUCTS, eventually

# Who handles hoso.dossier.withdrawn.v1; the console keeps events without judging their data.
WITHDRAWAL_READERS = {"routing"}


@pytest.fixture(autouse=True)
def settled(directory, stack, suite):
    """Nothing is under way before, and nothing is left behind."""
    everything_settled(stack, suite)
    yield
    everything_settled(stack, suite)


def run_command(stack, service, *arguments):
    """A command of a service beside its running process."""
    done = subprocess.run(
        [PRODUCTS / f"hoso-{service}", *arguments],
        env=stack.role_environment(service),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def parked_once(hosoctl, services):
    """The one parked entry of each of these services, when they have it and nobody else has any."""
    found = {service: entries for service, entries in hosoctl("parked", "list", "--json").items() if entries}
    assert found.keys() <= services and all(len(entries) == 1 for entries in found.values()), found
    return found.keys() == services and {service: entries[0] for service, entries in found.items()}


def test_a_poisonous_message_is_seen_tried_again_and_given_up(stack, hosoctl):
    key = new_id()
    write_event(stack, key, "hoso.dossier.withdrawn.v1", "'{'")
    readers = eventually("parked by everybody who handles the type", lambda: parked_once(hosoctl, WITHDRAWAL_READERS))
    for service, entry in readers.items():
        assert entry["reasonCode"] == "data.malformed" and entry["topic"] == DOSSIERS
        shown = hosoctl("parked", "show", entry["id"], "--service", service)
        assert key in shown and "hoso.dossier.withdrawn.v1" in shown and shown.rstrip().endswith("{")
        assert hosoctl("parked", "retry", entry["id"], "--service", service) == "1 affected\n"
        eventually(
            "tried and parked again",
            lambda s=service: stack.sql(f"SELECT attempts FROM {s}.parked_keys WHERE state = 'parked'") == [["1"]],
        )
        assert hosoctl("parked", "drop", entry["id"], "--service", service) == "1 affected\n"
        eventually("its key is free again", lambda s=service: stack.sql(f"SELECT 1 FROM {s}.parked_keys") == [])
        audited = stack.sql(f"SELECT action, actor FROM {service}.audit WHERE subject = '{entry['id']}' ORDER BY at")
        assert [action for action, _ in audited[-2:]] == ["parked.retried", "parked.dropped"] and audited[-1][1]
        hosoctl("parked", "show", entry["id"], "--service", service, code=1)


def test_an_event_that_the_broker_refuses_holds_its_key_back_until_it_is_mended(stack, suite, hosoctl):
    key, other = new_id(), new_id()
    write_event(stack, key, "hoso.test.unknown.v1", "convert_to(repeat('x', 1100000), 'UTF8')")
    write_event(stack, key, "hoso.test.unknown.v1", "'{}'", version=2)
    write_event(stack, other, "hoso.test.unknown.v1", "'{}'")
    blocked = eventually("blocked", lambda: hosoctl("outbox", "blocked", "--json")["intake"])
    assert {event["key"] for event in blocked} == {key}
    eventually("the other key was sent", lambda: stack.events("--key", other)[0])
    ready = eventually(
        "readiness tells",
        lambda: "held back" in (answer := suite.call("intake", "GET", "/health/ready").body.decode()) and answer,
    )
    assert "degraded" in ready
    stack.sql(f"UPDATE intake.outbox SET data = '{{}}' WHERE key = '{key}' AND version = 1")
    hosoctl("outbox", "retry", "--service", "intake", "--all")
    eventually("nothing is held back", lambda: hosoctl("outbox", "blocked", "--json")["intake"] == [])
    sequences = {event["headers"]["ce_sequence"] for event in stack.events("--key", key)[0]}
    assert sequences == {"1", "2"}


def test_state_that_is_said_again_changes_nothing(stack, suite):
    copies = "SELECT * FROM routing.directory_members ORDER BY id"
    before = stack.sql(copies)
    ((count,),) = stack.sql("SELECT count(*) FROM directory.outbox")
    said = run_command(stack, "directory", "publish-state")
    assert "hoso.directory.members.v1" in said and "aggregates appended" in said
    ((more,),) = stack.sql("SELECT count(*) FROM directory.outbox")
    assert int(more) > int(count)
    everything_settled(stack, suite)
    assert before and stack.sql(copies) == before


def test_a_copy_is_rebuilt_beside_its_service(stack):
    copies = "SELECT * FROM routing.directory_members ORDER BY id"
    before = stack.sql(copies)
    stack.sql("DELETE FROM routing.directory_members WHERE id IN (SELECT id FROM routing.directory_members LIMIT 3)")
    assert stack.sql(copies) != before
    assert "rebuilt" in run_command(stack, "routing", "replay")
    assert before and stack.sql(copies) == before


def test_the_audit_is_whole_and_a_changed_row_shows(stack, hosoctl):
    ((row, actor),) = stack.sql("SELECT id, actor FROM intake.audit ORDER BY at LIMIT 1")
    eventually(
        "it is sealed and anchored",
        lambda: stack.sql(f"SELECT 1 FROM intake.audit_seals WHERE '{row}' = ANY (row_ids)"),
    )
    assert "faults" not in hosoctl("audit", "verify")

    def set_actor(name):
        """As somebody could who owns the database."""
        stack.sql(
            "BEGIN; SET LOCAL session_replication_role = replica;"
            f" UPDATE intake.audit SET actor = '{name}' WHERE id = '{row}'; COMMIT"
        )

    set_actor("somebody else")
    try:
        assert row in hosoctl("audit", "verify", "--service", "intake", code=1)
    finally:
        set_actor(actor)
    assert "intact" in hosoctl("audit", "verify", "--service", "intake")
