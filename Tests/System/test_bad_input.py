"""Bad input over HTTP: each kind has its own status and problem, in both languages, and nothing is half done."""

import secrets
import socket
import subprocess
import uuid

import pytest
from gateway import signed_query
from stack import PRODUCTS, SERVICES, eventually, free_port_base
from walkthrough.dues import IPN, this_month
from walkthrough.paper import pdf
from walkthrough.suite import OPERATOR, Person, plain_call

JSON = {"Content-Type": "application/json"}
FILE = {"Content-Type": "application/pdf", "X-File-Name": "tu-kiem-diem.pdf"}
LIMIT = 10 << 20
# What bad input must not add to. Audits of what was refused, raw callbacks and kept answers may grow.
STATE = """
directory.organizations directory.members directory.roles directory.history intake.dossiers intake.attachments
intake.timeline intake.dossier_counters routing.cases routing.case_history signing.jobs signing.results dues.assessments
dues.assessment_runs dues.payment_orders dues.payments dues.ledger_postings dues.receipts dues.settlement_files
notification.deliveries
""".split()


@pytest.fixture(scope="module")
def people(directory):
    """Who asks: a member without an office, and the officers of his cell."""
    return {name: directory.person(directory.ids["members"][name]) for name in ("member-01", "member-02", "member-18")}


@pytest.fixture
def unchanged(stack, suite, directory):
    """Asserts after the test that no state was added and no event written."""

    def count():
        tables = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in STATE)
        events = " UNION ALL ".join(
            f"SELECT '{service}.outbox', count(*) FROM {service}.outbox WHERE topic NOT LIKE '%.operations.%'"
            for service in SERVICES
        )
        return stack.sql(f"{tables} UNION ALL {events}")

    before = count()
    yield
    assert count() == before


def check(answer, status, problem, field=None, rule=None):
    """A problem as RFC 9457 writes it, in both languages."""
    assert (answer.status, answer.problem) == (status, problem), answer.said()
    told = answer.json
    assert told["status"] == status and told["title"], told
    if rule:
        found = [(error["field"], error["rule"]) for error in told.get("errors", [])]
        assert (field, rule) in found, found


def fresh_id():
    """An identifier of the right form (UUIDv7) that names nothing."""
    return str(uuid.UUID(int=(0x0190 << 112) | (7 << 76) | (2 << 62) | secrets.randbits(60)))


def dossier(**changes):
    """The body of a submission with nothing wrong but what is changed."""
    form = {
        "destinationCellId": fresh_id(),
        "reason": "Thay đổi nơi cư trú",
        "decisionDate": "2026-01-05",
        "selfReviewAttachmentId": fresh_id(),
        "decisionAttachmentId": fresh_id(),
    }
    return {
        "procedure": "official-transfer",
        "form": {**form, **changes.pop("form", {})},
        "declaredUnclassified": True,
        **changes,
    }


def new_member(cell, **changes):
    """The body of a new member."""
    return {"fullName": "Nguyễn Văn Thử", "cellId": cell, "joinedOn": "2015-05-19", **changes}


