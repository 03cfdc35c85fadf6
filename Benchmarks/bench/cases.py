"""Routing with a made-up country and open cases, each round on a database that is as it was at the beginning."""

import contextlib
import dataclasses
import json
import subprocess
import urllib.request

from bench import dues
from bench.servers import Postgres, free_port, wait_for

# The levels of `sql/tree.sql`.
CENTRE, PROVINCE, COMMUNE, BASE, CELL = range(1, 6)
OFFICER, DOSSIER = 10, 7
PATIENCE = 1_800
FILLED = (
    "directory_organizations", "directory_members", "directory_roles", "cases", "case_turns", "case_places",
    "case_history",
)


def made(kind, number):
    """The id that `bench_id` of the database makes."""
    return f"019a9e{kind:02x}-0000-7000-8000-{number:012x}"


@dataclasses.dataclass
class Tree:
    """How many of each level stand under each of the level above, and members in each cell."""

    provinces: int
    communes: int
    bases: int
    cells: int
    applicants: int

    def count(self, kind):
        """How many there are of a level."""
        count = 1
        for below in (self.provinces, self.communes, self.bases, self.cells)[: kind - 1]:
            count *= below
        return count

    def above(self, cell, kind):
        """The organisation of a level over a cell, by their numbers."""
        return cell * self.count(kind) // self.count(CELL)

    def settings(self):
        """The tree for psql."""
        return "".join(f"\\set {name} {value}\n" for name, value in dataclasses.asdict(self).items())


class Stage:
    """A database server and Routing's databases on it: `filled`, and copies of it for the rounds."""

    def __init__(self, bench, tree):
        self.bench, self.tree = bench, tree
        self.load = bench.compile(dues.HERE / "load/load.c")
        self._tokens = {}

    @contextlib.contextmanager
    def ready(self, dossiers):
        """The stage with so many cases, which the service itself has opened; none for 0."""
        place = self.bench.place / f"cases-{free_port()}"
        place.mkdir(mode=0o755)
        with Postgres(place) as self.postgres:
            self.postgres.sql("CREATE ROLE hoso_routing LOGIN; ALTER ROLE hoso_routing SET search_path = routing")
            self.postgres.make("filled")
            self.postgres.sql("CREATE SCHEMA routing AUTHORIZATION hoso_routing", "filled")
            self.bench.migrate("routing", self.url("filled"))
            self.run("filled", "tree.sql")
            if dossiers:
                self._open(dossiers)
            yield self

    def url(self, database):
        """A database as the service's role sees it."""
        return self.postgres.url(database, "hoso_routing")

    def sql(self, text, database="filled"):
        """Runs SQL on the service's tables; its rows."""
        return self.postgres.sql(f"SET search_path = routing;\n{text}", database)

    def run(self, database, *files, **more):
        """Runs files of SQL, one after the other in one session."""
        more["all_cells"] = self.tree.count(CELL)
        settings = self.tree.settings() + "".join(f"\\set {name} {value}\n" for name, value in more.items())
        texts = [(dues.HERE / "sql" / file).read_text(encoding="utf-8") for file in files]
        self.postgres.sql(f"SET search_path = routing;\n{settings}" + "\n".join(texts), database)

    def _open(self, dossiers):
        """Tells the service of dossiers, and lets it open their cases."""
        self.postgres.make("sender", "filled")
        # Into the next commune.
        distance = self.tree.bases * self.tree.cells
        self.run("sender", "dossiers.sql", first=0, last=dossiers - 1, distance=distance, cells_of_commune=distance)
        source, linger = '-DSOURCE="intake"', '-DLINGER="5"'
        relay = self.bench.compile(
            dues.HERE / "peers/relay.c", source, linger, "-I/usr/include/postgresql", "-lpq", "-lrdkafka")
        with self.bench.broker() as brokers, self.serving("filled", brokers):
            subprocess.run([relay, self.url("sender"), brokers, str(dossiers)], check=True, capture_output=True)
            count = "SELECT count(*) FROM cases"
            wait_for("the cases", lambda: int(self.sql(count)[0][0]) >= dossiers, PATIENCE, pause=0.1)
        self.postgres.sql("DROP DATABASE sender")
        # What was told of it then is in another broker: it would be sent once more.
        self.sql("TRUNCATE outbox, relay_positions, consumer_positions, inbox")
        # Only what has rows: of a table that was empty when it was looked at the planner believes that it stays so, and
        # reads it whole. In production autovacuum looks again once there are rows.
        self.sql(f"VACUUM ANALYZE {', '.join(FILLED)}")

    @contextlib.contextmanager
    def serving(self, database, brokers=None):
        """The service on a database, its copy of the directory level with an empty topic; its process and address."""
        with contextlib.ExitStack() as stack:
            brokers = brokers or stack.enter_context(self.bench.broker())
            process, address = stack.enter_context(self.bench.service("routing", self.url(database), brokers))
            wait_for("the copy of the directory", lambda: ask(address, "/v1/work-list", self.token(CELL, 0))[0] == 200)
            yield process, address

    def token(self, kind, number):
        """The token of the officer of an organisation."""
        if (kind, number) not in self._tokens:
            self._tokens[kind, number] = self.bench.token(made(OFFICER + kind, number))
        return self._tokens[kind, number]

    def decisions(self, cases, kind, header=""):
        """What the officers of a level over the cases' cells send to let them go on, as the load generator reads it."""
        # Each names the turn and the version of the case that it is decided on.
        seen = "SELECT dossier_id, turn, step, document -> 'revision' FROM case_turns JOIN cases USING (dossier_id)"
        open_turns = {id_: turn for id_, *turn in self.sql(seen)}
        return [self._decision(case, kind, header, *open_turns[made(DOSSIER, case)]) for case in cases]

    def _decision(self, case, kind, header, turn, step, version):
        cell = case % self.tree.count(CELL)
        id_, number = made(DOSSIER, case), self.tree.above(cell, kind)
        key = f"decide-{id_}" if kind == CELL else f"decide-{id_}-{kind}"
        body = json.dumps({"action": "approve", "step": step, "turn": int(turn), "version": int(version)})
        return f"/v1/cases/{id_}/actions\t{self.token(kind, number)}\t{key}\t{body}\t{header}\n"

    def send(self, address, lines, method, rate=0, connections=32):
        """Sends requests with the load generator, which has its own file of them."""
        file = self.bench.place / "requests.txt"
        file.write_text("".join(lines), encoding="utf-8")
        return dues.load(self.load, address, file, len(lines), rate, connections, method)


def ask(address, path, token, body=None, key=None):
    """The status of a GET, or of a POST of a body under a key, and the answer's JSON, nothing where it has none."""
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
    request = urllib.request.Request(address + path, body and json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None
