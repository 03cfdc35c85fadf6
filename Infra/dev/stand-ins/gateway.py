#!/usr/bin/python3
"""Stand-in of a payment gateway that speaks as VNPAY 2.1.0 does: pays orders, tells the merchant, answers queries.

  POST /pay      {"txnRef": ..., "amount": đồng}: pays and calls the merchant; the answer holds what the merchant said.
                 Further: "responseCode", "transactionStatus" ("00"), "repeat" (1), "parallel" (false), "delay" (seconds,
                 0), "forge" (false: true signs with a wrong secret), "callback" (true: false pays without a word),
                 "fields" (any vnp_ field, over the others), "url" (another address to call)
  GET  /payments what was paid
  POST /merchant_webapi/api/transaction   querydr and refund, as the merchant sends them
  POST /refund-status {"status": ...}     what became of the refunds so far and to come: 00 (done), 05 (under way), 09
                                          (refused)

A call that is not answered with 00 or 02 is repeated up to --attempts times, --pause seconds apart, as the gateway does.
The merchant code and the secret are given by --merchant and --secret.
"""

import concurrent.futures
import hashlib
import hmac
import itertools
import threading
import time
import urllib.parse
import uuid

from standin import Answer, StandIn, arguments, call

HANOI = 7 * 3600
SETTLED = ("00", "02")


def stamp():
    """Now as the gateway writes it: yyyyMMddHHmmss, +07:00."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + HANOI))


def mac(secret, text):
    """HMAC-SHA512 in hex."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def signed_query(fields, secret):
    """The fields as a query string with its signature: sorted by name, empty ones left out."""
    text = urllib.parse.urlencode(sorted((name, value) for name, value in fields.items() if value != ""))
    return f"{text}&vnp_SecureHash={mac(secret, text)}"


