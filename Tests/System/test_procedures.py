"""The procedures beside the official transfer, from the form to the signed result, over the real executables."""

import hashlib
import json
import subprocess
import urllib.parse

import pytest
from accounts import told_in_order
from stack import ROOT
from walkthrough.procedures import (
    DuesObjection,
    InboundTransfer,
    OutboundTransfer,
    ResidenceOpinion,
    StayExtension,
    TemporaryTransfer,
)
from walkthrough.suite import Refused
from walkthrough.transfer import Transfer


def thread(kind, suite, directory, timeline, applicant, cell=None):
    """One dossier of a procedure, walked to its end."""
    person = directory.person(directory.ids["members"][applicant])
    one = kind(suite, directory, timeline, person)
    one.run(cell and {"id": directory.ids["organizations"][cell], "name": cell})
    return one


def words(document, tmp_path):
    """What is printed on a document, column by column, on one line."""
    path = tmp_path / "result.pdf"
    path.write_bytes(document)
    text = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(text.split())


def ended_well(one, stack, notices):
    """What must hold after each: completed at both services, one result, its notices, nothing twice."""
    assert stack.sql(f"SELECT status FROM intake.dossiers WHERE id = '{one.dossier}'") == [["completed"]]
    assert stack.sql(f"SELECT stage FROM routing.cases WHERE dossier_id = '{one.dossier}'") == [["completed"]]
    assert stack.sql(f"SELECT count(*) FROM signing.results WHERE dossier_id = '{one.dossier}'") == [["1"]]
    rules = stack.sql(f"SELECT DISTINCT rule FROM notification.deliveries WHERE dossier_id = '{one.dossier}'")
    assert {rule for (rule,) in rules} == notices
    told_in_order(stack, one.dossier)


def test_out_of_the_system_and_back(suite, directory, timeline, stack, tmp_path):
    out = thread(OutboundTransfer, suite, directory, timeline, "member-16", "army")
    ended_well(out, stack, {"dossier-acknowledged", "member-admitted", "paper-file-arrived", "result-issued"})
    # The letter that is handed over bears the boxes up to the committee above that body, and is signed before.
    text = words(out.document, tmp_path)
    for said in ("GIẤY GIỚI THIỆU", "Đảng bộ tỉnh Mẫu", "Đảng bộ Quân sự Mẫu"):
        assert said in text, text
    order = stack.sql(
        "SELECT type, data ->> 'step' FROM routing.case_history"
        f" WHERE dossier_id = '{out.dossier}' AND (type LIKE '%result-requested%' OR data ->> 'step' = 'hand-over-outside')"
        " ORDER BY version"
    )
    assert [kind.split(".")[2] for kind, _ in order] == ["result-requested", "step-entered", "step-completed"]
    member = directory.member(out.applicant.subject)
    assert member["cellId"] == directory.ids["organizations"]["army"] and member["state"] == "probationary"

    back = thread(InboundTransfer, suite, directory, timeline, "member-16", "cell-b2")
    ended_well(back, stack, {"dossier-acknowledged", "member-admitted", "result-issued"})
    assert directory.member(back.applicant.subject)["cellId"] == directory.ids["organizations"]["cell-b2"]
    entered = stack.sql(f"SELECT entered_by_member_id FROM intake.dossiers WHERE id = '{back.dossier}'")
    assert entered == [[back.sender.subject]] and back.sender.subject != back.applicant.subject
    # Whoever scanned the letter did not hold it against the paper.
    verified = stack.sql(
        "SELECT data ->> 'byMemberId' FROM routing.case_history"
        f" WHERE dossier_id = '{back.dossier}' AND data ->> 'step' = 'verify-letter' AND type LIKE '%completed%'"
    )
    assert verified and verified != entered


