"""What Directory keeps beside the tree: a member's account and what he says of his data, an organisation's bank account."""

import datetime

from .suite import OPERATOR, Person, Refused
from .timeline import HANOI

SECOND = Person("operator:second", "Người thứ hai (operator)", ["hoso.operator"])


class People:
    """One member's account through a report of misuse and back, and one organisation's account with two persons."""

    def __init__(self, suite, directory, timeline):
        self._suite, self._directory, self._timeline = suite, directory, timeline

    def run(self, member, organization):
        """All of it; it can be run again."""
        self.use_account(member)
        self.check_data(member)
        self.report_misuse(member)
        self.change_bank_account(organization)

    def use_account(self, member):
        """Issued by an administrator, activated by its owner; whatever an earlier run left is gone on from."""
        state = self._account(member)
        if state == "locked":
            self._change(member, "unlock")
        if state in (None, "revoked"):
            self._change(member, "issue")
        if self._account(member) == "issued":
            with self._timeline.step("Directory", member.name, "activates his account"):
                self._suite.call("directory", "POST", "/v1/me/account/activation", by=member, body={})

    def check_data(self, member):
        """He confirms every field that is right as it stands."""
        with self._timeline.step("Directory", member.name, "confirms his data") as step:
            fields = self._suite.call("directory", "GET", "/v1/me/data", by=member).json["fields"]
            names = [field["field"] for field in fields if field["state"] != "disputed"]
            body = {"fields": names}
            fields = self._suite.call("directory", "POST", "/v1/me/data/confirmations", by=member, body=body).json["fields"]
            confirmed = sum(field["state"] == "confirmed" for field in fields)
            step.tell(f"confirms his data: {confirmed} of {len(fields)} fields")

    def report_misuse(self, member):
        """Locked at once, refused elsewhere, settled and unlocked by an administrator."""
        with self._timeline.step("Directory", member.name, "reports that somebody else used his account: locked"):
            body = {"text": "Có người khác đăng nhập tài khoản của tôi"}
            request = self._suite.call("directory", "POST", "/v1/me/account/misuse", by=member, body=body).json
        with self._timeline.step("Intake", member.name, "is refused: nothing is entered under a locked account"):
            self._suite.until("the lock at Intake", lambda: self._submission_problem(member) == "account-closed")
        with self._timeline.step("Directory", OPERATOR.name, "settles the report and unlocks the account"):
            path = f"/v1/requests/{request['requestId']}/settlement"
            body = {"outcome": "accepted", "answer": "Đã xác minh, đã đổi thông tin đăng nhập"}
            self._suite.call("directory", "POST", path, by=OPERATOR, body=body)
        self._change(member, "unlock")
        self._suite.until("the unlock at Intake", lambda: self._submission_problem(member) == "invalid-fields")

    def change_bank_account(self, organization):
        """Proposed, confirmed by the bank, approved by a second person; used from its day on."""
        path = f"/v1/organizations/{organization}/bank-accounts/proposals"
        state = self._suite.call("directory", "GET", f"/v1/organizations/{organization}", by=OPERATOR).json
        first = datetime.datetime.now(HANOI).date()
        latest = max((account["from"] for account in state["bankAccounts"]), default="")
        # A run of the same day goes on behind the account of the run before.
        first = max(first, datetime.date.fromisoformat(latest) + datetime.timedelta(days=1)) if latest else first
        account = {"bankCode": "MAU", "accountNumber": f"{first:%Y%m%d}01", "holderName": state["name"]}
        self._tell_bank(account)
        what = f"proposes account {account['accountNumber']} for {state['name']} from {first:%d/%m/%Y}"
        with self._timeline.step("Directory", OPERATOR.name, what):
            body = {**account, "from": str(first), "reason": "Mở tài khoản chuyên thu đảng phí"}
            proposal = self._suite.call("directory", "POST", path, by=OPERATOR, body=body).json["proposalId"]
        with self._timeline.step("Bank", "", "confirms number and holder"):
            self._suite.until("the bank's answer", lambda: self._proposal(path, proposal)["inquiry"] == "matches")
        decision = f"{path}/{proposal}/decision"
        refused = self._suite.call(
            "directory", "POST", decision, by=OPERATOR, body={"decision": "approve"}, expect=(422,)
        ).json["errors"][0]["rule"]
        if refused != "bank-account.second-person":
            raise Refused(f"whoever proposed an account could approve it: {refused}")
        with self._timeline.step("Directory", SECOND.name, "approves it, as the second person"):
            self._suite.call("directory", "POST", decision, by=SECOND, body={"decision": "approve"})

    def _account(self, member):
        return self._directory.member(member.subject).get("account")

    def _change(self, member, action):
        words = {"issue": "issues an account to", "unlock": "unlocks the account of"}
        with self._timeline.step("Directory", OPERATOR.name, f"{words[action]} {member.name}"):
            path = f"/v1/members/{member.subject}/account/changes"
            body = {"action": action, "reason": "Quản lý tài khoản mẫu"}
            self._suite.call("directory", "POST", path, by=OPERATOR, body=body)

    def _submission_problem(self, member):
        body = {"procedure": "official-transfer", "form": {}, "attachmentIds": [], "declaredUnclassified": True}
        return self._suite.call("intake", "POST", "/v1/dossiers", by=member, body=body, expect=(403, 422)).problem

    def _proposal(self, path, identifier):
        items = self._suite.look("directory", f"{path}?limit=200", OPERATOR)["items"]
        return next(item for item in items if item["proposalId"] == identifier)

    def _tell_bank(self, account):
        path = f"/accounts/{account['bankCode']}/{account['accountNumber']}"
        self._suite.call("bank", "PUT", path, body={"holderName": account["holderName"].upper()}, expect=(204,))
