"""Callbacks as the gateway VNPAY sends them, for orders that ``sql/orders.sql`` makes."""

import collections
import hashlib
import hmac
import random

from bench.servers import MERCHANT, SECRET

BODIES = 1_000
CONNECTIONS = 32
PATH = "/v1/gateways/vnpay/ipn"

# What the load generator sees: HTTP status and the gateway's code.
CONFIRMED, ALREADY_CONFIRMED, NOT_AUTHENTIC = "200/00", "200/02", "200/97"


def query(number):
    """A signed callback that says that order ``number`` was paid."""
    fields = (
        f"vnp_Amount=5000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP{number:010d}&vnp_CardType=ATM"
        f"&vnp_OrderInfo=Dang+phi+thang+10+nam+2026&vnp_PayDate=20261121101500&vnp_ResponseCode=00"
        f"&vnp_TmnCode={MERCHANT}&vnp_TransactionNo={number}&vnp_TransactionStatus=00&vnp_TxnRef=BN{number:010d}"
    )
    signature = hmac.new(SECRET.encode(), fields.encode(), hashlib.sha512).hexdigest()
    return f"{fields}&vnp_SecureHash={signature}"


def forged(text):
    """The same with another signature."""
    return text[:-128] + hashlib.sha512(text.encode()).hexdigest()


def write_targets(file, first, count, seed=1):
    """Writes ``count`` request targets: 94 of 100 pay an order, 5 come again, 1 is forged.

    Answers how often each answer is due to come; as many orders are paid as are confirmed.
    """
    dice = random.Random(seed)
    number, recent = first, []
    answers = collections.Counter()
    with open(file, "w", encoding="ascii") as lines:
        for _ in range(count):
            throw = dice.random()
            if throw < 0.05 and len(recent) >= 200:
                text, answer = recent[-200], ALREADY_CONFIRMED
            elif throw < 0.06:
                text, answer = forged(query(number)), NOT_AUTHENTIC
            else:
                text, answer = query(number), CONFIRMED
                recent.append(text)
                number += 1
            answers[answer] += 1
            lines.write(f"{PATH}?{text}\n")
    return answers
