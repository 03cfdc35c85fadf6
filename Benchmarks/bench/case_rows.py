"""The rows that are about cases: decisions, work lists, campaigns."""

import contextlib
import random
import re
import statistics
import subprocess
import time

from bench import dues
from bench.cases import BASE, CELL, CENTRE, COMMUNE, DOSSIER, PATIENCE, PROVINCE, Stage, Tree, ask, made
from bench.figures import Figure, at_most, no_longer, versus
from bench.servers import wait_for

CONNECTIONS = 32
# What a decision writes at once.
TABLES = ("cases", "case_turns", "case_history", "case_places", "case_stops", "outbox", "audit", "idempotency_keys")
# Where the events of cases go.
EVENTS = "hoso.routing.cases.v1"


def row_routing(bench, plan):
    """Decisions of cell secretaries against pgbench on the same tables."""
    requests = plan.decisions // CONNECTIONS * CONNECTIONS
    warm = requests // 5
    tree = Tree(provinces=2, communes=max(1, min(10, requests // 1_000)), bases=5, cells=5, applicants=0)
    tree.applicants = -(-(warm + requests) // tree.count(CELL))
    a, b, short = [], [], []
    with Stage(bench, tree).ready(warm + requests) as stage:
        for _ in range(plan.rounds):
            for rates, header in ((short, "Prefer: return=minimal"), (a, "")):
                lines = stage.decisions(range(warm + requests), CELL, header)
                stage.postgres.make("round", "filled")
                with stage.serving("round") as (_, address):
                    # Few at a time: everything is cold, and who waits for a connection for too long is refused.
                    _check(stage.send(address, lines[:warm], "POST", connections=4), warm)
                    seen = stage.send(address, lines[warm:], "POST")
                    _check(seen, requests)
                rates.append(requests / seen["seconds"])
            mine = _written(stage, warm + requests)
            script = _decision(stage, tree, warm)
            stage.postgres.make("round", "filled")
            b.append(_pgbench(stage, script, requests))
            theirs = _written(stage, requests)
            assert mine == theirs, f"A and B do not write the same rows: {mine} {theirs}"
    row = versus("routing", Figure("Routing", "/s", a), Figure("pgbench", "/s", b), 0.5)
    row.notes.append(f"with `Prefer: return=minimal`: {statistics.median(short):,.0f} /s")
    return row


def _check(seen, count):
    assert seen["answers"] == {"200": count}, seen


def _written(stage, decisions):
    """Rows inserted, updated and deleted for each decision, by table."""
    rows = stage.sql(
        "SELECT coalesce(parent.relname, s.relname), sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del)"
        " FROM pg_stat_user_tables s LEFT JOIN pg_inherits i ON i.inhrelid = s.relid"
        " LEFT JOIN pg_class parent ON parent.oid = i.inhparent"
        f" WHERE s.schemaname = 'routing' AND coalesce(parent.relname, s.relname) IN {TABLES} GROUP BY 1", "round")
    found = {row[0]: [int(count) for count in row[1:]] for row in rows}
    # Now and then the audit's sealer tells of its own.
    found["outbox"][0] -= int(stage.sql(f"SELECT count(*) FROM outbox WHERE topic <> '{EVENTS}'", "round")[0][0])
    return {table: tuple(round(count / decisions, 2) for count in counts) for table, counts in found.items()}


def _decision(stage, tree, first):
    """The peer's script, with the values that the service wrote for one such decision."""
    case = made(DOSSIER, first)

    def told(query):
        return stage.sql(query, "round")

    def data(column):
        return f"encode(convert_to({column}::text, 'UTF8'), 'hex')"

    now = told(
        f"SELECT c.version, t.turn, t.step, t.role, extract(epoch FROM t.due_at), t.due_calendar,"
        f" extract(epoch FROM t.alert_at), {data('c.document')}, t.box, t.procedure, t.code"
        f" FROM cases c JOIN case_turns t USING (dossier_id) WHERE c.dossier_id = '{case}'")[0]
    before = stage.sql(f"SELECT version FROM cases WHERE dossier_id = '{case}'")[0][0]
    events = told(
        f"SELECT h.version, h.type, h.actor, {data('h.data')}, o.topic, coalesce(o.traceparent, ''), encode(o.data, 'hex')"
        f" FROM case_history h JOIN outbox o ON o.key = h.dossier_id AND o.version = h.version"
        f" WHERE h.dossier_id = '{case}' AND h.version > {before} ORDER BY h.version")
    audit = told(f"SELECT {data('details')}, coalesce(traceparent, '') FROM audit WHERE subject = '{case}'")[0]
    kept = told(
        "SELECT encode(body_digest, 'hex'), encode(body, 'hex'), (SELECT string_agg(quote_literal(h), ',')"
        f" FROM unnest(headers) h) FROM idempotency_keys WHERE key = 'decide-{case}'")[0]
    assert int(now[0]) == int(before) + len(events), "the decision has an event for each of its versions"
    words = {
        "FIRST": str(first), "CELLS_OF_BASE": str(tree.cells), "CELLS": str(tree.count(CELL)), "VERSION": now[0],
        "TURN": now[1], "STEP": now[2], "ROLE": now[3], "DUE": now[4], "CALENDAR": now[5], "ALERT": now[6],
        "DOCUMENT": "\\x" + now[7], "BOX": now[8], "PROCEDURE": now[9], "CODE": now[10].removesuffix(str(10_000 + first)),
        "BEFORE": before, "EVENTS": "\n".join(map(_event, events)),
        "DETAILS": "\\x" + audit[0], "TRACE": _trace(audit[1]), "DIGEST": "\\x" + kept[0], "ANSWER": "\\x" + kept[1],
        "HEADERS": kept[2],
    }
    text = (dues.HERE / "peers/decision.sql").read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--")) + "\n"
    return re.sub("|".join(rf"\b{word}\b" for word in words), lambda found: words[found.group()], body)


def _trace(text):
    return f"'{text}'" if text else "NULL"


def _event(row):
    """Statements for one event of a decision."""
    version, kind, _, data, topic, trace, payload = row
    return (
        "INSERT INTO case_history (dossier_id, version, at, type, actor, data) VALUES (bench_id(7, :n), "
        f"{version}, now(), '{kind}', bench_id(15, :cell)::text, convert_from('\\x{data}', 'UTF8')::jsonb);\n"
        "INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, traceparent, data) VALUES "
        f"(0, '{topic}', bench_id(7, :n), {version}, false, bench_id({0x40 + int(version)}, :n), '{kind}', now(), "
        f"{_trace(trace)}, '\\x{payload}');"
    )


def _pgbench(stage, script, transactions):
    """Runs the peer's transactions on the round's database; transactions a second."""
    file = stage.postgres.place / "decision.sql"
    file.write_text(script, encoding="utf-8")
    done = subprocess.run(
        ["/usr/lib/postgresql/15/bin/pgbench", "--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}", "--jobs=2",
         f"--transactions={transactions // CONNECTIONS}", f"--file={file}", "--define=k=0",
         f"--define=clients={CONNECTIONS}", stage.url("round")],
        capture_output=True, text=True, check=False,
    )
    return dues.rate_of(done)


def row_worklist(bench, plan):
    """Lists among many open cases, at a steady rate, from the moment each was due."""
    tree = Tree(provinces=34, communes=20, bases=5, cells=3, applicants=10)
    if plan.open_cases < 10_000:
        tree = Tree(provinces=2, communes=2, bases=2, cells=2, applicants=10)
    models, count = 16, plan.list_rate * plan.list_seconds
    values, halves = [], []
    with Stage(bench, tree).ready(models) as stage:
        with stage.serving("filled") as (_, address):
            # A quarter each stands at a cell, a base organisation, a commune and a province.
            for kind, part in ((CELL, (1, 2, 3)), (BASE, (2, 3)), (COMMUNE, (3,))):
                lines = stage.decisions([case for case in range(models) if case % 4 in part], kind)
                _check(stage.send(address, lines, "POST", connections=4), len(lines))
        stage.sql("TRUNCATE outbox, relay_positions, consumer_positions, inbox")
        stage.run("filled", "many_cases.sql", first=models, last=plan.open_cases - 1, models=models)
        with stage.serving("filled") as (_, address):
            lines = _questions(stage, tree, address)
            for _ in range(plan.rounds):
                seen = stage.send(address, (lines * (count // len(lines) + 1))[:count], "GET", plan.list_rate)
                _check(seen, count)
                assert abs(seen["offered"] / plan.list_rate - 1) < 0.01, f"the rate could not be held: {seen}"
                values.append(seen["p99"])
                halves.append(seen["p50"])
    notes = [f"half of them within {statistics.median(halves):.1f} ms", f"{len(lines)} different questions"]
    return at_most("worklist", Figure(f"p99 at {plan.list_rate}/s, {plan.open_cases:,} cases", "ms", values), 50, notes)


OVER = ("list=subtree", "list=subtree&overdue=true", "list=subtree&waiting=true", "list=subtree&overdue=false",
        "list=subtree&procedure=official-transfer&step=introduce",
        "list=subtree&procedure=official-transfer&overdue=true")
OWN = ("", "list=organization", "list=organization&overdue=true", "procedure=official-transfer")


def _questions(stage, tree, address):
    """What officers and superiors of all levels ask for, in a mixed order; each was answered once, and not by nothing."""
    dice = random.Random(1)
    asked = []

    def ask_for(kind, number, *questions, pages=0, counts=()):
        token = stage.token(kind, number)
        for question in questions:
            path = f"/v1/work-list?{question}"
            status, answer = ask(address, path, token)
            assert status == 200 and answer["items"], f"{path}: {status}"
            asked.append(f"{path}\t{token}\n")
            for _ in range(pages):
                if not answer.get("next"):
                    break
                page = f"{path}&after={answer['next']}"
                status, answer = ask(address, page, token)
                assert status == 200, page
                asked.append(f"{page}\t{token}\n")
        for question in counts:
            path = f"/v1/work-list/counts?{question}"
            assert ask(address, path, token)[0] == 200, path
            asked.append(f"{path}\t{token}\n")

    def some(kind, most):
        return dice.sample(range(tree.count(kind)), min(most, tree.count(kind)))

    for number in some(CELL, 20):
        ask_for(CELL, number, *OWN[:2], counts=("",))
    for number in some(COMMUNE, 10):
        ask_for(COMMUNE, number, *OWN, *OVER[:2], counts=("", "list=subtree"))
    for number in some(PROVINCE, 5):
        code = f"A{number + 1:02}.000"
        ask_for(PROVINCE, number, *OWN, *OVER, f"list=subtree&code={code}", pages=2, counts=("", "list=subtree"))
    province = made(PROVINCE, some(PROVINCE, 1)[0])
    ask_for(CENTRE, 0, *OVER, f"list=subtree&organizationId={province}", "list=subtree&code=A02.001-261122-1", pages=2,
            counts=("list=subtree", "list=subtree&overdue=true"))
    dice.shuffle(asked)
    return asked


# What a campaign leaves behind, but for its own row and the numbers that it drew.
OF_CAMPAIGN = ("cases", "case_turns", "case_places", "case_history", "campaign_members", "outbox")
# Members of each cell, with its secretary.
CELL_SIZE = 100


def row_campaign(bench, plan):
    """A province has opinions asked for about all of its members, against one statement that inserts the same rows."""
    cells = plan.campaign // CELL_SIZE
    tree = Tree(provinces=2, communes=1, bases=1, cells=cells, applicants=CELL_SIZE - 1)
    if cells % 50 == 0:
        tree = Tree(provinces=2, communes=cells // 50, bases=5, cells=10, applicants=CELL_SIZE - 1)
    a, b = [], []
    with Stage(bench, tree).ready(0) as stage:
        stage.run("filled", "residences.sql")
        for _ in range(plan.rounds):
            stage.postgres.make("round", "filled")
            with stage.serving("round") as (_, address):
                a.append(_campaign(stage, address, plan.campaign))
            mine = _left(stage)
            b.append(float(stage.sql((dues.HERE / "peers/campaign.sql").read_text(encoding="utf-8"), "round")[0][0]))
            theirs = _left(stage)
            assert mine == theirs, f"A and B do not write the same rows: {mine} {theirs}"
            assert mine["cases"] == mine["case_turns"] == mine["campaign_members"] == plan.campaign, mine
            # Now and then the audit's sealer tells of its own.
            assert mine["case_history"] == 2 * plan.campaign <= mine["outbox"], mine
    return no_longer("campaign", Figure(f"{plan.campaign:,} cases", "s", a), Figure("one statement", "s", b), 5)


def _campaign(stage, address, members):
    """The seconds from the order of a campaign of so many until it is seen that all of its cases are made."""
    # The other province's officers belong to the first cell of all, and the one who orders is not asked about.
    province = stage.tree.count(PROVINCE) - 1
    token = stage.token(PROVINCE, province)
    order = {"purpose": "annual", "organizationId": made(PROVINCE, province)}
    began = time.monotonic()
    status, ordered = ask(address, "/v1/campaigns", token, order, "order-campaign")
    assert status == 202 and ordered["planned"] == members, f"{status}: {ordered}"

    def made_all():
        answer = ask(address, f"/v1/campaigns/{ordered['id']}", token)[1]["campaign"]
        return answer if answer["state"] == "created" else None

    answer = wait_for("the campaign", made_all, PATIENCE, pause=0.05)
    seconds = time.monotonic() - began
    assert answer["created"] == members, answer
    return seconds


def _left(stage):
    """How many rows there are, by table."""
    return {table: int(stage.sql(f"SELECT count(*) FROM {table}", "round")[0][0]) for table in OF_CAMPAIGN}
