"""A one-machine stack of the tests' own, what is asked of it beside HTTP, and what can befall it."""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEV = ROOT / "Infra/dev"
PRODUCTS = pathlib.Path(os.environ.get("HOSO_DEV_PRODUCTS", ROOT / ".build/debug"))
SERVICES = ("console", "directory", "dues", "intake", "notification", "routing", "signing")


long_only = pytest.mark.skipif(not os.environ.get("HOSO_TEST_LONG"), reason="only with Infra/test --long")


def free_port_base():
    """The first of 30 ports that nobody listens on."""
    for base in range(24_000, 32_000, 100):
        with contextlib.ExitStack() as probes:
            try:
                for port in range(base, base + 30):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
                return base
            except OSError:
                continue
    raise RuntimeError("no free ports")


def eventually(what, condition, seconds=90):
    """Waits for a condition and answers its value; nothing is asserted about how long it takes."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return value


def state_of(pid):
    """The letter that /proc shows for a process, None when there is none."""
    try:
        return (
            pathlib.Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()[0]
        )
    except OSError:
        return None


def is_gone(pid):
    """Whether a process has ended, reaped or not."""
    return state_of(pid) in (None, "Z", "X")


def children_of(pid):
    """The processes that a process started."""
    return [
        int(child)
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]


class Stack:
    """The commands of Infra/dev on a state directory and ports of its own, with executables that were built before."""

    def __init__(self):
        # The database server's user must be able to pass.
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="hoso-system-"))
        self.state.chmod(0o755)
        self.base = free_port_base()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOSO_DEV_", "HOSOCTL_"))}
        kept.pop("DATABASE_URL", None)
        # On a Kafka of somebody else's, names that no other stack has ever used.
        self.owns_broker = not kept.get("KAFKA_BOOTSTRAP_SERVERS")
        kept["HOSO_KAFKA_NAMESPACE"] = "" if self.owns_broker else f"test-{secrets.token_hex(4)}."
        self.environment = {
            **kept,
            "HOSO_DEV_STATE": str(self.state),
            "HOSO_DEV_PORT_BASE": str(self.base),
            "HOSO_DEV_PRODUCTS": str(PRODUCTS),
            # No test waits ten seconds for a seal.
            "HOSO_AUDIT_SEAL_INTERVAL": "1s",
        }

    def run(self, command, *arguments, check=True):
        """Runs one command of Infra/dev; its output."""
        done = subprocess.run(
            [DEV / command, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}"
        return done

    def end(self):
        """Ends every process of the stack and throws its state away."""
        try:
            # Says whom it had to kill because he did not end in time.
            print(self.run("down", check=False).stdout, file=sys.stderr)
        finally:
            mark = f"HOSO_DEV_STACK={self.state}"
            subprocess.run([DEV / "lib/marked", mark, "KILL"], check=False, capture_output=True)
            if os.environ.get("HOSO_TEST_KEEP"):
                print(f"kept: {self.state}", file=sys.stderr)
            else:
                shutil.rmtree(self.state, ignore_errors=True)

    @property
    def addresses(self):
        """Where everything is."""
        return json.loads((self.state / "addresses.json").read_text(encoding="utf-8"))

    def pid(self, name):
        """The process id of one of its processes."""
        return int((self.state / "run" / name).read_text().split()[0])

    def log(self, name, lines=40):
        """The end of a log."""
        path = self.state / "log" / f"{name}.log"
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def sql(self, statement):
        """Rows of a query over all schemas, each a list of texts."""
        done = subprocess.run(
            ["psql", "--no-psqlrc", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.addresses["database"]],
            input=statement,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def control(self, line):
        """Tells the embedded broker what is to go wrong in it (its `help` lists the commands)."""
        with socket.socket(socket.AF_UNIX) as line_out:
            line_out.settimeout(10)
            line_out.connect(self.addresses["brokerControl"])
            line_out.sendall(f"{line}\n".encode())
            answer = line_out.makefile().readline()
        assert answer == "ok\n", f"{line}: {answer}"

    def anonymous_memory(self, name):
        """The bytes that a process has of its own (RssAnon)."""
        status = pathlib.Path(f"/proc/{self.pid(name)}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("RssAnon:"))

    def events(self, *arguments):
        """What stands in the topics now: one dictionary for each record, and the text as it was written."""
        command = [PRODUCTS / "hosoctl", "events", "--json", "--brokers", self.addresses["kafka"], *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=self.environment)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.stdout

    def role_environment(self, service, **changes):
        """What a service is started with, with changes; for a second process of it beside the stack."""
        text = (self.state / "environment" / service).read_text(encoding="utf-8")
        script = f"set -a; {text}\nexec env -0"
        settings = subprocess.run(
            ["bash", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True
        )
        pairs = (pair.split("=", 1) for pair in settings.stdout.decode().split("\0") if "=" in pair)
        return {**dict(pairs), "HOSO_DEV_STACK": str(self.state), **changes}


class Freeze:
    """Stops the processes of a server (for a database also its children) and lets them go on again."""

    def __init__(self, stack, name):
        self._leader = stack.pid(name)
        self.pids = []

    def __enter__(self):
        os.kill(self._leader, signal.SIGSTOP)
        self.pids = [self._leader, *children_of(self._leader)]
        for pid in self.pids[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        eventually("the freeze", self.is_frozen)
        return self

    def is_frozen(self):
        """Whether all of them stand still; a child that was ending may be gone."""
        return state_of(self._leader) == "T" and all(state_of(pid) in ("T", "Z", None) for pid in self.pids)

    def __exit__(self, *_):
        for pid in reversed(self.pids or [self._leader]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class Locked:
    """A table that somebody else holds in a transaction of his own, so that who wants to write to it waits."""

    def __init__(self, stack, table, mode="EXCLUSIVE"):
        self._session = subprocess.Popen(  # pylint: disable=consider-using-with
            ["psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-d", stack.addresses["database"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._statement = f"BEGIN; LOCK TABLE {table} IN {mode} MODE;\n"

    def __enter__(self):
        self._session.stdin.write(self._statement)
        self._session.stdin.flush()
        assert [self._session.stdout.readline() for _ in range(2)] == ["BEGIN\n", "LOCK TABLE\n"]
        return self

    def __exit__(self, *_):
        # The end of its input ends the session and with it the lock.
        self._session.communicate(timeout=10)


class Meanwhile(threading.Thread):
    """Work beside the test; `done()` waits for it and raises what went wrong in it."""

    def __init__(self, work, *arguments):
        super().__init__(daemon=True)
        self._work, self._arguments, self._error = work, arguments, None
        self.start()

    def run(self):
        try:
            self._work(*self._arguments)
        except BaseException as error:  # pylint: disable=broad-except
            self._error = error

    def done(self, seconds=120):
        """Waits for the end of the work."""
        self.join(seconds)
        assert not self.is_alive(), "the work beside the test does not end"
        if self._error:
            raise self._error
