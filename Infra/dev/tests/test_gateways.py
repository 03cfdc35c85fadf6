"""The stand-ins of VNPAY, of the national portal's payment platform and of MoMo sign, pay, call and answer as they do."""

import http.server
import json
import subprocess
import sys
import threading
import urllib.request

import pytest
from conftest import DEV, free_port_base

sys.path.insert(0, str(DEV / "stand-ins"))
import gateway  # noqa: E402 pylint: disable=wrong-import-position
import momo  # noqa: E402 pylint: disable=wrong-import-position
import portal  # noqa: E402 pylint: disable=wrong-import-position


def post(address, message, **headers):
    """The decoded answer."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(message).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(name="merchant")
def listening():
    """Where the gateways call, and what they said; the first call is not understood."""
    said = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps({"MaLoi": "99" if len(said) == 1 else "00"}).encode()
            self.send_response(503 if len(said) == 1 else 200 if self.path == "/portal" else 204)
            self.send_header("Content-Length", str(len(body) if self.path == "/portal" else 0))
            self.end_headers()
            if self.path == "/portal":
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", said
    server.shutdown()
    server.server_close()


@pytest.fixture(name="start")
def running(tmp_path):
    """Starts a stand-in and gives its address."""
    processes = []

    def start(name, callback):
        port = free_port_base()
        arguments = ["--port", str(port), "--state-dir", str(tmp_path), "--callback", callback]
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-B", str(DEV / f"stand-ins/{name}.py"), *arguments], stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout.readline().startswith("ready")
        return f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.communicate()


def test_the_portal_signs_as_the_published_vector():
    values = "CONFIRM|00|PARTNER|dvcREF0001|15930|VND|GD123|NH01|20260512093015|THANH TOAN HO SO H56-260512-0001"
    message = dict(zip(portal.CALLBACK, values.split("|")))
    expected = "e336d237866614fd8a39cd874ecd675b5bc3967a67399fede342a4064f74217d"
    assert portal.code(message, portal.CALLBACK, "SECRET") == expected


def test_momo_signs_as_the_published_vector():
    message = dict.fromkeys(momo.CALLBACK, "") | {
        "amount": 15930, "message": "Successful.", "orderId": "DP-2605-0001", "orderInfo": "Dang phi",
        "orderType": "momo_wallet", "partnerCode": "MOMO", "payType": "qr", "requestId": "R1",
        "responseTime": 1778553015000, "resultCode": 0, "transId": 4088878653,
    }  # fmt: skip
    expected = "5b7a143968720932085819d564f2b570a234b7aa2071e1b1662efcaa75fbe3cf"
    assert momo.signature(message, momo.CALLBACK, "AK", "SK") == expected


def test_the_portal_pays(start, merchant):
    address, said = merchant
    platform = start("portal", address + "/portal")
    request = dict.fromkeys(portal.REQUEST, "x") | {"MaThamChieu": "DP1", "SoTien": "15930"}
    assert post(platform + "/request", request | {"MaXacThuc": "0"})["MaLoi"] == "97"
    taken = post(platform + "/request", request | {"MaXacThuc": portal.code(request, portal.REQUEST, "SECRET")})
    assert taken["MaLoi"] == "00" and taken["UrlThanhToan"].endswith("/page/DP1")
    query = dict.fromkeys(portal.QUERY, "x") | {"MaThamChieu": "DP1"}
    query["MaXacThuc"] = portal.code(query, portal.QUERY, "SECRET")
    assert post(platform + "/status", query)["TrangThaiGD"] == ""
    paid = post(platform + "/pay", {"reference": "DP1", "pause": 0})
    assert [answer["status"] for answer in paid["answers"]] == [503, 200]
    assert said[0] == said[1] and said[0]["MaXacThuc"] == portal.code(said[0], portal.CALLBACK, "SECRET")
    status = post(platform + "/status", query)
    assert status["TrangThaiGD"] == "1" and status["MaXacThuc"] == portal.code(status, portal.STATUS, "SECRET")


def test_momo_pays(start, merchant):
    address, said = merchant
    wallet = start("momo", address + "/momo")
    request = dict.fromkeys(momo.CREATE, "x") | {"orderId": "DP1", "amount": 15930}
    assert post(wallet + "/v2/gateway/api/create", request | {"signature": "0"})["resultCode"] == 13
    signed = request | {"signature": momo.signature(request, momo.CREATE, "AK", "SK")}
    first, again = (post(wallet + "/v2/gateway/api/create", signed) for _ in range(2))
    assert first["resultCode"] == 0 and first["payUrl"] == again["payUrl"]
    query = {"orderId": "DP1", "partnerCode": "MOMO", "requestId": "q1"}
    query["signature"] = momo.signature(query, momo.QUERY, "AK", "SK")
    assert post(wallet + "/v2/gateway/api/query", query)["resultCode"] == 1000
    paid = post(wallet + "/pay", {"reference": "DP1", "pause": 0})
    assert [answer["status"] for answer in paid["answers"]] == [503, 204]
    assert said[0] == said[1] and said[0]["signature"] == momo.signature(said[0], momo.CALLBACK, "AK", "SK")
    status = post(wallet + "/v2/gateway/api/query", query)
    assert (status["resultCode"], status["amount"], status["requestId"]) == (0, 15930, "q1")


NUMBER = "00000000000000000000000000000001"


def test_refunds_are_signed_as_the_service_signs_them():
    portal_request = dict(
        zip(portal.REFUND, ["REFUND", "1.0.0", "PARTNER", "DP26050001", "14422574", NUMBER, "5000", "VND"]),
        LyDo="Hoan dang phi DP26050001",
        ThoiGianGD="20260512093015",
    )
    expected = "d580aa0f584850ebc7847a332ec75ba158cfb069bef8a5c4069b563eb4f3bd33"
    assert portal.code(portal_request, portal.REFUND, "SECRET") == expected
    momo_request = {"amount": 5000, "description": "Hoan dang phi DP26050001", "orderId": NUMBER}
    momo_request |= {"partnerCode": "MOMO", "requestId": NUMBER, "transId": 14422574}
    expected = "c6bca384df8ef86b8f89288e1acc11897eec7093fcb77b6f5b9d250febf057a3"
    assert momo.signature(momo_request, momo.REFUND, "AK", "SK") == expected
    text = f"{NUMBER}|2.1.0|refund|DEMO0001|03|DP26050001|500000|14422574|20260512093015|dues|20260512093015|127.0.0.1|"
    expected = (
        "e866440b714418833dfd2d35bc8d3ccd115532d5bbf542511f897986ec928ce0"
        "3e2fcb615080f5d497fb8593b1d3075d99fbfe0da8340360d38bc4170dbb0144"
    )
    assert gateway.mac("SECRETKEY", text + "Hoan dang phi DP26050001") == expected


def test_the_portal_refunds_once_for_each_number(start, merchant):
    address, _ = merchant
    platform = start("portal", address + "/portal")
    request = dict.fromkeys(portal.REQUEST, "x") | {"MaThamChieu": "DP1", "SoTien": "15930"}
    post(platform + "/request", request | {"MaXacThuc": portal.code(request, portal.REQUEST, "SECRET")})
    paid = post(platform + "/pay", {"reference": "DP1", "callback": False})

    def refund(number, amount):
        message = dict.fromkeys(portal.REFUND, "x") | {"MaThamChieu": "DP1", "MaGiaoDich": paid["MaGiaoDich"]}
        message |= {"MaHoanTien": number, "SoTien": str(amount)}
        message["MaXacThuc"] = portal.code(message, portal.REFUND, "SECRET")
        answer = post(platform + "/refund", message, x_request_id=number)
        assert answer["MaXacThuc"] == portal.code(answer, portal.REFUND_ANSWER, "SECRET")
        return answer["TrangThai"], answer["MaGiaoDich"]

    def ask(number):
        query = dict.fromkeys(portal.REFUND_QUERY, "x") | {"MaThamChieu": "DP1", "MaHoanTien": number}
        query["MaXacThuc"] = portal.code(query, portal.REFUND_QUERY, "SECRET")
        return post(platform + "/refund-status", query)["TrangThai"]

    assert ask("a") == ""
    first = refund("a", 10_000)
    assert first[0] == "SUCCESS" and refund("a", 10_000) == first
    assert refund("b", 5_931)[0] == "FAILED" and refund("c", 5_930)[0] == "SUCCESS"
    post(platform + "/refund-state", {"state": "PENDING"})
    assert ask("a") == "PENDING"


def test_momo_refunds_once_for_each_number(start, merchant):
    address, _ = merchant
    wallet = start("momo", address + "/momo")
    request = dict.fromkeys(momo.CREATE, "x") | {"orderId": "DP1", "amount": 15930}
    post(wallet + "/v2/gateway/api/create", request | {"signature": momo.signature(request, momo.CREATE, "AK", "SK")})
    paid = post(wallet + "/pay", {"reference": "DP1", "callback": False})

    def refund(number, amount):
        message = {"partnerCode": "MOMO", "orderId": number, "requestId": number, "amount": amount}
        message |= {"transId": paid["transId"], "description": ""}
        message["signature"] = momo.signature(message, momo.REFUND, "AK", "SK")
        answer = post(wallet + "/v2/gateway/api/refund", message)
        return answer["resultCode"], answer.get("transId")

    def ask(number):
        query = {"orderId": number, "partnerCode": "MOMO", "requestId": "q"}
        query["signature"] = momo.signature(query, momo.QUERY, "AK", "SK")
        return post(wallet + "/v2/gateway/api/refund/query", query)

    assert ask("a")["resultCode"] == 42
    first = refund("a", 10_000)
    assert first[0] == 0 and refund("a", 10_000) == first
    assert refund("b", 5_931)[0] == 1081 and refund("c", 5_930)[0] == 0
    post(wallet + "/refund-code", {"code": 7002})
    assert [entry["resultCode"] for entry in ask("a")["refundTrans"]] == [7002]


def test_vnpay_refunds_once_for_each_number(start, merchant):
    address, _ = merchant
    vnpay = start("gateway", address + "/vnpay")
    post(vnpay + "/pay", {"txnRef": "DP1", "amount": 15_930, "callback": False})
    names = "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy"
    names = [f"vnp_{name}" for name in (names + " CreateDate IpAddr OrderInfo").split()]

    def refund(number, amount):
        values = [number, "2.1.0", "refund", "DEMO0001", "03", "DP1", str(amount * 100), "1", "2", "dues", "3", "4", "5"]
        message = dict(zip(names, values), vnp_SecureHash=gateway.mac("SECRETKEY", "|".join(values)))
        return post(vnpay + "/merchant_webapi/api/transaction", message)

    def ask():
        values = ["q", "2.1.0", "querydr", "DEMO0001", "DP1", "1", "2", "3", "4"]
        fields = "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo".split()
        message = dict(zip([f"vnp_{name}" for name in fields], values))
        message["vnp_SecureHash"] = gateway.mac("SECRETKEY", "|".join(values))
        return post(vnpay + "/merchant_webapi/api/transaction", message)

    assert ask()["vnp_TransactionType"] == "01"
    first = refund("a", 10_000)
    assert (first["vnp_ResponseCode"], first["vnp_TransactionStatus"]) == ("00", "00")
    assert refund("a", 10_000)["vnp_ResponseCode"] == "94"
    assert refund("b", 5_931)["vnp_ResponseCode"] == "95"
    post(vnpay + "/refund-status", {"status": "05"})
    assert (ask()["vnp_TransactionType"], ask()["vnp_TransactionStatus"]) == ("03", "05")
    assert ask()["vnp_TransactionNo"] == first["vnp_TransactionNo"]
