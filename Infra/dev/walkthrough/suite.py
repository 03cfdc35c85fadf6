"""A running suite as its users meet it: tokens, waits, and HTTP calls repeated as a careful client repeats them."""

import http.client
import json
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field

ATTEMPT_SECONDS = 30
# A wait looks again after so long; the pause grows from the first to the second.
PAUSES = (0.02, 0.25)
# Answers after which the same request, under the same key, is to be sent again.
TRY_AGAIN = {"idempotency-in-progress", "conflict"}


class Refused(Exception):
    """A service gave another answer than the one expected."""


class NotArrived(Exception):
    """Something did not come within its time."""


class Away(Exception):
    """Nobody answers, or the answer is that it cannot be done now."""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        """The body as JSON."""
        return json.loads(self.body or b"null")

    @property
    def problem(self):
        """The id of the problem it tells (RFC 9457), or nothing."""
        if not self.headers.get("content-type", "").startswith("application/problem+json"):
            return None
        return self.json.get("type", "").removeprefix("urn:hoso:problem:")

    def said(self):
        """For people: status and what was told."""
        return f"{self.status} {self.body[:600].decode('utf-8', 'replace')}"


@dataclass
class Person:
    """Somebody with a token: a member (the subject is his id), or an operator."""

    subject: str
    name: str
    roles: list = field(default_factory=list)


OPERATOR = Person("operator:demo", "Người vận hành (operator)", ["hoso.operator"])


def plain_call(base, method, path, headers=None, body=None, seconds=ATTEMPT_SECONDS):
    """One request and its answer. Raises OSError or HTTPException when there is none."""
    address = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=seconds)
    try:
        try:
            connection.request(method, address.path + path, body=body, headers=headers or {})
        except (BrokenPipeError, ConnectionResetError):
            # The server may answer and close before it has read a body that it does not want.
            pass
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


class Suite:
    """The addresses of one suite and how long its user is ready to wait.

    - patience: seconds within which a call is repeated while a service is away or busy.
    - arrival: seconds within which what was caused must have come.
    """

    def __init__(self, addresses, patience=20, arrival=45):
        self.addresses, self.patience, self.arrival = addresses, patience, arrival
        self._tokens = {}

    def token(self, person, **claims):
        """A token of the identity provider for a person; further claims make another one."""
        name = (person.subject, json.dumps(claims, sort_keys=True))
        kept = self._tokens.get(name)
        if kept and kept[1] > time.monotonic():
            return kept[0]
        asked = {"sub": person.subject, "loa": 2, "roles": person.roles, **claims}
        answer = self.call("identity", "POST", "/token", body=asked)
        self._tokens[name] = (answer.json["access_token"], time.monotonic() + 1_800)
        return self._tokens[name][0]

    def call(
        self, where, method, path, *, by=None, body=None, headers=None, key=None, patience=None, expect=(200, 201, 202)
    ):
        """Asks a service; the body is JSON unless it is bytes.

        - by: who asks. key: the Idempotency-Key; POSTs to services get one by themselves.
        - expect: the statuses that are an answer; None takes any.
        """
        headers = dict(headers or {})
        if by is not None:
            headers["Authorization"] = f"Bearer {self.token(by)}"
        if method == "POST" and where not in ("identity", "gateway"):
            headers.setdefault("Idempotency-Key", key or str(uuid.uuid4()))
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        answer = self._insist(
            where, method, path, headers, body, self.patience if patience is None else patience, expect
        )
        if expect is not None and answer.status not in expect:
            raise Refused(f"{method} {path} at {where} was answered {answer.said()}")
        return answer

    def _insist(self, where, method, path, headers, body, patience, expect):
        deadline = time.monotonic() + patience
        while True:
            try:
                answer = plain_call(self.addresses[where], method, path, headers, body)
                wanted = expect is None or answer.status in expect
                if wanted or not (answer.status in (429, 503) or answer.status == 409 and answer.problem in TRY_AGAIN):
                    return answer
                why = answer.said()
            except (OSError, http.client.HTTPException) as error:
                why = f"{type(error).__name__}: {error}"
            if time.monotonic() >= deadline:
                raise Away(f"{method} {path}: {where} does not do it: {why}")
            time.sleep(0.2)

    def until(self, what, probe, seconds=None):
        """The first true value of the probe.

        - Raises NotArrived with `what` and what was seen last; a service that is away meanwhile is waited for.
        """
        seconds = self.arrival if seconds is None else seconds
        deadline, pause, seen = time.monotonic() + seconds, PAUSES[0], None
        while True:
            try:
                seen = probe()
                if seen:
                    return seen
            except (Away, Refused) as error:
                seen = error
            if time.monotonic() >= deadline:
                raise NotArrived(f"{what}: it did not come within {seconds:.0f} s (last seen: {str(seen)[:800]})")
            time.sleep(pause)
            pause = min(PAUSES[1], pause * 1.5)

    def look(self, where, path, by=None, expect=(200,), headers=None):
        """One look without patience, for waits: JSON of the answer."""
        return self.call(where, "GET", path, by=by, patience=0, expect=expect, headers=headers).json
