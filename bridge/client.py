"""A worker process and what it says, without ever waiting unless asked to: safe inside Blender's timers.

client = WorkerClient(folder=cache)
job = Job("a", "passthrough", inputs={"render": client.store.put_file("rgb.png")})
client.submit(job)
for event in client.events():       # at once, perhaps empty; poll it from a timer
    ...
result = client.result("a")         # None while it runs; raises what the worker failed with
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..procgen.errors import BridgeError, VivantError
from ..procgen.farm.launch import child_package
from .blobs import BlobStore, default_folder
from .protocol import CLOSING, PROTOCOL, Job, Result, error_from_dict, read_message, write_message

# Longest wait for a worker's first word; importing the package is all that it does before.
START_S = 60.0
# How long a cancelled job may take to its next step before its process is ended.
CANCEL_S = 30.0
# OpenMP's threads wait asleep: spinning, they take from each other and from everybody else what a busy machine has left
# (docs/measurements.md has what that costs).
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
Event = dict[str, Any]


class Backend(Protocol):
    """What makes pictures out of jobs, wherever it runs. All calls but `capabilities` return at once."""

    store: BlobStore

    def capabilities(self) -> dict[str, Any]: ...
    def submit(self, job: Job) -> None: ...
    def events(self, wait_s: float = 0.0) -> list[Event]: ...
    def cancel(self, job: str) -> None: ...
    def result(self, job: str) -> Result | None: ...
    def close(self) -> None: ...


def worker_command(python: str | None = None, folder: str | os.PathLike[str] | None = None) -> list[str]:
    """Command line of a worker.

    Args:
        python: The Python that has torch; ours when left out.
        folder: Where files lie.
    """
    name, paths = child_package()
    code = f"import sys; sys.path[:0] = [p for p in {paths!r} if p not in sys.path]; "
    code += f"from {name}.bridge.worker import main; main({None if folder is None else str(folder)!r})"
    return [python or sys.executable, "-c", code]


class Outcomes:
    """What is known of submitted jobs; each backend keeps one and feeds it its events."""

    def __init__(self) -> None:
        self._closing: dict[str, Event] = {}
        self._open: set[str] = set()

    def submitted(self, job: str) -> None:
        """A job is on its way."""
        self._closing.pop(job, None)
        self._open.add(job)

    def note(self, event: Event) -> None:
        """Keep closing events."""
        if event["type"] in CLOSING:
            self._open.discard(event.get("job", ""))
            self._closing[event.get("job", "")] = event

    def drained(self, events: queue.Queue[Event], wait_s: float) -> list[Event]:
        """All events of a queue, noted; waits at most so long for the first."""
        found: list[Event] = []
        with contextlib.suppress(queue.Empty):
            if wait_s > 0:
                found.append(events.get(timeout=wait_s))
            while True:
                found.append(events.get_nowait())
        for event in found:
            self.note(event)
        return found

    def open(self) -> tuple[str, ...]:
        """Jobs that have not closed, sorted."""
        return tuple(sorted(self._open))

    def result(self, job: str) -> Result | None:
        """The result; None while the job runs.

        Raises:
            VivantError: what the worker failed with; `BridgeError` for a cancelled or unknown job.
        """
        event = self._closing.get(job)
        if event is None:
            if job not in self._open:
                raise BridgeError(f"no job {job!r} was submitted")
            return None
        if event["type"] == "result":
            return Result.from_dict({k: event[k] for k in ("outputs", "facts") if k in event})
        if event["type"] == "cancelled":
            raise BridgeError(f"the job {job!r} was cancelled")
        raise error_from_dict(event.get("error"))


class WorkerClient:
    """A worker in a process of its own; started by the first call that needs it, and again after a crash.

    Args:
        folder: Where files lie, shared with the worker; the user's cache folder when left out.
        python: A Python that has torch and diffusers; ours when left out.
        command: The whole command line instead, for tests.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        python: str | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.store = BlobStore(folder or default_folder())
        self._command = list(command) if command is not None else worker_command(python)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Any = None
        self._queue: queue.Queue[Event] = queue.Queue()
        self._waiting: list[Event] = []
        self._outcomes = Outcomes()
        self._cancelled: dict[str, float] = {}
        self._generation = 0

    # -- Backend ---------------------------------------------------------------------------------------------------------
    def capabilities(self) -> dict[str, Any]:
        """What the worker can do; starts it and waits for its answer (importing torch takes seconds)."""
        self._start()
        self._send({"type": "capabilities"})
        event = self._wait_for("capabilities", START_S * 3)
        return {k: v for k, v in event.items() if k != "type"}

    def submit(self, job: Job) -> None:
        """Queue a job; jobs run one after another."""
        self._start()
        self._outcomes.submitted(job.id)
        self._send({"type": "submit", "job": job.to_dict()})

    def events(self, wait_s: float = 0.0) -> list[Event]:
        """What was said since the last call, oldest first; waits at most so long for the first word."""
        found, self._waiting = self._waiting, []
        try:
            if not found and wait_s > 0:
                found.append(self._note(self._queue.get(timeout=wait_s)))
            while True:
                found.append(self._note(self._queue.get_nowait()))
        except queue.Empty:
            pass
        self._end_stubborn()
        return [e for e in found if e["type"] != "ended"]

    def cancel(self, job: str) -> None:
        """Ask a job to stop at its next step; a worker that does not come to one within CANCEL_S is ended."""
        if job in self._outcomes.open() and self._process is not None:
            self._cancelled[job] = time.monotonic() + CANCEL_S
            with contextlib.suppress(BridgeError):
                self._send({"type": "cancel", "job": job})

    def result(self, job: str) -> Result | None:
        """The result of a job, None while it runs; raises what it failed with."""
        return self._outcomes.result(job)

    def close(self) -> None:
        """End the worker and everything in it."""
        process, self._process = self._process, None
        self._generation += 1
        if process is None:
            return
        with contextlib.suppress(OSError, ValueError, BridgeError):
            write_message(process.stdin, {"type": "shutdown"})  # type: ignore[arg-type]
            process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._log is not None:
            self._log.close()
            self._log = None

    # -- the process -----------------------------------------------------------------------------------------------------
    @property
    def pid(self) -> int | None:
        """Process id of the worker, None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def running(self) -> bool:
        """Whether jobs are at work."""
        return bool(self._outcomes.open())

    def log(self) -> str:
        """The end of what the worker printed."""
        if self._log is None:
            return ""
        with open(self._log.name, "rb") as f:
            f.seek(max(0, os.fstat(f.fileno()).st_size - 20000))
            return f.read().decode("utf-8", "replace")

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._log = tempfile.NamedTemporaryFile(prefix="vivant-worker-", suffix=".log")
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, bufsize=0,
                env={**PATIENT, **os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        except OSError as e:
            raise BridgeError(
                f"the worker's Python cannot be started: {e.strerror or e}", got=self._command[0],
                fix="choose a Python in which `pip install 'vivant[synth]'` was run",
            ) from None  # fmt: skip
        self._generation += 1
        thread = threading.Thread(target=self._read, args=(self._process, self._generation), daemon=True)
        thread.start()
        self._send({"type": "hello", "protocol": PROTOCOL, "files": str(self.store.root.resolve())})
        self._wait_for("ready", START_S)

    def _read(self, process: subprocess.Popen[bytes], generation: int) -> None:
        why = ""
        try:
            while (message := read_message(process.stdout)) is not None:  # type: ignore[arg-type]
                self._queue.put(message)
        except (BridgeError, OSError, ValueError) as e:
            why = str(e)
            process.kill()
        status = process.wait()
        self._queue.put({"type": "ended", "status": status, "why": why, "generation": generation})

    def _send(self, message: dict[str, Any]) -> None:
        process = self._process
        try:
            if process is None or process.stdin is None:
                raise BrokenPipeError
            write_message(process.stdin, message)
        except (OSError, ValueError):
            pass  # the reading side tells of the end, with its reason

    def _note(self, event: Event) -> Event:
        if event["type"] == "ended":
            if event["generation"] == self._generation:
                self._ended(event)
            return event
        if event["type"] in CLOSING:
            self._cancelled.pop(event.get("job", ""), None)
        self._outcomes.note(event)
        return event

    def _ended(self, event: Event) -> None:
        error = self._why_it_ended(event["status"], event["why"])
        for job in self._outcomes.open():
            closing: Event = {"type": "failed", "job": job, "error": error}
            if job in self._cancelled:
                closing = {"type": "cancelled", "job": job}
            self._outcomes.note(closing)
            self._waiting.append(closing)
        self._cancelled.clear()

    def _why_it_ended(self, status: int, why: str) -> dict[str, Any]:
        lines = [line.strip() for line in self.log().splitlines() if line.strip()]
        said = lines[-1][:300] if lines else "nothing"
        if status == -9:
            fix = "the system ended it, most likely for memory: a smaller --size, fewer controls, or a smaller model"
        elif "No module named" in said:
            fix = "choose a Python in which `pip install 'vivant[synth]'` was run"
        else:
            fix = "run it again; the worker starts anew"
        what = f"the worker process ended (status {status}){': ' + why if why else ''}"
        return {"kind": "BridgeError", "what": what, "got": f"its last words: {said}", "fix": fix}

    def _wait_for(self, kind: str, seconds: float) -> Event:
        deadline = time.monotonic() + seconds
        while True:
            try:
                event = self._queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                self.close()
                raise BridgeError(
                    f"the worker does not answer within {seconds:.0f} s", fix="check the worker's Python"
                ) from None
            if event["type"] == "ended" and event["generation"] == self._generation:
                error = self._why_it_ended(event["status"], event["why"])
                self._ended(event)
                self._process = None
                raise error_from_dict(error)
            self._note(event)
            if event["type"] == kind:
                return event
            if event["type"] == "failed" and not event.get("job"):
                self.close()
                raise error_from_dict(event.get("error"))
            self._waiting.append(event)

    def _end_stubborn(self) -> None:
        if self._process is not None and any(t < time.monotonic() for t in self._cancelled.values()):
            self._process.kill()

    def __enter__(self) -> WorkerClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run_job(
    backend: Backend, job: Job, progress: Callable[[int, int, str], None] | None = None, poll_s: float = 0.2
) -> Result:
    """Submit a job and wait for it.

    Args:
        backend: Where it runs.
        job: What to make.
        progress: Called with (step, steps, text). Whatever it raises, KeyboardInterrupt too, cancels the job.
    Returns:
        The result.
    Raises:
        VivantError: what the backend failed with.
    """
    backend.submit(job)
    try:
        while (result := backend.result(job.id)) is None:
            for event in backend.events(poll_s):
                if progress is not None and event["type"] == "progress" and event.get("job") == job.id:
                    progress(int(event.get("step", 0)), int(event.get("steps", 0)), str(event.get("text", "")))
    except VivantError:
        raise
    except BaseException:
        backend.cancel(job.id)
        raise
    return result
