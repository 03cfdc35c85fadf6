"""One stack for all system tests: those that break things come last."""

import json
import os
import random
import signal
import subprocess
import sys

import pytest
from attacks import Attack
from stack import DEV, PRODUCTS, SERVICES, Stack

sys.path[:0] = [str(DEV), str(DEV / "stand-ins")]
sys.dont_write_bytecode = True

from walkthrough.directory import Directory  # noqa: E402
from walkthrough.suite import Suite  # noqa: E402
from walkthrough.timeline import Timeline  # noqa: E402

SEED = int(os.environ.get("HOSO_TEST_SEED", random.randrange(1 << 32)))
ORDER = """
test_thread test_supplement test_procedures test_bad_input test_operations test_faults test_crashes test_readiness test_lag test_backlog test_overload
test_ending test_secrets test_audit test_exports test_payments
""".split()


def pytest_configure():
    """A runner that takes too long is ended by SIGTERM: the stack must end with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """The order of the modules; within one that of the file."""
    items.sort(key=lambda item: ORDER.index(item.module.__name__) if item.module.__name__ in ORDER else len(ORDER))


def pytest_terminal_summary(terminalreporter):
    """The seed, with which a run can be repeated."""
    terminalreporter.write_line(f"seed of the faults: HOSO_TEST_SEED={SEED}")


@pytest.fixture(scope="session")
def seeded():
    """Randomness of this run."""
    return random.Random(SEED)


@pytest.fixture
def attack(request):
    """Notes which fault of Tests/faults.tsv a test puts the suite to; `docs/faults.md` is made of these notes."""
    noted = []
    seed = SEED if "seeded" in request.fixturenames else None

    def note(identifier, done):
        noted.append(Attack(request.node.nodeid, identifier, done, seed))
        return noted[-1]

    yield note
    for one in noted:
        one.write()


@pytest.fixture(scope="session")
def stack():
    """A running stack with everything that was built."""
    assert PRODUCTS.joinpath("hosoctl").exists(), f"nothing is built in {PRODUCTS}: swift build"
    running = Stack()
    try:
        running.run("up")
        yield running
    finally:
        running.end()


@pytest.fixture(scope="session")
def suite(stack):
    """A patient user of the stack."""
    return Suite(stack.addresses, patience=60, arrival=90)


@pytest.fixture(scope="session")
def directory(suite):
    """Directory with the demonstration's tree, copied everywhere."""
    known = Directory(suite)
    known.load()
    known.wait_for_copies()
    return known


@pytest.fixture
def hosoctl(stack, suite):
    """Runs hosoctl as an operator of the stack would; its output, as JSON where it is asked for."""
    environment = {
        **stack.environment,
        "HOSOCTL_KEY": str(stack.state / "identity/key-001.pem"),
        "HOSO_IDENTITY_ISSUER": suite.addresses["identity"],
        "KAFKA_BOOTSTRAP_SERVERS": suite.addresses["kafka"],
        **{f"HOSOCTL_{service.upper()}_URL": suite.addresses[service] for service in SERVICES},
    }

    def run(*arguments, code=0):
        command = [PRODUCTS / "hosoctl", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr

    return run


@pytest.fixture
def broker_of_our_own(stack):
    """Only a broker that the stack started may be frozen, killed or told to fail."""
    if not stack.owns_broker:
        pytest.skip("the broker is not the stack's own: KAFKA_BOOTSTRAP_SERVERS names it")


@pytest.fixture
def timeline():
    """What the threads print stands in the captured output of a test that failed."""
    return Timeline()
