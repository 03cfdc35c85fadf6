#!/usr/bin/python3
"""Stand-in of MoMo's payment gateway v2: takes payment requests, pays, tells the merchant, answers queries.

  POST /v2/gateway/api/create  a payment request, as the merchant sends it; answers with the address of the payer's page
  POST /v2/gateway/api/query   a status query, as the merchant sends it
  POST /v2/gateway/api/refund        a refund, as the merchant sends it; the same requestId is answered the same way
  POST /v2/gateway/api/refund/query  a query about a refund, as the merchant sends it
  POST /refund-code            {"code": ...}: what became of the refunds so far and to come: 0, 7002 (under way), 1080
                               (failed)
  POST /pay                    {"reference": ...}: pays and calls the merchant; the answer holds what the merchant said.
                               Further: "code" (resultCode, 0), "callback" (true: false pays without a word), "forge"
                               (false: true signs with a wrong secret), "fields" (any field of the callback, over the
                               others), "attempts", "pause", "repeat"

The partner code, the access key and the secret are given by --partner, --access-key and --secret.
"""

import hashlib
import hmac
import itertools
import threading
import time

from standin import Answer, StandIn, arguments, post_repeatedly

CREATE = "amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType".split()
REFUND = "amount description orderId partnerCode requestId transId".split()
QUERY = "orderId partnerCode requestId".split()
CALLBACK = (
    "amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId"
).split()


def signature(message, names, access, secret):
    """HMAC-SHA256 over the access key and the named values."""
    text = "&".join([f"accessKey={access}", *(f"{name}={message.get(name, '')}" for name in names)])
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Wallet:
    """Payments that were asked for, and what became of them."""

    def __init__(self, options):
        self._options = options
        self._numbers = itertools.count(4_000_000_001)
        self._lock = threading.Lock()
        self._asked = {}
        self._told = {}
        self._refunds = {}
        self._refund_code = 0

    def _sign(self, message, names, forge=False):
        secret = "not the secret" if forge else self._options.secret
        return signature(message, names, self._options.access_key, secret)

    def _reply(self, message, code, **more):
        return {
            "partnerCode": self._options.partner,
            "orderId": message.get("orderId", ""),
            "requestId": message.get("requestId", ""),
            "responseTime": int(time.time() * 1000),
            "message": "Successful." if code == 0 else "Refused.",
            "resultCode": code,
        } | more

    def create(self, message):
        """Takes a payment request; the same one again is answered the same way, another one of the order is refused."""
        if message.get("signature") != self._sign(message, CREATE):
            return self._reply(message, 13)
        with self._lock:
            before = self._asked.setdefault(message["orderId"], message)
        if before["requestId"] != message["requestId"]:
            return self._reply(message, 41)
        page = f"http://{self._options.host}:{self._options.port}/page/{message['orderId']}"
        return self._reply(message, 0, amount=message["amount"], payUrl=page)

    def pay(self, order):
        """Pays what was asked for and tells the merchant."""
        asked = self._asked[order["reference"]]
        told = {
            "partnerCode": self._options.partner,
            "orderId": order["reference"],
            "requestId": asked["requestId"],
            "amount": asked["amount"],
            "orderInfo": asked["orderInfo"],
            "orderType": "momo_wallet",
            "transId": next(self._numbers),
            "resultCode": order.get("code", 0),
            "message": "Successful.",
            "payType": "qr",
            "responseTime": int(time.time() * 1000),
            "extraData": "",
        } | order.get("fields", {})
        with self._lock:
            self._told[order["reference"]] = told
        told = told | {"signature": self._sign(told, CALLBACK, order.get("forge"))}
        address = self._options.callback or asked["ipnUrl"]
        answers = post_repeatedly(address, told, order, self._is_settled) if order.get("callback", True) else []
        return {"transId": told["transId"], "answers": answers}

    def _is_settled(self, answer):
        return answer["status"] == 204

    def query(self, message):
        """What became of an order; this answer is not signed."""
        if message.get("signature") != self._sign(message, QUERY):
            return self._reply(message, 13)
        told = self._told.get(message["orderId"])
        if told:
            more = {name: told[name] for name in ("amount", "transId", "payType", "extraData")}
            return self._reply(message, told["resultCode"], **more)
        asked = self._asked.get(message["orderId"])
        return self._reply(message, 1000, amount=asked["amount"], transId=0) if asked else self._reply(message, 42)

    def refund(self, message):
        """Gives money back: once for each number, together never more than was paid."""
        if message.get("signature") != self._sign(message, REFUND):
            return self._reply(message, 13)
        with self._lock:
            paid = [told["amount"] for told in self._told.values() if told["transId"] == message["transId"]]
            if not paid:
                return self._reply(message, 1081)
            others = [
                other["amount"]
                for other in self._refunds.values()
                if other["transId"] == message["transId"] and other["orderId"] != message["orderId"]
            ]
            if sum(others) + message["amount"] > paid[0]:
                return self._reply(message, 1081)
            known = self._refunds.setdefault(message["orderId"], message | {"own": next(self._numbers)})
        if known["requestId"] != message["requestId"]:
            return self._reply(message, 41)
        return self._reply(message, self._refund_code, amount=known["amount"], transId=known["own"])

    def refund_query(self, message):
        """What became of a refund; this answer is not signed."""
        if message.get("signature") != self._sign(message, QUERY):
            return self._reply(message, 13)
        known = self._refunds.get(message["orderId"])
        if known is None:
            return self._reply(message, 42)
        listed = {name: known[name] for name in ("orderId", "amount")}
        listed |= {"resultCode": self._refund_code, "transId": known["own"], "createdTime": int(time.time() * 1000)}
        return self._reply(message, 0, refundTrans=[listed])

    def refund_code(self, asked):
        """What became of refunds from now on, those so far included."""
        self._refund_code = asked["code"]
        return {}


def main():
    options = arguments(partner="MOMO", access_key="AK", secret="SK", callback=None)
    wallet, stand_in = Wallet(options), StandIn()
    stand_in.routes |= {
        "POST /v2/gateway/api/create": lambda request: Answer(200, wallet.create(request.json())),
        "POST /v2/gateway/api/query": lambda request: Answer(200, wallet.query(request.json())),
        "POST /v2/gateway/api/refund": lambda request: Answer(200, wallet.refund(request.json())),
        "POST /v2/gateway/api/refund/query": lambda request: Answer(200, wallet.refund_query(request.json())),
        "POST /refund-code": lambda request: Answer(200, wallet.refund_code(request.json())),
        "POST /pay": lambda request: Answer(200, wallet.pay(request.json())),
    }
    stand_in.serve(options)


if __name__ == "__main__":
    main()