def test_an_office_is_handed_over_before_the_letter(suite, directory, timeline, stack):
    class Deputy(Transfer):
        """Leaves an office behind."""

        def deed(self, turn):
            return "approve", {"fields": {"officesHandedOver": "true"}}

    members, cells = directory.ids["members"], directory.ids["organizations"]
    one = Deputy(suite, directory, timeline, directory.person(members["member-17"]))
    before = directory.member(one.applicant.subject)["state"]
    one.submit({"id": cells["cell-b1"], "name": "cell-b1"})
    case = suite.until("the case of the deputy", one.case)
    assert [(office["role"], office["isSole"]) for office in case["handOver"]["offices"]] == [("cell-deputy", True)]
    after = one.act(case)
    assert after["handOver"]["byMemberId"] == members["member-02"]
    told = suite.until(
        "the notice to who leads the cell",
        lambda: stack.sql(
            "SELECT member_id FROM notification.deliveries"
            f" WHERE dossier_id = '{one.dossier}' AND rule = 'office-holder-leaves'"
        ),
    )
    assert told == [[members["member-02"]]]
    suite.until("the deputy in transit", lambda: directory.member(one.applicant.subject)["state"] == "in-transit")
    # The move is off: the other tests find him as he was.
    signed = after["done"][0]
    body = {"action": "cancel", "step": signed["step"], "turn": signed["number"], "version": after["version"]}
    secretary = directory.person(members["member-02"])
    path = f"/v1/cases/{one.dossier}/actions"
    suite.call("routing", "POST", path, by=secretary, body=body | {"text": "Không chuyển nữa"}, key=f"off-{one.dossier}")
    suite.until(
        "the deputy on the list of his cell", lambda: directory.member(one.applicant.subject)["state"] == before
    )


def test_a_temporary_transfer(suite, directory, timeline, stack, tmp_path):
    one = thread(TemporaryTransfer, suite, directory, timeline, "member-05", "cell-b2")
    ended_well(one, stack, {"dossier-acknowledged", "member-admitted", "result-issued"})
    text = words(one.document, tmp_path)
    for said in ("CHUYỂN SINH HOẠT ĐẢNG TẠM THỜI", "Hoàng Văn Mẫu 05", "Từ ngày", "trở về sinh hoạt"):
        assert said in text, text
    member = directory.member(one.applicant.subject)
    assert member["state"] == "temporarily-elsewhere"
    assert member["cellId"] == directory.ids["organizations"]["cell-a2"]
    body = {"procedure": one.procedure, "form": {}, "declaredUnclassified": True}
    answer = suite.until(
        "his state at Intake",
        lambda: next(
            (
                answer
                for answer in [suite.call("intake", "POST", "/v1/dossiers", by=one.applicant, body=body, expect=(422,))]
                if "applicant.state" in [error["rule"] for error in answer.json["errors"]]
            ),
            None,
        ),
    )
    assert "không thuộc đối tượng" in json.dumps(answer.json["errors"], ensure_ascii=False)
    longer = thread(StayExtension, suite, directory, timeline, "member-05")
    told = stack.sql(f"SELECT data FROM routing.case_history WHERE dossier_id = '{one.dossier}' AND type LIKE '%stay-changed%'")
    assert [json.loads(data)["until"] for (data,) in told] == [str(longer.until)]
    assert json.loads(told[0][0])["requestDossierId"] == longer.dossier
    rules = suite.until(
        "the notice of the longer stay",
        lambda: stack.sql(
            f"SELECT rule FROM notification.deliveries WHERE dossier_id = '{one.dossier}' AND rule = 'stay-changed'"
        ),
    )
    assert rules == [["stay-changed"]]
    # The other tests find him as he was.
    one.come_back()


