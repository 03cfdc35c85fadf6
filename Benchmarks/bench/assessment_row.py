"""The row that is about the monthly assessment: everybody's dues, with what follows, against one statement by hand."""

import datetime
import time

from bench import dues
from bench.cases import PATIENCE, Tree, ask
from bench.figures import Figure, versus
from bench.servers import Postgres, free_port, wait_for, watching

VIETNAM = datetime.timezone(datetime.timedelta(hours=7))
# What a run leaves behind, but for its own row.
LEFT = ("assessments", "ledger_postings", "standings", "told", "assessment_changes", "exceptions", "advances")
# The events of a run; now and then the audit's sealer tells of its own.
TOLD = "WITH told AS (SELECT FROM outbox WHERE topic IN ('hoso.dues.assessments.v1', 'hoso.dues.standings.v1'))"
LARGEST_MEMORY = 90


class Month:
    """The month that is assessed, which is the present one."""

    def __init__(self):
        first = datetime.datetime.now(VIETNAM).date().replace(day=1)
        self.name = f"{first:%Y-%m}"
        self.last_day = (first + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
        self.before = f"{first - datetime.timedelta(days=1):%Y-%m}"

    def settings(self):
        """The month for psql."""
        return f"\\set month {self.name}\n\\set month_before {self.before}\n\\set last_day {self.last_day}\n"


class Stage:
    """Dues with a made-up country, each round on a database that is as it was at the beginning."""

    def __init__(self, bench, postgres, tree):
        self._bench, self._postgres = bench, postgres
        dues.make_schema(bench, postgres)
        self.run("filled", *(dues.HERE / "sql" / file for file in ("payers.sql", "tree.sql")), settings=tree.settings())

    def run(self, database, *files, settings=""):
        """Runs files of SQL in one session; what they say."""
        texts = "\n".join(file.read_text(encoding="utf-8") for file in files)
        return self._postgres.sql(f"SET search_path = dues;\n{settings}{texts}", database)

    def by_service(self, month, peak):
        """The seconds from the order of a run until it is seen that it is done."""
        self._postgres.make("round", "filled")
        token = self._bench.token("operator:bench", ["hoso.operator"])
        url = self._postgres.url("round", "hoso_dues")
        with self._bench.broker() as brokers, self._bench.service("dues", url, brokers) as (process, address):
            with watching({"dues": process.pid}, peak):
                began = time.monotonic()
                status, run = ask(address, "/v1/assessment-runs", token, {"month": month.name}, "assess-the-month")
                assert status == 202, f"{status}: {run}"

                def done():
                    seen = ask(address, f"/v1/assessment-runs/{run['runId']}", token)[1]
                    return seen if seen["state"] == "done" else None

                wait_for("the run", done, PATIENCE, pause=0.05)
                return time.monotonic() - began

    def by_hand(self, month):
        """The seconds that one statement takes."""
        self._postgres.make("round", "filled")
        first = f"SELECT ensure_assessment_month('{month.name}');\n"
        peer = dues.HERE / "peers/assessment.sql"
        return float(self.run("round", peer, settings=month.settings() + first)[-1][0])

    def left(self):
        """How many rows there are, by table, and what they say of the money."""
        counts = [f"(SELECT count(*) FROM {table})" for table in LEFT]
        sums = "(SELECT sum(amount) FROM assessments), (SELECT count(*) FILTER (WHERE provisional) FROM assessments)," \
            " (SELECT sum(amount) FROM ledger_postings), (SELECT sum(arrears) FROM standings)"
        row = self._postgres.sql(f"SET search_path = dues; {TOLD} SELECT {', '.join(counts)}, {sums}", "round")[0]
        return dict(zip((*LEFT, "due", "provisional", "posted", "arrears"), map(int, row)))


def row_assessment(bench, plan):
    """The monthly run over everybody, with explanations, postings, standings and events, against one statement."""
    # 64 cells in a commune, 25 members and an officer in each.
    tree = Tree(provinces=-(-plan.communes // 98), communes=min(plan.communes, 98), bases=8, cells=8, applicants=25)
    month = Month()
    place = bench.place / f"assessment-{free_port()}"
    place.mkdir(mode=0o755)
    a, b, peak = [], [], {}
    with Postgres(place) as postgres:
        stage = Stage(bench, postgres, tree)
        for _ in range(min(plan.rounds, 2)):
            a.append(stage.by_service(month, peak))
            mine = stage.left()
            b.append(stage.by_hand(month))
            theirs = stage.left()
            assert mine == theirs, f"A and B do not leave the same: {mine} {theirs}"
    members = mine["assessments"]
    rates = [[members / seconds for seconds in times] for times in (a, b)]
    notes = [f"{members:,} members; RssAnon of the service: {peak['dues']:.0f} MB at most"]
    row = versus("assessment", Figure("Dues", "/s", rates[0]), Figure("one statement", "/s", rates[1]), 0.7, notes)
    row.target += f", RssAnon < {LARGEST_MEMORY} MB"
    row.is_met = row.is_met and peak["dues"] < LARGEST_MEMORY
    return row
