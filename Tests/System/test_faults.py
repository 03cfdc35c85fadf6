"""Both threads while processes are killed, frozen and emptied: everything arrives, once."""

import itertools
import os
import signal
import subprocess
import time

import pytest
from accounts import books_balance, everything_settled, payment_happened_once, transfer_happened_once
from stack import SERVICES, Freeze, Meanwhile, eventually, is_gone
from walkthrough.dues import Dues
from walkthrough.suite import plain_call
from walkthrough.transfer import Transfer

FROZEN_SECONDS = 20
# In which thread a service is killed, and after what at the earliest; `acted` counts the officers.
VICTIMS = {
    "intake": ("transfer", "submitted", 1),
    "routing": ("transfer", "acted", 4),
    "signing": ("transfer", "admitted", 1),
    "notification": ("transfer", "admitted", 1),
    "directory": ("transfer", "admitted", 1),
    "dues": ("dues", "paid", 1),
    "console": ("dues", "ordered", 1),
}
numbers = itertools.count(1)


@pytest.fixture
def member(directory):
    """A new member of one of the first cells, so that one test is nothing to another."""
    number = next(numbers)
    name, cell = f"Nguyễn Thị Thử {number:02}", directory.ids["organizations"]["cell-a1"]
    entered = directory.enter(name, cell, f"thu{number:02}@example.org", f"+849990000{number:02}")
    directory.wait_for_copies()
    return entered


@pytest.fixture
def destination(directory):
    """Where transfers go."""
    return {"id": directory.ids["organizations"]["cell-b1"], "name": "Chi bộ Mẫu Hai – Tổ 1"}


class Fault:
    """Something that is to happen once, at the n-th time that a thread comes to a point."""

    def __init__(self, point, count, work):
        self._point, self._left, self._work, self.running = point, count, work, None
        # When it was over.
        self.ended = None

    def __call__(self, point):
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                self.running = Meanwhile(self._happen)

    def _happen(self):
        self._work()
        self.ended = time.monotonic()

    def happened(self):
        """Waits for its end; a fault that never came proves nothing."""
        assert self.running, "the fault never happened"
        self.running.done()


def kill(stack, name, delay):
    """SIGKILL after a moment, and everything that is dead started again."""

    def work():
        pid = stack.pid(name)
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
        eventually(f"the end of {name}", lambda: is_gone(pid))
        stack.run("up")
        assert stack.pid(name) != pid

    return work


def run_transfer(suite, directory, timeline, member, destination, fault):
    """One transfer with a fault in it."""
    thread = Transfer(suite, directory, timeline, member, at=fault)
    thread.run(destination)
    return thread


def run_dues(suite, directory, timeline, member, fault):
    """One payment with a fault in it."""
    thread = Dues(suite, directory, timeline, at=fault)
    thread.run([member])
    return thread


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_service_killed_in_the_middle(
    stack, suite, directory, timeline, member, destination, seeded, victim, attack
):
    kind, point, most = VICTIMS[victim]
    noted = attack("O2", "each service killed in the middle of a transfer or a payment and started again")
    fault = Fault(point, seeded.randint(1, most), kill(stack, victim, seeded.uniform(0, 0.15)))
    if kind == "transfer":
        transfer = run_transfer(suite, directory, timeline, member, destination, fault)
        fault.happened()
        with noted.recovering(fault.ended):
            everything_settled(stack, suite)
        transfer_happened_once(stack, transfer, repeated_mail=victim == "notification")
    else:
        dues = run_dues(suite, directory, timeline, member, fault)
        fault.happened()
        with noted.recovering(fault.ended):
            everything_settled(stack, suite)
        payment_happened_once(stack, dues)
    books_balance(stack)


