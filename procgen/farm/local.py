"""The local farm: fresh worker processes, so that leaks and crashes stay bounded. A crash costs one frame."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DatasetError, VivantError
from ..files import disk
from .launch import ONE_BLAS_THREAD, blender_binary
from .task import EVENT_PREFIX, ROOT_PACKAGE, Failure, FarmReport, Task

OnEvent = Callable[[dict[str, Any]], None]

_ATTEMPTS = 2
_SAME = 3  # equal failures in a row after which a task is given up: something is wrong with more than its frames
_GRACE = 5.0  # seconds between asking a worker to end and ending it
_TAIL = 4096


def python_command() -> list[str]:
    """The worker under this Python; right wherever `vivant` and pip `bpy` are installed."""
    return [sys.executable, "-m", f"{ROOT_PACKAGE}.procgen.farm.worker"]


def blender_command(binary: str) -> list[str]:
    """The worker within a Blender program; the extension's folder is put on its path by name."""
    parent = str(_package_folder().parent)
    code = f"import sys; sys.path.insert(0, {parent!r}); from vivant.procgen.farm.worker import main; main()"
    return [binary, "--background", "--factory-startup", "--python-exit-code", "1", "--python-expr", code]


def default_command() -> list[str]:
    """Blender itself where it runs us (its own Python has no bpy module to import), else this Python."""
    binary = blender_binary()
    return blender_command(binary) if binary else python_command()


def _package_folder() -> Path:
    return Path(next(iter(importlib.import_module(ROOT_PACKAGE).__path__)))


@dataclass(eq=False)
class _Job:
    """A task and what became of it so far."""

    task: Task
    is_complete: Callable[[str], bool] | None
    launches: int = 0
    done: set[str] = field(default_factory=set)
    skip: set[str] = field(default_factory=set)
    crashes: Counter[str | None] = field(default_factory=Counter)
    complaint: str = ""
    streak: int = 0

    def suspect(self, begun: str | None) -> str | None:
        """The frame that a worker was at: the one it announced, or the first that is missing."""
        if begun is not None and not self.finished(begun):
            return begun
        return next((f for f in self.task.frames if f not in self.skip and not self.finished(f)), None)

    def finished(self, frame: str) -> bool:
        """Whether a frame is there; a worker may have died between publishing it and saying so."""
        return frame in self.done or (self.is_complete is not None and self.is_complete(frame))


@dataclass(eq=False)
class _Worker:
    """A running process."""

    job: _Job
    process: subprocess.Popen[bytes]
    log: Path
    heard: float
    begun: str | None = None
    ended_well: bool = False
    error: dict[str, Any] | None = None
    stalled: bool = False


def run_tasks(
    tasks: Iterable[Task],
    *,
    workers: int = 1,
    on_event: OnEvent | None = None,
    is_complete: Callable[[str], bool] | None = None,
    command: Sequence[str] | None = None,
    stall_s: float = 3600.0,
    log_folder: str | os.PathLike[str] | None = None,
) -> FarmReport:
    """Run tasks in fresh processes, several at a time.

    A worker that crashes, is killed or falls silent is started again once from the first frame that is missing; a frame
    that fails twice is reported and left out, and the others go on, unless several in a row fail alike. Ctrl-C and
    SIGTERM end the workers and raise KeyboardInterrupt; whole frames stay.

    Args:
        tasks: The work.
        workers: Processes at a time.
        on_event: Called in this thread with each event, a dict with "event" and "task". Workers send
            {"event": "begin" | "frame", "frame": name} and what else they like; the farm adds "retry" and "failed".
        is_complete: Whether a frame of `Task.frames` is there, e.g. `store.is_complete`; with it, a worker that ends
            well without having written a frame is caught.
        command: How to start a worker; default `default_command()`.
        stall_s: A worker that sends nothing for so many seconds is ended.
        log_folder: Where logs of failed workers stay (removed if none did); default a temporary folder.
    Returns:
        Frames written and failures. Logs of workers that did well are removed.
    Raises:
        DatasetError: the disk refuses; the other workers have been stopped.
    """
    jobs = [_Job(t, is_complete) for t in tasks]
    farm = _Farm(jobs, on_event, list(command or default_command()), stall_s, log_folder)
    with _sigterm_as_interrupt():
        try:
            return farm.run(max(1, workers))
        finally:
            farm.stop()


