"""The other procedures, from the form to their end: out of the system and back, temporary transfer, opinion, objection."""

import datetime

from .suite import OPERATOR
from .timeline import HANOI
from .transfer import Transfer


class OutboundTransfer(Transfer):
    """A transfer to a body outside the system: the letter is signed, handed over on paper, and answered."""

    def run(self, destination):
        """All of it, unless an earlier run ended with the member outside."""
        if self._directory.member(self.applicant.subject)["cellId"] == destination["id"]:
            with self._timeline.step("Directory", self.applicant.name, f"stands at {destination['name']} already"):
                return
        super().run(destination)

    def deed(self, turn):
        if turn["step"] == "hand-over-outside":
            # Routing hears of the signature by itself.
            self._suite.until(f"the signed letter of dossier {self.code}", lambda: self.case().get("letterSigned"))
            return "hand-over", {}
        if turn["step"] == "await-reply":
            return "admit", {"text": f"Công văn phúc đáp ngày {datetime.datetime.now(HANOI):%d/%m/%Y}"}
        return super().deed(turn)


class InboundTransfer(Transfer):
    """Back from there: a committee scans the paper letter and enters it, somebody else holds it against the paper."""

    procedure = "inbound-transfer"
    body = "base-b"

    def submit(self, destination):
        self.destination = destination["id"]
        receiving = self._directory.ids["organizations"][self.body]
        self.sender = self._directory.holders(receiving, "organisation-officer")[0]
        self.beside = {"applicantMemberId": self.applicant.subject, "receivingOrganizationId": receiving}
        self._suite.until("the member outside at Intake", lambda: self._faults({}) == {"missing"})
        form = {
            "destinationCellId": self.destination,
            "letterNumber": "12-GGT/ĐU",
            "letterDate": f"{datetime.datetime.now(HANOI):%Y-%m-%d}",
            "filledBoxes": "3",
            "letterAttachmentId": self._upload("Giấy giới thiệu.pdf", ["GIẤY GIỚI THIỆU", self.applicant.name]),
        }
        self._send(form, f"enters the letter of {self.applicant.name} for {destination['name']}")


class TemporaryTransfer(Transfer):
    """A stay of half a year with another cell; the member still belongs to his own."""

    procedure = "temporary-transfer"

    def come_back(self):
        """Whoever stays elsewhere since an earlier run comes back first."""
        if self._directory.member(self.applicant.subject)["state"] != "temporarily-elsewhere":
            return
        with self._timeline.step("Directory", OPERATOR.name, f"enters the return of {self.applicant.name}"):
            path = f"/v1/members/{self.applicant.subject}/changes"
            body = {"state": "official", "reason": "Hết thời gian sinh hoạt tạm thời, trở về chi bộ"}
            self._suite.call("directory", "POST", path, by=OPERATOR, body=body)

    def run(self, destination):
        """All of it; Intake has to have heard of a return before it takes the next dossier."""
        self.come_back()
        self._suite.until("the member's state at Intake", lambda: "applicant.state" not in self._faults({}))
        super().run(destination)

    def submit(self, destination):
        self.destination = destination["id"]
        today = datetime.datetime.now(HANOI).date()
        first, last = today + datetime.timedelta(days=7), today + datetime.timedelta(days=190)
        form = {
            "destinationCellId": self.destination,
            "stayReason": "work",
            "stayFrom": str(first),
            "stayUntil": str(last),
            "reason": "Biệt phái công tác có thời hạn",
        }
        self._send(form, f"asks to stay with {destination['name']} until {last:%d/%m/%Y}")

    def arrive(self):
        with self._timeline.step("Directory", self.applicant.name, "stays elsewhere") as step:
            member = self._suite.until(
                f"the stay of {self.applicant.name}",
                lambda: next(
                    (
                        member
                        for member in [self._directory.member(self.applicant.subject)]
                        if member["state"] == "temporarily-elsewhere"
                    ),
                    None,
                ),
            )
            step.tell(f"stays elsewhere for a time ({member['state']}), and still belongs to his cell")
        self.end(("admission", "result"))


class StayExtension(Transfer):
    """Two months more for whoever stays elsewhere: asked there, reported home."""

    procedure = "temporary-stay-change"
    paper = None
    until = None

    def submit(self, destination):
        stay = self._directory.member(self.applicant.subject)["stay"]
        self.until = datetime.date.fromisoformat(stay["until"]) + datetime.timedelta(days=60)
        form = {"stayUntil": str(self.until)}
        self._suite.until("the stay at Intake", lambda: self._faults(form) == {"missing"})
        self._send(form | {"reason": "Công việc được giao chưa xong"}, f"asks to stay until {self.until:%d/%m/%Y}")

    def deed(self, turn):
        if turn["step"] == "consider":
            return "propose", {"text": "Đảng viên sinh hoạt đều, đề nghị đồng ý."}
        return "agree" if turn["step"] == "decide" else "note", {}

    def arrive(self):
        until = self.until or datetime.date.fromisoformat(self._view()["form"]["stayUntil"])
        with self._timeline.step("Directory", self.applicant.name, "stays longer") as step:
            self._suite.until(
                f"the longer stay of {self.applicant.name}",
                lambda: self._directory.member(self.applicant.subject)["stay"]["until"] == str(until),
            )
            step.tell(f"stays until {until:%d/%m/%Y}; his own cell has taken note")
        self.end(())


class ResidenceOpinion(Transfer):
    """The opinion of the place of residence, asked for by the member himself."""

    procedure = "residence-opinion"
    paper = "opinion"

    def submit(self, destination):
        form = {"purpose": "cadre", "residenceCellIds": [destination["id"]], "reason": "Bổ nhiệm cán bộ"}
        self._send(form, f"asks for the opinion of {destination['name']}")

    def deed(self, turn):
        if turn["step"] == "record-opinion":
            grades = {"obligations": "good", "conduct": "good", "contact": "fair", "family": "good"}
            return "record", {"text": "Gương mẫu, gần gũi nhân dân nơi cư trú.", "fields": grades}
        return "confirm" if turn["step"] == "confirm" else "approve", {}

    def arrive(self):
        self.end(("result",))


class DuesObjection(Transfer):
    """An objection to assessed dues, which the committee upholds."""

    procedure = "dues-objection"
    paper = "notice"

    def submit(self, destination):
        month = f"{datetime.datetime.now(HANOI):%Y-%m}"
        self._send({"duesMonth": month, "reason": "Tôi nghỉ không lương từ tháng trước"}, f"objects to the dues of {month}")

    def deed(self, turn):
        if turn["step"] == "examine":
            return "propose", {"text": "Đã đối chiếu bảng lương, đề nghị chấp nhận."}
        return "accept", {}

    def arrive(self):
        self.end(("result",))
