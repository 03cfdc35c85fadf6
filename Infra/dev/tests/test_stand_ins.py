"""The stand-ins answer as the parties they stand for."""

import base64
import http.server
import json
import smtplib
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import DEV

sys.path.insert(0, str(DEV / "stand-ins"))
import gateway  # noqa: E402 pylint: disable=wrong-import-position


@pytest.fixture(autouse=True, scope="module")
def running(stack):
    """All of them answer."""
    stack.run("up")


def call(url, body=None, method=None):
    """Status and decoded body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, None


class Merchant:
    """Receives the gateway's calls and answers as told."""

    def __init__(self, answers):
        self.queries = []
        merchant = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                merchant.queries.append(urllib.parse.urlsplit(self.path).query)
                code = answers[min(len(merchant.queries), len(answers)) - 1]
                body = json.dumps({"RspCode": code, "Message": ""}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/ipn"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def is_signed(query, secret):
    """Whether the call carries the right signature."""
    text, _, signature = query.rpartition("&vnp_SecureHash=")
    return gateway.mac(secret, text) == signature


def test_the_gateway_signs_as_the_published_vector():
    query = (
        "vnp_Amount=1593000&vnp_BankCode=NCB&vnp_BankTranNo=VNP0001&vnp_CardType=ATM&vnp_OrderInfo=Dang+phi+05%2F2026"
        "&vnp_PayDate=20260512093015&vnp_ResponseCode=00&vnp_TmnCode=DEMO0001&vnp_TransactionNo=14422574"
        "&vnp_TransactionStatus=00&vnp_TxnRef=DP-2605-0001"
    )
    fields = dict(urllib.parse.parse_qsl(query))
    assert gateway.signed_query(fields, "SECRETKEY") == query + (
        "&vnp_SecureHash=2ad967ab02ee5a8f696c826b112370bfb10cdd5d0f7c143d486ee0a4126bdb1e"
        "50884ea909845239aff9b671d24c40b5dde0fd5023db7d33d18fcf9224829fc1"
    )


def test_the_gateway_calls_again_until_it_is_understood(stack):
    merchant = Merchant(["99", "00"])
    order = {"txnRef": "GW1", "amount": 15930, "url": merchant.url, "attempts": 3}
    _, paid = call(stack.addresses()["gateway"] + "/pay", order)
    merchant.close()
    assert [answer["body"]["RspCode"] for answer in paid["answers"]] == ["00"]
    assert len(merchant.queries) == 2 and merchant.queries[0] == merchant.queries[1]
    assert "vnp_Amount=1593000&" in merchant.queries[0]


def test_the_gateway_repeats_and_forges_on_request(stack):
    url = stack.addresses()["gateway"] + "/pay"
    merchant = Merchant(["02"])
    call(url, {"txnRef": "GW2", "amount": 1000, "url": merchant.url, "repeat": 20, "parallel": True})
    assert len(merchant.queries) == 20 and len(set(merchant.queries)) == 1
    call(url, {"txnRef": "GW3", "amount": 1000, "url": merchant.url, "forge": True})
    merchant.close()
    assert "GW3" in merchant.queries[-1] and not is_signed(merchant.queries[-1], "SECRETKEY")
    assert is_signed(merchant.queries[0], "SECRETKEY")


def test_the_gateway_refunds_no_more_than_was_paid(stack):
    address = stack.addresses()["gateway"]
    call(address + "/pay", {"txnRef": "GW4", "amount": 1000, "callback": False})

    def refund(amount):
        names = "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy"
        values = [f"r{amount}", "2.1.0", "refund", "DEMO0001", "03", "GW4", str(amount), "1", "2", "tester", "3"]
        values += ["127.0.0.1", "i"]
        text = "|".join(values)
        body = dict(zip([f"vnp_{name}" for name in (names + " CreateDate IpAddr OrderInfo").split()], values))
        body["vnp_SecureHash"] = gateway.mac("SECRETKEY", text)
        return call(address + "/merchant_webapi/api/transaction", body)[1]["vnp_ResponseCode"]

    assert [refund(60_000), refund(50_000), refund(40_000)] == ["00", "95", "00"]


def test_a_text_message_with_the_same_reference_is_kept_once(stack):
    url = stack.addresses()["sms"] + "/messages"
    message = {"reference": "R1", "to": "0900000001", "text": "Thử"}
    first, again = call(url, message), call(url, message)
    assert first[0] == 202 and again[0] == 200 and first[1]["id"] == again[1]["id"]
    assert call(url, {**message, "text": "khác"})[0] == 409
    assert [kept["text"] for kept in call(url + "?to=0900000001")[1]] == ["Thử"]


def test_a_bank_says_under_which_name_it_keeps_an_account(stack):
    url = stack.addresses()["bank"] + "/accounts/MAU/0000000099"
    assert call(url)[0] == 404
    assert call(url, {"holderName": "DANG BO MAU"}, method="PUT")[0] == 204
    assert call(url) == (200, {"holderName": "DANG BO MAU"})


def test_calls_are_counted_and_faults_are_met(stack):
    address = stack.addresses()["sms"]
    message = {"reference": "R2", "to": "0900000002", "text": "a"}
    before = call(address + "/calls")[1].get("POST /messages", 0)
    call(address + "/faults", {"path": "/messages", "status": 503, "times": 1})
    assert call(address + "/messages", message)[0] == 503
    assert call(address + "/messages", message)[0] == 202
    assert call(address + "/calls")[1]["POST /messages"] == before + 2


def test_mail_is_kept_as_it_came(stack):
    addresses = stack.addresses()
    host, port = addresses["smtp"].split(":")
    with smtplib.SMTP(host, int(port), timeout=10) as client:
        client.sendmail(
            "a@example.org",
            ["b@example.org"],
            "Subject: =?utf-8?b?VGjhu60=?=\r\nMessage-ID: <1@x>\r\n\r\n.dot\r\nend".encode(),
        )
    (kept,) = call(addresses["mail"] + "/messages?to=b@example.org")[1]
    assert kept["subject"] == "Thử" and kept["text"].splitlines() == [".dot", "end"] and kept["messageId"] == "<1@x>"


def test_mail_is_refused_on_request(stack):
    addresses = stack.addresses()
    host, port = addresses["smtp"].split(":")
    call(addresses["mail"] + "/smtp-faults", {"at": "RCPT", "reply": "451 try again", "times": 1})
    with smtplib.SMTP(host, int(port), timeout=10) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@example.org", ["c@example.org"], b"Subject: x\r\n\r\ny")
        client.sendmail("a@example.org", ["c@example.org"], b"Subject: x\r\n\r\ny")
    assert len(call(addresses["mail"] + "/messages?to=c@example.org")[1]) == 1


def test_tokens_verify_with_the_published_key(stack, tmp_path):
    address = stack.addresses()["identity"]
    token = call(address + "/token", {"sub": "someone", "level": 2})[1]["access_token"]
    header, claims, signature = token.split(".")

    def decoded(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    claims = json.loads(decoded(claims))
    assert claims["sub"] == "someone" and claims["level"] == 2 and claims["iss"] == address and claims["aud"] == "hoso"
    kid = json.loads(decoded(header))["kid"]
    assert kid in [key["kid"] for key in call(address + "/jwks.json")[1]["keys"]]
    public = tmp_path / "public.pem"
    key = stack.state / "identity" / f"{kid}.pem"
    subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    (tmp_path / "signature").write_bytes(decoded(signature))
    command = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", tmp_path / "signature"]
    subprocess.run(command, input=".".join(token.split(".")[:2]).encode(), check=True, capture_output=True)
