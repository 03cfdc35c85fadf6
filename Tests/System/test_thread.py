"""Both threads through the real executables, judged by tools that share nothing with them."""

import hashlib
import subprocess
import sys
import urllib.parse

import pytest
from accounts import books_balance, everything_settled
from stack import DEV, ROOT, SERVICES

CONFORMANCE = ROOT / "Tests/Conformance"
# Every type that the two threads must have put on the topics.
TYPES = """
hoso.organization.state.v1 hoso.member.state.v1 hoso.role.state.v1 hoso.dossier.submitted.v1 hoso.case.opened.v1
hoso.case.step-entered.v1 hoso.case.step-completed.v1 hoso.case.member-admitted.v1 hoso.case.result-requested.v1
hoso.case.paper-file-recorded.v1 hoso.case.completed.v1 hoso.result.issued.v1 hoso.assessment.made.v1
hoso.payment-order.created.v1 hoso.payment.received.v1 hoso.receipt.issued.v1 hoso.payment.settled.v1 hoso.standing.state.v1
hoso.delivery.sent.v1
""".split()

# What the thread of accounts and data says.
PEOPLE = ("confirms his data: 12 of 12", "nothing is entered under a locked account", "confirms number and holder")


def run_demo(stack):
    """The demonstration as people start it."""
    command = [DEV / "demo", stack.state / "addresses.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, env=stack.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def shown(stack):
    """What the demonstration printed, first and second run."""
    return [run_demo(stack), run_demo(stack)]


def test_the_demonstration_arrives_and_says_so(shown):
    for text in shown:
        assert "Everything arrived" in text and "\x1b" not in text
        for words in ("acknowledged:", "belongs to", "email: “", "SMS: “", "receipt DP-", "answered 97", "matched", *PEOPLE):
            assert words in text
        for words in ("paper file handed-over at Đảng bộ cơ sở", "paper file arrived at Đảng bộ cơ sở"):
            assert words in text


def test_a_second_run_transfers_back_and_another_member_pays(shown):
    destinations = [
        [line for line in text.splitlines() if "asks to be transferred" in line][0].split("to ")[-1] for text in shown
    ]
    assert destinations[0] != destinations[1]
    payers = [[line for line in text.splitlines() if "orders to pay" in line][0] for text in shown]
    assert payers[0].split("orders")[0].split()[-3:] != payers[1].split("orders")[0].split()[-3:]


def test_everything_settles_and_nothing_is_parked(shown, stack, suite):
    everything_settled(stack, suite)
    books_balance(stack)


def test_every_event_on_the_topics_keeps_its_contract(shown, stack, tmp_path):
    events, text = stack.events()
    missing = set(TYPES) - {event["headers"].get("ce_type") for event in events}
    assert not missing
    recorded = tmp_path / "events.jsonl"
    recorded.write_text(text, encoding="utf-8")
    command = [sys.executable, CONFORMANCE / "validate_contracts.py", "--events", recorded]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join(done.stdout.splitlines()[-30:]) + done.stderr


def test_events_of_one_thread_carry_one_trace_from_service_to_service(shown, stack):
    events, _ = stack.events("--type", "hoso.result.issued.v1")
    requested, _ = stack.events("--type", "hoso.case.result-requested.v1")
    traces = {event["key"]: event["headers"]["traceparent"].split("-")[1] for event in requested}
    for event in events:
        assert event["headers"]["traceparent"].split("-")[1] == traces[event["data"]["dossierId"]]


def test_the_paper_file_was_handed_over_and_has_arrived(shown, suite, directory):
    person = directory.person(directory.ids["members"]["member-01"])
    listed = suite.call("intake", "GET", "/v1/dossiers", by=person).json["items"]
    dossiers = [item["dossierId"] for item in listed if item["procedure"] == "official-transfer"][: len(shown)]
    assert len(dossiers) == len(shown)
    committees = {"Đảng bộ cơ sở Mẫu Một", "Đảng bộ cơ sở Mẫu Hai"}
    for dossier in dossiers:
        case = suite.call("routing", "GET", f"/v1/cases/{dossier}", by=person).json
        file = case["paperFile"]
        assert case["stage"] == "completed" and file["state"] == "arrived" and not file["overdue"]
        assert [entry["state"] for entry in file["entries"]] == ["handed-over", "arrived"]
        assert {entry["organization"]["name"] for entry in file["entries"]} == committees
        # Nobody records his own paper file.
        assert file["mayRecord"] == [] and person.subject not in [entry["byMemberId"] for entry in file["entries"]]
        suite.until(
            "both records at Intake",
            lambda dossier=dossier: [
                entry["event"]
                for entry in suite.call("intake", "GET", f"/v1/dossiers/{dossier}", by=person).json["timeline"]
            ].count("hoso.case.paper-file-recorded.v1")
            == 2,
        )


@pytest.fixture(scope="module")
def letter(shown, suite, directory, tmp_path_factory):
    """The signed letter of the first run, as its member fetches it."""
    person = directory.person(directory.ids["members"]["member-01"])
    dossiers = suite.call("intake", "GET", "/v1/dossiers", by=person).json["items"]
    result = suite.call("intake", "GET", f"/v1/dossiers/{dossiers[-1]['dossierId']}", by=person).json["results"][0]
    document = suite.call("signing", "GET", urllib.parse.urlsplit(result["links"]["document"]).path, by=person).body
    assert hashlib.sha256(document).hexdigest() == result["sha256"]
    path = tmp_path_factory.mktemp("letter") / "letter.pdf"
    path.write_bytes(document)
    return path


def test_pyhanko_calls_the_letter_valid(letter, stack):
    command = [
        sys.executable,
        CONFORMANCE / "verify_pdf.py",
        "--root",
        stack.state / "pki/root.pem",
        "--count",
        "1",
        letter,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pdfsig_calls_the_letter_valid(letter):
    done = subprocess.run(["pdfsig", letter], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in done.stdout and "Total document signed" in done.stdout, done.stdout


def test_the_letter_says_who_goes_where_in_vietnamese(letter):
    text = subprocess.run(["pdftotext", letter, "-"], capture_output=True, text=True, check=True).stdout
    for words in ("Nguyễn Văn Mẫu 01", "Chi bộ Mẫu Hai – Tổ 1", "Chi bộ Mẫu Một – Tổ 1"):
        assert words in " ".join(text.split())
    fonts = subprocess.run(["pdffonts", letter], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    # Columns from the right: object ID (two), uni, sub, emb.
    assert fonts and all(font.split()[-5] == "yes" for font in fonts), fonts


@pytest.mark.parametrize("service", SERVICES)
def test_promtool_accepts_the_metrics(shown, suite, service):
    answer = suite.call(service, "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    done = subprocess.run(["promtool", "check", "metrics"], input=answer.body, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert b"hoso_" in answer.body or service.encode() in answer.body


def test_no_log_holds_a_secret_or_a_personal_identifier(shown, stack):
    secrets = [path.read_text().strip() for path in (stack.state / "secrets").iterdir()] + ["SECRETKEY"]
    for service in SERVICES:
        log = (stack.state / "log" / f"{service}.log").read_text(encoding="utf-8", errors="replace")
        for secret in secrets:
            assert secret not in log, service
        for words in ("99909000000", "99917800000", "mau01@example.org", "+8400000000"):
            assert words not in log, f"{service}: {words}"
