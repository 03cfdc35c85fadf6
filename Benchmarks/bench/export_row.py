"""The row that is about exports: a month of payments over HTTP, and COPY of the same rows."""

import subprocess
import time

from bench import dues, month
from bench.figures import Figure, versus
from bench.servers import Postgres, free_port, watching

LARGEST_MEMORY = 90


def row_export(bench, plan):
    """The payments of the country's month as CSV, against psql."""
    place = bench.place / f"export-{free_port()}"
    place.mkdir(mode=0o755)
    a, b, peak = [], [], {}
    with Postgres(place) as postgres:
        filled = month.Month(bench, postgres, plan)
        peer = (dues.HERE / "peers/export.sql").read_text(encoding="utf-8")
        with filled.serving() as (process, address):
            for _ in range(min(plan.rounds, 3)):
                path = f"/v1/organizations/{month.LEVELS['centre']}/exports/payments?from={filled.name}"
                with watching({"dues": process.pid}, peak):
                    seconds, lines, size = _counted(
                        ["curl", "--silent", "--fail", "--no-buffer", "-H", f"Authorization: Bearer {filled.token()}",
                         f"{address}{path}&bom=false&headings=en"])
                assert lines == filled.payments + 1, f"{lines} lines, not {filled.payments} and their headings"
                a.append(filled.payments / seconds)
                seconds, others, other = _counted(["psql", "--no-psqlrc", "-qX", "--dbname", filled.url, "-c", peer])
                # The headings, and a CR in each line.
                heading = len("paymentId,confirmedAt,channel,gatewayTransaction,reference,memberId,month,organizationCode,"
                              "organizationName,amount,paymentAmount,overpaid\n")
                assert (others, other) == (lines - 1, size - heading - lines), f"{size} bytes, {other} of the peer"
                b.append(filled.payments / seconds)
            reports = ", ".join(_report(filled, address, level) for level in month.LEVELS)
    notes = [
        f"RssAnon of the service: {peak['dues']:.0f} MB at most", f"{size / 2**20:,.0f} MB each",
        f"the month's report: {reports}",
    ]
    row = versus("export", Figure(f"{filled.payments:,} payments over HTTP", "/s", a), Figure("COPY TO", "/s", b), 0.5, notes)
    row.target += f", RssAnon < {LARGEST_MEMORY} MB"
    row.is_met = row.is_met and peak["dues"] < LARGEST_MEMORY
    return row


def _report(filled, address, level):
    """How long the report of a body takes, in words; its sums are those of all payments where it is the centre."""
    seconds, told = filled.ask(address, "GET", f"/v1/organizations/{month.LEVELS[level]}/report?from={filled.name}")
    if level == "centre":
        assert told["whole"]["assessed"] == filled.payments, told["whole"]
    assert told["whole"]["collected"] == told["whole"]["electronic"] == told["whole"]["paid"] > 0, told["whole"]
    return f"{level} {seconds:.2f} s"


def _counted(command):
    """Runs a command whose output only `wc` reads: seconds, lines, bytes."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        counted = subprocess.run(["wc", "-lc"], stdin=source.stdout, capture_output=True, text=True, check=True)
    seconds = time.monotonic() - began
    if source.returncode:
        raise RuntimeError(f"{command[0]} ended with {source.returncode}")
    lines, size = map(int, counted.stdout.split())
    return seconds, lines, size
