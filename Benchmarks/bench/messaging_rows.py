"""The rows that are about events: relay, consumer, hop, decay."""

import contextlib
import json
import subprocess
import time

from bench import dues
from bench.figures import Figure, Row, versus
from bench.servers import Postgres, free_port, metric, running, wait_for

PARTITIONS = 12


class Events:
    """A database server with outboxes full of events, the measured programs and the peer."""

    def __init__(self, bench):
        self.bench = bench
        self.subject = bench.products / "BenchmarkSubject"
        linger = '-DLINGER="0.5"'
        self.peer = bench.compile(dues.HERE / "peers/relay.c", linger, "-I/usr/include/postgresql", "-lpq", "-lrdkafka")
        self.data = (dues.HERE / "peers/payment-received.json").read_text(encoding="utf-8").strip()

    @contextlib.contextmanager
    def ready(self):
        """Starts the server."""
        place = self.bench.place / f"events-{free_port()}"
        place.mkdir(mode=0o755)
        with Postgres(place) as self.postgres:
            self.postgres.sql("CREATE ROLE hoso_dues LOGIN; ALTER ROLE hoso_dues SET search_path = dues")
            yield self

    def url(self, database):
        """A database as the service's role sees it."""
        return self.postgres.url(database, "hoso_dues")

    def make(self, database):
        """A database with the service's tables."""
        self.postgres.make(database)
        self.postgres.sql("CREATE SCHEMA dues AUTHORIZATION hoso_dues", database)

    def fill(self, database, first, last):
        """Writes events into its outbox, a thousand in a transaction."""
        text = (dues.HERE / "sql/outbox.sql").read_text(encoding="utf-8")
        lines = ["SET search_path = dues;", f"\\set data '{self.data}'"]
        for start in range(first, last + 1, 1_000):
            lines += [f"\\set first {start}", f"\\set last {min(start + 999, last)}", text]
        self.postgres.sql("\n".join(lines), database)

    def send_with_peer(self, database, brokers, count):
        """Sends the outbox with the peer's loop; events a second."""
        return json.loads(run(self.peer, self.url(database), brokers, count))

    def run_subject(self, command, database, brokers, *more):
        """Runs one command of the measured side to its end; its output."""
        return run(self.subject, command, "--database", self.url(database), "--brokers", brokers, *more)