class Gateway:
    """Payments and the calls about them."""

    def __init__(self, options):
        self._options = options
        self._numbers = itertools.count(14_000_001)
        self._lock = threading.Lock()
        self._payments = {}
        self._refunds = {}
        self._refund_status = "00"

    def payments(self):
        """What was paid, oldest first."""
        with self._lock:
            return list(self._payments.values())

    def pay(self, asked):
        """Pays an order and tells the merchant; the answers of the merchant, in the order of the calls."""
        number = str(next(self._numbers))
        fields = {
            "vnp_Amount": str(int(asked["amount"]) * 100),
            "vnp_BankCode": "NCB",
            "vnp_BankTranNo": f"VNP{number}",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": asked.get("orderInfo", f"Thanh toan {asked['txnRef']}"),
            "vnp_PayDate": stamp(),
            "vnp_ResponseCode": asked.get("responseCode", "00"),
            "vnp_TmnCode": self._options.merchant,
            "vnp_TransactionNo": number,
            "vnp_TransactionStatus": asked.get("transactionStatus", asked.get("responseCode", "00")),
            "vnp_TxnRef": asked["txnRef"],
        } | asked.get("fields", {})
        with self._lock:
            self._payments[asked["txnRef"]] = fields
        if not asked.get("callback", True):
            return {"transactionNo": number, "answers": []}
        secret = "not the secret" if asked.get("forge") else self._options.secret
        url = asked.get("url", self._options.callback or self._options.dues + "/v1/gateways/vnpay/ipn")
        time.sleep(float(asked.get("delay", 0)))
        address = f"{url}?{signed_query(fields, secret)}"
        times = int(asked.get("repeat", 1))
        with concurrent.futures.ThreadPoolExecutor(min(times, 32) if asked.get("parallel") else 1) as pool:
            answers = list(pool.map(lambda _: self._tell(address, asked), range(times)))
        return {"transactionNo": number, "answers": answers}

    def _tell(self, address, asked):
        """Calls the merchant until it has understood, or the attempts are used up."""
        attempts = 1 if asked.get("forge") else int(asked.get("attempts", self._options.attempts))
        for attempt in range(attempts):
            if attempt:
                time.sleep(float(self._options.pause))
            answer = call(address)
            if isinstance(answer.get("body"), dict) and answer["body"].get("RspCode") in SETTLED:
                break
        return answer

    def transaction(self, request):
        """querydr and refund."""
        command = request["vnp_Command"]
        names = (
            "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo"
            if command == "querydr"
            else "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy"
            " CreateDate IpAddr OrderInfo"
        ).split()
        text = "|".join(str(request.get("vnp_" + name, "")) for name in names)
        if not hmac.compare_digest(mac(self._options.secret, text), str(request.get("vnp_SecureHash", "")).lower()):
            return self._reply(request, "97", {})
        paid = self._payments.get(request["vnp_TxnRef"])
        if paid is None:
            return self._reply(request, "91", {})
        if command == "refund":
            return self._refund(request, paid)
        with self._lock:
            last = (self._refunds.get(request["vnp_TxnRef"]) or [None])[-1]
        return self._reply(request, "00", self._told(last) if last else paid)

    def refund_status(self, asked):
        """What became of refunds from now on, those so far included."""
        self._refund_status = asked["status"]
        return {}

    def _told(self, refund):
        return refund | {"vnp_TransactionStatus": self._refund_status}

    def _refund(self, request, paid):
        """Gives money back, once for each number of a request and never more than was paid."""
        with self._lock:
            before = self._refunds.setdefault(request["vnp_TxnRef"], [])
            if any(refund["request"] == request["vnp_RequestId"] for refund in before):
                return self._reply(request, "94", paid)
            sum_before = sum(int(refund["vnp_Amount"]) for refund in before)
            if sum_before + int(request["vnp_Amount"]) > int(paid["vnp_Amount"]):
                return self._reply(request, "95", paid)
            refund = paid | {
                "request": request["vnp_RequestId"],
                "vnp_Amount": str(request["vnp_Amount"]),
                "vnp_TransactionNo": str(next(self._numbers)),
                "vnp_TransactionType": request["vnp_TransactionType"],
            }
            before.append(refund)
        return self._reply(request, "00", self._told(refund))

    def _reply(self, request, code, paid):
        """The answer, signed over its values joined by `|`."""
        is_query = request["vnp_Command"] == "querydr"
        reply = {
            "vnp_ResponseId": uuid.uuid4().hex,
            "vnp_Command": request["vnp_Command"],
            "vnp_ResponseCode": code,
            "vnp_Message": "ok" if code == "00" else "refused",
            "vnp_TmnCode": self._options.merchant,
            "vnp_TxnRef": request["vnp_TxnRef"],
            "vnp_Amount": paid.get("vnp_Amount", ""),
            "vnp_BankCode": paid.get("vnp_BankCode", ""),
            "vnp_PayDate": paid.get("vnp_PayDate", ""),
            "vnp_TransactionNo": paid.get("vnp_TransactionNo", ""),
            "vnp_TransactionType": paid.get(
                "vnp_TransactionType", "01" if is_query else request.get("vnp_TransactionType", "02")
            ),
            "vnp_TransactionStatus": paid.get("vnp_TransactionStatus", ""),
            "vnp_OrderInfo": request.get("vnp_OrderInfo", ""),
        }
        if is_query:
            reply |= {"vnp_PromotionCode": "", "vnp_PromotionAmount": ""}
        return reply | {"vnp_SecureHash": mac(self._options.secret, "|".join(reply.values()))}


def main():
    options = arguments(merchant="DEMO0001", secret="SECRETKEY", attempts="10", pause="2", callback=None)
    gateway, stand_in = Gateway(options), StandIn()
    stand_in.routes |= {
        "POST /pay": lambda request: Answer(200, gateway.pay(request.json())),
        "GET /payments": lambda _: Answer(200, gateway.payments()),
        "POST /merchant_webapi/api/transaction": lambda request: Answer(200, gateway.transaction(request.json())),
        "POST /refund-status": lambda request: Answer(200, gateway.refund_status(request.json())),
    }
    stand_in.serve(options)


if __name__ == "__main__":
    main()
