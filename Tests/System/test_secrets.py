"""Secrets and personal identifiers, put into every input, good and bad, come out in no log, metric, problem or reason (I8)."""

import itertools
import json
import subprocess
import uuid

import pytest
from accounts import everything_settled
from outbox import new_id, write_event
from stack import PRODUCTS, SERVICES, eventually, free_port_base
from test_bad_input import CASH, callback, dossier, new_member
from walkthrough.dues import IPN
from walkthrough.suite import OPERATOR, plain_call

PASSWORD = "mat-khau-7f3e9a21"
EMAIL, PHONE = "rieng.tu@example.org", "+84987123654"
FILE = {"Content-Type": "application/pdf"}
SAFE_KEYS = {"Content-Type": "application/json"}


class Markers:
    """Personal identifiers, a new one for each input, so that one that comes out tells where it went in."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self.where = {}

    def next(self, where):
        """An identifier of the right form that nobody has."""
        identifier = f"0011990{next(self._numbers):05}"
        self.where[identifier] = where
        return identifier


def requests(markers, cell):
    """What is sent over HTTP: service, method, path, body, further headers."""
    put = markers.next
    taken = put("personal id of a member")
    channels = {"email": EMAIL, "phone": PHONE, "consent": {"email": True, "sms": True, "push": False}}
    yield "directory", "POST", "/v1/members", new_member(cell, personalId=taken, channels=channels), {}
    yield "directory", "POST", "/v1/members", new_member(cell, personalId=taken), {}
    yield "directory", "POST", "/v1/members", new_member(cell, personalId=put("personal id with more") + "x"), {}
    yield "directory", "POST", "/v1/members", new_member(put("cell")), {}
    yield "directory", "POST", "/v1/members", new_member(cell, fullName=7, joinedOn=put("day")), {}
    yield "directory", "POST", "/v1/members", new_member(cell, **{put("name of a field"): 1}), {}
    yield "directory", "POST", "/v1/members", b'{"personalId": "%s",' % put("malformed body").encode(), {}
    yield "directory", "GET", f"/v1/members/{put('path')}", None, {}
    yield "directory", "GET", f"/{put('unknown path')}", None, {}
    yield "directory", "GET", f"/v1/members?personalId={put('query')}&limit={put('limit')}", None, {}
    yield "directory", "POST", "/v1/members", new_member(cell), {"Idempotency-Key": f"so {put('key of a repeat')}"}
    yield "directory", "GET", "/v1/me", None, {"Authorization": f"Bearer {put('token')}"}
    yield "directory", "GET", "/v1/me", None, {"User-Agent": put("user agent"), "X-Request-ID": put("request id")}
    yield "directory", "GET", "/v1/me", None, {"traceparent": f"00-{put('trace')}-1"}
    yield "intake", "POST", "/v1/attachments", put("attachment").encode(), {**FILE, "X-File-Name": put("file name")}
    yield "intake", "POST", "/v1/dossiers", dossier(form={"reason": put("reason"), "decisionNumber": put("number")}), {}
    yield "intake", "POST", "/v1/dossiers", dossier(procedure=put("procedure")), {}
    yield "intake", "GET", f"/v1/dossiers?after={put('after')}", None, {}
    yield "routing", "POST", f"/v1/cases/{put('case')}/actions", {"action": put("action")}, {}
    yield "dues", "POST", "/v1/payment-orders", {**CASH, "gateway": put("gateway")}, {}
    yield "dues", "GET", f"/v1/members/{put('member')}/assessments", None, {}
    yield "dues", "POST", "/v1/settlements?gateway=vnpay", f"TxnRef\n{put('settlement')},1\n".encode(), {}
    yield "signing", "GET", f"/v1/verify/{put('verification')}", None, {}
    yield "console", "GET", f"/v1/events?after={put('event')}&topic={put('topic')}", None, {}
    for service in SERVICES:
        yield service, "POST", f"/admin/v1/parked/{put('parked')}/retry", {}, {}


def callbacks(markers):
    """What a gateway, or somebody who says so, sends to Dues."""
    put = markers.next
    order = {"total": 12_000, "reference": put("reference of a callback")}
    yield callback(order, vnp_OrderInfo=put("order text"), vnp_BankTranNo=put("bank"))
    yield callback(order, secret="ANOTHERKEY", vnp_OrderInfo=put("forged order text"))
    yield callback(order, vnp_Amount=put("amount") + "x", vnp_PayDate=put("pay date"))
    yield f"vnp_SecureHash=SECRETKEY&{put('name of a callback field')}=1"


def poison(stack, markers):
    """Events that nobody can read; how many keys they have."""
    put = markers.next
    kind = "hoso.dossier.withdrawn.v1"
    values = [
        '{"dossierId": "%s"' % put("cut off event"),
        json.dumps({"dossierId": put("event id"), "withdrawnAt": put("event time")}),
        json.dumps({put("event field"): {put("deeper event field"): put("event value")}}),
        json.dumps(put("event text")),
    ]
    for value in values:
        write_event(stack, new_id(), kind, f"convert_to('{value}', 'UTF8')")
    return len(values)


def programs(stack, markers):
    """Commands with passwords in their settings, right and wrong ones: their output."""
    put = markers.next
    port = str(free_port_base())
    url = f"postgresql://hoso_intake:{PASSWORD}@127.0.0.1:{stack.base + 10}/hoso"
    for command, changes in [
        ("config", {"HOSO_DATABASE_URL": url}),
        ("migrate", {"HOSO_DATABASE_URL": url}),
        ("migrate", {"HOSO_DATABASE_URL": f"postgresql://x:{PASSWORD}@[{PASSWORD}/?{PASSWORD}"}),
        ("config", {"HOSO_KAFKA_PROPERTIES": f"sasl.password={PASSWORD}"}),
        ("serve", {"HOSO_KAFKA_PROPERTIES": f"no.property={PASSWORD}", "HOSO_KAFKA_PASSWORD": PASSWORD}),
        ("serve", {"HOSO_INTAKE_NOTHING": put("unknown setting"), "HOSO_KAFKA_PASSWORD": PASSWORD}),
    ]:
        done = subprocess.run(
            [PRODUCTS / "hoso-intake", command],
            env=stack.role_environment("intake", HOSO_HTTP_PORT=port, **changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        yield f"hoso-intake {command} {list(changes)}", done.stdout + done.stderr


@pytest.fixture
def without_parked(stack, suite, hosoctl):
    """What the test parks is dropped again."""
    yield
    for service, entries in hosoctl("parked", "list", "--json").items():
        for entry in entries:
            hosoctl("parked", "drop", entry["id"], "--service", service)
    eventually("the keys are free again", lambda: stack.sql("SELECT 1 FROM routing.parked_keys") == [])
    everything_settled(stack, suite)


def test_nothing_comes_out(stack, suite, directory, hosoctl, attack, without_parked):
    attack("O6", "personal identifiers and passwords sent over HTTP, in events, callbacks, files and settings")
    markers, said = Markers(), []
    everything_settled(stack, suite)
    for service, method, path, body, headers in requests(markers, directory.ids["organizations"]["cell-a1"]):
        headers = {"Authorization": f"Bearer {suite.token(OPERATOR)}", "Idempotency-Key": str(uuid.uuid4()), **headers}
        if body is not None and not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), {**SAFE_KEYS, **headers}
        answer = plain_call(suite.addresses[service], method, path, headers, body)
        assert answer.status < 500, (service, path, answer.said())
        # Who enters or asks for a person's data is answered with them.
        if answer.status >= 400:
            said.append((f"answer to {method} {service} {path}", f"{answer.headers} {answer.said()}"))
    for query in callbacks(markers):
        answer = plain_call(suite.addresses["dues"], "GET", f"{IPN}?{query}")
        said.append((f"answer to callback {query}", answer.said()))
    parked = poison(stack, markers)
    eventually("parked", lambda: len(hosoctl("parked", "list", "--json")["routing"]) == parked)
    said += programs(stack, markers)
    said.append(("parked", json.dumps(hosoctl("parked", "list", "--json"))))
    said.append(("operations topics", operations(stack)))
    for service in SERVICES:
        said.append((f"metrics of {service}", suite.call(service, "GET", "/metrics").body.decode()))
    for log in sorted((stack.state / "log").iterdir()):
        said.append((f"log {log.name}", log.read_text(encoding="utf-8", errors="replace")))
    hidden = {**markers.where, **{secret: "secret" for secret in secrets_of(stack)}, EMAIL: "email", PHONE: "phone"}
    found = [
        f"{where}: {hidden[word]} {word}: {next(line for line in text.splitlines() if word in line)[:400]}"
        for where, text in said
        for word in hidden
        if word in text
    ]
    assert len(said) > 50 and not found, "\n".join(found)


def operations(stack):
    """What the services said of themselves."""
    topics = [argument for service in SERVICES for argument in ("--topic", f"hoso.{service}.operations.v1")]
    return stack.events(*topics)[1]


def secrets_of(stack):
    """Everything that no text may hold."""
    kept = [path.read_text(encoding="utf-8").strip() for path in (stack.state / "secrets").iterdir()]
    pin = (stack.state / "pki/pin.txt").read_text(encoding="utf-8").strip()
    return [*kept, PASSWORD, "SECRETKEY", *([pin] if len(pin) >= 6 else [])]
