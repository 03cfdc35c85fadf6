"""Requests at a given rate, whatever becomes of those before: new members of one cell, each under a key of its own."""

import asyncio
import json
import threading
import time
import urllib.parse
import uuid
from dataclasses import dataclass

from walkthrough.suite import OPERATOR, Answer


@dataclass
class Call:
    """One request and what became of it; no answer: the connection ended before there was one."""

    key: str
    sent: float
    answer: Answer = None
    answered: float = None

    @property
    def member(self):
        """The member that was promised to be entered."""
        return self.answer.json["memberId"] if self.answer and self.answer.status == 201 else None


def newcomer(cell):
    """The body of each request; a repeat under the same key has the same bytes."""
    return {"fullName": "Nguyễn Thị Thử", "cellId": cell, "joinedOn": "2015-05-19"}


class Load(threading.Thread):
    """Enters members at Directory from its start until `done()`.

    - rate: requests a second; None: `workers` of them one after the other, as fast as they are answered.
    """

    def __init__(self, suite, cell, rate=None, workers=8):
        super().__init__(daemon=True)
        address = urllib.parse.urlsplit(suite.addresses["directory"])
        self._place = (address.hostname, address.port)
        self._token = suite.token(OPERATOR)
        self._body = json.dumps(newcomer(cell), ensure_ascii=False).encode()
        self._rate, self._workers = rate, workers
        self._over = threading.Event()
        self.calls = []
        self.start()

    def run(self):
        asyncio.run(self._open() if self._rate else self._closed())

    async def _open(self):
        running, began = set(), time.monotonic()
        while not self._over.is_set():
            due = int((time.monotonic() - began) * self._rate) - len(self.calls)
            for _ in range(due):
                running.add(asyncio.create_task(self._call()))
            await asyncio.sleep(0.005)
        await asyncio.gather(*running)

    async def _closed(self):
        async def work():
            while not self._over.is_set():
                await self._call()

        await asyncio.gather(*(work() for _ in range(self._workers)))

    async def _call(self):
        call = Call(str(uuid.uuid4()), time.monotonic())
        self.calls.append(call)
        head = (
            f"POST /v1/members HTTP/1.1\r\nHost: {self._place[0]}\r\nAuthorization: Bearer {self._token}\r\n"
            f"Idempotency-Key: {call.key}\r\nContent-Type: application/json\r\nContent-Length: {len(self._body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        try:
            async with asyncio.timeout(60):
                reader, writer = await asyncio.open_connection(*self._place)
                try:
                    writer.write(head.encode() + self._body)
                    call.answer = self._read(await reader.read())
                    call.answered = time.monotonic()
                finally:
                    writer.close()
        except OSError:
            pass

    @staticmethod
    def _read(text):
        head, found, body = text.partition(b"\r\n\r\n")
        if not found:
            return None
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if int(headers.get("content-length", len(body))) != len(body):
            return None
        return Answer(int(status.split()[1]), headers, body)

    def done(self, seconds=90):
        """Sends nothing more, waits for the answers under way; all calls."""
        self._over.set()
        self.join(seconds)
        assert not self.is_alive(), "requests without an end"
        return self.calls


def everything_kept(stack, members):
    """I1: whoever was promised to be entered is in the database, once in the history, and his event is in the topic."""
    assert members and len(set(members)) == len(members)
    listed = ", ".join(f"'{member}'" for member in members)
    ((kept,),) = stack.sql(f"SELECT count(*) FROM directory.members WHERE id IN ({listed})")
    assert int(kept) == len(members), f"{len(members) - int(kept)} of {len(members)} are lost"
    events, _ = stack.events("--topic", "hoso.directory.members.v1")
    missing = set(members) - {event["key"] for event in events}
    assert not missing, f"events of {len(missing)} of {len(members)} are not in the topic"
