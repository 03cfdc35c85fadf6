#!/usr/bin/python3
"""Stand-in of a provider of short messages: takes them, keeps them, sends them to nobody.

  POST   /messages            {"reference": ..., "to": ..., "text": ...}: 202 and {"id": ...}; the same reference again is
                              answered 200 with the same id and kept once; another text under it is 409
  GET    /messages            all of them, newest last; ?to=<number> those to one
  GET    /messages/<id>       one of them
  POST   /messages/<id>       {"status": "delivered" | "failed"}: what became of it; with a `callback` given when it was
                              sent, that is told there
  DELETE /messages            forgets them
"""

import itertools
import json
import threading
import time
import urllib.error
import urllib.request

from standin import Answer, StandIn, arguments


class Messages:
    """What was taken, also across a restart."""

    def __init__(self, file):
        self._file = file
        self._lock = threading.Lock()
        self._by_id = {}
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                message = json.loads(line)
                self._by_id[message["id"]] = message
        self._numbers = itertools.count(len(self._by_id) + 1)

    def take(self, asked):
        """The message and whether it is new, or None when its reference stands for another text."""
        with self._lock:
            for message in self._by_id.values():
                if message["reference"] == asked["reference"]:
                    same = (message["to"], message["text"]) == (asked["to"], asked["text"])
                    return (message, False) if same else (None, False)
            message = {
                "id": f"SMS{next(self._numbers):08}",
                "reference": asked["reference"],
                "to": asked["to"],
                "text": asked["text"],
                "callback": asked.get("callback"),
                "status": "accepted",
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            }
            self._by_id[message["id"]] = message
            self._save(message)
            return message, True

    def _save(self, message):
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(message, ensure_ascii=False) + "\n")

    def settle(self, identifier, status):
        """Notes what became of one."""
        with self._lock:
            message = self._by_id[identifier]
            message["status"] = status
            self._save(message)
            return message

    def all(self, recipient=None):
        """Those to one recipient, or all."""
        with self._lock:
            return [message for message in self._by_id.values() if recipient in (None, message["to"])]

    def one(self, identifier):
        """One, or None."""
        return self._by_id.get(identifier)

    def clear(self):
        """Forgets all."""
        with self._lock:
            self._by_id.clear()
            self._file.unlink(missing_ok=True)


def tell(message):
    """Calls the address that the sender gave; a sender that is away is not told again."""
    body = json.dumps({key: message[key] for key in ("id", "reference", "status")}).encode()
    request = urllib.request.Request(message["callback"], body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def main():
    options = arguments()
    messages = Messages(options.state_dir / "messages.jsonl")
    stand_in = StandIn()

    def take(request):
        message, is_new = messages.take(request.json())
        if message is None:
            return Answer(409, {"error": "this reference stands for another message"})
        return Answer(202 if is_new else 200, {"id": message["id"], "status": message["status"]})

    def one(request):
        message = messages.one(request.path.rsplit("/", 1)[1])
        return Answer(200, message) if message else Answer(404, {"error": "no such message"})

    def settle(request):
        message = messages.settle(request.path.rsplit("/", 1)[1], request.json()["status"])
        return Answer(200, {"told": tell(message) if message["callback"] else None})

    def clear(_):
        messages.clear()
        return Answer(204)

    stand_in.routes |= {
        "POST /messages": take,
        "GET /messages": lambda request: Answer(200, messages.all(request.query.get("to"))),
        "GET /messages/": one,
        "POST /messages/": settle,
        "DELETE /messages": clear,
    }
    stand_in.serve(options)


if __name__ == "__main__":
    main()
