"""A month of payments in the tables of Dues, for the rows that read it."""

import contextlib
import datetime
import http.client
import json
import time
import uuid

from bench import dues

PATIENCE = 3_600
# The first body of each kind in sql/tree.sql.
LEVELS = {
    name: f"019a9e{kind:02x}-0000-7000-8000-000000000000"
    for kind, name in ((1, "centre"), (2, "province"), (3, "commune"), (5, "cell"))
}


class Month:
    """The service's database, filled with the current month."""

    def __init__(self, bench, postgres, plan):
        self._bench, self._postgres = bench, postgres
        self.payments = plan.payments
        now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7)))
        self.name = f"{now.year}-{now.month:02}"
        dues.make_schema(bench, postgres)
        self.url = postgres.url("filled", "hoso_dues")
        levels = dict(zip(("provinces", "communes", "bases", "cells"), plan.tree))
        self.cells = 1
        for count in plan.tree:
            self.cells *= count
        self._fill("tree", **levels, applicants=0)
        data = (dues.HERE / "peers/payment-received.json").read_text(encoding="utf-8").strip()
        self._fill("payments", payments=self.payments, cells=self.cells, month=self.name, data=data)
        postgres.sql("CHECKPOINT", "filled")

    def _fill(self, name, **values):
        lines = ["SET search_path = dues;"] + [f"\\set {key} {_quoted(value)}" for key, value in values.items()]
        text = (dues.HERE / f"sql/{name}.sql").read_text(encoding="utf-8")
        self._postgres.sql("\n".join([*lines, text]), "filled")

    @contextlib.contextmanager
    def serving(self):
        """The service on the filled database; its process and address."""
        with self._bench.broker() as brokers:
            settings = {"HOSO_DUES_RECEIPTS_ENABLED": "false"}
            with self._bench.service("dues", self.url, brokers, settings) as running:
                yield running

    def token(self):
        """A token of an operator."""
        return self._bench.token("operator:bench", ["hoso.operator"])

    def ask(self, address, method, path, body=None):
        """Asks the service; the seconds that it took, and what it said."""
        headers = {
            "Authorization": f"Bearer {self.token()}", "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        connection = http.client.HTTPConnection(address.partition("//")[2], timeout=PATIENCE)
        with contextlib.closing(connection):
            began = time.monotonic()
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            seconds = time.monotonic() - began
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text[:2000].decode()}")
        return seconds, json.loads(text)


def _quoted(value):
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'" if isinstance(value, str) else value
