"""The row that is about imports: a file of the whole country held against an equal stock, 1 % of which differs."""

import contextlib
import http.client
import json
import itertools
import os
import time
import urllib.parse

from bench import dues
from bench.figures import Figure, no_longer
from bench.servers import Postgres, free_port, metric, psql, running, wait_for, watching

# The columns of the file, in their order.
COLUMNS = (
    "source_id, personal_id, full_name, sex, birth_date, card_number, record_number, joined_on, recognised_on, cell_code,"
    " residence_cell_code, state, dues_category"
)
# The whole country in a debug build takes long; nothing takes longer.
PATIENCE = 3_600
LARGEST_MEMORY = 90


class Country:
    """The files of a made-up population: the stock, and one of a later moment."""

    def __init__(self, bench, scale, most=0):
        place = bench.place / f"population-{scale}"
        command = [bench.products / "hosoctl", "generate", "--scale", scale, "--clean"]
        log = bench.place / "generate.log"

        def writing(revision):
            return running([*command, "--revision", revision, "--out", place / str(revision)], log)

        with writing(1) as stock, writing(2) as later:
            assert stock.wait() == later.wait() == 0, log.read_text(encoding="utf-8")
        self.organizations = place / "1/organizations.csv"
        self.stock, self.later = self._members(place / "1", most), self._members(place / "2", most)

    @staticmethod
    def _members(place, most):
        file = place / "members.csv"
        if not most:
            return file
        part = file.with_name("part.csv")
        with open(file, "rb") as lines, open(part, "wb") as out:
            out.writelines(itertools.islice(lines, most + 1))
        return part


