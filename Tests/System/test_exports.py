"""Exports whose reader stops, goes away or takes too long: the query with them, the service's memory flat."""

import contextlib
import json
import socket
import urllib.parse

import pytest
from stack import eventually
from walkthrough.dues import this_month
from walkthrough.suite import OPERATOR

ROWS = 120_000
# More than all buffers on the way hold, with the rows: some 90 MB.
PADDING = 750
LARGEST_MEMORY = 90 << 20
# The one that talks to the client: parallel workers show the same query, and a connection its last one after the end.
COPYING = (
    "SELECT wait_event FROM pg_stat_activity"
    " WHERE query LIKE 'COPY (%' AND state = 'active' AND backend_type = 'client backend'"
)


@pytest.fixture(scope="module")
def cell(stack, directory):
    """A cell with so many exceptions."""
    identifier = directory.ids["organizations"]["cell-a2"]
    stack.sql(
        "SET search_path = dues; INSERT INTO exceptions (exception_id, kind, owner_id, amount, raised_at, assignee)"
        f" SELECT uuid_v7(now()), 'overpaid', '{identifier}', n, now(), repeat('x', {PADDING})"
        f" FROM generate_series(1, {ROWS}) AS n"
    )
    yield identifier
    stack.sql(f"DELETE FROM dues.exceptions WHERE assignee = repeat('x', {PADDING})")


class Reader:
    """Somebody who asks for an export and reads as he likes."""

    def __init__(self, suite, cell):
        place = urllib.parse.urlsplit(suite.addresses["dues"])
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self._socket.settimeout(60)
        self._socket.connect((place.hostname, place.port))
        self._socket.sendall(
            f"GET /v1/organizations/{cell}/exports/exceptions?from={this_month()} HTTP/1.1\r\nHost: {place.hostname}\r\n"
            f"Authorization: Bearer {suite.token(OPERATOR)}\r\n\r\n".encode()
        )

    def __enter__(self):
        self.first = self.read()
        return self

    def __exit__(self, *_):
        self._socket.close()

    def read(self):
        """What there is; nothing when the other side has closed."""
        return self._socket.recv(1 << 16)

    def rest(self):
        """The last bytes before the other side closes; a reset is an end too."""
        end = self.first
        with contextlib.suppress(ConnectionResetError):
            while piece := self.read():
                end = (end + piece)[-7:]
        return end


def traces(stack):
    """What the audit says of exports that ended."""
    return [json.loads(row[0]) for row in stack.sql("SELECT details FROM dues.audit WHERE action = 'export.ended'")]


def test_a_reader_who_stops_stops_the_query_and_one_who_leaves_ends_it(stack, suite, cell):
    before = len(traces(stack))
    with Reader(suite, cell) as reader:
        assert reader.first.startswith(b"HTTP/1.1 200")
        eventually("the query waits for the reader", lambda: stack.sql(COPYING) == [["ClientWrite"]])
        assert stack.anonymous_memory("dues") < LARGEST_MEMORY
    eventually("the query's end", lambda: stack.sql(COPYING) == [])
    (trace,) = eventually("the trace", lambda: traces(stack)[before:])
    assert trace["whole"] == "false" and int(trace["rows"]) < ROWS, trace


def test_a_file_that_breaks_off_has_no_end(stack, suite, cell):
    with Reader(suite, cell) as reader:
        eventually("the query waits for the reader", lambda: stack.sql(COPYING) == [["ClientWrite"]])
        ended = COPYING.replace("wait_event", "pg_terminate_backend(pid)")
        assert stack.sql(ended) == [["t"]]
        assert reader.rest() != b"\r\n0\r\n\r\n"


def test_a_whole_file_has_its_end(stack, suite, cell):
    before = len(traces(stack))
    with Reader(suite, cell) as reader:
        end = reader.first
        while not end.endswith(b"\r\n0\r\n\r\n"):
            piece = reader.read()
            assert piece, "it ended without its end"
            end = (end + piece)[-7:]
    (trace,) = eventually("the trace", lambda: traces(stack)[before:])
    assert trace["whole"] == "true" and int(trace["rows"]) >= ROWS, trace
