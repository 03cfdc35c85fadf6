"""The stand-ins of the national portal's payment platform and of MoMo sign, pay, call and answer as they do."""

import http.server
import json
import subprocess
import sys
import threading
import urllib.request

import pytest
from conftest import DEV, free_port_base

sys.path.insert(0, str(DEV / "stand-ins"))
import momo  # noqa: E402 pylint: disable=wrong-import-position
import portal  # noqa: E402 pylint: disable=wrong-import-position


def post(address, message):
    """The decoded answer."""
    request = urllib.request.Request(address, json.dumps(message).encode(), {"Content-Type": "application/json"})
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
