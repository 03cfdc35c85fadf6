"""Every row of the benchmarks can be taken; with so little work its figures mean nothing and are not judged."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROWS = subprocess.run(
    [ROOT / "Benchmarks/run", "--list"], capture_output=True, text=True, check=True, env={**os.environ}
).stdout.split()
# Rows that fill their tables for half a minute and more, and the one that another row is but for a snapshot.
LONG = ("import", "routing", "worklist", "campaign", "assessment", "settlement", "decay-snapshot")
IS_LONG = "HOSO_TEST_LONG" in os.environ


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """What a smoke run of the rows wrote, by row."""
    file = tmp_path_factory.mktemp("benchmarks") / "smoke.json"
    environment = {"HOSO_BENCH_PRODUCTS": str(ROOT / ".build/debug"), **os.environ}
    only = [word for row in ROWS if IS_LONG or row not in LONG for word in ("--only", row)]
    command = [ROOT / "Benchmarks/run", "--smoke", "--json", file, *only]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    print(done.stdout, done.stderr)
    return {row["name"]: row for row in json.loads(file.read_text(encoding="utf-8"))["rows"]}


@pytest.mark.parametrize("name", ROWS)
def test_the_row_can_be_taken(request, name):
    if name in LONG and not IS_LONG:
        pytest.skip("only with Infra/test --long")
    taken = request.getfixturevalue("taken")
    row = taken[name]
    for figure in filter(None, (row["a"], row["b"])):
        assert figure["values"] and all(value > 0 for value in figure["values"]), row
