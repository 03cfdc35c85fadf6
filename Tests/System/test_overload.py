"""Three times more requests than a service can do: it does what it can, refuses the rest, and loses nothing."""

import os

import pytest
from accounts import everything_settled
from load import Load, everything_kept
from stack import eventually

SECONDS = 60 if os.environ.get("HOSO_TEST_LONG") else 10
TIMES = 3
# What holds the service up while it does its work, so that what it can do is known and little.
STATEMENT_SECONDS = 0.8
# What it can do at most, with the connections that it has by default.
MOST = 8 / STATEMENT_SECONDS
# What memory may grow by: answers under way, and what the allocator keeps.
GROWTH = 48 << 20


@pytest.fixture
def slow_database(stack):
    """Each new member takes a while."""
    stack.sql(
        "CREATE FUNCTION directory.test_slowly() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN PERFORM pg_sleep({STATEMENT_SECONDS}); RETURN NEW; END $$;"
        " CREATE TRIGGER test_slowly BEFORE INSERT ON directory.members"
        " FOR EACH ROW EXECUTE FUNCTION directory.test_slowly()"
    )
    yield
    stack.sql("DROP FUNCTION directory.test_slowly() CASCADE")


def goodput(calls, since, until):
    """Members entered a second, answered in that time."""
    return sum(call.member is not None and since <= call.answered < until for call in calls) / (until - since)


@pytest.mark.usefixtures("slow_database")
def test_three_times_what_it_can_do(stack, suite, directory, attack):
    noted = attack("O4", f"{TIMES} times the requests that Directory can do, for {SECONDS} s")
    cell = directory.ids["organizations"]["cell-a1"]
    alone = Load(suite, cell)
    eventually("4 s", lambda: alone.calls and alone.calls[-1].sent - alone.calls[0].sent > 4)
    calls = alone.done()
    capacity = goodput(calls, calls[0].sent, calls[-1].sent)
    memory = stack.anonymous_memory("directory")
    load = Load(suite, cell, rate=TIMES * MOST)
    most = 0

    def over():
        nonlocal most
        most = max(most, stack.anonymous_memory("directory"))
        return load.calls and load.calls[-1].sent - load.calls[0].sent > SECONDS

    eventually("the load", over, SECONDS + 10)
    calls += load.done()
    with noted.recovering():
        everything_settled(stack, suite)
    offered = [call for call in load.calls if call.answer]
    assert len(offered) == len(load.calls), f"{len(load.calls) - len(offered)} got no answer"
    refused = [call.answer for call in offered if call.member is None]
    statuses = {answer.status for answer in refused}
    assert refused and statuses <= {429, 503}, statuses
    assert all(answer.headers.get("retry-after") and answer.problem for answer in refused)
    did = goodput(load.calls, load.calls[0].sent + 1, load.calls[-1].sent)
    print(f"capacity {capacity:.0f}/s, under load {did:.0f}/s, {len(refused)} refused, {(most - memory) >> 20} MiB more")
    assert did >= 0.7 * capacity, f"{did:.0f} instead of {capacity:.0f} a second"
    assert most - memory < GROWTH, f"{(most - memory) >> 20} MiB more"
    everything_kept(stack, [call.member for call in calls if call.member])
