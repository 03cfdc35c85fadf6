"""The rows of the table that are about callbacks: HTTP in, signature, booking, answer."""

import contextlib
import math
import statistics
import sys

from bench import callbacks, dues
from bench.figures import Figure, at_most, versus
from bench.servers import Postgres, anonymous_memory, free_port, running, status_of, wait_for

PEERS = dues.HERE / "peers"
WARM_UP = 2_000


class Stage:
    """A Dues service, its database server and its requests, for all rows about callbacks."""

    def __init__(self, bench):
        self.bench = bench
        self.load = bench.compile(dues.HERE / "load/load.c")
        self.warm, self.targets = bench.place / "warm.txt", bench.place / "targets.txt"

    @contextlib.contextmanager
    def ready(self, requests):
        """The stage with so many requests to send."""
        first = callbacks.write_targets(self.warm, 1, WARM_UP)[callbacks.CONFIRMED] + 1
        self.expected = callbacks.write_targets(self.targets, first, requests, seed=2)
        place = self.bench.place / f"stage-{free_port()}"
        place.mkdir(mode=0o755)
        with Postgres(place) as self.postgres:
            self.dues = dues.Dues(self.bench, self.postgres, first + requests)
            yield self

    @contextlib.contextmanager
    def service(self, more=None):
        """The service, warm."""
        with self.bench.broker() as brokers, self.dues.serving(brokers, more) as (process, address):
            dues.load(self.load, address, self.warm, WARM_UP)
            yield process, address

    def check(self, seen):
        """Every request of the file has the answer that it deserves."""
        assert seen["answers"] == dict(self.expected), f"{seen['answers']}, not {dict(self.expected)}"


def _a_unit(stage, requests):
    """Rows that one callback wrote, by table; what a session counted is known when it has ended."""
    return {
        table: tuple(count / requests for count in counts) for table, counts in stage.dues.written().items()
    }


def _assert_same_rows(one, other, requests):
    # The peer throws its dice anew.
    tolerance = 0.01 + 1.5 / math.sqrt(requests)
    for table in one:
        for mine, theirs in zip(one[table], other[table]):
            assert abs(mine - theirs) < tolerance, f"A and B do not write the same rows: {table}: {one[table]} {other[table]}"


def row_callbacks(bench, plan):
    """Dues against pgbench on the same tables."""
    requests = plan.callbacks
    a, b = [], []
    with Stage(bench).ready(requests) as stage:
        for _ in range(plan.rounds):
            with stage.service() as (_, address):
                seen = dues.load(stage.load, address, stage.targets, requests)
                stage.check(seen)
                a.append(requests / seen["seconds"])
            mine = _a_unit(stage, WARM_UP + requests)
            stage.dues.fresh()
            b.append(dues.pgbench(stage.postgres, requests))
            _assert_same_rows(mine, _a_unit(stage, requests // 32 * 32), requests)
    return versus("callbacks", Figure("Dues", "/s", a), Figure("pgbench", "/s", b), 1.0)


def row_callbacks_python(bench, plan):
    """Dues against FastAPI and asyncpg."""
    requests = plan.callbacks
    a, b, memory = [], [], []
    with Stage(bench).ready(requests) as stage:
        for _ in range(plan.rounds):
            with stage.service() as (_, address):
                seen = dues.load(stage.load, address, stage.targets, requests)
                stage.check(seen)
                a.append(requests / seen["seconds"])
            with _python_peer(stage) as (process, address):
                dues.load(stage.load, address, stage.warm, WARM_UP)
                seen = dues.load(stage.load, address, stage.targets, requests)
                stage.check(seen)
                b.append(requests / seen["seconds"])
                memory.append(sum(anonymous_memory(pid) for pid in _family(process.pid)))
    note = f"the peer's processes hold {statistics.median(memory):.0f} MB (RssAnon) together"
    return versus("callbacks-python", Figure("Dues", "/s", a), Figure("FastAPI + asyncpg", "/s", b), 2.0, [note])


def _family(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [pid, *map(int, file.read().split())]


@contextlib.contextmanager
def _python_peer(stage):
    port = free_port()
    environment = {
        "BENCH_DATABASE": stage.dues.fresh().partition("?")[0] + "?sslmode=disable",
        "BENCH_SECRET": callbacks.SECRET,
        "BENCH_MERCHANT": callbacks.MERCHANT,
        "PYTHONPATH": str(PEERS),
    }
    command = [
        sys.executable, "-m", "uvicorn", "callbacks_app:app", "--host", "127.0.0.1", "--port", port, "--workers", 2,
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]
    with running(command, stage.bench.place / "uvicorn.log", environment) as process:
        address = f"http://127.0.0.1:{port}"
        wait_for("uvicorn", lambda: status_of(f"{address}{callbacks.PATH}") == 200)
        yield process, address


def row_callbacks_latency(bench, plan):
    """The 99th percentile at 2,000 a second, from the moment each was due."""
    rate = plan.latency_rate
    requests = rate * plan.latency_seconds
    values, halves = [], []
    with Stage(bench).ready(requests) as stage:
        for _ in range(plan.rounds):
            with stage.service() as (_, address):
                seen = dues.load(stage.load, address, stage.targets, requests, rate, connections=64)
            stage.check(seen)
            assert abs(seen["offered"] / rate - 1) < 0.01, f"the load generator could not hold the rate: {seen}"
            values.append(seen["p99"])
            halves.append(seen["p50"])
    note = f"half of them within {statistics.median(halves):.1f} ms"
    return at_most("callbacks-latency", Figure(f"p99 at {rate:,}/s", "ms", values), 15, [note])


def row_overload(bench, plan):
    """What is done at three times capacity, against the peak."""
    requests = plan.callbacks
    goodput, peaks, memory = [], [], []
    with Stage(bench).ready(plan.callbacks * 2) as stage:
        for _ in range(min(plan.rounds, 2)):
            with stage.service() as (process, address):
                seen = dues.load(stage.load, address, stage.targets, requests)
                peak = requests / seen["seconds"]
                usual = anonymous_memory(process.pid)
            offered = int(3 * peak * plan.overload_seconds)
            with stage.service() as (process, address):
                seen = dues.load(stage.load, address, stage.targets, offered, 3 * peak, connections=900)
                memory.append(f"{usual:.0f} → {anonymous_memory(process.pid):.0f} MB")
            done = sum(seen["answers"].get(kind, 0) for kind in stage.expected)
            goodput.append(done / seen["seconds"])
            peaks.append(peak)
    notes = [f"memory {', '.join(memory)}", f"the last round's answers: {seen['answers']}"]
    return versus("overload", Figure("goodput", "/s", goodput), Figure("peak", "/s", peaks), 0.8, notes)
