# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands write to the terminal: lines, tables, JSON."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any


def say(text: str = "") -> None:
    """One line on standard output."""
    sys.stdout.write(text + "\n")


def say_json(data: Any) -> None:
    """Indented JSON on standard output; NaN and infinity are refused, because no other reader takes them."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def say_outcome(root: object, made: str, kept: int, failed: Mapping[str, str], after: str = "") -> None:
    """A line on standard error for everything that failed, and one on what is there now."""
    for name, why in failed.items():
        sys.stderr.write(f"{name}: {why}\n")
    there = f", {kept} were there" if kept else ""
    lost = f", {len(failed)} FAILED" if failed else ""
    say(f"{root}: {made}{there}{lost}{after}")


class Bar:
    """One bar over the items of a run, whose text says where the present one is; started by the first report.

    Args:
        unit: What is counted.
        quiet: No bar.
    """

    def __init__(self, unit: str, quiet: bool) -> None:
        from ..procgen.progress import NoProgress, TerminalProgress

        self._unit = unit
        self._bar: Any = NoProgress() if quiet else TerminalProgress(sys.stderr)
        self._done = -1

    def at(self, done: int, total: int, text: str) -> None:
        """So many are done, and this is what happens now."""
        if self._done < 0:
            self._bar.start(total, self._unit, done)
            self._done = done
        self._bar.step(done - self._done, text)
        self._done = done

    def close(self) -> None:
        """End the line."""
        self._bar.close()


def table(rows: Sequence[Sequence[str]]) -> None:
    """Columns aligned by their longest cell; the last one is wrapped to the terminal."""
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    indent = sum(widths) + 2 * len(widths)
    room = max(shutil.get_terminal_size().columns - indent, 30)
    for row in rows:
        head = "".join(cell.ljust(width + 2) for cell, width in zip(row, widths, strict=False))
        lines = textwrap.wrap(row[-1], room) or [""]
        say((head + lines[0]).rstrip())
        for line in lines[1:]:
            say(" " * indent + line)
