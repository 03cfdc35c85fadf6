"""A Dues service with open payment orders, each round on a database that is as it was at the beginning."""

import contextlib
import json
import pathlib
import re
import subprocess

from bench import callbacks

HERE = pathlib.Path(__file__).resolve().parents[1]

# What a callback writes at once; receipts and what follows them have a transaction of their own.
TABLES = ("callbacks", "payment_orders", "assessments", "payments", "ledger_postings", "outbox", "advances", "exceptions")


def make_schema(bench, postgres):
    """Makes the database `filled` with the service's tables, and its role."""
    postgres.sql("CREATE ROLE hoso_dues LOGIN; ALTER ROLE hoso_dues SET search_path = dues")
    postgres.make("filled")
    postgres.sql("CREATE SCHEMA dues AUTHORIZATION hoso_dues", "filled")
    bench.migrate("dues", postgres.url("filled", "hoso_dues"))


class Dues:
    """The service's databases: one that is filled once, copies of it for the rounds."""

    def __init__(self, bench, postgres, orders):
        self._bench, self._postgres = bench, postgres
        make_schema(bench, postgres)
        orders_sql = (HERE / "sql/orders.sql").read_text(encoding="utf-8")
        postgres.sql(f"SET search_path = dues;\n\\set first 1\n\\set last {orders}\n{orders_sql}", "filled")

    def fresh(self):
        """A copy of the filled database under the name `round`; its URL for the service's role."""
        self._postgres.make("round", "filled")
        return self._postgres.url("round", "hoso_dues")

    @contextlib.contextmanager
    def serving(self, brokers, more=None):
        """The service on a fresh copy; its process and address. Receipts are made by another process, not here."""
        settings = {"HOSO_DUES_RECEIPTS_ENABLED": "false"} | (more or {})
        with self._bench.service("dues", self.fresh(), brokers, settings) as running:
            yield running

    def written(self):
        """Rows inserted and updated so far in the round's database, by table."""
        rows = self._postgres.sql(
            "SELECT coalesce(parent.relname, s.relname), sum(n_tup_ins), sum(n_tup_upd)"
            " FROM pg_stat_user_tables s LEFT JOIN pg_inherits i ON i.inhrelid = s.relid"
            " LEFT JOIN pg_class parent ON parent.oid = i.inhparent"
            " WHERE s.schemaname = 'dues' GROUP BY 1",
            "round",
        )
        return {row[0]: (int(row[1]), int(row[2])) for row in rows if len(row) == 3 and row[0] in TABLES}


def load(program, address, targets, count, rate=0, connections=callbacks.CONNECTIONS, method="GET"):
    """Sends requests and answers what the load generator saw."""
    port = address.rpartition(":")[2]
    done = subprocess.run(
        [program, port, targets, method, str(connections), str(count), str(rate)],
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def pgbench(postgres, transactions, clients=callbacks.CONNECTIONS):
    """Runs the peer's transactions on the round's database; transactions a second."""
    script = pathlib.Path(postgres.place) / "callbacks.sql"
    text = (HERE / "peers/callbacks.sql").read_text(encoding="utf-8")
    raw = callbacks.query(1)
    data = (HERE / "peers/payment-received.json").read_text(encoding="utf-8").strip()
    # As literals: constants of the prepared statements, as a client would bind them.
    text = text.replace("'RAW'", f"'\\x{raw.encode().hex()}'").replace("'DATA'", f"'\\x{data.encode().hex()}'")
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["/usr/lib/postgresql/15/bin/pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2",
         f"--transactions={transactions // clients}", f"--file={script}", "--define=k=0", f"--define=clients={clients}",
         postgres.url("round", "hoso_dues")],
        capture_output=True, text=True, check=False,
    )
    return rate_of(done)


def rate_of(done):
    """The transactions a second of a run of pgbench, all of which succeeded."""
    found = re.search(r"tps = ([0-9.]+) \(without initial", done.stdout)
    if done.returncode or not found or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError((done.stdout + done.stderr)[:2000])
    return float(found.group(1))
