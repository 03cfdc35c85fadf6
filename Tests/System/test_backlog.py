"""A large backlog: it leaves when the broker is back, everybody reads it, and nobody's memory grows with it (I7)."""

import os

import pytest
from accounts import everything_settled
from outbox import write_events
from stack import SERVICES, eventually

EVENTS = 200_000 if os.environ.get("HOSO_TEST_LONG") else 20_000
EVENT_BYTES = 200
# What memory may grow by; all events with what the services make of them would need more.
GROWTH = 64 << 20


@pytest.mark.usefixtures("broker_of_our_own")
def test_a_backlog(stack, suite, directory, attack):
    noted = attack("K14", f"{EVENTS} events in an outbox while the broker is away")
    everything_settled(stack, suite)
    before = {service: stack.anonymous_memory(service) for service in SERVICES}
    most = dict(before)

    def measure():
        for service in SERVICES:
            most[service] = max(most[service], stack.anonymous_memory(service))

    def metric(name):
        lines = suite.call("intake", "GET", "/metrics").body.decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name)), None)

    def waits():
        measure()
        return (metric("outbox_unsent_events") or 0) >= EVENTS

    def gone():
        measure()
        return metric("outbox_unsent_events") == 0

    stack.control("broker down")
    try:
        write_events(stack, EVENTS, EVENT_BYTES)
        eventually("the backlog is told", waits)
    finally:
        stack.control("broker up")
    with noted.recovering():
        eventually("the backlog has left", gone, 60 + EVENTS // 1_000)
        everything_settled(stack, suite)
    measure()
    grown = {service: (most[service] - before[service]) >> 20 for service in SERVICES}
    print(f"MiB more: {grown}")
    assert all(more < GROWTH >> 20 for more in grown.values()), grown
