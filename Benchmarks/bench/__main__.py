"""Runs the rows and prints the table."""

import argparse
import dataclasses
import datetime
import json
import pathlib
import sys
import time
import traceback

from bench import (
    assessment_row, case_rows, export_row, import_row, machine, messaging_rows, parity_row, process_rows, rows,
    settlement_row,
)
from bench.figures import table
from bench.servers import Bench


@dataclasses.dataclass
class Plan:
    """How much of everything."""

    rounds: int = 5
    callbacks: int = 60_000
    relayed: int = 300_000
    consumed: int = 40_000
    latency_rate: int = 2_000
    latency_seconds: int = 20
    overload_seconds: int = 60
    decay_seconds: int = 1_800
    demonstrations: int = 10
    settle_seconds: int = 10
    # How much of the made-up country is compared, and at most how many of its members; 0 is all of them.
    population: str = "country"
    members: int = 0
    decisions: int = 5_000
    open_cases: int = 1_000_000
    list_rate: int = 50
    list_seconds: int = 30
    campaign: int = 100_000
    # Of whose members the dues are assessed; 3,332 communes are the country's 5.6 million.
    communes: int = 3_332
    settled_lines: int = 1_000_000
    # How many payments a month has, and the tree that they come from: provinces, communes in each, bases, cells.
    payments: int = 5_000_000
    tree: tuple = (34, 100, 12, 5)


QUICK = Plan(
    rounds=2, callbacks=20_000, relayed=100_000, consumed=20_000, latency_seconds=5, overload_seconds=10,
    decay_seconds=30, demonstrations=3, settle_seconds=3, population="province", members=100_000, decisions=2_000,
    open_cases=200_000, list_seconds=10, campaign=5_000, communes=60, settled_lines=50_000, payments=500_000,
    tree=(34, 20, 6, 5),
)
SMOKE = Plan(
    rounds=1, callbacks=1_000, relayed=5_000, consumed=2_000, latency_rate=50, latency_seconds=4, overload_seconds=1,
    decay_seconds=2, demonstrations=1, settle_seconds=0, population="commune", decisions=160, open_cases=2_000,
    list_rate=10, list_seconds=3, campaign=200, communes=1, settled_lines=1_000, payments=2_000, tree=(2, 2, 2, 2),
)

ROWS = {
    "callbacks": rows.row_callbacks,
    "callbacks-python": rows.row_callbacks_python,
    "callbacks-latency": rows.row_callbacks_latency,
    "relay": messaging_rows.row_relay,
    "consumer": messaging_rows.row_consumer,
    "hop": messaging_rows.row_hop,
    "memory": process_rows.row_memory,
    "start": process_rows.row_start,
    "overload": rows.row_overload,
    "decay": messaging_rows.row_decay,
    "decay-snapshot": messaging_rows.row_decay_snapshot,
    "import": import_row.row_import,
    "routing": case_rows.row_routing,
    "worklist": case_rows.row_worklist,
    "campaign": case_rows.row_campaign,
    "assessment": assessment_row.row_assessment,
    "settlement": settlement_row.row_settlement,
    "export": export_row.row_export,
    "parity": parity_row.row_parity,
}


def main():
    """The command."""
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description=__doc__)
    parser.add_argument("--products", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args()
    if asked.list:
        print("\n".join(ROWS))
        return 0
    plan = SMOKE if asked.smoke else QUICK if asked.quick else Plan()
    bench = Bench(asked.products)
    try:
        return measure(bench, plan, asked)
    finally:
        bench.remove()


def measure(bench, plan, asked):
    """Takes the rows; the exit code tells whether all of them could be taken."""
    about = machine.describe(bench.place)
    done, failed = [], []
    for name in asked.only or ROWS:
        began = time.monotonic()
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        try:
            done.append(ROWS[name](bench, plan))
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        except Exception:  # pylint: disable=broad-exception-caught
            failed.append(name)
            print("could not be taken", file=sys.stderr, flush=True)
            traceback.print_exc()
    day = datetime.date.today().isoformat()
    text = "\n".join(f"- {name}: {value}" for name, value in about.items()) + "\n\n" + table(done)
    print(text)
    if asked.markdown:
        asked.markdown.write_text(text, encoding="utf-8")
    if asked.json:
        record = {"day": day, "machine": about, "rows": [row.record() for row in done], "failed": failed}
        asked.json.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
