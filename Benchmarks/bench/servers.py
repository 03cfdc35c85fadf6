"""The servers that a measurement needs, each in a process of its own; all end with the ``with`` block, by their pid."""

import contextlib
import importlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")

sys.path.append(str(ROOT / "Infra/dev/stand-ins"))
identity = importlib.import_module("identity")

# Nothing is turned off: every commit is on disk before it is answered.
POSTGRES_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = '512MB'
max_wal_size = '8GB'
checkpoint_timeout = '30min'
timezone = 'UTC'
jit = off
"""

ISSUER = "http://127.0.0.1:1"
MERCHANT, SECRET = "BENCH001", "0123456789abcdef0123456789abcdef"


def free_port():
    """A port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=60, pause=0.002):
    """Waits for a condition and answers its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)
    return value


def anonymous_memory(pid):
    """RssAnon of a process in MB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextlib.contextmanager
def watching(pids, peak):
    """Keeps the peaks of the processes' anonymous memory in MB, by name, while the block runs."""
    ended = threading.Event()

    def look():
        for name, pid in pids.items():
            peak[name] = max(peak.get(name, 0.0), anonymous_memory(pid))

    def keep_looking():
        while not ended.wait(0.05):
            look()

    look()
    thread = threading.Thread(target=keep_looking)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Postgres:
    """A PostgreSQL cluster of its own, with fsync."""

    def __init__(self, place):
        self.port = free_port()
        self.place = place
        self._data = place / "postgres"
        self._log = place / "postgres.log"
        self._as = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            self._as = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--init-groups", "--"]
            self._data.mkdir()
            os.chown(self._data, owner.pw_uid, owner.pw_gid)

    def __enter__(self):
        initialize = ["initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        self._run(*initialize)
        with open(self._data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(POSTGRES_SETTINGS + f"port = {self.port}\n")
        with open(self._log, "wb") as log:
            self._server = subprocess.Popen(
                [*self._as, PROGRAMS / "postgres", "-D", self._data], stdout=log, stderr=log, cwd="/"
            )
        wait_for("PostgreSQL", lambda: self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", self.port, check=False) == 0)
        return self

    def __exit__(self, *_):
        self._server.send_signal(signal.SIGINT)
        self._server.wait(60)

    def _run(self, program, *arguments, check=True):
        return subprocess.run(
            [*self._as, PROGRAMS / program, *map(str, arguments)], check=check, capture_output=True, cwd="/"
        ).returncode

    def url(self, database="postgres", user="postgres"):
        """The URL of a database; nobody needs a password here."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable&gssencmode=disable"

    def sql(self, text, database="postgres"):
        """Runs SQL as the superuser; its rows as lists of text."""
        done = subprocess.run(
            ["psql", "--no-psqlrc", "-qAtX", "-v", "ON_ERROR_STOP=1", "--dbname", self.url(database)],
            input=text, capture_output=True, text=True, check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("|") for line in done.stdout.splitlines()]

    def make(self, database, template="template1"):
        """Makes a database, or makes it anew, and has everything in it on disk."""
        self.sql(f"DROP DATABASE IF EXISTS {database} (FORCE)")
        self.sql(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy")
        self.sql("CHECKPOINT")


def psql(url, *statements, file=os.devnull):
    """Runs statements in one session with the file as input; the seconds that they take, and what they say."""
    command = ["psql", "--no-psqlrc", "-qAtX", "-v", "ON_ERROR_STOP=1", "--dbname", url]
    for statement in statements:
        command += ["-c", statement]
    began = time.monotonic()
    with open(file, "rb") as given:
        done = subprocess.run(command, stdin=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return time.monotonic() - began, done.stdout


@contextlib.contextmanager
def running(command, log, environment=None, stdout=None):
    """A process that is asked to end when the block ends, and killed when it does not."""
    with open(log, "ab") as file:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=stdout or file, stderr=file,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **(environment or {})},
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def status_of(url):
    """The HTTP status of a GET; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Bench:
    """Where a run keeps its files, and how it starts things."""

    def __init__(self, products):
        self.products = pathlib.Path(products).resolve()
        self.python = sys.executable
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="hoso-bench-"))
        self.place.chmod(0o755)
        (self.place / "identity").mkdir()
        self._keys = identity.Keys(self.place / "identity")

    def remove(self):
        """Throws the files away."""
        shutil.rmtree(self.place, ignore_errors=True)

    def compile(self, source, *libraries):
        """Compiles one C file; the path of the program."""
        program = self.place / pathlib.Path(source).stem
        subprocess.run(["gcc", "-O2", "-Wall", "-o", program, source, *libraries], check=True)
        return program

    @contextlib.contextmanager
    def broker(self):
        """The embedded broker; its address."""
        port = free_port()
        log = self.place / f"broker-{port}.log"
        with running([self.products / "EmbeddedBroker", "--port", port], log):
            # Only then it has its topics.
            wait_for("the broker", lambda: "ready on" in log.read_text(encoding="utf-8"))
            yield f"127.0.0.1:{port}"

    def environment(self, service, database, brokers, port):
        """The configuration of a service, as in production but for TLS on this machine's loopback."""
        common = {
            "HOSO_MODE": "development",
            "HOSO_HTTP_PORT": str(port),
            "HOSO_DATABASE_URL": database,
            "HOSO_KAFKA_BOOTSTRAP_SERVERS": brokers,
            "HOSO_KAFKA_PROPERTIES": "session.timeout.ms=6000,heartbeat.interval.ms=2000",
            "HOSO_IDENTITY_ISSUER": ISSUER,
            "HOSO_IDENTITY_KEYS": str(self.place / "identity/jwks.json"),
        }
        own = {"dues": {"HOSO_DUES_VNPAY_MERCHANT": MERCHANT, "HOSO_DUES_VNPAY_SECRET": SECRET}}
        return common | own.get(service, {})

    def token(self, subject, roles=()):
        """A token of the stand-in identity provider, for a day; signed anew each time, which takes some milliseconds."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": "hoso", "sub": subject, "loa": 2, "roles": list(roles), "iat": now, "nbf": now,
            "exp": now + 86_400,
        }
        return self._keys.sign(claims)

    def migrate(self, service, database):
        """Makes the tables of a service, and its topics at a broker of this moment."""
        with self.broker() as brokers:
            done = subprocess.run(
                [self.products / f"hoso-{service}", "migrate"], capture_output=True, text=True, check=False,
                env={"PATH": "/usr/bin:/bin", **self.environment(service, database, brokers, 1)},
            )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    @contextlib.contextmanager
    def service(self, name, database, brokers, more=None):
        """A service that is ready; its process and the address of its HTTP interface."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = self.environment(name, database, brokers, port) | (more or {})
        with self.serving(name, environment, address) as process:
            yield process, address

    @contextlib.contextmanager
    def serving(self, name, environment, address):
        """A service under a configuration that says this address, ready; its process."""
        log = self.place / f"{name}.log"
        with running([self.products / f"hoso-{name}", "serve"], log, environment) as process:
            wait_for(f"hoso-{name}", lambda: process.poll() is not None or status_of(f"{address}/health/ready") == 200)
            if process.poll() is not None:
                raise RuntimeError(log.read_text(encoding="utf-8")[-2000:])
            yield process


def metric(address, name):
    """The sum of a metric's series, 0 when it has none."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    values = [line.rsplit(" ", 1)[1] for line in lines if line.startswith(name) and line[len(name)] in " {"]
    return sum(map(float, values))