DOSSIERS, ORDERS = ("intake", "/v1/dossiers"), ("dues", "/v1/payment-orders")
CASH = {"gateway": "cash", "lines": [{"memberId": fresh_id(), "month": "2026-11"}]}
# what: (where, body, status and problem, field and rule)
BODIES = {
    "malformed JSON": (DOSSIERS, b'{"procedure": "official-', "400 malformed-body", None),
    "no body": (ORDERS, b"", "400 malformed-body", None),
    "not JSON at all": (ORDERS, b"\xff\xfe\x00", "400 malformed-body", None),
    "a wrong type": (DOSSIERS, dossier(procedure=5), "422 invalid-fields", "procedure wrong-type"),
    "another wrong type": (ORDERS, {"gateway": "vnpay", "lines": 7}, "422 invalid-fields", "lines wrong-type"),
    "a missing field": (DOSSIERS, {"procedure": "official-transfer"}, "422 invalid-fields", "form missing"),
    "another missing field": (ORDERS, {"gateway": "vnpay"}, "422 invalid-fields", "lines missing"),
    "no declaration": (
        DOSSIERS,
        dossier(declaredUnclassified=False),
        "422 invalid-fields",
        "declaredUnclassified unclassified.not-declared",
    ),
    "an unknown organisation": (
        DOSSIERS,
        dossier(),
        "422 invalid-fields",
        "form.destinationCellId organization.unknown",
    ),
    "an unknown file": (DOSSIERS, dossier(), "422 invalid-fields", "form.decisionAttachmentId attachment.unknown"),
    "an unknown gateway": (ORDERS, CASH, "422 invalid-fields", "gateway gateway.unknown"),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_bad_body(suite, people, unchanged, what):
    (service, path), body, told, error = BODIES[what]
    status, problem = told.split()
    field, rule = error.split() if error else (None, None)
    answer = suite.call(service, "POST", path, by=people["member-01"], body=body, headers=JSON, expect=None)
    check(answer, int(status), problem, field, rule)


def test_all_faults_of_a_dossier_are_told_at_once(suite, people, unchanged):
    body = dossier(form={"reason": "x", "decisionDate": "2999-01-01"}, declaredUnclassified=None)
    answer = suite.call("intake", "POST", "/v1/dossiers", by=people["member-01"], body=body, expect=None)
    check(answer, 422, "invalid-fields")
    fields = {error["field"] for error in answer.json["errors"]}
    assert {"form.reason", "form.decisionDate", "declaredUnclassified", "form.destinationCellId"} <= fields, fields


@pytest.mark.parametrize(
    "language, words", [("vi", "Dữ liệu gửi lên chưa đúng"), ("en", "Fields of the request are not valid")]
)
def test_a_problem_speaks_the_language_that_is_asked_for(suite, people, unchanged, language, words):
    headers = {"Accept-Language": language}
    answer = suite.call(
        "intake", "POST", "/v1/dossiers", by=people["member-01"], body=dossier(), headers=headers, expect=None
    )
    assert words in answer.body.decode()


@pytest.mark.parametrize("digits", ["12345678901", "1234567890123", "99909000000x"])
def test_a_personal_id_of_another_length(suite, directory, unchanged, digits):
    body = new_member(directory.ids["organizations"]["cell-a1"], personalId=digits)
    answer = suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=body, expect=None)
    check(answer, 422, "invalid-fields", "personalId", "personal-id.digits")
    assert digits not in answer.body.decode(), "a personal identifier is repeated"


def test_a_member_of_an_unknown_organisation(suite, unchanged):
    answer = suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=new_member(fresh_id()), expect=None)
    check(answer, 422, "invalid-fields")
    assert answer.json["errors"][0]["field"] == "cellId"


def test_an_attachment_over_the_limit(suite, people, unchanged):
    large = pdf(["quá lớn"], padding=LIMIT)
    answer = suite.call(
        "intake", "POST", "/v1/attachments", by=people["member-01"], body=large, headers=FILE, expect=None
    )
    check(answer, 413, "attachment-too-large")


@pytest.mark.parametrize(
    "content, headers, status, problem",
    [
        (b"", FILE, 422, "attachment-empty"),
        (b"MZ not a PDF", FILE, 422, "attachment-content-differs"),
        (pdf(["x"]), {**FILE, "Content-Type": "text/html"}, 415, "attachment-format-not-accepted"),
        (pdf(["x"]), {"Content-Type": "application/pdf"}, 400, "invalid-parameter"),
        (pdf(["x"]), {**FILE, "X-File-Name": "..%2F..%2Fetc%2Fpasswd"}, 400, "invalid-parameter"),
    ],
)
def test_another_bad_attachment(suite, people, unchanged, content, headers, status, problem):
    answer = suite.call(
        "intake", "POST", "/v1/attachments", by=people["member-01"], body=content, headers=headers, expect=None
    )
    check(answer, status, problem)


TOKENS = {
    "none": (None, 401, "not-signed-in"),
    "expired": ({"expires_in": -120}, 401, "token-expired"),
    "of assurance level 1": ({"loa": 1}, 403, "assurance-level-too-low"),
    "of another issuer": ({"iss": "http://127.0.0.1:1"}, 401, "token-invalid"),
    "for another audience": ({"aud": "another"}, 401, "token-invalid"),
    "of the future": ({"not_before": 4_000_000_000, "expires_in": 4_000_000_000}, 401, "token-not-yet-valid"),
}


@pytest.mark.parametrize("service, path", [DOSSIERS, ORDERS])
@pytest.mark.parametrize("what", TOKENS)
def test_a_bad_token(suite, people, unchanged, what, service, path):
    claims, status, problem = TOKENS[what]
    headers = {} if claims is None else {"Authorization": "Bearer " + suite.token(people["member-01"], **claims)}
    check(suite.call(service, "POST", path, body=dossier(), headers=headers, expect=None), status, problem)


