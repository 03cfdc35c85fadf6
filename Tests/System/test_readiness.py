"""Readiness tells the truth in each fault, and only as long as it lasts; the process lives meanwhile (I10)."""

import contextlib
import itertools
import os
import signal
import threading
import uuid

import pytest
from load import newcomer
from stack import SERVICES, Freeze, Locked, Meanwhile, eventually, is_gone, long_only
from test_bad_input import Beside
from walkthrough.suite import OPERATOR, plain_call

# Seconds until a fault is told, and until all is well again after its end.
TOLD, WELL = 15, 30
BROKER_AWAY = "degraded: broker: the broker cannot be reached"


def says(suite, service):
    """What readiness says: status and reasons."""
    # A probe that waits is worse than one that says no.
    answer = plain_call(suite.addresses[service], "GET", "/health/ready", seconds=5)
    return answer.status, answer.json["reasons"]


def tells(suite, service, status, words):
    """Waits until readiness has this status and a reason with these words (one of them); without words, no reason."""

    def told():
        seen.append(says(suite, service))
        now, reasons = seen[-1]
        return now == status and (any(word in reason for word in wanted for reason in reasons) if words else not reasons)

    seen, wanted = [], (words,) if isinstance(words, str) else words
    try:
        eventually(f"{service}: {status} {words}", told, TOLD if words else WELL)
    except AssertionError as error:
        raise AssertionError(f"{error}; it says {seen[-1]}") from None


@contextlib.contextmanager
def alive(suite):
    """Asks every process all the time whether it lives."""
    over, asked, failed = threading.Event(), itertools.count(), []

    def ask():
        # Once at least, however short the test.
        while True:
            for service in SERVICES:
                answer = plain_call(suite.addresses[service], "GET", "/health/live", seconds=5)
                next(asked)
                if answer.status != 200:
                    failed.append((service, answer.said()))
            if over.wait(0.2):
                return

    watch = Meanwhile(ask)
    try:
        yield
    finally:
        over.set()
        watch.done(30)
    assert not failed and next(asked) >= len(SERVICES), failed


@pytest.fixture(autouse=True)
def well(directory, suite):
    """Everything stands before, and again afterwards."""
    for service in SERVICES:
        tells(suite, service, 200, None)
    with alive(suite):
        yield
    for service in SERVICES:
        tells(suite, service, 200, None)


@pytest.fixture
def serving():
    """Processes beside the stack, ended after the test."""
    with contextlib.ExitStack() as processes:
        yield processes


def everybody(suite, status, words):
    """Waits until every service says so."""
    for service in SERVICES:
        tells(suite, service, status, words)


def test_the_database_is_killed(stack, suite, attack):
    noted = attack("D1", "the database server killed with SIGKILL and started again; readiness of every service")
    pid = stack.pid("postgres")
    os.kill(pid, signal.SIGKILL)
    eventually("the end of the server", lambda: is_gone(pid))
    everybody(suite, 503, "failed: pool: the database cannot be reached")
    with noted.recovering():
        stack.run("up")
        everybody(suite, 200, None)


# Shortly, and for Intake alone: test_faults.
@long_only
def test_the_database_is_frozen(stack, suite, attack):
    noted = attack("D12", "the database server frozen with SIGSTOP; readiness of every service")
    with Freeze(stack, "postgres"):
        # At first its questions stay without an answer, then all connections wait for one, then they are given up.
        words = "no answer within a second", "all connections are in use", "the database cannot be reached"
        everybody(suite, 503, tuple(f"failed: pool: {reason}" for reason in words))
    with noted.recovering():
        everybody(suite, 200, None)


def test_the_database_takes_no_writes(stack, suite, directory, attack):
    noted = attack("D9", "the database server made read-only; readiness of every service, a request to write")
    stack.sql("ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()")
    try:
        everybody(suite, 503, "failed: pool: the database takes no writes")
        body = newcomer(directory.ids["organizations"]["cell-a1"])
        answer = suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=body, patience=0, expect=(503,))
        assert answer.problem == "unavailable" and answer.headers.get("retry-after"), answer.said()
    finally:
        stack.sql(
            "SET default_transaction_read_only = off;"
            " ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf()"
        )
    with noted.recovering():
        everybody(suite, 200, None)


def test_all_connections_are_in_use(stack, suite, directory, attack):
    noted = attack("D3", "every connection of Directory's pool waits for a lock")
    person = newcomer(directory.ids["organizations"]["cell-a1"])

    def enter():
        suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=person, key=str(uuid.uuid4()))

    with Locked(stack, "directory.members"):
        waiting = [Meanwhile(enter) for _ in range(12)]
        tells(suite, "directory", 503, "failed: pool: all connections are in use")
    with noted.recovering():
        tells(suite, "directory", 200, None)
    for one in waiting:
        one.done()


@pytest.mark.usefixtures("broker_of_our_own")
def test_the_broker_is_down(stack, suite, attack):
    noted = attack("K2", "the broker closed for some seconds; readiness of every service")
    stack.control("broker down")
    try:
        everybody(suite, 200, BROKER_AWAY)
        assert suite.call("intake", "GET", "/v1/procedures").status == 200
    finally:
        stack.control("broker up")
    with noted.recovering():
        everybody(suite, 200, None)


@pytest.mark.usefixtures("broker_of_our_own")
def test_the_broker_is_frozen(stack, suite, attack):
    noted = attack("K8", "the broker frozen with SIGSTOP: its sockets are open and silent; readiness of every service")
    with Freeze(stack, "broker"):
        everybody(suite, 200, BROKER_AWAY)
    with noted.recovering():
        everybody(suite, 200, None)


@pytest.mark.usefixtures("broker_of_our_own")
def test_a_topic_is_missing(stack, attack, serving, tmp_path):
    topic = "hoso.intake.feedback.v1"
    noted = attack("K12", "a topic of Intake's own is not at the broker when a process of it starts; readiness")
    stack.control(f"topic-error {topic} unknown-topic")
    try:
        service = serving.enter_context(Beside(stack, "intake", tmp_path / "log"))

        def reasons():
            answer = service.ready()
            return answer.json["reasons"] if answer and answer.status == 200 else None

        missing = f"degraded: broker: topics are missing, run migrate: {topic}"
        eventually("the missing topic is told", lambda: reasons() == [missing], TOLD)
        assert plain_call(service.base, "GET", "/health/live").status == 200
    finally:
        stack.control(f"topic-error {topic} none")
    with noted.recovering():
        eventually("well again", lambda: reasons() == [], WELL)