def run(*command):
    """Runs a program to its end; its output."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def row_relay(bench, plan):
    """Committed rows to confirmed in Kafka."""
    count, a, b = plan.relayed, [], []
    with Events(bench).ready() as events:
        events.make("filled")
        bench.migrate("dues", events.url("filled"))
        events.fill("filled", 1, count)
        events.postgres.sql("VACUUM ANALYZE", "filled")
        for _ in range(plan.rounds):
            events.postgres.make("round", "filled")
            with bench.broker() as brokers, bench.service("dues", events.url("round"), brokers) as (_, address):
                a.append(_rate_of_relay(address, count))
            events.postgres.make("round", "filled")
            with bench.broker() as brokers:
                seen = events.send_with_peer("round", brokers, count)
                b.append(seen["sent"] / seen["seconds"])
    return versus("relay", Figure("relay of Dues", "/s", a), Figure("C loop", "/s", b), 0.6)


def _rate_of_relay(address, count):
    """Events a second between the first look that sees some sent and the last."""
    name = "hoso_relay_events_sent_total"
    first = wait_for("the first page", lambda: metric(address, name), pause=0.005)
    began = time.monotonic()
    wait_for("the whole outbox", lambda: metric(address, name) >= count, seconds=600, pause=0.05)
    return (count - first) / (time.monotonic() - began)


def row_consumer(bench, plan):
    """Batches with inbox and one trivial handler."""
    count, a, b = plan.consumed, [], []
    with Events(bench).ready() as events:
        events.make("filled")
        events.run_subject("prepare", "filled", "127.0.0.1:1")
        events.fill("filled", 1, count)
        for _ in range(plan.rounds):
            with bench.broker() as brokers:
                events.send_with_peer("filled", brokers, count)
                events.postgres.make("round", "filled")
                seen = json.loads(events.run_subject("consume", "round", brokers, "--count", count))
                a.append(seen["handled"] / seen["seconds"])
                events.postgres.make("round", "filled")
                peer = [bench.python, dues.HERE / "peers/consumer.py", events.url("round").partition("?")[0], brokers, count]
                seen = json.loads(run(*peer))
                b.append(seen["handled"] / seen["seconds"])
    return versus("consumer", Figure("consumer", "/s", a), Figure("asyncpg + confluent-kafka", "/s", b), 1.5)


# The embedded broker does not end a waiting fetch when records come, as Kafka does: so it is asked again at once.
PROMPT = "fetch.wait.max.ms=2"


def row_hop(bench, plan):
    """From a commit to the commit of what the next service makes of it, at 500 events a second."""
    rate, count = 500, 500 * plan.latency_seconds
    halves, tails = [], []
    with Events(bench).ready() as events:
        for _ in range(plan.rounds):
            for database in ("written", "read"):
                events.make(database)
                events.run_subject("prepare", database, "127.0.0.1:1")
            with bench.broker() as brokers:
                reader = subprocess.Popen(
                    [
                        events.subject, "hop-read", "--database", events.url("read"), "--brokers", brokers,
                        "--count", str(count), "--property", PROMPT,
                    ],
                    stdout=subprocess.PIPE, text=True,
                )
                written = events.run_subject("hop-write", "written", brokers, "--rate", rate, "--count", count)
                read, _ = reader.communicate(timeout=60)
            latencies = _latencies(written, read)
            assert len(latencies) == count, f"{count - len(latencies)} of {count} events did not arrive"
            steady = sorted(latency for moment, latency in latencies if moment > 1)
            halves.append(steady[len(steady) // 2])
            tails.append(steady[int(len(steady) * 0.99)])
    a = Figure("p50", "ms", halves)
    b = Figure("p99", "ms", tails)
    return Row("hop", a, "p50 ≤ 5 ms, p99 ≤ 25 ms", a.median <= 5 and b.median <= 25, b)


def _latencies(written, read):
    """When each was committed, in seconds from the first on, and how many milliseconds it took."""
    starts = {key: int(moment) for key, moment in map(str.split, written.splitlines())}
    ends = {key: int(moment) for key, moment in map(str.split, read.splitlines())}
    first = min(starts.values())
    return [
        ((starts[key] - first) / 1e9, (ends[key] - starts[key]) / 1e6) for key in starts.keys() & ends.keys()
    ]


def row_decay(bench, plan):
    """How fast a burst is relayed and consumed after a long steady load, against the beginning."""
    return _decay(bench, plan, "decay", 0.95, holds_snapshot=False)


def row_decay_snapshot(bench, plan):
    """The same while somebody holds a snapshot from the beginning on."""
    return _decay(bench, plan, "decay-snapshot", 0.9, holds_snapshot=True)


BURST = 20_000


def _decay(bench, plan, name, target, holds_snapshot):
    with contextlib.ExitStack() as stack:
        events = stack.enter_context(Events(bench).ready())
        for database in ("written", "read"):
            events.make(database)
        bench.migrate("dues", events.url("written"))
        events.run_subject("prepare", "read", "127.0.0.1:1")
        brokers = stack.enter_context(bench.broker())
        _, address = stack.enter_context(bench.service("dues", events.url("written"), brokers))
        reader = [events.subject, "consume", "--database", events.url("read"), "--brokers", brokers, "--count", 10**9]
        stack.enter_context(running(reader, bench.place / "reader.log"))
        if holds_snapshot:
            stack.enter_context(_old_snapshot(events))
        run = _Steady(events, address)
        run.advance(2_000, seconds=10)
        first = [run.burst() for _ in range(plan.rounds)]
        run.advance(2_000, seconds=plan.decay_seconds)
        last = [run.burst() for _ in range(plan.rounds)]
    return versus(
        name, Figure(f"a burst after {plan.decay_seconds / 60:.0f} min", "/s", last),
        Figure("a burst at the beginning", "/s", first), target, [f"{run.sent:,} events in all"])


@contextlib.contextmanager
def _old_snapshot(events):
    holder = subprocess.Popen(
        ["psql", "--no-psqlrc", "-q", "--dbname", events.postgres.url("written")], stdin=subprocess.PIPE, text=True)
    holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT txid_current();\n")
    holder.stdin.flush()
    try:
        yield
    finally:
        holder.stdin.close()
        holder.wait(10)


class _Steady:
    """Writes events at a steady rate, and bursts of them whose way it times."""

    def __init__(self, events, address):
        self._events, self._address, self.sent = events, address, 0

    def advance(self, rate, seconds):
        """A second's worth each second."""
        began = time.monotonic()
        for second in range(seconds):
            self._write(rate)
            time.sleep(max(0, began + second + 1 - time.monotonic()))
        self._wait_until_level()

    def burst(self):
        """Events a second from the commit of a burst until the last of it is handled."""
        self._write(BURST)
        began = time.monotonic()
        self._wait_until_level()
        return BURST / (time.monotonic() - began)

    def _write(self, count):
        self._events.fill("written", self.sent + 1, self.sent + count)
        self.sent += count

    def _wait_until_level(self):
        wait_for("level", lambda: self._handled() >= self.sent, seconds=300, pause=0.005)

    def _handled(self):
        rows = self._events.postgres.sql(
            f"""SET search_path = dues; SELECT coalesce(sum(next_offset), 0) FROM generate_series(0, {PARTITIONS - 1}) AS p
            CROSS JOIN LATERAL (SELECT next_offset FROM consumer_positions WHERE consumer = 'bench.consume'
                AND topic = 'hoso.dues.payments.v1' AND partition = p ORDER BY id DESC LIMIT 1) newest""",
            "read",
        )
        return int(rows[-1][0])