def test_the_database_frozen(stack, suite, directory, timeline, member, destination, seeded, attack):
    noted = attack("D12", f"the database server frozen for {FROZEN_SECONDS} s in the middle of a transfer")

    def freeze():
        with Freeze(stack, "postgres") as frozen:
            until = time.monotonic() + FROZEN_SECONDS
            intake = suite.addresses["intake"]
            eventually(
                "Intake says that it is not ready",
                lambda: plain_call(intake, "GET", "/health/ready").status == 503,
                FROZEN_SECONDS - 2,
            )
            assert plain_call(intake, "GET", "/health/live").status == 200
            probe = ["pg_isready", "-q", "-t", "1", "-d", suite.addresses["database"]]
            assert subprocess.run(probe, check=False).returncode != 0
            eventually("20 s", lambda: time.monotonic() >= until, FROZEN_SECONDS + 5)
            assert frozen.is_frozen()

    fault = Fault("acted", seeded.randint(1, 4), freeze)
    transfer = run_transfer(suite, directory, timeline, member, destination, fault)
    fault.happened()
    for service in SERVICES:
        eventually(
            f"{service} ready again", lambda s=service: suite.call(s, "GET", "/health/ready", expect=None).status == 200
        )
    with noted.recovering(fault.ended):
        everything_settled(stack, suite)
    transfer_happened_once(stack, transfer)


@pytest.mark.usefixtures("broker_of_our_own")
def test_the_broker_frozen(stack, suite, directory, timeline, member, destination, attack):
    noted = attack("K8", f"the broker frozen for {FROZEN_SECONDS} s in the middle of a transfer")
    taken = []

    def freeze():
        with Freeze(stack, "broker") as frozen:
            until = time.monotonic() + FROZEN_SECONDS
            eventually(
                "a dossier taken in meanwhile",
                lambda: stack.sql(f"SELECT id FROM intake.dossiers WHERE applicant_member_id = '{member.subject}'"),
                FROZEN_SECONDS - 2,
            )
            taken.append(stack.sql(f"SELECT count(*) FROM routing.cases WHERE member_id = '{member.subject}'"))
            assert plain_call(suite.addresses["intake"], "GET", "/health/ready").status == 200
            eventually("20 s", lambda: time.monotonic() >= until, FROZEN_SECONDS + 5)
            assert frozen.is_frozen()

    fault = Fault("uploaded", 1, freeze)

    def begin(point):
        fault(point)
        # Nothing is submitted before the broker stands still.
        if point == "uploaded":
            eventually("the freeze", lambda: stack_is_frozen(stack))

    transfer = run_transfer(suite, directory, timeline, member, destination, begin)
    fault.happened()
    assert taken == [[["0"]]], "the case was there while the broker stood still"
    with noted.recovering(fault.ended):
        everything_settled(stack, suite)
    transfer_happened_once(stack, transfer)


def stack_is_frozen(stack):
    """Whether the broker stands still."""
    with open(f"/proc/{stack.pid('broker')}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


@pytest.mark.usefixtures("broker_of_our_own")
def test_the_broker_killed_and_started_empty(
    stack, suite, directory, timeline, member, destination, seeded, attack
):
    noted = attack("K12", "the broker killed in the middle of a transfer and started empty")
    everything_settled(stack, suite)
    before = {event["headers"]["ce_id"] for event in stack.events()[0]}
    clusters = "SELECT count(DISTINCT cluster_id) FROM intake.relay_positions"
    ((known,),) = stack.sql(clusters)
    fault = Fault("acted", seeded.randint(1, 4), kill(stack, "broker", seeded.uniform(0, 0.3)))
    transfer = run_transfer(suite, directory, timeline, member, destination, fault)
    fault.happened()
    with noted.recovering(fault.ended):
        everything_settled(stack, suite)
    assert int(stack.sql(clusters)[0][0]) == int(known) + 1, "it was the same cluster"
    after = {event["headers"]["ce_id"] for event in stack.events()[0]}
    assert before and not before - after, f"{len(before - after)} of {len(before)} events were not published again"
    transfer_happened_once(stack, transfer)
    books_balance(stack)
