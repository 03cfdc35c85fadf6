#!/usr/bin/python3
"""Stand-in of the mail system: an SMTP server that keeps every message as a file and delivers none.

SMTP listens on --smtp-port, or the port after the HTTP one. Over HTTP:

  GET    /messages          what arrived, oldest first: id, from, to, subject, text; ?to=<address> those to one
  GET    /messages/<id>     the message as it came (message/rfc822)
  DELETE /messages          forgets them
  POST   /smtp-faults       what the next mails meet: {"at": "DATA", "reply": "451 try again", "times": 2}; `at` is
                            CONNECT, EHLO, MAIL, RCPT, DATA or END (after the message); reply "" closes the connection,
                            and `kept` true keeps the message before that (END only)
  DELETE /smtp-faults       none of it any more
"""

import asyncio
import email
import email.policy
import json
import re
import threading
import time

from standin import Answer, Faults, StandIn, arguments

LARGEST = 20 << 20


class Mailbox:
    """Messages as numbered .eml files, with their envelope beside them."""

    def __init__(self, directory):
        self._directory = directory
        self._lock = threading.Lock()

    def keep(self, sender, recipients, content):
        """Writes one message in one piece and returns its id."""
        with self._lock:
            identifier = f"{len(list(self._directory.glob('*.eml'))) + 1:06}"
            envelope = {"from": sender, "to": recipients, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            (self._directory / f"{identifier}.json").write_text(json.dumps(envelope), encoding="utf-8")
            part = self._directory / f"{identifier}.part"
            part.write_bytes(content)
            part.replace(self._directory / f"{identifier}.eml")
            return identifier

    def all(self, recipient=None):
        """What arrived, for people and tests."""
        found = []
        for path in sorted(self._directory.glob("*.eml")):
            envelope = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            if recipient in (None, *envelope["to"]):
                found.append({"id": path.stem, **envelope, **self._read(path)})
        return found

    @staticmethod
    def _read(path):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain", "html"))
        return {
            "messageId": message["Message-ID"],
            "subject": message["Subject"],
            "text": body.get_content() if body else "",
        }

    def raw(self, identifier):
        """One as it came, or None."""
        path = self._directory / f"{identifier}.eml"
        return path.read_bytes() if re.fullmatch(r"\d+", identifier) and path.exists() else None

    def clear(self):
        """Forgets all."""
        with self._lock:
            for path in self._directory.glob("[0-9]*.*"):
                path.unlink()


class Closed(Exception):
    """An ordered fault closes the connection."""


class Session:
    """One SMTP connection (RFC 5321, without extensions but 8BITMIME, SMTPUTF8 and SIZE)."""

    def __init__(self, mailbox, faults, reader, writer):
        self._mailbox, self._faults, self._reader, self._writer = mailbox, faults, reader, writer
        self._sender, self._recipients = None, []

    async def run(self):
        """Talks until the other side has had enough."""
        try:
            if not await self._meets("CONNECT"):
                await self._say("220 stand-in ESMTP")
            while line := await asyncio.wait_for(self._reader.readline(), 300):
                verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
                if verb.upper() == "QUIT":
                    await self._say("221 bye")
                    break
                await self._obey(verb.upper(), rest)
        except (Closed, ConnectionError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writer.close()

    async def _obey(self, verb, rest):
        if verb in ("EHLO", "HELO", "MAIL", "RCPT", "DATA") and await self._meets("EHLO" if verb == "HELO" else verb):
            return
        if verb == "EHLO":
            await self._say(f"250-stand-in\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 SIZE {LARGEST}")
        elif verb == "MAIL":
            self._sender, self._recipients = address(rest), []
            await self._say("250 ok")
        elif verb == "RCPT" and self._sender is not None:
            self._recipients.append(address(rest))
            await self._say("250 ok")
        elif verb == "DATA" and self._recipients:
            await self._receive()
        elif verb in ("MAIL", "RCPT", "DATA"):
            await self._say("503 bad sequence of commands")
        elif verb in ("HELO", "RSET", "NOOP"):
            if verb == "RSET":
                self._sender, self._recipients = None, []
            await self._say("250 ok")
        else:
            await self._say("502 not implemented")

    async def _receive(self):
        await self._say("354 go on")
        content = bytearray()
        while (line := await self._reader.readline()) not in (b".\r\n", b".\n"):
            if not line:
                raise Closed
            content += line[1:] if line.startswith(b".") else line
            if len(content) > LARGEST:
                await self._say("552 too large")
                raise Closed
        sender, recipients = self._sender, self._recipients
        self._sender, self._recipients = None, []
        if await self._meets("END", lambda: self._mailbox.keep(sender, recipients, bytes(content))):
            return
        await self._say(f"250 kept as {self._mailbox.keep(sender, recipients, bytes(content))}")

    async def _meets(self, point, keep=None):
        fault = self._faults.meet("/" + point)
        if not fault:
            return False
        await asyncio.sleep(fault.get("delay", 0))
        if fault.get("kept") and keep:
            keep()
        if not fault.get("reply"):
            raise Closed
        await self._say(fault["reply"])
        return True

    async def _say(self, text):
        self._writer.write(text.encode() + b"\r\n")
        await self._writer.drain()


def address(text):
    """The address between the angle brackets."""
    found = re.search(r"<([^>]*)>", text)
    return found.group(1) if found else text.partition(":")[2].split(" ")[0]


async def serve_smtp(host, port, mailbox, faults):
    """Accepts mail until the process is ended."""
    server = await asyncio.start_server(
        lambda reader, writer: Session(mailbox, faults, reader, writer).run(), host, port, limit=1 << 20
    )
    async with server:
        await server.serve_forever()


def main():
    options = arguments()
    mailbox, faults, stand_in = Mailbox(options.state_dir), Faults(), StandIn()
    smtp_port = options.smtp_port or options.port + 1

    def order(request):
        fault = request.json()
        faults.order({**fault, "path": "/" + fault["at"]})
        return Answer(204)

    def raw(request):
        content = mailbox.raw(request.path.rsplit("/", 1)[1])
        return Answer(200, content, "message/rfc822") if content else Answer(404, {"error": "no such message"})

    stand_in.routes |= {
        "GET /messages": lambda request: Answer(200, mailbox.all(request.query.get("to"))),
        "GET /messages/": raw,
        "DELETE /messages": lambda _: (mailbox.clear(), Answer(204))[1],
        "POST /smtp-faults": order,
        "DELETE /smtp-faults": lambda _: (faults.clear(), Answer(204))[1],
    }
    threading.Thread(target=stand_in.serve, args=(options,), daemon=True).start()
    asyncio.run(serve_smtp(options.host, smtp_port, mailbox, faults))


if __name__ == "__main__":
    main()
