"""The row that is about parity: a month's orders, payments, postings and events compared, and their plain sums."""

import subprocess
import time

from bench import dues, month
from bench.figures import Figure, no_longer
from bench.servers import Postgres, free_port, watching

LARGEST_MEMORY = 90


def row_parity(bench, plan):
    """`POST /v1/parity-checks`, against one statement that adds up the same tables."""
    place = bench.place / f"parity-{free_port()}"
    place.mkdir(mode=0o755)
    a, b, peak = [], [], {}
    with Postgres(place) as postgres:
        filled = month.Month(bench, postgres, plan)
        peer = (dues.HERE / "peers/parity.sql").read_text(encoding="utf-8")
        with filled.serving() as (process, address):
            for _ in range(min(plan.rounds, 3)):
                with watching({"dues": process.pid}, peak):
                    seconds, found = filled.ask(address, "POST", "/v1/parity-checks", {"month": filled.name})
                assert found["items"] == [], f"the books differ: {found}"
                a.append(seconds)
                b.append(_sums(filled, peer))
            # What is compared is not nothing: one posting too many is found.
            postgres.sql(
                "SET search_path = dues; INSERT INTO ledger_postings SELECT uuid_v7(posted_at), posted_at, cause, debit,"
                " debit_owner, credit, credit_owner, amount, member_id, month, assessment_id, payment_id"
                " FROM ledger_postings LIMIT 1", "filled")
            _, found = filled.ask(address, "POST", "/v1/parity-checks", {"month": filled.name})
            assert [item["kind"] for item in found["items"]] == ["posting-amount-differs"], found
    notes = [f"RssAnon of the service: {peak['dues']:.0f} MB at most"]
    row = no_longer(
        "parity", Figure(f"{filled.payments:,} payments compared", "s", a), Figure("sums of the same tables", "s", b), 3,
        notes)
    row.target += f", RssAnon < {LARGEST_MEMORY} MB"
    row.is_met = row.is_met and peak["dues"] < LARGEST_MEMORY
    return row


def _sums(filled, peer):
    began = time.monotonic()
    done = subprocess.run(
        ["psql", "--no-psqlrc", "-qAtX", "--dbname", filled.url, "-c", peer], capture_output=True, text=True, check=True)
    seconds = time.monotonic() - began
    orders, total, paid, overpaid, posted, events = map(int, done.stdout.strip().split("|"))
    assert orders == events == filled.payments and total == paid == posted and overpaid == 0, done.stdout
    return seconds
