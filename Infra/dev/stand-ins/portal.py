#!/usr/bin/python3
"""Stand-in of the national portal's payment platform: takes payment requests, pays, tells the merchant, answers queries.

  POST /request  a payment request, as the merchant sends it; answers with the address of the payer's page
  POST /status   a status query, as the merchant sends it
  POST /refund   a refund, as the merchant sends it; the same x-request-id is answered the same way
  POST /refund-status  a query about a refund, as the merchant sends it
  POST /refund-state   {"state": ...}: what became of the refunds so far and to come: SUCCESS, PENDING, FAILED
  POST /pay      {"reference": ...}: pays and calls the merchant; the answer holds what the merchant said. Further:
                 "code" (MaLoi, "00"), "callback" (true: false pays without a word), "forge" (false: true signs with a
                 wrong secret), "fields" (any field of the callback, over the others), "attempts", "pause", "repeat"
  GET  /requests what was asked for

The partner code and the secret are given by --partner and --secret.
"""

import hashlib
import itertools
import threading
import time

from standin import Answer, StandIn, arguments, post_repeatedly

HANOI = 7 * 3600
REQUEST = (
    "LoaiBanTin PhienBan MaDoiTac MaThamChieu SoTien LoaiHinhThanhToan MaKenhThanhToan MaThietBi NgonNgu MaTienTe"
    " MaNganHang ThongTinGiaoDich ThoiGianGD Ip"
).split()
CALLBACK = (
    "LoaiBanTin MaLoi MaDoiTac MaThamChieu SoTien MaTienTe MaGiaoDich MaNganHang ThoiGianGD ThongTinGiaoDich"
).split()
QUERY = "LoaiBanTin PhienBan MaDoiTac MaThamChieu ThoiGianGD".split()
REFUND = (
    "LoaiBanTin PhienBan MaDoiTac MaThamChieu MaGiaoDich MaHoanTien SoTien MaTienTe LyDo ThoiGianGD"
).split()
REFUND_QUERY = "LoaiBanTin PhienBan MaDoiTac MaThamChieu MaHoanTien ThoiGianGD".split()
REFUND_ANSWER = (
    "LoaiBanTin MaLoi MaDoiTac MaThamChieu MaHoanTien SoTien MaTienTe MaGiaoDich ThoiGianGD TrangThai"
).split()
STATUS = "LoaiBanTin MaLoi MaDoiTac MaThamChieu SoTien MaTienTe MaGiaoDich MaNganHang ThoiGianGD TrangThaiGD".split()


