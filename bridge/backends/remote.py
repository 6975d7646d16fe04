"""A Vivant server (`vivant worker --listen`) as a backend: the same jobs, files and events over HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import threading
from dataclasses import dataclass
from typing import Any

from ...procgen.errors import BridgeError, VivantError
from ..blobs import BlobStore, default_folder
from ..client import Event, Outcomes
from ..protocol import CLOSING, FileRef, Job, Result, error_to_dict
from .http import Connection

WAIT_S = 10.0
# Times that a server may fail to answer before a job is given up.
PATIENCE = 4


@dataclass
class _Remote:
    job: Job
    name: str = ""
    cancelled: bool = False


class RemoteClient:
    """A server elsewhere; a thread a job carries files and events, so that no call waits.

    Args:
        url: http://HOST:PORT.
        folder: Where files lie on this side.
        token: The server's token.
        timeout_s: How long the server may be silent.
    """

    def __init__(
        self, url: str, folder: str | os.PathLike[str] | None = None, *, token: str = "", timeout_s: float = 30.0
    ) -> None:
        self.store = BlobStore(folder or default_folder())
        self._connection = Connection(url, "the Vivant server", token, timeout_s)
        self._queue: queue.Queue[Event] = queue.Queue()
        self._outcomes = Outcomes()
        self._jobs: dict[str, _Remote] = {}
        self._closed = threading.Event()

    def capabilities(self) -> dict[str, Any]:
        """What the server's worker can do."""
        found = self._connection.json("GET", "/v1/capabilities", timeout_s=200.0)
        if not isinstance(found, dict) or found.get("type") != "capabilities":
            raise BridgeError(f"{self._connection.url} is no Vivant server", fix="check the address")
        return {k: v for k, v in found.items() if k != "type"}

    def submit(self, job: Job) -> None:
        """Send a job and what it needs, in the background."""
        self._outcomes.submitted(job.id)
        self._jobs[job.id] = _Remote(job)
        threading.Thread(target=self._run, args=(self._jobs[job.id],), name=f"job {job.id}", daemon=True).start()

    def events(self, wait_s: float = 0.0) -> list[Event]:
        """What was said since the last call; waits at most so long for the first word."""
        return self._outcomes.drained(self._queue, wait_s)

    def cancel(self, job: str) -> None:
        """Ask the server to stop a job."""
        remote = self._jobs.get(job)
        if remote is None or job not in self._outcomes.open():
            return
        remote.cancelled = True
        if remote.name:
            threading.Thread(target=self._cancel, args=(remote,), daemon=True).start()

    def result(self, job: str) -> Result | None:
        """The result, None while the job runs; raises what it failed with."""
        return self._outcomes.result(job)

    def close(self) -> None:
        """Cancel what runs."""
        self._closed.set()
        for remote in self._jobs.values():
            if remote.job.id in self._outcomes.open():
                remote.cancelled = True
                if remote.name:
                    self._cancel(remote)

    def _cancel(self, remote: _Remote) -> None:
        with contextlib.suppress(VivantError):
            self._connection.json("POST", f"/v1/jobs/{remote.name}/cancel", {}, timeout_s=5.0)

    def _run(self, remote: _Remote) -> None:
        name = remote.job.id
        try:
            self._carry(remote)
        except VivantError as e:
            self._queue.put({"type": "failed", "job": name, "error": error_to_dict(e)})
        except Exception as e:  # a thread that ended in silence would leave its job open for ever
            self._queue.put({"type": "failed", "job": name, "error": error_to_dict(e)})

    def _carry(self, remote: _Remote) -> None:
        job = remote.job
        for ref in job.inputs.values():
            self._upload(ref)
        if remote.cancelled:
            self._queue.put({"type": "cancelled", "job": job.id})
            return
        accepted = self._connection.json("POST", "/v1/jobs", job.to_dict())
        remote.name = str(accepted.get("job", "")) if isinstance(accepted, dict) else ""
        if not remote.name:
            raise BridgeError(f"{self._connection.url} did not accept the job", fix="check the address")
        if remote.cancelled:
            self._cancel(remote)
        seen, failures = 0, 0
        while not self._closed.is_set():
            route = f"/v1/jobs/{remote.name}/events?after={seen}&wait={WAIT_S:g}"
            try:
                answer = self._connection.json("GET", route, timeout_s=self._connection.timeout_s + WAIT_S)
                failures = 0
            except BridgeError:
                failures += 1
                if failures >= PATIENCE:
                    raise
                self._closed.wait(0.5 * failures)
                continue
            events = answer.get("events") if isinstance(answer, dict) else None
            if not isinstance(events, list) or not all(isinstance(e, dict) and "type" in e for e in events):
                raise BridgeError(f"{self._connection.url} answers with something that is no list of events")
            seen += len(events)
            for event in events:
                if event["type"] == "result":
                    for ref in Result.from_dict(
                        {k: event[k] for k in ("outputs", "facts") if k in event}
                    ).outputs.values():
                        self._download(ref)
                self._queue.put({**event, "job": job.id})
                if event["type"] in CLOSING:
                    return

    def _upload(self, ref: FileRef) -> None:
        route = f"/v1/files/{ref.sha256}{ref.suffix}"
        status, _ = self._connection.request("HEAD", route)
        if status != 200:
            kind = {"Content-Type": "application/octet-stream"}
            status, answer = self._connection.request("PUT", route, self.store.read(ref), kind)
            if status != 201:
                self._connection.json("GET", "/v1/capabilities")  # says what is wrong, if the token or the address is
                raise BridgeError(f"the server refused a file ({status})", got=repr(answer[:80]))

    def _download(self, ref: FileRef) -> None:
        if self.store.has(ref):
            return
        status, data = self._connection.request("GET", f"/v1/files/{ref.sha256}{ref.suffix}")
        if status != 200 or hashlib.sha256(data).hexdigest() != ref.sha256:
            raise BridgeError("a result did not come through whole", got=f"status {status}, {len(data)} bytes")
        self.store.put_bytes(data, ref.suffix)
