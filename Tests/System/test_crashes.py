"""Services killed at chosen and at random moments of a request, and services that run out of descriptors or memory.

Whatever was answered is there, whatever was not is wholly there or not at all, and the same request under the same key
does it once.
"""

import contextlib
import http.client
import os
import signal
import subprocess
import time
import urllib.parse
import uuid

import pytest
from accounts import everything_settled
from load import Load, everything_kept, newcomer
from stack import Locked, Meanwhile, eventually, is_gone, long_only
from walkthrough.paper import pdf
from walkthrough.suite import OPERATOR, Away

FILE = {"Content-Type": "application/pdf", "X-File-Name": "don.pdf"}


class Request:
    """A request that writes one row, and how to find it."""

    def __init__(self, service, path, table, by, body, headers, named):
        self.service, self.path, self.table, self.by = service, path, table, by
        self.body, self.headers, self.named = body, headers, named

    def send(self, suite, key, patience):
        """Sends it; the id of what it made, None when there was no answer."""
        try:
            answer = suite.call(
                self.service, "POST", self.path, by=self.by, body=self.body, headers=self.headers, key=key,
                patience=patience,
            )
        except Away:
            return None
        return answer.json[self.named]

    def rows(self, stack):
        """How many rows there are."""
        return int(stack.sql(f"SELECT count(*) FROM {self.table}")[0][0])


class Sent:
    """A request sent from a thread of its own, waited for at the end of the block."""

    def __init__(self, suite, request, key):
        self._work = suite, request, key
        self.answer = None

    def __enter__(self):
        self._thread = Meanwhile(self._send)
        return self

    def _send(self):
        suite, request, key = self._work
        self.answer = request.send(suite, key, 0)

    def __exit__(self, *_):
        self._thread.done()


@pytest.fixture
def requests(directory):
    """One that is told by its event, one that carries a file."""
    member = directory.person(directory.ids["members"]["member-01"])
    cell = directory.ids["organizations"]["cell-a1"]
    file = pdf(["ĐƠN"], padding=200_000)
    return {
        "a member": Request("directory", "/v1/members", "directory.members", OPERATOR, newcomer(cell), {}, "memberId"),
        "a file": Request("intake", "/v1/attachments", "intake.attachments", member, file, FILE, "attachmentId"),
    }


def killed(stack, name):
    """SIGKILL, and its end."""
    pid = stack.pid(name)
    os.kill(pid, signal.SIGKILL)
    eventually(f"the end of {name}", lambda: is_gone(pid))


def waiting_for(stack, table):
    """How many transactions wait to write to the table."""
    waiting = f"relation = '{table}'::regclass AND mode = 'RowExclusiveLock' AND NOT granted"
    return int(stack.sql(f"SELECT count(*) FROM pg_locks WHERE {waiting}")[0][0])


@pytest.mark.parametrize(
    "fault, what, held",
    [
        # Checked and on its way into the table.
        ("C1", "a member", "directory.members"),
        # The file's bytes are written, what follows in the same transaction is not.
        ("C6", "a file", "intake.audit"),
    ],
)
@pytest.mark.parametrize("times", [1, pytest.param(10, marks=long_only)])
def test_killed_in_the_middle_of_requests(stack, suite, directory, requests, seeded, attack, fault, what, held, times):
    request = requests[what]
    noted = attack(fault, f"{request.service} killed while requests stand before {held}, {times} times")
    for _ in range(times):
        before = request.rows(stack)
        keys = [str(uuid.uuid4()) for _ in range(seeded.randint(1, 6))]
        with Locked(stack, held), contextlib.ExitStack() as senders:
            sent = [senders.enter_context(Sent(suite, request, key)) for key in keys]
            eventually("they stand there", lambda: waiting_for(stack, held) >= len(keys))
            killed(stack, request.service)
        assert [one.answer for one in sent] == [None] * len(keys), "somebody was answered before the commit"
        assert request.rows(stack) == before, "something half done was kept"
        stack.run("up")
        with noted.recovering():
            made = [request.send(suite, key, 60) for key in keys]
        assert [request.send(suite, key, 60) for key in keys] == made and len(set(made)) == len(keys)
        assert request.rows(stack) == before + len(keys)
        if what == "a file":
            fetched = suite.call("intake", "GET", f"/v1/attachments/{made[0]}", by=request.by)
            assert fetched.body == request.body
    everything_settled(stack, suite)