def stamp():
    """Now as the platform writes it: yyyyMMddHHmmss, +07:00."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + HANOI))


def code(message, names, secret):
    """MaXacThuc: SHA-256 over the values joined by bars, the secret last."""
    return hashlib.sha256("|".join([*(str(message.get(name, "")) for name in names), secret]).encode()).hexdigest()


class Platform:
    """Payments that were asked for, and what became of them."""

    def __init__(self, options):
        self._options = options
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._asked = {}
        self._told = {}
        self._refunds = {}
        self._refund_state = "SUCCESS"

    def requests(self):
        """What was asked for, oldest first."""
        with self._lock:
            return list(self._asked.values())

    def request(self, message):
        """Takes a payment request; the same one again is answered the same way."""
        if message.get("MaXacThuc") != code(message, REQUEST, self._options.secret):
            return {"MaLoi": "97", "MoTaLoi": "Ma xac thuc khong dung"}
        with self._lock:
            self._asked[message["MaThamChieu"]] = message
        page = f"http://{self._options.host}:{self._options.port}/page/{message['MaThamChieu']}"
        return {"MaLoi": "00", "MoTaLoi": "Thanh cong", "UrlThanhToan": page}

    def pay(self, order):
        """Pays what was asked for and tells the merchant."""
        asked = self._asked[order["reference"]]
        told = {
            "LoaiBanTin": "CONFIRM",
            "MaLoi": order.get("code", "00"),
            "MaDoiTac": self._options.partner,
            "MaThamChieu": order["reference"],
            "SoTien": asked["SoTien"],
            "MaTienTe": "VND",
            "MaGiaoDich": f"GD{next(self._numbers):08}",
            "MaNganHang": "NH01",
            "ThoiGianGD": stamp(),
            "ThongTinGiaoDich": asked["ThongTinGiaoDich"],
        } | order.get("fields", {})
        with self._lock:
            self._told[order["reference"]] = told
        secret = "not the secret" if order.get("forge") else self._options.secret
        told = told | {"MaXacThuc": code(told, CALLBACK, secret)}
        address = self._options.callback or self._options.dues + "/v1/gateways/portal/ipn"
        answers = post_repeatedly(address, told, order, self._is_settled) if order.get("callback", True) else []
        return {"MaGiaoDich": told["MaGiaoDich"], "answers": answers}

    def _is_settled(self, answer):
        body = answer["body"]
        return isinstance(body, dict) and body.get("MaLoi") == "00"

    def status(self, query):
        """What became of an order."""
        if query.get("MaXacThuc") != code(query, QUERY, self._options.secret):
            return {"MaLoi": "97", "MoTaLoi": "Ma xac thuc khong dung"}
        told = self._told.get(query["MaThamChieu"])
        if told:
            state = {"00": "1", "08": "3"}.get(told["MaLoi"], "4")
        else:
            told = {"MaLoi": "01", "MaDoiTac": self._options.partner, "MaThamChieu": query["MaThamChieu"]}
            state = ""
        answer = told | {"LoaiBanTin": "QUERY", "TrangThaiGD": state}
        return answer | {"MaXacThuc": code(answer, STATUS, self._options.secret)}

    def refund(self, number, message):
        """Gives money back: once for each number, together never more than was paid."""
        if message.get("MaXacThuc") != code(message, REFUND, self._options.secret) or number != message["MaHoanTien"]:
            return {"MaLoi": "97", "MoTaLoi": "Ma xac thuc khong dung"}
        with self._lock:
            told = self._told.get(message["MaThamChieu"], {})
            others = [
                int(other["SoTien"])
                for other in self._refunds.values()
                if other["MaThamChieu"] == message["MaThamChieu"] and other["MaHoanTien"] != number
            ]
            paid = int(told.get("SoTien", 0)) if told.get("MaGiaoDich") == message["MaGiaoDich"] else 0
            if sum(others) + int(message["SoTien"]) > paid:
                return self._refund_answer(message, {"MaLoi": "51", "TrangThai": "FAILED"})
            known = self._refunds.setdefault(number, message | {"own": f"HT{next(self._numbers):08}"})
        return self._about(known, "REFUND")

    def refund_status(self, query):
        """What became of a refund."""
        if query.get("MaXacThuc") != code(query, REFUND_QUERY, self._options.secret):
            return {"MaLoi": "97", "MoTaLoi": "Ma xac thuc khong dung"}
        known = self._refunds.get(query["MaHoanTien"])
        return self._about(known, "REFUND_QUERY") if known else self._refund_answer(query, {"MaLoi": "01"})

    def refund_state(self, asked):
        """What became of refunds from now on, those so far included."""
        self._refund_state = asked["state"]
        return {}

    def _about(self, known, kind):
        state = self._refund_state
        return self._refund_answer(
            known | {"LoaiBanTin": kind},
            {"MaLoi": "51" if state == "FAILED" else "00", "TrangThai": state, "MaGiaoDich": known["own"]},
        )

    def _refund_answer(self, message, more):
        names = ("LoaiBanTin", "MaThamChieu", "MaHoanTien", "SoTien", "MaTienTe")
        answer = {name: message.get(name, "") for name in names}
        answer |= {"MaDoiTac": self._options.partner, "ThoiGianGD": stamp(), "MaGiaoDich": "", "TrangThai": ""} | more
        return answer | {"MaXacThuc": code(answer, REFUND_ANSWER, self._options.secret)}


def main():
    options = arguments(partner="PARTNER", secret="SECRET", callback=None)
    platform, stand_in = Platform(options), StandIn()
    stand_in.routes |= {
        "POST /request": lambda request: Answer(200, platform.request(request.json())),
        "POST /status": lambda request: Answer(200, platform.status(request.json())),
        "POST /pay": lambda request: Answer(200, platform.pay(request.json())),
        "POST /refund": lambda request: Answer(
            200, platform.refund(request.headers.get("x-request-id"), request.json())
        ),
        "POST /refund-status": lambda request: Answer(200, platform.refund_status(request.json())),
        "POST /refund-state": lambda request: Answer(200, platform.refund_state(request.json())),
        "GET /requests": lambda _: Answer(200, platform.requests()),
    }
    stand_in.serve(options)


if __name__ == "__main__":
    main()
