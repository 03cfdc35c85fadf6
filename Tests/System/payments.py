"""Orders by the thousand, and a gateway that calls back until it has its answer."""

import asyncio
import collections
import json
import random
import threading
import urllib.parse

from gateway import signed_query, stamp

CONNECTIONS = 32
# Answers that end a gateway's calls: confirmed, confirmed already.
CONFIRMED, KNOWN = "00", "02"

# Members of a cell like one of its own, known to Dues alone; their ids follow from the number.
MEMBERS = """
SET search_path = dues;
INSERT INTO directory_members (id, version, cell_id, state)
SELECT named.id, 1, m.cell_id, m.state - 'duesBase' || jsonb_build_object('memberId', named.id,
    'fullName', 'Nguyễn Thị Thử ' || n, 'duesCategory', 'uninsured-working-age')
FROM directory_members m CROSS JOIN generate_series(1, {count}) AS n
    CROSS JOIN LATERAL (SELECT ('018f0000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid AS id) AS named
WHERE m.id = '{like}';
"""
# An order of nobody's in particular, as an employer gives it, for what each of them owes for a month.
ORDERS = """
SET search_path = dues;
CREATE TEMP TABLE assessed AS
SELECT a.*, right(a.member_id::text, 12) AS name FROM assessments a
WHERE a.month = '{month}' AND a.member_id::text LIKE '018f0000-0000-7000-8002-%';
INSERT INTO payment_orders (order_id, reference, state, channel, payee_id, total, created_at, expires_at, version)
SELECT ('018f0000-0000-7000-8004-' || name)::uuid, 'BN' || upper(name), 'open', 'vnpay', organization_id, amount, now(),
    now() + interval '1 day', 1
FROM assessed;
INSERT INTO order_lines (order_id, position, member_id, month, cell_id, amount, assessment_id)
SELECT ('018f0000-0000-7000-8004-' || name)::uuid, 1, member_id, month, organization_id, amount, assessment_id
FROM assessed;
SELECT 'BN' || upper(name), amount FROM assessed ORDER BY name;
"""


class Gateway(threading.Thread):
    """A gateway with payments of its own, each told until it is answered that it is known; one in twenty once more.

    - orders: reference and total of each.
    """

    def __init__(self, address, settings, orders, seed):
        super().__init__(daemon=True)
        place = urllib.parse.urlsplit(address)
        self._place, self._settings = (place.hostname, place.port), settings
        self._dice = random.Random(seed)
        self._orders = list(orders)
        # What each order was answered, call by call; None: the connection ended before there was an answer.
        self.answers = collections.defaultdict(list)
        self.under_way = 0
        self.answered = 0
        self._error = None
        self.start()

    def run(self):
        try:
            asyncio.run(self._tell())
        except BaseException as error:  # pylint: disable=broad-except
            self._error = error

    async def _tell(self):
        waiting = iter(enumerate(self._orders, start=1))
        await asyncio.gather(*(self._work(waiting) for _ in range(CONNECTIONS)))

    async def _work(self, waiting):
        connection = Connection(self._place)
        for number, (reference, total) in waiting:
            target = self._callback(number, reference, total)
            for _ in range(1 + (self._dice.random() < 0.05)):
                while (answer := await self._call(connection, target, reference)) not in (CONFIRMED, KNOWN):
                    await asyncio.sleep(0.05)
            self.answered += 1
        connection.close()

    async def _call(self, connection, target, reference):
        self.under_way += 1
        try:
            answer = await connection.get(target)
        finally:
            self.under_way -= 1
        self.answers[reference].append(answer)
        return answer

    def _callback(self, number, reference, total):
        fields = {
            "vnp_Amount": str(total * 100), "vnp_BankCode": "NCB", "vnp_OrderInfo": "Dang phi", "vnp_PayDate": stamp(),
            "vnp_ResponseCode": "00", "vnp_TmnCode": self._settings["HOSO_DUES_VNPAY_MERCHANT"],
            "vnp_TransactionNo": str(60_000_000 + number), "vnp_TransactionStatus": "00", "vnp_TxnRef": reference,
        }
        return f"/v1/gateways/vnpay/ipn?{signed_query(fields, self._settings['HOSO_DUES_VNPAY_SECRET'])}"

    def done(self, seconds=300):
        """Waits until everything is told."""
        self.join(seconds)
        assert not self.is_alive(), f"{self.answered} of {len(self._orders)} were told"
        self.check()

    def check(self):
        """Raises what went wrong in it."""
        if self._error:
            raise self._error


class Connection:
    """A connection that is kept, and opened again when it was cut."""

    def __init__(self, place):
        self._place, self._streams = place, None

    async def get(self, target):
        """The code that a callback is answered; None when nobody answers."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._place)
            reader, writer = self._streams
            writer.write(f"GET {target} HTTP/1.1\r\nHost: {self._place[0]}\r\n\r\n".encode())
            async with asyncio.timeout(60):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                body = await reader.readexactly(int(head.partition("content-length:")[2].split("\r\n")[0]))
            # Under load and at its end a service answers with a problem, which has no code.
            return json.loads(body).get("RspCode")
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return None

    def close(self):
        """Ends it."""
        if self._streams:
            self._streams[1].close()
        self._streams = None
