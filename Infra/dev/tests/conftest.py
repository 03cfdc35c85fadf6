"""A stack of its own for the tests: its own state, its own ports, the executables that were built."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import pytest

DEV = pathlib.Path(__file__).resolve().parents[1]
PRODUCTS = pathlib.Path(os.environ.get("HOSO_DEV_PRODUCTS", DEV.parents[1] / ".build/debug"))


def free_port_base():
    """The first of 40 ports that nobody listens on."""
    for base in range(20_000, 30_000, 100):
        try:
            for port in range(base, base + 40):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise RuntimeError("no free ports")


class Stack:
    """The commands of Infra/dev, on one state directory."""

    def __init__(self, state, base, dev=DEV, prefix=(), **variables):
        self.state, self.base, self._dev, self._prefix = pathlib.Path(state), base, dev, list(prefix)
        self._environment = {
            **{name: value for name, value in os.environ.items() if self._is_kept(name)},
            "HOSO_DEV_STATE": str(state),
            "HOSO_DEV_PORT_BASE": str(base),
            **variables,
        }

    @staticmethod
    def _is_kept(name):
        """Servers of somebody else's are no part of these tests: what a stack starts itself is what they look at."""
        if name.startswith("HOSO_DEV_"):
            return name == "HOSO_DEV_PRODUCTS"
        return name not in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "HOSO_KAFKA_NAMESPACE")

    def run(self, command, *arguments, check=True, **variables):
        """Runs one command and returns what it said on both outputs."""
        done = subprocess.run(
            [*self._prefix, str(self._dev / command), *arguments],
            env={**self._environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout
        return done

    def pids(self):
        """Name to process id."""
        return {path.name: int(path.read_text().split()[0]) for path in (self.state / "run").iterdir()}

    def addresses(self):
        """What `up` wrote down."""
        return json.loads((self.state / "addresses.json").read_text())


def make_state():
    """A directory that the database server's user can pass, too."""
    state = pathlib.Path(tempfile.mkdtemp(prefix="hoso-stack-"))
    state.chmod(0o755)
    return state


@pytest.fixture(scope="session")
def stack():
    """A running stack; it is repaired by `up` where a test broke it."""
    running = Stack(make_state(), free_port_base())
    running.run("up")
    yield running
    running.run("down")
    shutil.rmtree(running.state)


@pytest.fixture
def state_directory():
    """An empty one."""
    state = make_state()
    yield state
    shutil.rmtree(state)
