"""The official transfer of a member: from the form to the signed letter, the member in his new cell."""

import datetime
import hashlib
import urllib.parse
import uuid

from .notices import Notices
from .paper import pdf
from .suite import Refused
from .timeline import HANOI, moment

FINAL = ("completed", "refused", "withdrawn")
# No tree is so deep.
MOST_TURNS = 25


class Transfer:
    """One transfer. `at(point)` is called between its steps: uploaded, submitted, acted, admitted, issued."""

    procedure = "official-transfer"
    # What the result is called; None where the case ends without one.
    paper = "letter"

    def __init__(self, suite, directory, timeline, applicant, at=None):
        self._suite, self._directory, self._timeline = suite, directory, timeline
        self._notices = Notices(suite)
        self.applicant, self._at = applicant, at or (lambda point: None)
        # Who sends the form, and what he says beside it.
        self.sender, self.beside = applicant, {}
        self.dossier = self.code = self.destination = self.result = self.document = None

    def run(self, destination):
        """All of it; goes on with a dossier of an earlier run that was not finished."""
        self.channels = self._directory.own(self.applicant)["channels"]
        if not self._resume():
            self.submit(destination)
        self._at("submitted")
        self._notices.arrive(self._timeline, self.applicant, self.channels, "acknowledgement", self.code)
        self.walk()
        if self.paper:
            self.fetch()
            self.verify()
        self.arrive()

    def _resume(self):
        listed = self._suite.call("intake", "GET", "/v1/dossiers?limit=200", by=self.applicant).json["items"]
        unfinished = [item for item in listed if item["procedure"] == self.procedure and item["status"] not in FINAL]
        if not unfinished:
            return False
        self.dossier, self.code = unfinished[0]["dossierId"], unfinished[0]["code"]
        self.destination = self._view()["form"].get("destinationCellId")
        with self._timeline.step("Intake", self.applicant.name, f"goes on with dossier {self.code} of an earlier run"):
            return True

    def submit(self, destination):
        """Two attachments, then the form; the acknowledgement comes at once."""
        self.destination = destination["id"]
        today = datetime.datetime.now(HANOI).date()
        review = self._upload("Bản tự kiểm điểm.pdf", ["BẢN TỰ KIỂM ĐIỂM", self.applicant.name, f"{today:%d/%m/%Y}"])
        decision = self._upload(
            "Quyết định thuyên chuyển.pdf", ["QUYẾT ĐỊNH", f"V/v thuyên chuyển {self.applicant.name}"]
        )
        self._at("uploaded")
        form = {
            "destinationCellId": self.destination,
            "reason": "Thay đổi nơi cư trú lâu dài",
            "decisionDate": str(today - datetime.timedelta(days=7)),
            "decisionNumber": "01/QĐ-MẪU",
            "selfReviewAttachmentId": review,
            "decisionAttachmentId": decision,
        }
        self._send(form, f"asks to be transferred to {destination['name']}")

    def _send(self, form, what):
        """The form; the acknowledgement comes at once."""
        with self._timeline.step("Intake", self.sender.name, what):
            answer = self._suite.call("intake", "POST", "/v1/dossiers", by=self.sender, body=self._body(form)).json
        self.dossier, self.code = answer["dossierId"], answer["code"]
        body = answer["receivingOrganization"]["name"]
        received, deadline = moment(answer["receivedAt"]), moment(answer["deadline"]["at"])
        what = f"acknowledged: {self.code}, received {received}, answer by {deadline}"
        with self._timeline.step("Intake", body, what):
            pass

    def _body(self, form):
        return {"procedure": self.procedure, "form": form, "declaredUnclassified": True, **self.beside}

    def _faults(self, form):
        """The rules that an incomplete form breaks, as Intake knows the member."""
        answer = self._suite.call("intake", "POST", "/v1/dossiers", by=self.sender, body=self._body(form), expect=(422,))
        return {error["rule"] for error in answer.json["errors"]}

    def _upload(self, name, lines):
        contents = pdf(lines)
        with self._timeline.step("Intake", self.sender.name, f"attaches {name} ({len(contents)} bytes)"):
            headers = {"Content-Type": "application/pdf", "X-File-Name": urllib.parse.quote(name)}
            answer = self._suite.call(
                "intake", "POST", "/v1/attachments", by=self.sender, body=contents, headers=headers
            )
        if answer.json["sha256"] != hashlib.sha256(contents).hexdigest():
            raise Refused("the attachment was not kept as it was sent")
        return answer.json["attachmentId"]

    def _view(self):
        return self._suite.call("intake", "GET", f"/v1/dossiers/{self.dossier}", by=self.applicant).json

    def case(self):
        """The case as the applicant sees it."""
        return self._suite.look("routing", f"/v1/cases/{self.dossier}", self.applicant)

    def walk(self):
        """Each officer acts in his turn, until nobody has to any more."""
        with self._timeline.step("Routing", "", "opens the case") as step:
            case = self._suite.until(f"the case of dossier {self.code}", self.case)
            places = len(case["ahead"]) + len(case["done"]) + (1 if case.get("turn") else 0)
            way = " → ".join(place["name"] for place in (case["from"], case.get("to")) if place)
            step.tell(f"case opened: {way}, {places} turns")
        for _ in range(MOST_TURNS):
            if case["stage"] != "running":
                break
            case = self.act(case)
            if case["boxes"] and "paperFile" in case and "state" not in case["paperFile"]:
                case = self.record("handed-over", case)
        if case.get("paperFile", {}).get("state") == "handed-over":
            case = self.record("arrived", case)
        if case["stage"] not in ("awaiting-result", "completed"):
            raise Refused(f"the case of dossier {self.code} ended as {case['stage']}")

    def act(self, case):
        """The officer whose turn it is does what the step wants; the case after it."""
        turn = case["turn"]
        seat = turn.get("seat") or turn
        holders = self._directory.holders(seat["organization"]["id"], seat["role"])
        officer = next((holder for holder in holders if holder.subject != self.applicant.subject), None)
        if officer is None:
            raise Refused(f"nobody holds {seat['role']} at {seat['organization']['name']}")
        action, said = self.deed(turn)
        body = {"action": action, "step": turn["step"], "turn": turn["number"], "version": case["version"], **said}
        box = f"box {turn['box']}" if turn.get("box") else "admission" if action == "admit" else "turn"
        what = f"{box} at {turn['organization']['name']}: {turn['title']['vietnamese'].lower()}"
        with self._timeline.step("Routing", officer.name, what):
            path = f"/v1/cases/{self.dossier}/actions"
            key = str(uuid.uuid5(uuid.UUID(self.dossier), f"turn {turn['number']}"))
            after = self._suite.call("routing", "POST", path, by=officer, body=body, key=key).json
        self._at("admitted" if action == "admit" else "acted")
        return after

    def record(self, state, case):
        """The officer who may record it says what became of the sealed paper file; the case after it."""
        turns = [*case["done"], *case["ahead"], *([case["turn"]] if case.get("turn") else [])]
        bodies = [turn["organization"] for turn in turns]
        bodies += [seat["organization"] for turn in turns for seat in [turn.get("seat") or turn.get("actedAt")] if seat]
        for place in {body["id"]: body for body in bodies}.values():
            for officer in self._directory.holders(place["id"], "organisation-officer"):
                path = f"/v1/cases/{self.dossier}"
                seen = self._suite.call("routing", "GET", path, by=officer).json
                if state not in seen["paperFile"]["mayRecord"]:
                    continue
                body = {"state": state, "on": str(datetime.datetime.now(HANOI).date())}
                key = str(uuid.uuid5(uuid.UUID(self.dossier), f"paper file {state}"))
                with self._timeline.step("Routing", officer.name, f"paper file {state} at {place['name']}"):
                    path = f"{path}/paper-file"
                    return self._suite.call("routing", "POST", path, by=officer, body=body, key=key).json
        raise Refused(f"nobody records that the paper file of dossier {self.code} is {state}")

    def deed(self, turn):
        """What the officer does in a turn: the action, and what he says with it."""
        if turn["step"] == "introduce":
            return "approve", {"fields": {"duesPaidThrough": f"{datetime.datetime.now(HANOI):%Y-%m}"}}
        return "admit" if turn["step"] == "admit" else "approve", {}

    def fetch(self):
        """The signed result, as Intake says where it is."""
        with self._timeline.step("Signing", "", f"signs the {self.paper}") as step:
            view = self._suite.until(
                f"the result of dossier {self.code}",
                lambda: next((view for view in [self._view()] if view["results"]), None),
            )
            self.result = view["results"][0]
            step.tell(f"{self.paper} {self.result['number']} signed for {self.result['issuingOrganization']['name']}")
        self._at("issued")
        with self._timeline.step("Signing", self.applicant.name, f"fetches the {self.paper}") as step:
            path = urllib.parse.urlsplit(self.result["links"]["document"]).path
            self.document = self._suite.call("signing", "GET", path, by=self.applicant).body
            step.tell(f"fetches the {self.paper}: PDF, {len(self.document)} bytes, PAdES {self.result['level']}")
        if hashlib.sha256(self.document).hexdigest() != self.result["sha256"]:
            raise Refused("the document is not the one that Intake tells the digest of")
        if not self.document.startswith(b"%PDF-") or b"/ByteRange" not in self.document:
            raise Refused("the document is no signed PDF")

    def verify(self):
        """Anybody asks the public page."""
        path = f"/v1/verify/{self.result['verificationId']}"
        with self._timeline.step("Signing", "anybody", f"verifies {self.result['verificationId']}") as step:
            verdict = self._suite.call("signing", "GET", path).json
            page = self._suite.call("signing", "GET", path, headers={"Accept": "text/html"})
            if not (verdict["exists"] and verdict["intact"] and verdict["inForce"]):
                raise Refused(f"the verification says {verdict}")
            if not page.headers["content-type"].startswith("text/html"):
                raise Refused("the verification has no page for people")
            step.tell(f"verifies {self.result['verificationId']}: {verdict['text']['vietnamese']}")

    def arrive(self):
        """The member is in his new cell, the applicant's status says so, the notices have come."""
        with self._timeline.step("Directory", self.applicant.name, "is moved") as step:
            cell = self._suite.until(
                f"{self.applicant.name} in the new cell",
                lambda: next(
                    (
                        cell
                        for cell in self._directory.own(self.applicant)["cell"][:1]
                        if cell["id"] == self.destination
                    ),
                    None,
                ),
            )
            step.tell(f"belongs to {cell['name']} now")
        state = self.case().get("paperFile", {}).get("state")
        carried = ("paper file",) if state == "arrived" else ()
        self.end(("admission", *carried, "result"))

    def end(self, notices):
        """The notices have come, the applicant's status says that it is over."""
        for notice in notices:
            self._notices.arrive(self._timeline, self.applicant, self.channels, notice, self.code)
        with self._timeline.step("Intake", self.applicant.name, "sees his dossier") as step:
            view = self._suite.until(
                f"dossier {self.code} completed",
                lambda: next((view for view in [self._view()] if view["status"] == "completed"), None),
            )
            step.tell(f"sees {self.code}: {view['statusText']['vietnamese'].lower()}, {len(view['timeline'])} entries")