@pytest.mark.parametrize("times", [2, pytest.param(25, marks=long_only)])
def test_killed_at_random_under_load(stack, suite, directory, seeded, attack, times):
    done = f"Directory killed {times} times at random while requests come in"
    noted = [attack(fault, done) for fault in ("C1", "C2")]
    cell = directory.ids["organizations"]["cell-a1"]
    load = Load(suite, cell, rate=20)
    for _ in range(times):
        answered = sum(call.answer is not None for call in load.calls)
        eventually("some work", lambda: sum(call.answer is not None for call in load.calls) > answered + 20)
        # Nothing is waited for: this is the moment that the seed draws.
        time.sleep(seeded.uniform(0, 0.3))
        killed(stack, "directory")
        stack.run("up")
    calls = load.done()
    with noted[0].recovering():
        everything_settled(stack, suite)
    cut = [call for call in calls if call.answer is None]
    assert cut, "nobody was cut off"
    kept = [call.member for call in calls if call.member]
    for call in cut[:: max(1, len(cut) // 20)]:
        answers = [
            suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=newcomer(cell), key=call.key).json
            for _ in range(2)
        ]
        assert answers[0] == answers[1]
        kept.append(answers[0]["memberId"])
    everything_settled(stack, suite)
    everything_kept(stack, kept)


def limit(stack, name, resource, value):
    """Sets the soft limit of a running process, as an operator may; what it was."""
    pid = stack.pid(name)
    shown = subprocess.run(
        ["prlimit", f"--pid={pid}", f"--{resource}", "--output=SOFT", "--noheadings"], capture_output=True, text=True,
        check=True,
    )
    subprocess.run(["prlimit", f"--pid={pid}", f"--{resource}={value}:"], check=True)
    return shown.stdout.strip()


def test_no_descriptor_left(stack, suite, directory, attack):
    noted = attack("C9", "Directory may open no further descriptor while connections come in")
    cell = directory.ids["organizations"]["cell-a1"]
    pid = stack.pid("directory")
    highest = max(map(int, os.listdir(f"/proc/{pid}/fd")))
    before = limit(stack, "directory", "nofile", highest + 2)
    address = urllib.parse.urlsplit(suite.addresses["directory"])
    unanswered = 0
    with contextlib.ExitStack() as held:
        for _ in range(40):
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=1)
            held.callback(connection.close)
            try:
                connection.request("GET", "/health/live")
                connection.getresponse().read()
            except OSError:
                unanswered += 1
                if unanswered == 3:
                    break
        assert unanswered, "there were descriptors enough"
    # The runtime ends a process, now and then, that has no descriptor for a look at its own threads (libdispatch).
    is_alive = not is_gone(pid)
    if is_alive:
        limit(stack, "directory", "nofile", before)
    else:
        stack.run("up")
    with noted.recovering():
        suite.call("directory", "GET", "/health/ready", patience=20)
    assert is_gone(pid) != is_alive, "it ended afterwards"
    member = suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=newcomer(cell)).json["memberId"]
    everything_settled(stack, suite)
    everything_kept(stack, [member])


def test_no_memory_left(stack, suite, directory, attack):
    noted = attack("C9", "Directory may have no further memory while requests come in")
    cell = directory.ids["organizations"]["cell-a1"]
    load = Load(suite, cell, rate=20)
    eventually("some work", lambda: sum(call.answer is not None for call in load.calls) > 20)
    pid = stack.pid("directory")
    limit(stack, "directory", "data", 1 << 20)
    # Until one of them needs memory that is not there.
    large = newcomer(cell) | {"fullName": "Nguyễn " * 100_000}
    deadline = time.monotonic() + 30
    while not is_gone(pid) and time.monotonic() < deadline:
        with contextlib.suppress(Away):
            suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=large, patience=0, expect=None)
    assert is_gone(pid), "it had memory enough"
    stack.run("up")
    calls = load.done()
    with noted.recovering():
        everything_settled(stack, suite)
    kept = [call.member for call in calls if call.member]
    member = suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=newcomer(cell)).json["memberId"]
    everything_settled(stack, suite)
    everything_kept(stack, [*kept, member])
