"""The peer of the callbacks' row: FastAPI and asyncpg do what the Dues service does with a callback.

The same tables, the same order of checks, one transaction for each callback, prepared statements, the writing in as few
round trips as asyncpg has.
"""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import time
import urllib.parse
import uuid

import asyncpg
from fastapi import FastAPI, Request, Response

SECRET = os.environ["BENCH_SECRET"].encode()
MERCHANT = os.environ["BENCH_MERCHANT"]

ORDER = """
    SELECT order_id, payer_member_id, payee_id, total, version, state, heard FROM payment_orders
    WHERE reference = $1 FOR UPDATE
"""
LINES = "SELECT member_id, month, cell_id, amount, assessment_id FROM order_lines WHERE order_id = $1 ORDER BY position"
OPEN = "SELECT amount - paid FROM assessments WHERE member_id = $1 AND month = $2 FOR UPDATE"
KEEP = """
    INSERT INTO callbacks (callback_id, received_at, gateway, raw, answer, reason, order_id)
    VALUES ($1, now(), 'vnpay', $2, $3, $4, $5)
"""
PAY = """
    WITH o AS (
        UPDATE payment_orders SET state = 'paid', version = version + 1, heard = heard || ARRAY[$2] WHERE order_id = $1
    ), a AS (
        UPDATE assessments SET paid = paid + $3 WHERE member_id = $4 AND month = $5
    ), p AS (
        INSERT INTO payments (payment_id, order_id, channel, gateway_transaction, amount, overpaid, source, paid_at,
            confirmed_at)
        VALUES ($6, $1, 'vnpay', $7, $3, 0, 'callback', now(), now())
    ), l AS (
        INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
            member_id, month, payment_id)
        VALUES ($8, now(), 'payment', 'gateway-clearing', $9, 'member-receivable', $10, $3, $4, $5, $6)
    ), e AS (
        INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, traceparent, data)
        VALUES (0, 'hoso.dues.payments.v1', $1, $11, false, $12, 'hoso.payment.received.v1', now(), $13, $14)
    )
    INSERT INTO callbacks (callback_id, received_at, gateway, raw, answer, reason, order_id)
    VALUES ($15, now(), 'vnpay', $16, 'confirmed', NULL, $1)
"""


def new_id():
    """A UUIDv7."""
    value = int(time.time() * 1000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


@contextlib.asynccontextmanager
async def lifespan(app):
    """The pool, as large as the service's."""
    app.state.pool = await asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=8, max_size=8)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


def answer(code, message):
    """What a gateway is told."""
    return Response(json.dumps({"RspCode": code, "Message": message}, separators=(",", ":")), media_type="application/json")


def is_authentic(fields, raw):
    """Whether the signature over the fields as received is the merchant's."""
    signed = "&".join(part for part in raw.split("&") if not part.startswith("vnp_SecureHash"))
    expected = hmac.new(SECRET, signed.encode(), hashlib.sha512).hexdigest()
    return hmac.compare_digest(expected, fields.get("vnp_SecureHash", ""))


@app.get("/v1/gateways/vnpay/ipn")
async def callback(request: Request):
    """Takes one callback in."""
    raw = request.url.query
    fields = dict(urllib.parse.parse_qsl(raw))
    pool = request.app.state.pool
    if not is_authentic(fields, raw):
        await pool.execute(KEEP, new_id(), raw.encode(), "notAuthentic", "signature", None)
        return answer("97", "Invalid signature")
    if fields.get("vnp_TmnCode") != MERCHANT or fields.get("vnp_ResponseCode") != "00":
        return answer("99", "Input data invalid")
    async with pool.acquire() as connection, connection.transaction():
        order = await connection.fetchrow(ORDER, fields["vnp_TxnRef"])
        if order is None:
            await connection.execute(KEEP, new_id(), raw.encode(), "orderNotFound", None, None)
            return answer("01", "Order not found")
        lines = await connection.fetch(LINES, order["order_id"])
        for line in lines:
            await connection.fetchval(OPEN, line["member_id"], line["month"])
        said = f"paid:{fields['vnp_TransactionNo']}"
        if said in order["heard"]:
            await connection.execute(KEEP, new_id(), raw.encode(), "alreadyConfirmed", None, order["order_id"])
            return answer("02", "Order already confirmed")
        if int(fields["vnp_Amount"]) != order["total"] * 100:
            await connection.execute(KEEP, new_id(), raw.encode(), "wrongAmount", None, order["order_id"])
            return answer("04", "Invalid amount")
        await pay(connection, order, lines[0], said, fields, raw)
    return answer("00", "Confirm Success")


async def pay(connection, order, line, said, fields, raw):
    """Books the payment of an order of one line."""
    payment = new_id()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    event = {
        "orderId": str(order["order_id"]), "paymentId": str(payment), "channel": "vnpay", "amount": order["total"],
        "lines": [{
            "memberId": str(line["member_id"]), "month": line["month"], "amount": line["amount"],
            "assessmentId": str(line["assessment_id"]),
        }],
        "gatewayTransaction": fields["vnp_TransactionNo"], "paidAt": now, "confirmedAt": now,
    }
    await connection.execute(
        PAY, order["order_id"], said, order["total"], line["member_id"], line["month"], payment,
        fields["vnp_TransactionNo"], new_id(), order["payee_id"], line["cell_id"], order["version"] + 1, new_id(),
        f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01", json.dumps(event, separators=(",", ":")).encode(),
        new_id(), raw.encode(),
    )
