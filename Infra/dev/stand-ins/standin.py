"""What the stand-ins of outside parties share: an HTTP server on 127.0.0.1 that counts calls and can be told to fail.

Every stand-in answers
  GET  /calls    how often each path was called: {"POST /messages": 3, ...}
  POST /faults   what the next calls meet, for example {"path": "/messages", "status": 503, "times": 2, "delay": 1.5};
                 `status` 0 closes the connection without an answer, and `after` true does so after the work was done
  DELETE /faults none of it any more
"""

import argparse
import collections
import http.server
import json
import pathlib
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

Answer = collections.namedtuple("Answer", "status body content_type headers", defaults=[None, "application/json", None])
LARGEST_BODY = 32 << 20


def arguments(**more):
    """The command line that all stand-ins have; `more` are defaults of further options."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", help="another address only inside a container")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=pathlib.Path, required=True)
    parser.add_argument("--dues", default="http://127.0.0.1:8103", help="address of the Dues service")
    parser.add_argument("--smtp-port", type=int, help="where the mail receiver speaks SMTP; else the port after --port")
    for name, default in more.items():
        parser.add_argument("--" + name.replace("_", "-"), default=default)
    parsed = parser.parse_args()
    parsed.state_dir.mkdir(parents=True, exist_ok=True)
    return parsed


def post(address, message):
    """One POST of JSON to the merchant: status and body, status 0 when nobody answers."""
    return call(urllib.request.Request(address, json.dumps(message).encode(), {"Content-Type": "application/json"}))


def call(request):
    """One request to the merchant, an address alone being a GET: status and body, status 0 when nobody answers."""
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            status, text = answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return {"status": 0, "body": str(error)}
    try:
        return {"status": status, "body": json.loads(text)}
    except ValueError:
        return {"status": status, "body": text}


def post_repeatedly(address, message, asked, is_settled):
    """POSTs until the merchant has understood, up to `attempts` times, `pause` seconds apart; then `repeat` - 1 times more."""
    answers = []
    for _ in range(int(asked.get("attempts", 10))):
        answers.append(post(address, message))
        if is_settled(answers[-1]):
            break
        time.sleep(float(asked.get("pause", 2)))
    return answers + [post(address, message) for _ in range(int(asked.get("repeat", 1)) - 1)]


class Faults:
    """Which calls fail and how, in the order in which they were ordered."""

    def __init__(self):
        self._lock = threading.Lock()
        self._ordered = []

    def order(self, fault):
        """Adds one; `times` is how many calls meet it, for ever when it is missing."""
        with self._lock:
            self._ordered.append(dict(fault))

    def clear(self):
        """Forgets all."""
        with self._lock:
            self._ordered.clear()

    def meet(self, path):
        """The fault that a call to the path meets, or None."""
        with self._lock:
            for fault in self._ordered:
                if path.startswith(fault.get("path", "/")):
                    if "times" in fault:
                        fault["times"] -= 1
                        if fault["times"] <= 0:
                            self._ordered.remove(fault)
                    return dict(fault)
        return None


class StandIn:
    """Routes of one stand-in: `routes["POST /messages"] = function(request) -> Answer`; a path ending in / is a prefix."""

    def __init__(self):
        self.routes = {
            "GET /calls": lambda request: Answer(200, dict(self.calls)),
            "POST /faults": self._order_fault,
            "DELETE /faults": self._clear_faults,
        }
        self.calls = collections.Counter()
        self.faults = Faults()
        self._lock = threading.Lock()

    def _order_fault(self, request):
        self.faults.order(request.json())
        return Answer(204)

    def _clear_faults(self, _):
        self.faults.clear()
        return Answer(204)

    def route(self, method, path):
        """The function for a call and the name under which it is counted."""
        parts = path.split("/")
        prefixes = ["/".join(parts[:count]) + "/" for count in range(len(parts) - 1, 0, -1)]
        for name in (f"{method} {place}" for place in (path, *prefixes)):
            if name in self.routes:
                return self.routes[name], name
        return None, None

    def count(self, name):
        """Notes one call."""
        with self._lock:
            self.calls[name] += 1

    def serve(self, options):
        """Answers until the process is ended."""
        handler = type("Handler", (Request,), {"stand_in": self})
        server = http.server.ThreadingHTTPServer((options.host, options.port), handler)
        server.daemon_threads = True
        print(f"ready on {options.host}:{options.port}", flush=True)
        server.serve_forever()


class Request(http.server.BaseHTTPRequestHandler):
    """One call."""

    stand_in = None
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def json(self):
        """The body as JSON."""
        return json.loads(self.body or b"{}")

    def form(self):
        """The body as form fields."""
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    def _handle(self):
        split = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self._answer(Answer(413))
            return
        self.body = self.rfile.read(length)
        function, name = self.stand_in.route(self.command, split.path)
        if function is None:
            self._answer(Answer(404, {"error": "no such path"}))
            return
        if name not in ("GET /calls", "POST /faults", "DELETE /faults"):
            self.stand_in.count(name)
            fault = self.stand_in.faults.meet(split.path)
        else:
            fault = None
        self._answer_with(function, fault)

    def _answer_with(self, function, fault):
        if fault:
            time.sleep(fault.get("delay", 0))
            if fault.get("after"):
                function(self)
            if fault.get("status") == 0 or fault.get("after"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if "status" in fault:
                self._answer(Answer(fault["status"], {"error": "ordered fault"}))
                return
        try:
            answer = function(self)
        except (KeyError, ValueError, TypeError) as error:
            answer = Answer(400, {"error": f"{type(error).__name__}: {error}"})
        self._answer(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _handle

    def _answer(self, answer):
        body = answer.body
        if body is None:
            body = b""
        elif not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        for name, value in (answer.headers or {}).items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.status != 204:
            self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        if not self.path.startswith("/calls"):
            print(time.strftime("%H:%M:%S"), format % args, flush=True)
