"""The protocol over HTTP: one worker on this machine, for clients here or, behind a token, elsewhere.

    GET  /v1/capabilities
    HEAD /v1/files/SHA256.png          whether the file is here
    PUT  /v1/files/SHA256.png          the bytes; refused when they do not match the name
    GET  /v1/files/SHA256.png
    POST /v1/jobs                      a job; answers {"job": ID}
    GET  /v1/jobs/ID/events?after=N&wait=S
    POST /v1/jobs/ID/cancel

Errors are {"error": {kind, what, expected, got, fix}}. There is no TLS: put a proxy in front of it.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..procgen.errors import BridgeError, SpecError, VivantError
from .blobs import BlobStore
from .client import Backend, Event, WorkerClient
from .protocol import CLOSING, PROTOCOL, FileRef, Job, canonical_json, error_to_dict

MAX_BODY = 1 << 28
MAX_WAIT_S = 30.0
_FILE = re.compile(r"/v1/files/([0-9a-f]{64})(\.[a-z0-9]{1,12})")
_EVENTS = re.compile(r"/v1/jobs/([A-Za-z0-9_.-]{1,64})/events")
_CANCEL = re.compile(r"/v1/jobs/([A-Za-z0-9_.-]{1,64})/cancel")


class Desk:
    """Hands jobs of all clients to one backend and keeps what it says of each; jobs get ids of their own here."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._lock = threading.Condition()
        self._events: dict[str, list[Event]] = {}
        self._count = 0
        self._capabilities: dict[str, Any] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="events", daemon=True)
        self._thread.start()

    def submit(self, data: Any) -> str:
        """Take a job; returns the id under which it runs here."""
        job = Job.from_dict(data)
        lacking = [name for name, ref in job.inputs.items() if not self.backend.store.has(ref)]
        if lacking:
            raise SpecError(f"the file of input {lacking[0]!r} was not sent", fix="PUT it to /v1/files first")
        with self._lock:
            self._count += 1
            name = f"{self._count:06d}"
            self._events[name] = []
            self.backend.submit(Job.from_dict({**job.to_dict(), "id": name}))
        return name

    def events(self, job: str, after: int, wait_s: float) -> list[Event]:
        """Events of a job from number `after` on; waits at most so long for the first."""
        deadline = time.monotonic() + min(wait_s, MAX_WAIT_S)
        with self._lock:
            if job not in self._events:
                raise SpecError(f"there is no job {job!r} here", fix="submit it again: the server was started anew")
            while len(self._events[job]) <= after and time.monotonic() < deadline:
                self._lock.wait(deadline - time.monotonic())
            return self._events[job][after:]

    def cancel(self, job: str) -> None:
        """Ask a job to stop."""
        with self._lock:
            self.backend.cancel(job)

    def capabilities(self) -> dict[str, Any]:
        """What the backend can do."""
        with self._lock:
            self._capabilities = self._capabilities or self.backend.capabilities()
            return self._capabilities

    def close(self) -> None:
        """End the backend."""
        self._stop.set()
        self._thread.join(2.0)
        self.backend.close()

    def _pump(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                found = self.backend.events()
                for event in found:
                    log = self._events.get(str(event.get("job")))
                    if log is not None and not (log and log[-1]["type"] in CLOSING):
                        log.append(event)
                if found:
                    self._lock.notify_all()
            self._stop.wait(0.02)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "vivant", ""
    timeout = 60  # seconds that a silent client may hold a thread
    desk: Desk
    token: str

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: jobs are what the server talks about."""

    # -- routes ----------------------------------------------------------------------------------------------------------
    def _get(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes, str]:
        if path == "/v1/capabilities":
            return 200, canonical_json({"type": "capabilities", **self.desk.capabilities()}), "application/json"
        if match := _FILE.fullmatch(path):
            ref = self._stored(match[1], match[2])
            if ref is None:
                return 404, _error(SpecError("that file is not here")), "application/json"
            return 200, self.desk.backend.store.read(ref), "application/octet-stream"
        if match := _EVENTS.fullmatch(path):
            after, wait = _number(query, "after", 0), _number(query, "wait", 0)
            events = self.desk.events(match[1], int(after), wait)
            return 200, canonical_json({"type": "events", "events": events}), "application/json"
        return 404, _error(SpecError(f"there is nothing at {path!r}")), "application/json"

    def _put(self, path: str, _: dict[str, list[str]]) -> tuple[int, bytes, str]:
        body, match = self._body(), _FILE.fullmatch(path)
        if match is None:
            return 404, _error(SpecError(f"there is nothing at {path!r}")), "application/json"
        ref = self.desk.backend.store.put_bytes(body, match[2])
        if ref.sha256 != match[1]:
            return (
                400,
                _error(SpecError("the bytes do not match their name", fix="send them again")),
                "application/json",
            )
        return 201, canonical_json({"type": "file", **ref.to_dict()}), "application/json"

    def _post(self, path: str, _: dict[str, list[str]]) -> tuple[int, bytes, str]:
        body = self._body()
        if path == "/v1/jobs":
            try:
                data = json.loads(body)
            except (ValueError, RecursionError):
                return 400, _error(SpecError("the job is no JSON")), "application/json"
            return 200, canonical_json({"type": "accepted", "job": self.desk.submit(data)}), "application/json"
        if match := _CANCEL.fullmatch(path):
            self.desk.cancel(match[1])
            return 200, canonical_json({"type": "cancelling"}), "application/json"
        return 404, _error(SpecError(f"there is nothing at {path!r}")), "application/json"

    # -- plumbing --------------------------------------------------------------------------------------------------------
    def _answer(self, route: Any) -> None:
        parts = urlsplit(self.path)
        try:
            if not self._allowed():
                self.close_connection = True
                self._send(
                    401, _error(BridgeError("the token is wrong", fix="give the server's token")), "application/json"
                )
                return
            self._send(*route(parts.path, parse_qs(parts.query)))
        except SpecError as e:
            self.close_connection = True
            self._send(400, _error(e), "application/json")
        except VivantError as e:
            self.close_connection = True
            self._send(500, _error(e), "application/json")
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return not self.token or hmac.compare_digest(given.encode(), self.token.encode())

    def _body(self) -> bytes:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            raise SpecError("a request needs its Content-Length") from None
        if not 0 <= length <= MAX_BODY:
            raise SpecError("the request is too large", expected=f"at most {MAX_BODY} bytes", got=length)
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionError("the client ended within its request")
        return data

    def _stored(self, sha256: str, suffix: str) -> FileRef | None:
        path = self.desk.backend.store.root / "files" / f"{sha256}{suffix}"
        return FileRef(sha256, suffix, path.stat().st_size) if path.is_file() else None

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Vivant-Protocol", str(PROTOCOL))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _error(error: VivantError) -> bytes:
    return canonical_json({"type": "error", "error": error_to_dict(error)})


def _number(query: dict[str, list[str]], name: str, default: float) -> float:
    text = query.get(name, [str(default)])[0]
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise SpecError(f"{name} is no count", got=text)
    return value


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_server(backend: Backend, host: str = "127.0.0.1", port: int = 0, token: str = "") -> ThreadingHTTPServer:
    """A server that is bound but does not serve yet; `server.server_port` is its port.

    Raises:
        SpecError: an address that others reach, without a token.
        BridgeError: the port is taken, or may not be used.
    """
    if not is_loopback(host) and not token:
        raise SpecError(f"serving {host!r} to others needs a token", fix="add --token, and a proxy with TLS in front")
    handler = type("Handler", (_Handler,), {"desk": Desk(backend), "token": token})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as e:
        raise BridgeError(
            f"cannot serve {host}:{port}: {e.strerror or e}", fix="choose another --listen port"
        ) from None
    server.daemon_threads = True
    return server


def serve(host: str, port: int, token: str, cache: str | None, python: str | None = None) -> int:
    """Serve until Ctrl-C; returns the exit status."""
    backend = WorkerClient(BlobStore(cache).root if cache else None, python)
    server = open_server(backend, host, port, token)
    sys.stderr.write(f"serving http://{host}:{server.server_port}\n")
    sys.stderr.flush()
    try:
        server.serve_forever(poll_interval=0.2)
    finally:
        server.server_close()
        backend.close()
    return 0
