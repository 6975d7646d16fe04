# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands write to the terminal: lines, tables, JSON."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any


def say(text: str = "") -> None:
    """One line on standard output."""
    sys.stdout.write(text + "\n")


def say_json(data: Any) -> None:
    """Indented JSON on standard output; NaN and infinity are refused, because no other reader takes them."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


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
