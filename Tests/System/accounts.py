"""What must hold after a thread, whatever happened meanwhile: everything is there, and once."""

import collections
import time

from stack import SERVICES, eventually
from walkthrough.suite import OPERATOR, Away, Refused

NOTICES = {
    ("dossier-acknowledged", "email"),
    ("dossier-acknowledged", "sms"),
    ("member-admitted", "email"),
    ("paper-file-arrived", "email"),
    ("result-issued", "email"),
    ("result-issued", "sms"),
}


def one_each(rows):
    """Whether nothing stands twice."""
    return all(count == 1 for count in collections.Counter(map(tuple, rows)).values())


def transfer_happened_once(stack, transfer, repeated_mail=False):
    """A finished transfer in every service's own tables, in the topics and at the receivers.

    - repeated_mail: an email may have come twice, under one Message-ID (its sender was killed).
    """
    dossier, member = transfer.dossier, transfer.applicant.subject
    assert stack.sql(f"SELECT status FROM intake.dossiers WHERE id = '{dossier}'") == [["completed"]]
    assert stack.sql(f"SELECT stage FROM routing.cases WHERE dossier_id = '{dossier}'") == [["completed"]]
    versions = stack.sql(f"SELECT version FROM routing.case_history WHERE dossier_id = '{dossier}' ORDER BY version")
    assert [int(version) for (version,) in versions] == list(range(1, len(versions) + 1))
    assert stack.sql(f"SELECT count(*) FROM signing.results WHERE dossier_id = '{dossier}'") == [["1"]]
    moved = stack.sql(
        "SELECT version, document->>'cellId' FROM directory.history"
        f" WHERE kind = 'member' AND id = '{member}' ORDER BY version"
    )
    assert moved[-1][1] == transfer.destination and sum(cell == transfer.destination for _, cell in moved) == 1, moved
    sent = stack.sql(f"SELECT rule, channel, state FROM notification.deliveries WHERE dossier_id = '{dossier}'")
    assert {(rule, channel) for rule, channel, _ in sent} == NOTICES and one_each(sent), sent
    assert {state for *_, state in sent} == {"sent"}, sent
    told_once(transfer, repeated_mail)
    told_in_order(stack, dossier)


def told_once(transfer, repeated_mail):
    """The receivers: four emails and two short messages of the dossier."""
    suite, channels = transfer._suite, transfer.channels
    mails = [m for m in suite.look("mail", f"/messages?to={channels['email']}") if transfer.code in m["subject"]]
    assert len({mail["messageId"] for mail in mails}) == 4, mails
    assert repeated_mail or len(mails) == 4, mails
    phone = channels["phone"].replace("+", "%2B")
    messages = [m for m in suite.look("sms", f"/messages?to={phone}") if transfer.code in m["text"]]
    assert len(messages) == 2, messages


def told_in_order(stack, key):
    """The topics: the versions of an aggregate in order and without a gap; a repeat bears the same id."""
    events, _ = stack.events("--key", key)
    by_topic, identifiers = collections.defaultdict(list), {}
    for event in sorted(events, key=lambda event: event["offset"]):
        topic, sequence = event["topic"], int(event["headers"]["ce_sequence"])
        known = identifiers.setdefault((topic, sequence), event["headers"]["ce_id"])
        assert known == event["headers"]["ce_id"], f"two events are version {sequence} of {key} on {topic}"
        by_topic[topic].append(sequence)
    assert by_topic, f"nothing of {key} stands in the topics"
    for topic, sequences in by_topic.items():
        first_seen = list(dict.fromkeys(sequences))
        assert first_seen == list(range(1, max(by_topic[topic]) + 1)), f"{topic}: {by_topic[topic]}"


def payment_happened_once(stack, dues):
    """A paid order: one payment, one receipt, balanced postings, each notice once."""
    order, total = dues.order["orderId"], dues.order["total"]
    payments = stack.sql(f"SELECT payment_id, amount, overpaid FROM dues.payments WHERE order_id = '{order}'")
    assert len(payments) == 1 and payments[0][1:] == [str(total), "0"], payments
    payment = payments[0][0]
    assert len(stack.sql(f"SELECT 1 FROM dues.receipts WHERE payment_id = '{payment}'")) == 1
    posted = stack.sql(f"SELECT debit, amount FROM dues.ledger_postings WHERE payment_id = '{payment}'")
    clearing = [int(amount) for debit, amount in posted if debit == "gateway-clearing"]
    assert sum(clearing) == total, posted
    where = f"rule = 'dues-receipt' AND body LIKE '%{dues.receipt}%'"
    sent = stack.sql(
        f"SELECT channel, state FROM notification.deliveries WHERE {where} AND member_id = '{dues.payer.subject}'"
    )
    assert one_each(sent) and {state for _, state in sent} == {"sent"}, sent
    told_in_order(stack, order)


def books_balance(stack):
    """I4 over everything that happened: received = posted to clearing = allocated + advance + refunds."""
    ((received, posted),) = stack.sql(
        "SELECT (SELECT coalesce(sum(amount), 0) FROM dues.payments),"
        " (SELECT coalesce(sum(amount), 0) FROM dues.ledger_postings"
        " WHERE debit = 'gateway-clearing' AND cause = 'payment')"
    )
    assert received == posted
    unpaid = stack.sql("SELECT member_id, month, amount, paid FROM dues.assessments WHERE paid > amount")
    assert not unpaid, unpaid


def everything_settled(stack, suite, seconds=90):
    """Nothing is on its way any more, nothing was parked or held back."""
    for service in SERVICES:

        def level(service=service):
            try:
                lags = suite.look(service, "/admin/v1/lag", OPERATOR)
                outbox = suite.look(service, "/admin/v1/outbox", OPERATOR)
            except (Away, Refused):
                return False
            return all(lag["lag"] == 0 for lag in lags) and outbox["unsent"] == 0

        began = time.monotonic()
        eventually(f"{service} level with its topics", level, seconds)
        print(f"{service} was level after {time.monotonic() - began:.1f} s more")
        assert suite.look(service, "/admin/v1/outbox", OPERATOR)["blocked"] == 0
        assert suite.look(service, "/admin/v1/parked", OPERATOR) == []
    waiting = " UNION ALL ".join(f"SELECT '{service}', count(*) FROM {service}.parked_keys" for service in SERVICES)
    assert all(count == "0" for _, count in stack.sql(waiting)), stack.sql(waiting)
