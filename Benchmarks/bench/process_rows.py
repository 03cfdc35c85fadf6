"""The rows that are about processes: memory and start."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from bench import dues
from bench.figures import Figure, Row, at_most
from bench.servers import anonymous_memory, status_of, wait_for, watching

SERVICES = ("console", "directory", "dues", "intake", "notification", "routing", "signing")
DEV = dues.HERE.parent / "Infra/dev"


class Suite:
    """The whole suite as `Infra/dev/up` starts it, with the measured executables."""

    def __init__(self, bench):
        self._state = pathlib.Path(tempfile.mkdtemp(prefix="hoso-bench-suite-"))
        self._state.chmod(0o755)
        self._bench = bench
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOSO_DEV_")},
            "HOSO_DEV_STATE": str(self._state),
            "HOSO_DEV_PORT_BASE": str(_free_base()),
            "HOSO_DEV_PRODUCTS": str(bench.products),
        }

    def __enter__(self):
        try:
            self.run("up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.run("down")
        shutil.rmtree(self._state, ignore_errors=True)

    def run(self, command, *arguments):
        """One command of Infra/dev."""
        done = subprocess.run(
            [DEV / command, *arguments], env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def demonstrate(self):
        """The two main threads of the suite once: a transfer, and dues from assessment to settlement."""
        self.run("demo", str(self._state / "addresses.json"))

    @contextlib.contextmanager
    def service(self, name):
        """A service of its own in the place of one that has ended, ready."""
        script = '. "$1"; exec env -0'
        told = subprocess.run(
            ["bash", "-ac", script, "environment", self._state / "environment" / name],
            env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True,
        ).stdout
        settings = dict(pair.split("=", 1) for pair in told.split("\0") if pair)
        address = json.loads((self._state / "addresses.json").read_text(encoding="utf-8"))[name]
        with self._bench.serving(name, settings, address):
            yield

    @property
    def pids(self):
        """The services' processes."""
        return {name: int((self._state / "run" / name).read_text().split()[0]) for name in SERVICES}


def _free_base():
    return next(base for base in range(26_000, 32_000, 100) if all(_is_free(base + offset) for offset in range(30)))


def _is_free(port):
    return status_of(f"http://127.0.0.1:{port}/") == 0


def row_memory(bench, plan):
    """Anonymous memory of each service, idle and while the demonstration runs again and again."""
    with Suite(bench) as suite:
        pids = suite.pids
        time.sleep(plan.settle_seconds)
        idle = {name: anonymous_memory(pid) for name, pid in pids.items()}
        peak = dict(idle)
        with watching(pids, peak):
            for _ in range(plan.demonstrations):
                suite.demonstrate()
    words = ", ".join(f"{name} {idle[name]:.0f} → {peak[name]:.0f}" for name in SERVICES)
    a = Figure("the largest idle service", "MB", [max(idle.values())])
    b = Figure("the largest under load", "MB", [max(peak.values())])
    is_met = a.median <= 30 and b.median <= 90
    return Row("memory", a, "idle ≤ 30 MB, load ≤ 90 MB", is_met, b, notes=[f"RssAnon in MB: {words}"])


def row_start(bench, plan):
    """From the start of a process to its readiness, beside the rest of the suite, everything migrated."""
    times = {name: [] for name in SERVICES}
    with Suite(bench) as suite:
        for name, pid in suite.pids.items():
            os.kill(pid, signal.SIGTERM)
            wait_for(f"the end of {name}", lambda pid=pid: not pathlib.Path(f"/proc/{pid}/exe").exists())
            for _ in range(max(plan.rounds, 3)):
                began = time.monotonic()
                with suite.service(name):
                    times[name].append(time.monotonic() - began)
    worst = max(times, key=lambda name: statistics.median(times[name]))
    words = ", ".join(f"{name} {statistics.median(values):.2f} s" for name, values in times.items())
    return at_most("start", Figure(f"start to ready, {worst}", "s", times[worst]), 0.3, [words])