class Directory:
    """A Directory service over HTTP and its database."""

    def __init__(self, bench, postgres, brokers):
        self._bench, self._postgres, self._brokers = bench, postgres, brokers
        self._token = bench.token("operator:bench", ["hoso.operator"])
        postgres.sql("CREATE ROLE hoso_directory LOGIN; ALTER ROLE hoso_directory SET search_path = directory")

    def make(self, database):
        """Makes a database with the service's tables, which is that of all that follows."""
        self._database = database
        self._postgres.make(database)
        self._postgres.sql("CREATE SCHEMA directory AUTHORIZATION hoso_directory", database)
        self._bench.migrate("directory", self._postgres.url(database, "hoso_directory"))

    @property
    def url(self):
        """The database for the peer."""
        return self._postgres.url(self._database)

    def sql(self, text):
        """Runs SQL on the service's tables; its rows."""
        return self._postgres.sql(f"SET search_path = directory;\n{text}", self._database)

    def fill(self, file):
        """Fills in members without the service."""
        text = (dues.HERE / "sql/members.sql").read_text(encoding="utf-8")
        self.sql(f"\\set file '{file}'\n{text}")

    @contextlib.contextmanager
    def serving(self):
        """The service; its process and address."""
        url = self._postgres.url(self._database, "hoso_directory")
        with self._bench.service("directory", url, self._brokers) as (process, address):
            yield process, address

    def take(self, address, file, subject, mode):
        """Sends a file as a client of the service does, and waits until it is compared; the seconds of the sending."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        query = urllib.parse.urlencode({"subject": subject, "mode": mode, "asOf": moment})
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "text/csv"}
        began = time.monotonic()
        with open(file, "rb") as body:
            told = self._ask(
                address, "POST", f"/v1/imports?{query}", body, headers | {"Content-Length": str(os.path.getsize(file))})
        upload = time.monotonic() - began

        def compared():
            seen = self._ask(address, "GET", f"/v1/imports/{told['importId']}", None, headers)
            assert seen["state"] in ("staged", "loading", "compared"), seen
            return seen["state"] == "compared"

        wait_for("the comparison", compared, PATIENCE, pause=0.05)
        return upload

    @staticmethod
    def _ask(address, method, path, body, headers):
        connection = http.client.HTTPConnection(address.partition("//")[2], timeout=PATIENCE, blocksize=1 << 16)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status not in (200, 202):
            raise RuntimeError(f"{answer.status} {text[:2000].decode()}")
        return json.loads(text)


def row_import(bench, plan):
    """A full file against the stock, and a plain COPY of it with one full outer join."""
    place = bench.place / f"import-{free_port()}"
    place.mkdir(mode=0o755)
    with Postgres(place) as postgres, bench.broker() as brokers:
        directory = Directory(bench, postgres, brokers)
        country = commune = Country(bench, "commune")
        _prove(directory, commune)
        if plan.population != "commune":
            country = Country(bench, plan.population, plan.members)
            directory.make("stock")
            with directory.serving() as (_, address):
                _load_organizations(directory, address, country.organizations)
            directory.fill(country.stock)
        members = int(directory.sql("SELECT count(*) FROM members")[0][0])
        rounds = [_round(directory, country.later) for _ in range(min(plan.rounds, 2))]
    a = Figure(f"{members:,} members compared", "s", [found["a"] for found in rounds])
    b = Figure("COPY and one full outer join", "s", [found["copy"] + found["join"] for found in rounds])
    peak = max(found["peak"] for found in rounds)
    words = "; ".join(f"upload {x['upload']:.1f}, COPY {x['copy']:.1f}, join {x['join']:.1f}" for x in rounds)
    notes = [f"RssAnon of the service: {peak:.0f} MB at most", f"seconds by round: {words}",
             f"{rounds[-1]['differences']:,} records differ"]
    row = no_longer("import", a, b, 3, notes)
    row.target += f", RssAnon < {LARGEST_MEMORY} MB"
    row.is_met = row.is_met and peak < LARGEST_MEMORY
    return row


def _prove(directory, commune):
    """A commune that the service loads gives the rows that the stock is filled with."""
    directory.make("proof")
    rows = "SELECT source_id, personal_id, version, cell_id, state, facts, document - 'id' FROM members"
    with directory.serving() as (_, address):
        _load_organizations(directory, address, commune.organizations)
        directory.take(address, commune.stock, "members", "first-load")
    directory.sql(f"CREATE TABLE loaded AS {rows}; TRUNCATE members CASCADE")
    directory.fill(commune.stock)
    both = directory.sql(f"SELECT (SELECT count(*) FROM ({rows} INTERSECT TABLE loaded) x), count(*) FROM loaded")
    assert both[0][0] == both[0][1] != "0", f"of the rows of a first load the stock has {both}"


def _load_organizations(directory, address, file):
    directory.take(address, file, "organizations", "first-load")
    # Nothing of it is on its way any more while something is measured.
    events = int(directory.sql("SELECT count(*) FROM outbox")[0][0])
    sent = "hoso_relay_events_sent_total"
    wait_for("the relay", lambda: metric(address, sent) >= events, PATIENCE, pause=0.05)


def _round(directory, file):
    """The seconds of A and of the parts of B, the peak of the service's memory, and how many differ."""
    found = {}
    # No row of a member is changed by it: the stock stays as it is.
    directory.sql("TRUNCATE imports CASCADE; CHECKPOINT")
    peak = {}
    with directory.serving() as (process, address), watching({"directory": process.pid}, peak):
        began = time.monotonic()
        found["upload"] = directory.take(address, file, "members", "full")
        found["a"] = time.monotonic() - began
    found["peak"] = peak["directory"]
    found["differences"] = int(directory.sql("SELECT count(DISTINCT key) FROM differences")[0][0])

    columns = COLUMNS.replace(",", " text,")
    directory.sql(f"DROP TABLE IF EXISTS told; CREATE UNLOGGED TABLE told ({columns} text); CHECKPOINT")
    search = "SET search_path = directory"
    found["copy"], _ = psql(directory.url, search, "COPY told FROM STDIN (FORMAT csv, HEADER)", "ANALYZE told", file=file)
    found["join"], counts = psql(directory.url, search, (dues.HERE / "peers/import.sql").read_text(encoding="utf-8"))
    differing = sum(map(int, counts.strip().split("|")))
    assert differing == found["differences"], f"A finds {found['differences']} who differ, B {differing}"
    directory.sql("DROP TABLE told")
    return found