def test_an_opinion_of_the_residence(suite, directory, timeline, stack, tmp_path):
    one = thread(ResidenceOpinion, suite, directory, timeline, "member-06", "cell-b1")
    ended_well(one, stack, {"dossier-acknowledged", "result-issued"})
    text = words(one.document, tmp_path)
    for said in ("BẢN NHẬN XÉT", "Công tác cán bộ", "Phẩm chất đạo đức, lối sống: Tốt", "Gương mẫu", "Chi bộ Mẫu Hai"):
        assert said in text, text
    # The result goes back to the place of work, and to nobody else.
    path = urllib.parse.urlsplit(one.result["links"]["document"]).path
    asking = directory.person(directory.ids["members"]["member-05"])
    document = suite.call("signing", "GET", path, by=asking).body
    assert hashlib.sha256(document).hexdigest() == one.result["sha256"]
    stranger = directory.person(directory.ids["members"]["member-17"])
    with pytest.raises(Refused, match="403"):
        suite.call("signing", "GET", path, by=stranger)


def test_an_objection_to_dues(suite, directory, timeline, stack, tmp_path):
    one = thread(DuesObjection, suite, directory, timeline, "member-18")
    ended_well(one, stack, {"dossier-acknowledged", "result-issued"})
    text = words(one.document, tmp_path)
    for said in ("KẾT QUẢ GIẢI QUYẾT", "Phan Thị Mẫu 18", "nghỉ không lương", "chấp nhận ý kiến"):
        assert said in text, text


def test_an_objection_that_is_rejected_is_told(suite, directory, timeline, stack):
    class Rejected(DuesObjection):
        """The committee keeps the amount."""

        def deed(self, turn):
            return ("reject", {"text": "Đúng mức quy định"}) if turn["step"] == "decide" else super().deed(turn)

    person = directory.person(directory.ids["members"]["member-18"])
    one = Rejected(suite, directory, timeline, person)
    one.channels = directory.own(person)["channels"]
    one.submit(None)
    with pytest.raises(Refused, match="ended as refused"):
        one.walk()
    seen = suite.until(
        "the refusal at Intake",
        lambda: next(
            (
                seen
                for seen in [suite.look("intake", f"/v1/dossiers/{one.dossier}", person)]
                if seen["status"] == "refused"
            ),
            None,
        ),
    )
    assert seen["reason"] == "Đúng mức quy định" and seen["results"] == []


def test_a_definition_is_published_while_the_service_runs(stack, hosoctl, tmp_path):
    text = (ROOT / "Services/Routing/Procedures/dues-objection.yaml").read_text(encoding="utf-8")
    file = tmp_path / "made-up.yaml"
    decision = ("--decision", "15-QĐ/TW", "--decided-on", "2026-11-20", "--decided-by", "Ban Mẫu Trung ương")

    def publish(version, *changes, code=0):
        made = text
        for old, new in (("dues-objection", "made-up"), ("version: 1", f"version: {version}"), *changes):
            assert old in made
            made = made.replace(old, new)
        file.write_text(made, encoding="utf-8")
        return hosoctl("procedure", "publish", file, *decision, code=code)

    told = publish(1, ("role: cell-dues-officer", "role: treasurer"), code=1)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "role: cell-dues-officer" in row)
    assert f"made-up.yaml:{line}:" in told and "steps[1].role: word.unknown" in told
    told = publish(2, code=1)
    assert "procedure-version" in told and "version.next: must be 1" in told
    assert "15-QĐ/TW" in publish(1) and "15-QĐ/TW" in publish(1)
    told = publish(1, ("outcome: upheld", "outcome: other"), code=1)
    assert "version.published" in told
    publish(2, ("outcome: upheld", "outcome: other"))
    items = {item["procedure"]: item for item in hosoctl("procedure", "list", "--json")["items"]}
    assert [version["version"] for version in items["made-up"]["versions"]] == [2, 1]
    assert items["made-up"]["versions"][0]["decision"]["number"] == "15-QĐ/TW"
    assert items["official-transfer"]["versions"][-1]["source"] == "program"
    audited = stack.sql("SELECT subject FROM routing.audit WHERE action = 'procedure.published' ORDER BY at")
    assert audited == [["made-up@1"], ["made-up@2"]]
