"""Dues of a month: assessed, ordered, paid through the gateway, receipted, settled."""

import datetime
import time
import urllib.parse
import uuid

from .notices import Notices
from .suite import OPERATOR, Refused
from .timeline import HANOI, amount

# The least amount in đồng that the gateway takes.
LEAST = 5_000
IPN = "/v1/gateways/vnpay/ipn"
LAYOUT = "TxnRef,TransactionNo,Amount,Fee,NetAmount,SettlementDate,Type"


def this_month(ahead=0):
    """The month of dues that runs in Vietnam, or one later."""
    today = datetime.datetime.now(HANOI)
    months = today.year * 12 + today.month - 1 + ahead
    return f"{months // 12}-{months % 12 + 1:02}"


class Dues:
    """One payment. `at(point)` is called between its steps: assessed, ordered, paid, receipted."""

    def __init__(self, suite, directory, timeline, at=None):
        self._suite, self._directory, self._timeline = suite, directory, timeline
        self._notices = Notices(suite)
        self._at = at or (lambda point: None)
        self.month = this_month()
        self.payer = self.order = self.fields = self.receipt = None

    def run(self, candidates):
        """All of it, for the first of the members who still owes the month (or a later one)."""
        self.assess()
        self._at("assessed")
        self.choose(candidates)
        self._at("ordered")
        self.pay()
        self._at("paid")
        self.take_receipt()
        self._at("receipted")
        self.look_at_the_account()
        self.repeat_and_forge()
        self.settle()

    def assess(self):
        """A run over all members for the month."""
        with self._timeline.step("Dues", OPERATOR.name, f"assesses {self.month}") as step:
            answer = self._suite.call(
                "dues", "POST", "/v1/assessment-runs", by=OPERATOR, body={"month": self.month}, expect=(202, 409)
            )
            if answer.status == 409:
                step.tell(f"assesses {self.month}: a run is under way")
                return
            path = f"/v1/assessment-runs/{answer.json['runId']}"
            run = self._suite.until(
                f"the assessment of {self.month}",
                lambda: next(
                    (run for run in [self._suite.look("dues", path, OPERATOR)] if run["state"] == "done"), None
                ),
            )
            step.tell(
                f"assesses {self.month}: {run['members']} members, {run['assessed']} assessed, {run['changed']} changed"
            )

    def choose(self, candidates):
        """The payer: the first who owes the month; when all have paid, the first orders a month ahead."""
        for person in candidates:
            found = self._suite.until(
                f"the assessment of {person.name} for {self.month}",
                lambda person=person: self._assessment(person, self.month),
            )
            # What the gateway does not take alone waits for the next month.
            if found["open"] >= LEAST:
                why = found["explanation"][:2][-1]["text"]["vietnamese"].rstrip(".")
                with self._timeline.step("Dues", person.name, f"owes {amount(found['open'])} for {self.month} ({why})"):
                    pass
                with self._timeline.step("Dues", person.name, "orders to pay") as step:
                    step.tell(self._order(person, self.month))
                return
        self._order_ahead(candidates)

    def _order_ahead(self, candidates):
        for person in candidates:
            for ahead in range(1, 13):
                began = time.monotonic()
                try:
                    said = self._order(person, this_month(ahead))
                except Refused as error:
                    if "order.nothing-owed" in str(error) or "order.below-minimum" in str(error):
                        continue
                    raise
                with self._timeline.step("Dues", person.name, said) as step:
                    step.began = began
                return
        raise Refused("every member of the demonstration has paid a year ahead; begin again with Infra/dev/up --fresh")

    def _assessment(self, person, month):
        listed = self._suite.call("dues", "GET", f"/v1/members/{person.subject}/assessments", by=person).json
        return next((one for one in listed["assessments"] if one["month"] == month), None)

    def _order(self, person, month):
        body = {"gateway": "vnpay", "lines": [{"memberId": person.subject, "month": month}]}
        self.order = self._suite.call("dues", "POST", "/v1/payment-orders", by=person, body=body).json
        self.payer = person
        return f"orders to pay {amount(self.order['total'])} for {month} under {self.order['reference']}"

    def pay(self):
        """The gateway takes the money and calls Dues back."""
        # Fixed, so that asking the gateway again after a fault is no second payment.
        number = str(10_000_000 + uuid.UUID(self.order["orderId"]).int % 89_999_999)
        once = {
            "vnp_TransactionNo": number,
            "vnp_BankTranNo": f"VNP{number}",
            "vnp_PayDate": f"{datetime.datetime.now(HANOI):%Y%m%d%H%M%S}",
        }
        with self._timeline.step("VNPAY", self.payer.name, "pays") as step:
            code = self._gateway(fields=once)
            self.fields = self._paid()
            if code not in ("00", "02"):
                raise Refused(f"the callback was answered {code}")
            step.tell(
                f"pays {amount(self.order['total'])}; callback {self.fields['vnp_TransactionNo']} answered {code}"
            )

    def _gateway(self, **more):
        """Has the gateway call back and answers what it was told; a Dues that is away is called again later."""
        asked = {
            "txnRef": self.order["reference"],
            "amount": self.order["total"],
            "url": self._suite.addresses["dues"] + IPN,
        }

        def told():
            body = self._suite.call("gateway", "POST", "/pay", body={**asked, **more}).json["answers"][-1]["body"]
            return body.get("RspCode", "") if isinstance(body, dict) and body.get("RspCode") != "99" else None

        return self._suite.until("an answer to the gateway", told)

    def _paid(self):
        paid = self._suite.call("gateway", "GET", "/payments").json
        return next(fields for fields in paid if fields["vnp_TxnRef"] == self.order["reference"])

    def view(self):
        """The order as its payer sees it."""
        return self._suite.call("dues", "GET", f"/v1/payment-orders/{self.order['orderId']}", by=self.payer).json

    def take_receipt(self):
        """The payment in the order, the number of its receipt, the notices."""
        with self._timeline.step("Dues", self.payer.name, "books the payment") as step:

            def receipted():
                view = self.view()
                return (
                    view["state"] == "paid"
                    and len(view["payments"]) == 1
                    and view["payments"][0].get("receiptNumber")
                    and view
                )

            view = self._suite.until(f"the receipt of {self.order['reference']}", receipted)
            self.receipt = view["payments"][0]["receiptNumber"]
            step.tell(f"paid; receipt {self.receipt}")
        channels = self._directory.own(self.payer)["channels"]
        self._notices.arrive(self._timeline, self.payer, channels, "receipt", self.receipt)

    def look_at_the_account(self):
        """What the payer owes now."""
        line = self.order["lines"][0]
        with self._timeline.step("Dues", self.payer.name, f"sees {line['month']}") as step:
            found = self._assessment(self.payer, line["month"])
            if found is None:
                step.tell(f"has paid {line['month']} ahead of its assessment")
                return
            if found["open"] != 0 or found["paid"] != found["amount"]:
                raise Refused(f"{amount(self.order['total'])} were paid and the account says {found}")
            step.tell(f"sees {line['month']}: {amount(found['paid'])} paid, nothing open")

    def repeat_and_forge(self):
        """The same callback again changes nothing; a forged one, and one with another amount, are refused."""
        before = self.view()
        for what, wanted, more in (
            ("the same callback again", "02", {"fields": self.fields}),
            ("a callback with a forged signature", "97", {"forge": True, "fields": self.fields}),
            (
                "a signed callback with another amount",
                "04",
                {"fields": {**self.fields, "vnp_Amount": "100"}, "attempts": 1},
            ),
        ):
            with self._timeline.step("VNPAY", "", what) as step:
                code = self._gateway(**more)
                if code != wanted:
                    raise Refused(f"{what} was answered {code} instead of {wanted}")
                step.tell(f"{what}: answered {code}")
        if self.view() != before:
            raise Refused(f"they changed the order from {before} to {self.view()}")

    def settle(self):
        """The gateway's settlement file of the day."""
        total, fee = self.order["total"], self.order["total"] * 2 // 100
        day = datetime.datetime.now(HANOI).date()
        line = f"{self.order['reference']},{self.fields['vnp_TransactionNo']},{total},{fee},{total - fee},{day},PAY"
        file = f"{LAYOUT}\n{line}\nTOTAL,1,{total}\n".encode()
        query = urllib.parse.urlencode({"gateway": "vnpay", "organizationId": self.order["payeeOrganizationId"]})
        with self._timeline.step("Dues", OPERATOR.name, "takes in the settlement file") as step:
            answer = self._suite.call(
                "dues", "POST", f"/v1/settlements?{query}", by=OPERATOR, body=file, headers={"Content-Type": "text/csv"}
            ).json
            if answer["states"] != {"matched": 1}:
                raise Refused(f"the settlement found {answer['states']}")
            step.tell(f"takes in the settlement file: {amount(answer['gross'])} matched")
