"""The row that is about settlement: a gateway's file of lines that match, against COPY and one join that writes the same."""

import contextlib
import datetime
import http.client
import json
import time
import urllib.parse

from bench import dues
from bench.cases import PATIENCE
from bench.figures import Figure, no_longer
from bench.servers import Postgres, free_port, psql, watching

GROSS, FEE = 50_000, 1_000
PAYEE = "018f0000-0000-7000-8003-000000000001"
# What an import leaves behind; now and then the audit's sealer tells of its own.
LEFT = {
    "lines": "settlement_lines", "postings": "ledger_postings", "exceptions": "exceptions",
    "events": "outbox WHERE type = 'hoso.payment.settled.v1'", "told": "payment_orders WHERE version = 2",
    "banked": "(SELECT FROM ledger_postings WHERE debit = 'bank' AND credit = 'gateway-clearing') x",
}
LARGEST_MEMORY = 90


def write_files(place, lines):
    """The gateway's file, and the same for COPY, without its trailer."""
    day = datetime.date.today() - datetime.timedelta(days=1)
    file, plain = place / "settlement.csv", place / "plain.csv"
    with open(file, "w", encoding="ascii") as out, open(plain, "w", encoding="ascii") as other:
        head = "TxnRef,TransactionNo,Amount,Fee,NetAmount,SettlementDate,Type\n"
        out.write(head)
        other.write(head)
        for number in range(1, lines + 1):
            line = f"BN{number:010d},{number},{GROSS},{FEE},{GROSS - FEE},{day},PAY\n"
            out.write(line)
            other.write(line)
        out.write(f"TOTAL,{lines},{lines * GROSS}\n")
    return file, plain


class Stage:
    """Dues with paid orders, each round on a database that is as it was at the beginning."""

    def __init__(self, bench, postgres, lines):
        self._bench, self._postgres = bench, postgres
        dues.make_schema(bench, postgres)
        settings = f"\\set first 1\n\\set last {lines}\n\\set state paid\n"
        texts = [(dues.HERE / "sql" / file).read_text(encoding="utf-8") for file in ("orders.sql", "paid_orders.sql")]
        postgres.sql(f"SET search_path = dues;\n{settings}" + "\n".join(texts), "filled")

    def by_service(self, file, peak):
        """The seconds from the first byte of the file to the answer, which follows the commit."""
        self._postgres.make("round", "filled")
        token = self._bench.token("operator:bench", ["hoso.operator"])
        headers = {
            "Authorization": f"Bearer {token}", "Content-Type": "text/csv", "Idempotency-Key": "settle-the-file",
            "Content-Length": str(file.stat().st_size),
        }
        query = urllib.parse.urlencode({"gateway": "vnpay", "organizationId": PAYEE})
        url = self._postgres.url("round", "hoso_dues")
        with self._bench.broker() as brokers, self._bench.service("dues", url, brokers) as (process, address):
            connection = http.client.HTTPConnection(address.partition("//")[2], timeout=PATIENCE, blocksize=1 << 16)
            with contextlib.closing(connection), watching({"dues": process.pid}, peak), open(file, "rb") as body:
                began = time.monotonic()
                connection.request("POST", f"/v1/settlements?{query}", body, headers)
                answer = connection.getresponse()
                told = json.loads(answer.read())
                seconds = time.monotonic() - began
        assert answer.status == 201 and set(told["states"]) == {"matched"}, told
        return seconds

    def by_hand(self, file):
        """The seconds of COPY and of the join."""
        self._postgres.make("round", "filled")
        self._postgres.sql(
            "SET search_path = dues; CREATE UNLOGGED TABLE told (number integer GENERATED ALWAYS AS IDENTITY,"
            " reference text, transaction text, gross bigint, fee bigint, net bigint, settled_on date, kind text)", "round")
        url = self._postgres.url("round")
        columns = "reference, transaction, gross, fee, net, settled_on, kind"
        copying, _ = psql(
            url, "SET search_path = dues", f"COPY told ({columns}) FROM STDIN (FORMAT csv, HEADER)", "ANALYZE told",
            file=file)
        join = (dues.HERE / "peers/settlement.sql").read_text(encoding="utf-8").replace(":'payee'", f"'{PAYEE}'")
        joining, _ = psql(url, "SET search_path = dues", "BEGIN", join, "COMMIT")
        return copying, joining

    def left(self):
        """How much there is of everything."""
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in LEFT.values())
        row = self._postgres.sql(f"SET search_path = dues; SELECT {counts}", "round")[0]
        return dict(zip(LEFT, map(int, row)))


def row_settlement(bench, plan):
    """A file of lines that all match, from its first byte to the answer, against COPY and one join."""
    lines = plan.settled_lines
    place = bench.place / f"settlement-{free_port()}"
    place.mkdir(mode=0o755)
    file, plain = write_files(place, lines)
    a, b, words, peak = [], [], [], {}
    with Postgres(place) as postgres:
        stage = Stage(bench, postgres, lines)
        for _ in range(min(plan.rounds, 2)):
            a.append(stage.by_service(file, peak))
            mine = stage.left()
            copying, joining = stage.by_hand(plain)
            b.append(copying + joining)
            words.append(f"COPY {copying:.1f}, join {joining:.1f}")
            theirs = stage.left()
            assert mine == theirs and mine["lines"] == lines, f"A and B do not leave the same: {mine} {theirs}"
    notes = [f"RssAnon of the service: {peak['dues']:.0f} MB at most", f"seconds by round: {'; '.join(words)}"]
    row = no_longer("settlement", Figure(f"{lines:,} lines", "s", a), Figure("COPY and one join", "s", b), 4, notes)
    row.target += f", RssAnon < {LARGEST_MEMORY} MB"
    row.is_met = row.is_met and peak["dues"] < LARGEST_MEMORY
    return row
