"""Twenty thousand payments while Dues and who reads of them are killed at random: each that was accepted counts once."""

import collections
import itertools
import os
import signal
import time

import pytest
from accounts import books_balance, everything_settled
from payments import CONFIRMED, KNOWN, MEMBERS, ORDERS, Gateway
from stack import eventually, is_gone, long_only
from walkthrough.dues import this_month
from walkthrough.suite import OPERATOR

PAYMENTS = 20_000
# Events of Dues that no relay has confirmed, as `/admin/v1/outbox` counts them, when nobody is there to be asked.
UNSENT = """
SELECT count(*) FROM dues.outbox o, (SELECT * FROM dues.relay_positions ORDER BY id DESC LIMIT 1) p
WHERE (xid >= pg_snapshot_xmax(p.done) OR xid = ANY (ARRAY(SELECT pg_snapshot_xip(p.done))))
    AND (p.reading IS NULL OR seq > p.after_seq OR NOT pg_visible_in_snapshot(xid, p.reading))
"""
# Standings of before a moment of which Routing has not heard.
UNREAD = """
SELECT count(*) FROM dues.standings s LEFT JOIN routing.dues_standings r USING (member_id)
WHERE s.version > coalesce(r.version, 0) AND s.changed_at < to_timestamp({moment})
"""


class Killer:
    """Kills a service while work of a phase is under way, and starts it again; counts how often, by phase."""

    def __init__(self, stack, gateway, dice):
        self._stack, self._gateway, self._dice = stack, gateway, dice
        self.kills = collections.Counter()

    def count(self, query):
        """What a query counts."""
        return int(self._stack.sql(query)[0][0])

    def kill(self, phase):
        """One kill that meets work of the phase: what was under way is looked at when the process is dead."""
        victim = "routing" if phase == "consumer" else "dues"
        while True:
            # Nothing is waited for: this is the moment that the seed draws.
            time.sleep(self._dice.uniform(0, 0.3))
            pid = self._stack.pid(victim)
            under_way, moment = self._gateway.under_way, time.time()
            os.kill(pid, signal.SIGKILL)
            eventually(f"the end of {victim}", lambda pid=pid: is_gone(pid))
            met = {
                "http": lambda: under_way,
                "relay": lambda: self.count(UNSENT),
                "consumer": lambda moment=moment: self.count(UNREAD.format(moment=moment)),
            }[phase]()
            self._stack.run("up")
            if met:
                self.kills[phase] += 1
                return
            self._gateway.check()
            assert self._gateway.is_alive(), f"no work of phase {phase} was met: {self.kills}"


def fill(stack, suite, directory):
    """The members with what they owe, and their orders: reference and total of each."""
    like = directory.ids["members"]["member-01"]
    month = this_month()
    stack.sql(MEMBERS.format(count=PAYMENTS, like=like))
    run = suite.call("dues", "POST", "/v1/assessment-runs", by=OPERATOR, body={"month": month}).json["runId"]
    path = f"/v1/assessment-runs/{run}"
    eventually("the assessment", lambda: suite.look("dues", path, OPERATOR)["state"] == "done", 240)
    orders = stack.sql(ORDERS.format(month=month))[-PAYMENTS:]
    return month, {reference: int(total) for reference, total in orders}


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=long_only)])
def test_killed_during_payments(stack, suite, directory, seeded, attack, kills):
    done = f"Dues and Routing killed {kills} times at random during {PAYMENTS:,} payments"
    noted = [attack(fault, done) for fault in ("C2", "C3", "K11")]
    month, orders = fill(stack, suite, directory)
    assert len(orders) == PAYMENTS
    settings = stack.role_environment("dues")
    gateway = Gateway(stack.addresses["dues"], settings, orders.items(), seeded.random())
    killer = Killer(stack, gateway, seeded)
    phases = list(itertools.islice(itertools.cycle(("http", "relay", "consumer")), kills))
    seeded.shuffle(phases)
    for place, phase in enumerate(phases):
        due = PAYMENTS * place // (kills + 1)
        eventually("some more payments", lambda due=due: gateway.answered > due or not gateway.is_alive(), 120)
        killer.kill(phase)
    assert sum(killer.kills.values()) == kills and len(killer.kills) == 3, killer.kills
    gateway.done()
    with noted[0].recovering():
        everything_settled(stack, suite, 240)
    counted_once(stack, orders, gateway)
    told_once(stack)
    books_balance(stack)
    nothing_differs(suite, month)


def counted_once(stack, orders, gateway):
    """Every answer was true, and each payment stands in every table once."""
    assert set(gateway.answers) == set(orders)
    cut = sum(answer not in (CONFIRMED, KNOWN) for answers in gateway.answers.values() for answer in answers)
    assert cut, "nobody was cut off"
    for reference, answers in gateway.answers.items():
        assert answers.count(CONFIRMED) <= 1, f"{reference} was new more than once: {answers}"
        # Confirmed before it was answered, or answered as new.
        assert answers.count(CONFIRMED) == 1 or None in answers, f"{reference}: {answers}"
    rows = stack.sql(
        "SELECT o.reference, p.amount, p.overpaid, o.state, r.ordinal, a.paid - a.amount, s.arrears"
        " FROM dues.payment_orders o JOIN dues.order_lines l USING (order_id)"
        " JOIN dues.assessments a ON a.member_id = l.member_id AND a.month = l.month"
        " LEFT JOIN dues.payments p USING (order_id) LEFT JOIN dues.receipts r USING (payment_id)"
        " LEFT JOIN dues.standings s ON s.member_id = l.member_id WHERE o.reference LIKE 'BN%'"
    )
    assert len(rows) == len(orders), "a payment stands twice, or an order is gone"
    for reference, paid, overpaid, state, ordinal, open_amount, arrears in rows:
        seen = (paid, overpaid, state, open_amount, arrears)
        assert seen == (str(orders[reference]), "0", "paid", "0", "0") and ordinal, f"{reference}: {seen}, {ordinal}"
    gaps = stack.sql("SELECT issuer_id, year FROM dues.receipts GROUP BY 1, 2 HAVING max(ordinal) <> count(*)")
    assert not gaps, f"receipts with gaps: {gaps}"


def told_once(stack):
    """Each payment has one event, who was never killed saw each once, and who was has the last state of each."""
    kind = "hoso.payment.received.v1"
    told, distinct = stack.sql(
        f"SELECT count(*), count(DISTINCT key) FROM dues.outbox WHERE type = '{kind}' AND key IN"
        " (SELECT order_id FROM dues.payment_orders WHERE reference LIKE 'BN%')"
    )[0]
    assert told == distinct == str(PAYMENTS)
    everything = stack.sql(
        f"SELECT (SELECT count(*) FROM dues.outbox WHERE type = '{kind}' AND NOT republished),"
        f" (SELECT sum(count) FROM console.event_counts WHERE type = '{kind}')"
    )[0]
    assert everything[0] == everything[1], f"told and seen: {everything}"
    differing = stack.sql(
        "SELECT count(*) FROM dues.standings s LEFT JOIN routing.dues_standings r USING (member_id)"
        " WHERE (r.version, r.paid_through, r.arrears_months, r.arrears)"
        " IS DISTINCT FROM (s.version, s.paid_through, s.arrears_months, s.arrears) AND s.version > 0"
    )
    assert differing == [["0"]]


def nothing_differs(suite, month):
    """Orders, payments, ledger and events say the same."""
    compared = suite.call("dues", "POST", "/v1/parity-checks", by=OPERATOR, body={"month": month})
    assert compared.json["items"] == [], compared.json
