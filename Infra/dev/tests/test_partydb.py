"""The stand-in of the Party Member Database gives each record once, page by page."""

import os
import subprocess
import sys
import time
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
        [sys.executable, "-B", str(DEV / "stand-ins/partydb.py"), "--port", str(port), "--state-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline().startswith("ready")
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def page(address, subject, **query):
    """The lines of a page and the cursor of the next one."""
    with urllib.request.urlopen(f"{address}/{subject}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        assert answer.headers["As-Of"].endswith("Z")
        return answer.read().decode().splitlines(), answer.headers["Next-Cursor"]


def test_pages(source, tmp_path):
    """Five records on pages of two, each once and in order."""
    (tmp_path / "members.jsonl").write_text("".join(f'{{"sourceId":"S{number}"}}\n' for number in range(5)))
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        lines, cursor = page(source, "members", limit=2, **({"cursor": cursor} if cursor else {}))
        found += lines
        pages += 1
    assert pages == 3
    assert found == [f'{{"sourceId":"S{number}"}}' for number in range(5)]


def test_replaced(source, tmp_path):
    """A cursor of a file that was replaced is refused."""
    path = tmp_path / "members.jsonl"
    path.write_text('{"a":"1"}\n{"a":"2"}\n')
    _, cursor = page(source, "members", limit=1)
    later = time.time() + 5
    os.utime(path, (later, later))
    with pytest.raises(urllib.error.HTTPError) as refused:
        page(source, "members", cursor=cursor)
    assert refused.value.code == 410


def test_delta(source, tmp_path):
    """What changed since a moment is another file; where there is none, nothing."""
    assert page(source, "organizations", since="2026-11-20T00:00:00Z") == ([], None)
    (tmp_path / "organizations-delta.jsonl").write_text('{"code":"A35"}\n')
    assert page(source, "organizations", since="2026-11-20T00:00:00Z") == (['{"code":"A35"}'], None)
