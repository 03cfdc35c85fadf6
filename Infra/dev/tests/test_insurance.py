"""The stand-in of Vietnam Social Security gives each figure of a month once, and those of one person."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import DEV, free_port_base


@pytest.fixture(name="source")
def running(tmp_path):
    """Its address; the files are in `tmp_path`."""
    port = free_port_base()
    with subprocess.Popen(
        [sys.executable, "-B", str(DEV / "stand-ins/insurance.py"), "--port", str(port), "--state-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline().startswith("ready")
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def figure(person, month, amount, employer="DV01"):
    """A record as the files have it."""
    return {
        "personalId": person,
        "month": month,
        "kind": "insurance-salary",
        "employerCode": employer,
        "amount": amount,
    }


def write(folder, month, figures):
    """The file of a month."""
    lines = "".join(json.dumps(one) + "\n" for one in figures)
    (folder / f"figures-{month}.jsonl").write_text(lines, encoding="utf-8")


def page(address, **query):
    """The records of a page and the cursor of the next one."""
    with urllib.request.urlopen(f"{address}/figures?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        assert answer.headers["As-Of"].endswith("Z")
        return [json.loads(line) for line in answer.read().splitlines()], answer.headers["Next-Cursor"]


def ask(address, person, month):
    """What one person has."""
    body = json.dumps({"personalId": person, "month": month}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{address}/figures/inquiries", body), timeout=10) as answer:
        return json.load(answer)


def test_pages(source, tmp_path):
    """Three figures on pages of two, each once, of the month that is asked for only."""
    october = [figure(f"90109000000{number}", "2026-10", number) for number in range(3)]
    write(tmp_path, "2026-10", october)
    write(tmp_path, "2026-09", [figure("901090000009", "2026-09", 9)])
    first, cursor = page(source, month="2026-10", limit=2)
    second, last = page(source, month="2026-10", limit=2, cursor=cursor)
    assert first + second == october and last is None
    assert page(source, month="2026-08") == ([], None)


def test_inquiry(source, tmp_path):
    """All employers of one person's month; nothing of a month without any; nobody is 404."""
    person = "901090000017"
    figures = [figure(person, "2026-10", 1), figure(person, "2026-10", 2, "DV02"), figure("901090000024", "2026-10", 3)]
    write(tmp_path, "2026-10", figures)
    answer = ask(source, person, "2026-10")
    assert [one["amount"] for one in answer["figures"]] == [1, 2]
    assert all("personalId" not in one for one in answer["figures"]) and answer["asOf"].endswith("Z")
    assert ask(source, person, "2026-09")["figures"] == []
    with pytest.raises(urllib.error.HTTPError) as unknown:
        ask(source, "901090000031", "2026-10")
    assert unknown.value.code == 404


def test_refused(source):
    """A month that is none is refused."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        page(source, month="../../etc")
    assert refused.value.code == 400
