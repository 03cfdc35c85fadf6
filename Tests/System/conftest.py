"""One stack for all system tests: those that break things come last."""

import os
import random
import signal
import sys

import pytest
from stack import DEV, PRODUCTS, Stack

sys.path.insert(0, str(DEV))
sys.dont_write_bytecode = True

from walkthrough.directory import Directory  # noqa: E402
from walkthrough.suite import Suite  # noqa: E402
from walkthrough.timeline import Timeline  # noqa: E402

SEED = int(os.environ.get("HOSO_TEST_SEED", random.randrange(1 << 32)))
ORDER = ("test_thread", "test_bad_input", "test_operations", "test_faults")


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
def timeline():
    """What the threads print stands in the captured output of a test that failed."""
    return Timeline()
