"""How long commands report progress: a small protocol, and its terminal."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Protocol, TextIO

_PLAIN_EVERY = 10.0  # seconds between lines where no terminal can overwrite one


class Progress(Protocol):
    """What long commands call; front ends draw it as they like."""

    def start(self, total: int, what: str = "frames", done: int = 0) -> None:
        """Begin: `total` steps, of which `done` are already there."""

    def step(self, count: int = 1, text: str = "") -> None:
        """`count` more steps are done; `text` says what the last one was."""

    def note(self, text: str) -> None:
        """A line worth keeping: a failure, a warning."""

    def close(self) -> None:
        """End; may be called twice."""


class NoProgress:
    """Says nothing; for `--json` and `--quiet`."""

    def start(self, total: int, what: str = "frames", done: int = 0) -> None:
        """Nothing."""

    def step(self, count: int = 1, text: str = "") -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def duration(seconds: float) -> str:
    """A span of time as people say it: "42 s", "3 min 05 s", "2 h 10 min", "4 d 3 h"."""
    s = max(0, round(seconds))
    if s < 60:
        return f"{s} s"
    if s < 3600:
        return f"{s // 60} min {s % 60:02d} s"
    if s < 86400:
        return f"{s // 3600} h {s % 3600 // 60:02d} min"
    return f"{s // 86400} d {s % 86400 // 3600} h"


class TerminalProgress:
    """A bar with rate and time left on a terminal; a plain line every ten seconds elsewhere.

    Args:
        stream: Where to write, usually stderr.
        clock: Seconds, for tests.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._tty = bool(getattr(stream, "isatty", lambda: False)())
        self._total = self._done = self._before = 0
        self._what, self._text, self._width = "", "", 0
        self._begun = self._drawn = 0.0
        self._open = False

    def start(self, total: int, what: str = "frames", done: int = 0) -> None:
        """Begin; steps that were there before do not count towards the rate."""
        self._total, self._what, self._done, self._before = total, what, done, done
        self._begun, self._open = self._clock(), True
        self._draw(force=True)

    def step(self, count: int = 1, text: str = "") -> None:
        """Count and redraw."""
        self._done += count
        self._text = text
        self._draw(force=self._done >= self._total)

    def note(self, text: str) -> None:
        """Write a line above the bar."""
        self._erase()
        self._stream.write(text + "\n")
        if self._open and self._tty:
            self._draw(force=True)
        self._stream.flush()

    def close(self) -> None:
        """Leave the bar standing and end its line."""
        if self._open and self._tty:
            self._draw(force=True)
            self._stream.write("\n")
            self._stream.flush()
        self._open, self._width = False, 0

    def line(self) -> str:
        """What the bar says now, without the bar."""
        new, spent = self._done - self._before, self._clock() - self._begun
        out = f"{self._done}/{self._total} {self._what}"
        if new and spent > 0:
            rate = new / spent
            out += f", {rate:.1f}/s" if rate >= 1 else f", {1 / rate:.1f} s each"
            if self._done < self._total:
                out += f", {duration((self._total - self._done) / rate)} left"
            else:
                out += f", took {duration(spent)}"
        return out + (f"  {self._text}" if self._text else "")

    def _draw(self, force: bool) -> None:
        now = self._clock()
        if not force and now - self._drawn < (0.1 if self._tty else _PLAIN_EVERY):
            return
        self._drawn = now
        if not self._tty:
            self._stream.write(self.line() + "\n")
            self._stream.flush()
            return
        share = self._done / self._total if self._total else 1.0
        filled = int(24 * min(1.0, share))
        text = f"[{'#' * filled}{'.' * (24 - filled)}] {self.line()}"[: shutil.get_terminal_size().columns - 1]
        self._erase()
        self._stream.write(text)
        self._stream.flush()
        self._width = len(text)

    def _erase(self) -> None:
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._width = 0
