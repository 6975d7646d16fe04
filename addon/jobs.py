# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work from the sidebar: one child process at a time, watched by one timer, so that Blender never freezes.

The child is the same command line that a shell would run. Progress is read off the disk (finished frames are whole
folders), so a crash or a cancel leaves nothing half done and the next run continues.
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
        out: Dataset folder that it writes.
        total: Frames to expect.
        process: The child.
        log: What it printed.
        started: Monotonic seconds.
        kept: Frames that were there before.
        state: running, done, failed or cancelled.
        message: One line for the panel once it ended.
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

    @property
    def factor(self) -> float:
        """Share that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def text(self) -> str:
        """Progress in words, with the time left once it can be told."""
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


def start(title: str, argv: list[str], out: Path, total: int) -> Job:
    """Run `vivant ARGV…` in a child process.

    Args:
        title: For the panel.
        argv: Command and options.
        out: Dataset folder, watched for finished frames.
        total: Frames that will be there in the end.
    """
    global _current
    if running():
        raise RuntimeError("a job is running")  # operators poll for this; it cannot be reached from the sidebar
    log = tempfile.TemporaryFile(prefix="vivant-job-")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    group: dict[str, Any] = {}
    if sys.platform == "win32":
        group["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        group["start_new_session"] = True  # so that cancelling reaches the render workers as well
    process = subprocess.Popen(
        command("addon.cli", "main", argv), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, **group
    )
    kept = _finished(out)
    _current = Job(title, out, total, process, log, time.monotonic(), kept, done=kept)
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=INTERVAL_S)
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
    job.message = f"{job.done} frame(s) in {job.out}" if status == 0 else _last_line(job.log)
    job.log.close()


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
    job.state, job.message = "cancelled", f"cancelled; {job.done} frame(s) are in {job.out}"
    job.log.close()


def stop() -> None:
    """Cancel and unregister the timer: a timer left registered at exit crashes 4.2 and hangs 4.5."""
    cancel()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def _tick() -> float | None:
    update()
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
    return INTERVAL_S if running() else None


@bpy.app.handlers.persistent
def _before_load(*_: object) -> None:
    cancel()  # another file is about to take over the window that shows the job


def register() -> None:
    """Stop cleanly on file load and at exit."""
    bpy.app.handlers.load_pre.append(_before_load)
    atexit.register(stop)


def unregister() -> None:
    """Stop now."""
    global _current
    stop()
    atexit.unregister(stop)
    if _before_load in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.remove(_before_load)
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


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("vivant:")]
    return (told or lines or ["it ended without a word"])[-1].removeprefix("vivant: ")


def _duration(seconds: float) -> str:
    seconds = int(seconds)
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
