"""An officer asks for what is missing, the applicant sends it, the case goes on: over the real executables."""

import pytest
from accounts import told_in_order
from stack import eventually
from walkthrough.suite import Refused
from walkthrough.timeline import Timeline
from walkthrough.transfer import Transfer

APPLICANT = "member-16"
WANTED = "Thiếu số quyết định"


@pytest.fixture(scope="module")
def asked(suite, directory):
    """A transfer whose first officer has asked for a supplement."""
    person = directory.person(directory.ids["members"][APPLICANT])
    transfer = Transfer(suite, directory, Timeline(), person)
    destination = directory.ids["organizations"]["cell-a2"]
    transfer.channels = directory.own(person)["channels"]
    transfer.submit({"id": destination, "name": "cell-a2"})
    case = suite.until("the case", transfer.case)
    turn = case["turn"]
    seat = turn.get("seat") or turn
    transfer.officer = next(
        holder
        for holder in directory.holders(seat["organization"]["id"], seat["role"])
        if holder.subject != person.subject
    )
    body = {
        "action": "supplement",
        "step": turn["step"],
        "turn": turn["number"],
        "version": case["version"],
        "text": WANTED,
    }
    path = f"/v1/cases/{transfer.dossier}/actions"
    stopped = suite.call("routing", "POST", path, by=transfer.officer, body=body).json
    assert stopped["turn"]["clock"]["stopped"]
    return transfer


def view(suite, transfer):
    """The dossier as its applicant sees it."""
    return suite.call("intake", "GET", f"/v1/dossiers/{transfer.dossier}", by=transfer.applicant).json


def send(suite, transfer, form, **more):
    """A supplement."""
    body = {"form": form, "declaredUnclassified": True}
    path = f"/v1/dossiers/{transfer.dossier}/supplements"
    return suite.call("intake", "POST", path, by=transfer.applicant, body=body, **more)


def test_the_applicant_sees_what_is_wanted_and_hears_of_it(asked, suite):
    seen = suite.until(
        "the request at Intake",
        lambda: next((seen for seen in [view(suite, asked)] if seen["status"] == "awaiting-supplement"), None),
    )
    assert seen["wantedSupplement"]["reason"] == WANTED
    address = asked.channels["email"]
    suite.until(
        "the mail",
        lambda: [mail for mail in suite.look("mail", f"/messages?to={address}") if "đề nghị bổ sung" in mail["subject"]],
    )


def test_nonsense_is_refused_with_field_and_rule(asked, suite):
    for form, rule in (({}, "supplement.empty"), ({"reason": 5}, "wrong-type"), ({"x": "y"}, "unknown-field")):
        answer = send(suite, asked, form, expect=(422,))
        assert rule in [error["rule"] for error in answer.json["errors"]], answer.said()


def test_the_supplement_lets_the_case_go_on(asked, suite, stack):
    answer = send(suite, asked, {"decisionNumber": "12-QĐ/ĐU"}, expect=(201,), key="supplement-of-the-test")
    again = send(suite, asked, {"decisionNumber": "12-QĐ/ĐU"}, expect=(201,), key="supplement-of-the-test")
    assert answer.body == again.body and answer.json["status"] == "in-progress"
    refused = send(suite, asked, {"decisionNumber": "13-QĐ/ĐU"}, expect=(409,))
    assert refused.problem == "supplement-not-asked"
    case = suite.until(
        "the clock going on",
        lambda: next((case for case in [asked.case()] if not case["turn"]["clock"]["stopped"]), None),
    )
    assert case["stage"] == "running"
    path = f"/v1/cases/{asked.dossier}/messages"
    (message,) = suite.look("routing", path, asked.officer)["items"]
    assert message["text"].startswith("Bổ sung lần 1") and message["authorId"] == asked.applicant.subject
    waiting = suite.look("routing", "/v1/work-list?waiting=false", asked.officer)["items"]
    assert asked.dossier in [item["dossierId"] for item in waiting]
    seen = view(suite, asked)
    assert [version["form"].get("decisionNumber") for version in seen["versions"]] == ["01/QĐ-MẪU", "12-QĐ/ĐU"]
    kept = stack.sql(f"SELECT count(*) FROM intake.supplements WHERE dossier_id = '{asked.dossier}'")
    assert kept == [["1"]]


def test_the_case_comes_to_its_end_and_nothing_is_told_twice(asked, suite, stack):
    asked.walk()
    eventually(
        "the dossier completed",
        lambda: view(suite, asked)["status"] == "completed",
        seconds=60,
    )
    told_in_order(stack, asked.dossier)
    with pytest.raises(Refused):
        send(suite, asked, {"note": "Muộn"})
