"""Lag and the age of the oldest event are told as long as the consumer's service lives, whether or not it reads (I7)."""

import os
import re
import signal
from collections import defaultdict

import pytest
from accounts import everything_settled
from outbox import DOSSIERS, write_events
from stack import Locked, eventually, is_gone, long_only

CONSUMER = "routing.dossiers"
SERIES = re.compile(r'^hoso_consumer_(lag_events|oldest_event_age_seconds)\{(.*)\} (\S+)$', re.MULTILINE)


@pytest.fixture(autouse=True)
def settled(directory, stack, suite):
    """Nothing is under way before, and nothing is left behind."""
    everything_settled(stack, suite)
    yield
    everything_settled(stack, suite)


def told(suite, consumer):
    """What the metrics tell of a consumer: lag and age by topic and partition."""
    found = defaultdict(dict)
    for name, labels, value in SERIES.findall(suite.call("routing", "GET", "/metrics").body.decode()):
        label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if label["consumer"] == consumer:
            found[label["topic"], label["partition"]][name] = float(value)
    return found


def behind(suite, consumer):
    """Events of the topic not applied, the greatest age; None while nothing is told."""
    series = [values for (topic, _), values in told(suite, consumer).items() if topic == DOSSIERS]
    if not series:
        return None
    return sum(values["lag_events"] for values in series), max(values["oldest_event_age_seconds"] for values in series)


def grows(suite, consumer, lag, age=0):
    """Waits until the consumer is at least so far behind, and older than that; how old."""

    def condition():
        now = behind(suite, consumer)
        return now and now[0] >= lag and now[1] > age and now

    return eventually(f"{consumer} {lag} behind, older than {age:.1f} s", condition)[1]


@long_only
def test_a_consumer_that_cannot_go_on(stack, suite, hosoctl, attack):
    noted = attack("O3", "a consumer held up by a lock; its lag and the age of its oldest event")
    with Locked(stack, "routing.consumer_positions"):
        write_events(stack, 20)
        age = grows(suite, CONSUMER, 20)
        write_events(stack, 20)
        grows(suite, CONSUMER, 40, age)
        lags = [lag for lag in hosoctl("lag", "--json")["routing"] if lag["consumer"] == CONSUMER]
        assert sum(lag["lag"] for lag in lags) >= 40 and any(lag.get("oldestAt") for lag in lags), lags
    with noted.recovering():
        eventually("nothing is behind", lambda: behind(suite, CONSUMER) == (0, 0))


@pytest.mark.usefixtures("broker_of_our_own")
def test_a_group_without_members(stack, suite, hosoctl, attack):
    noted = attack("O3", "a consumer's service killed and started again, nobody let into its group; its lag and age")
    pid = stack.pid("routing")
    os.kill(pid, signal.SIGKILL)
    eventually("the end of Routing", lambda: is_gone(pid))
    write_events(stack, 20)
    assert "routing: does not answer" in hosoctl("lag")
    stack.control("request-errors join-group" + " coordinator-loading" * 2_000)
    try:
        stack.run("up")
        age = grows(suite, CONSUMER, 20)
        write_events(stack, 20)
        grows(suite, CONSUMER, 40, age)
    finally:
        stack.control("clear-errors join-group")
    with noted.recovering():
        eventually("nothing is behind", lambda: behind(suite, CONSUMER) == (0, 0))
