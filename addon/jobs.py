# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work from the sidebar: one child process at a time, watched by one timer, so that Blender never freezes.

The child is the same command line that a shell would run. Progress is read off the disk (finished frames are whole
folders), so a crash or a cancel leaves nothing half done and the next run continues. A job belongs to the session and not
to the file: it outlives undo and loading. When Blender ends, or is killed, the child's standard input closes and it stops.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import bpy

from ..procgen.farm.launch import command

INTERVAL_S = 0.25
# How long a child may take to stop by itself before it is killed.
GRACE_S = 3.0


@dataclass
class Job:
    """A running command.

    Attributes:
        title: What it is, for the panel.
        out: Folder or file that it writes.
        total: Frames to expect; 0 for work that has no steps to count.
        process: The child.
        log: What it printed.
        started: Monotonic seconds.
        kept: Frames that were there before.
        state: running, done, failed or cancelled.
        message: One line for the panel once it ended.
        printed: All that it printed, once it ended.
        then: Called with `out` when all is well.
    """

    title: str
    out: Path
    total: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    started: float
    kept: int
    state: str = "running"
    message: str = ""
    done: int = field(default=0)
    printed: str = ""
    then: Callable[[Path], None] | None = None

    @property
    def factor(self) -> float:
        """Share that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def text(self) -> str:
        """Progress in words, with the time left once it can be told."""
        if not self.total:
            return f"{_duration(time.monotonic() - self.started)} so far"
        made = self.done - self.kept
        if made <= 0:
            return f"{self.done} of {self.total}"
        left = (time.monotonic() - self.started) / made * (self.total - self.done)
        return f"{self.done} of {self.total}, {_duration(left)} left"


_current: Job | None = None


def current() -> Job | None:
    """The job that runs, or the last one that ended."""
    return _current


def running() -> bool:
    """True while a child is at work."""
    return _current is not None and _current.state == "running"


def start(title: str, argv: list[str], out: Path, total: int, then: Callable[[Path], None] | None = None) -> Job:
    """Run `vivant ARGV…` in a child process.

    Args:
        title: For the panel.
        argv: Command and options.
        out: Dataset folder, watched for finished frames.
        total: Frames that will be there in the end.
        then: Called with `out` when all is well.
    """
    return launch(title, command("addon.watched", "run", argv), out, total, then)


def launch(title: str, line: list[str], out: Path, total: int, then: Callable[[Path], None] | None = None) -> Job:
    """The same with a whole command line instead of a command of ours."""
    global _current
    if running():
        raise RuntimeError("a job is running")  # operators poll for this; it cannot be reached from the sidebar
    log = tempfile.TemporaryFile(prefix="vivant-job-")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if not bpy.app.online_access:
        environment["HF_HUB_OFFLINE"] = "1"  # models by name come from the cache, or are told to be missing
    group: dict[str, Any] = {}
    if sys.platform == "win32":
        group["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        group["start_new_session"] = True  # so that cancelling reaches the render workers as well
    process = subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, **group
    )
    kept = _finished(out)
    _current = Job(title, out, total, process, log, time.monotonic(), kept, done=kept, then=then)
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=INTERVAL_S, persistent=True)
    return _current


def update() -> None:
    """Look at the child once; the timer does this, and so may a test (timers never tick in background mode)."""
    job = _current
    if job is None or job.state != "running":
        return
    job.done = _finished(job.out)
    status = job.process.poll()
    if status is None:
        return
    job.state = "done" if status == 0 else "failed"
    made = f"{job.done} frame(s) in {job.out}" if job.total else _last_line(_read(job.log)) or str(job.out)
    job.message = made if status == 0 else _why(status, job.log)
    _close(job)
    if status == 0 and job.then is not None:
        job.then(job.out)


def cancel() -> None:
    """Stop the child and everything that it started; finished frames stay."""
    job = _current
    if job is None or job.state != "running":
        return
    _signal(job.process, gently=True)
    try:
        job.process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    _signal(job.process, gently=False)  # also what its group left behind
    job.process.wait()
    job.done = _finished(job.out)
    kept = f"; {job.done} frame(s) are in {job.out}" if job.total else ""
    job.state, job.message = "cancelled", f"cancelled{kept}"
    _close(job)


def stop() -> None:
    """Cancel and unregister the timer: a timer left registered at exit crashes 4.2 and hangs 4.5."""
    cancel()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def _tick() -> float | None:
    update()
    redraw_sidebars()
    return INTERVAL_S if running() else None


def redraw_sidebars() -> None:
    """Show progress; the 3D views beside it are left alone: drawing a heavy scene four times a second would be felt."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def register() -> None:
    """Stop cleanly at exit."""
    atexit.register(stop)


def unregister() -> None:
    """Stop now."""
    global _current
    stop()
    atexit.unregister(stop)
    _current = None


def dismiss() -> None:
    """Forget the last job, if it has ended."""
    global _current
    if not running():
        _current = None


def _finished(out: Path) -> int:
    """Frames that are whole: a frame appears by the renaming of its folder, and unfinished ones start with a dot."""
    try:
        return sum(1 for entry in os.scandir(out / "frames") if entry.is_dir() and entry.name[0].isdigit())
    except OSError:
        return 0


def _signal(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError, OSError):
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT) if gently else process.kill()
        else:
            os.killpg(process.pid, signal.SIGINT if gently else signal.SIGKILL)


def _close(job: Job) -> None:
    job.printed = _read(job.log)
    job.log.close()
    if job.process.stdin is not None:
        job.process.stdin.close()


def _read(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode("utf-8", "replace")


def _last_line(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("vivant:")]
    return (told or lines or [""])[-1].removeprefix("vivant: ")


def _why(status: int, log: IO[bytes]) -> str:
    """One line on why a child failed: its own words, or what killed it."""
    printed = _read(log)
    if status < 0 and "vivant:" not in printed:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        return f"the worker was killed ({name}); perhaps memory ran out. Fix: fewer people or a smaller picture, then run it again"
    return _last_line(printed) or "it ended without a word"


def _duration(seconds: float) -> str:
    seconds = int(seconds)
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