def test_a_token_with_a_changed_subject(suite, people, unchanged):
    head, body, signature = suite.token(people["member-01"]).split(".")
    other = suite.token(people["member-02"]).split(".")[1]
    assert body != other
    headers = {"Authorization": f"Bearer {head}.{other}.{signature}"}
    check(
        suite.call("intake", "POST", "/v1/dossiers", body=dossier(), headers=headers, expect=None), 401, "token-invalid"
    )


def test_keys_of_repeats(suite, people, unchanged):
    headers = {**JSON, "Authorization": f"Bearer {suite.token(people['member-01'])}"}
    without = plain_call(suite.addresses["dues"], "POST", "/v1/payment-orders", headers, b"{}")
    check(without, 400, "idempotency-key-missing")
    short = plain_call(
        suite.addresses["dues"], "POST", "/v1/payment-orders", {**headers, "Idempotency-Key": "x"}, b"{}"
    )
    check(short, 400, "idempotency-key-malformed")


def test_a_key_used_again_for_another_request_is_refused_and_the_first_answer_kept(suite, people):
    key, member = str(uuid.uuid4()), people["member-01"]
    first = suite.call("intake", "POST", "/v1/attachments", by=member, body=pdf(["một"]), headers=FILE, key=key)
    again = suite.call("intake", "POST", "/v1/attachments", by=member, body=pdf(["một"]), headers=FILE, key=key)
    assert again.body == first.body and again.headers.get("idempotency-replayed") == "true"
    other = suite.call(
        "intake", "POST", "/v1/attachments", by=member, body=pdf(["hai"]), headers=FILE, key=key, expect=None
    )
    check(other, 422, "idempotency-key-reused")


def test_what_is_somebody_elses_is_not_shown(suite, people, unchanged):
    path = f"/v1/members/{people['member-02'].subject}/assessments"
    check(suite.call("dues", "GET", path, by=people["member-01"], expect=None), 403, "forbidden")
    stranger = Person(fresh_id(), "?")
    check(suite.call("intake", "POST", "/v1/dossiers", by=stranger, body=dossier(), expect=None), 403, "member-unknown")
    check(
        suite.call("routing", "GET", f"/v1/cases/{fresh_id()}", by=people["member-01"], expect=None), 404, "not-found"
    )
    body = {"month": this_month()}
    check(
        suite.call("dues", "POST", "/v1/assessment-runs", by=people["member-01"], body=body, expect=None),
        403,
        "forbidden",
    )
    check(suite.call("dues", "GET", "/v1/exceptions", by=people["member-01"], expect=None), 403, "forbidden")
    check(
        suite.call(
            "dues", "POST", "/v1/settlements?gateway=vnpay", by=people["member-01"], body=b"TOTAL,0,0\n", expect=None
        ),
        403,
        "settlement-operators-only",
    )
    check(
        suite.call("intake", "GET", f"/v1/attachments/{fresh_id()}", by=people["member-01"], expect=None),
        404,
        "not-found",
    )


def callback(order, secret="SECRETKEY", **changes):
    """A signed callback for an order; changes are signed with it."""
    fields = {
        "vnp_Amount": str(order["total"] * 100),
        "vnp_PayDate": "20261121093015",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": "DEMO0001",
        "vnp_TransactionNo": "77000001",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": order["reference"],
        **changes,
    }
    return signed_query(fields, secret)


@pytest.fixture(scope="module")
def order(suite, people):
    """An order that nobody pays."""
    lines = [{"memberId": people["member-01"].subject, "month": this_month(ahead=2)}]
    body = {"gateway": "vnpay", "lines": lines}
    return suite.call("dues", "POST", "/v1/payment-orders", by=people["member-01"], body=body, expect=(201,)).json


CALLBACKS = {
    "with another amount, signed by the gateway": ("04", lambda order: callback(order, vnp_Amount="100")),
    "with an amount altered afterwards": (
        "97", lambda order: callback(order).replace(f"vnp_Amount={order['total']}", f"vnp_Amount={order['total'] - 1}"),
    ),
    "signed with another secret": ("97", lambda order: callback(order, secret="ANOTHERKEY")),
    # Kept and acknowledged: repeating it would change nothing.
    "of another merchant": ("00", lambda order: callback(order, vnp_TmnCode="OTHER001")),
    "without a signature": ("97", lambda order: callback(order).partition("&vnp_SecureHash")[0]),
    "with two signatures": ("97", lambda order: callback(order) + "&vnp_SecureHash=00"),
    "for an unknown order": ("01", lambda order: callback(order, vnp_TxnRef="DP2611XXXXXXXXXXX")),
    "with nothing in it": ("97", lambda order: ""),
}  # fmt: skip