class _Farm:
    def __init__(
        self,
        jobs: list[_Job],
        on_event: OnEvent | None,
        command: list[str],
        stall_s: float,
        log_folder: str | os.PathLike[str] | None,
    ) -> None:
        self.waiting = deque(jobs)
        self.running: set[_Worker] = set()
        self.inbox: queue.Queue[tuple[_Worker, dict[str, Any] | None]] = queue.Queue()
        self.report = FarmReport()
        self.on_event, self.command, self.stall_s = on_event, command, stall_s
        with disk("write logs to", log_folder or tempfile.gettempdir()):
            self.own_logs = log_folder is None
            self.logs = Path(tempfile.mkdtemp(prefix="vivant-farm-") if log_folder is None else log_folder)
            self.logs.mkdir(parents=True, exist_ok=True)

    def run(self, workers: int) -> FarmReport:
        while self.waiting or self.running:
            while self.waiting and len(self.running) < workers:
                self.launch(self.waiting.popleft())
            with contextlib.suppress(queue.Empty):
                # A short wait, because Python handles signals between calls and Windows not within one.
                worker, event = self.inbox.get(timeout=0.2)
                if event is None:
                    self.ended(worker)
                else:
                    self.heard(worker, event)
            self.end_stalled()
        return self.report

    def launch(self, job: _Job) -> None:
        job.launches += 1
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", job.task.name)[:100] or "task"
        log = self.logs / f"{name}.{job.launches}.log"
        arguments = dict(job.task.arguments)
        if job.skip:
            arguments["skip"] = sorted(job.skip)
        line = json.dumps({"function": job.task.function, "arguments": arguments}) + "\n"
        folder = str(_package_folder().parent)
        path = os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])])
        with disk("start a worker with log", log), open(log, "wb") as f:
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=f,
                # Unbuffered: what a worker printed before it crashed is in its log.
                env={**ONE_BLAS_THREAD, **os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
            )
        worker = _Worker(job, process, log, time.monotonic())
        self.running.add(worker)
        threading.Thread(target=self.listen, args=(worker,), daemon=True).start()
        with contextlib.suppress(OSError):  # it died at once; `ended` will tell
            process.stdin.write(line.encode())  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]

    def listen(self, worker: _Worker) -> None:
        """In a thread: events into the inbox, then None when the process has ended."""
        prefix = EVENT_PREFIX.encode()
        with contextlib.suppress(OSError, ValueError):
            for line in worker.process.stdout:  # type: ignore[union-attr]
                if line.startswith(prefix) and line.endswith(b"\n"):
                    with contextlib.suppress(json.JSONDecodeError):
                        event = json.loads(line[len(prefix) :])
                        if isinstance(event, dict):
                            self.inbox.put((worker, event))
        worker.process.wait()
        self.inbox.put((worker, None))

    def tell(self, job: _Job, event: dict[str, Any]) -> None:
        if self.on_event is not None:
            self.on_event({**event, "task": job.task.name})

    def heard(self, worker: _Worker, event: dict[str, Any]) -> None:
        worker.heard = time.monotonic()
        kind, frame = event.get("event"), event.get("frame")
        if kind == "done":
            worker.ended_well = True
            return
        if kind == "error":
            worker.error = event
            return
        if kind == "begin" and isinstance(frame, str):
            worker.begun = frame
        if kind == "frame" and isinstance(frame, str):
            worker.job.done.add(frame)
            worker.job.streak = 0
            self.report.frames.append(frame)
        self.tell(worker.job, event)

    def ended(self, worker: _Worker) -> None:
        self.running.discard(worker)
        for pipe in (worker.process.stdin, worker.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        job = worker.job
        if worker.ended_well:
            missing = job.suspect(None) if job.is_complete is not None else None
            if missing is not None:
                self.fail(worker, missing, "the worker ended without writing it")
            else:
                worker.log.unlink(missing_ok=True)
            return
        message = self.why(worker)
        if worker.error is not None and worker.error.get("fatal"):
            raise DatasetError(str(worker.error.get("message")))
        frame = job.suspect(worker.begun)
        if frame in job.skip:
            self.fail(worker, None, f"it does not leave out frame {frame}: {message}")
            return
        job.crashes[frame] += 1
        final = worker.error is not None and worker.error.get("final")
        if job.crashes[frame] < _ATTEMPTS and not final:
            self.tell(job, {"event": "retry", "frame": frame, "message": message, "log": str(worker.log)})
        else:
            self.fail(worker, frame, message)
            if frame is None or (job.task.frames and job.suspect(None) is None):
                return
            job.streak = job.streak + 1 if message == job.complaint else 1
            job.complaint = message
            if job.streak >= _SAME:
                self.fail(worker, None, f"{_SAME} frames in a row failed alike, the rest is given up: {message}")
                return
        self.waiting.appendleft(job)

    def fail(self, worker: _Worker, frame: str | None, message: str) -> None:
        job = worker.job
        if frame is not None:
            job.skip.add(frame)
        failure = Failure(job.task.name, frame, message, str(worker.log))
        self.report.failures.append(failure)
        self.tell(job, {"event": "failed", "frame": frame, "message": str(failure), "log": failure.log})

    def why(self, worker: _Worker) -> str:
        if worker.stalled:
            return f"the worker was silent for {self.stall_s:g} s and was ended"
        if worker.error is not None:
            return str(worker.error.get("message"))
        code = worker.process.returncode
        if code < 0:
            name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else f"signal {-code}"
            hint = "; perhaps memory ran out: try fewer workers" if name == "SIGKILL" else ""
            return f"the worker crashed ({name}{hint})"
        tail = ""
        with contextlib.suppress(OSError), open(worker.log, "rb") as f:
            f.seek(max(0, worker.log.stat().st_size - _TAIL))
            lines = f.read().decode("utf-8", "replace").split("\n")
            tail = next((t.strip() for t in reversed(lines) if t.strip()), "")
        return f"the worker ended with code {code}" + (f": {tail[:300]}" if tail else "")

    def end_stalled(self) -> None:
        now = time.monotonic()
        for worker in self.running:
            if now - worker.heard > self.stall_s and not worker.stalled:
                worker.stalled = True
                worker.process.kill()

    def stop(self) -> None:
        """End what still runs and tidy the logs."""
        for worker in self.running:
            worker.process.terminate()
        limit = time.monotonic() + _GRACE
        for worker in self.running:
            try:
                worker.process.wait(max(0.0, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.log.unlink(missing_ok=True)
        self.running.clear()
        kept = {Path(f.log) for f in self.report.failures}
        if self.own_logs and not any(p.exists() for p in kept):
            shutil.rmtree(self.logs, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.logs.rmdir()  # succeeds only if nothing was kept


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Generator[None]:
    """Within this block SIGTERM ends the run as Ctrl-C does; only the main thread can arrange that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def workers_for(requested: int, *, cores: int | None = None, tasks: int | None = None) -> int:
    """How many processes to start: what was asked for, or by the cores where that is 0, and never more than tasks."""
    if requested < 0:
        raise VivantError("the number of workers is negative", expected=">= 0", got=requested)
    count = requested or max(1, (cores or os.cpu_count() or 1) // 2)
    return max(1, min(count, tasks)) if tasks is not None else count