@pytest.mark.parametrize("what", CALLBACKS)
def test_a_bad_callback(suite, order, unchanged, people, what):
    wanted, make = CALLBACKS[what]
    answer = plain_call(suite.addresses["dues"], "GET", f"{IPN}?{make(order)}")
    assert (answer.status, answer.json["RspCode"]) == (200, wanted), answer.said()
    view = suite.call("dues", "GET", f"/v1/payment-orders/{order['orderId']}", by=people["member-01"]).json
    assert view["state"] == "open" and view["payments"] == []


def run_service(stack, service, *arguments, **changes):
    """A second process of a service beside the stack, to its end."""
    return subprocess.run(
        [PRODUCTS / f"hoso-{service}", *arguments],
        env=stack.role_environment(service, HOSO_HTTP_PORT="0", **changes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "migrate", "config"])
def test_an_unknown_configuration_key_is_named(suite, stack, unchanged, command):
    done = run_service(stack, "dues", command, HOSO_DUES_VNPAY_MERCHNT="X")
    assert done.returncode == 1
    assert "HOSO_DUES_VNPAY_MERCHNT" in done.stdout and "HOSO_DUES_VNPAY_MERCHANT?" in done.stdout, done.stdout


def test_a_missing_configuration_key_is_named(suite, stack, unchanged):
    environment = stack.role_environment("dues")
    del environment["HOSO_DUES_VNPAY_MERCHANT"]
    done = subprocess.run(
        [PRODUCTS / "hoso-dues", "serve"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1 and "HOSO_DUES_VNPAY_MERCHANT" in done.stdout + done.stderr


class Beside:
    """A second process of a service that goes on running, ended by its id."""

    def __init__(self, stack, service, log, **changes):
        self.port = free_port_base()
        self.base = f"http://127.0.0.1:{self.port}"
        self._log = log.open("w", encoding="utf-8")
        self._process = subprocess.Popen(  # pylint: disable=consider-using-with
            [PRODUCTS / f"hoso-{service}", "serve"],
            env=stack.role_environment(service, **{"HOSO_HTTP_PORT": str(self.port), **changes}),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def ready(self):
        """What readiness says, nothing while the process starts."""
        assert self._process.poll() is None, "the process ended"
        try:
            return plain_call(self.base, "GET", "/health/ready")
        except OSError:
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(12)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._log.close()


def closed_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_without_its_database_a_service_says_so_and_lives(suite, stack, unchanged, people, tmp_path):
    nowhere = f"postgresql://hoso_intake@127.0.0.1:{closed_port()}/hoso"
    with Beside(stack, "intake", tmp_path / "log", HOSO_DATABASE_URL=nowhere) as service:

        def tells():
            answer = service.ready()
            return (
                answer is not None and answer.status == 503 and "the database does not answer" in answer.body.decode()
            )

        eventually("not ready, with the reason", tells)
        assert plain_call(service.base, "GET", "/health/live").status == 200
        headers = {
            **JSON,
            "Authorization": f"Bearer {suite.token(people['member-01'])}",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        told = plain_call(service.base, "POST", "/v1/dossiers", headers, b"{}")
        assert told.status == 503 and told.headers.get("retry-after"), told.said()
        assert told.problem in ("unavailable", "overloaded"), told.said()


def test_without_its_database_migrate_says_so(suite, stack):
    nowhere = f"postgresql://hoso_intake@127.0.0.1:{closed_port()}/hoso"
    done = run_service(stack, "intake", "migrate", HOSO_DATABASE_URL=nowhere)
    assert done.returncode != 0 and "connect" in done.stdout.lower(), done.stdout
    assert "Fatal error" not in done.stdout


def test_without_a_broker_a_service_stays_ready_and_says_that_it_is_degraded(suite, stack, unchanged, tmp_path):
    changes = {"HOSO_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{closed_port()}"}
    with Beside(stack, "intake", tmp_path / "log", **changes) as service:

        def degraded():
            answer = service.ready()
            return answer is not None and answer.status == 200 and "degraded: broker" in answer.body.decode()

        eventually("degraded: broker", degraded)
        assert plain_call(service.base, "GET", "/v1/procedures").status == 200


def test_a_busy_port_is_told_and_nothing_runs_on(suite, stack, unchanged):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [PRODUCTS / "hoso-intake", "serve"],
            env=stack.role_environment("intake", HOSO_HTTP_PORT=str(port)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    said = done.stdout + done.stderr
    assert done.returncode not in (0, -4, -5, -6, -11), said
    assert str(port) in said and "HOSO_HTTP_PORT" in said, said
