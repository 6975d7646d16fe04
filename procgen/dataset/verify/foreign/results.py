"""Results about foreign files, from the table of limits."""

from __future__ import annotations

from ..limits import LIMITS
from ..report import Result


def measured(check: str, value: float, got: str = "", expected: str = "") -> Result:
    """The result of a check; the frame is filled in by the caller."""
    limit = LIMITS[check]
    ok = limit.holds(float(value))
    words = ("", "", "") if ok else (limit.what, expected, got)
    return Result("", limit.channel, check, float(value), limit.text, limit.unit, ok, *words)


def counted(check: str, problems: list[str]) -> Result:
    """The result of a check that counts problems."""
    return measured(check, len(problems), "; ".join(problems[:5]))


def skipped(check: str, why: str) -> Result:
    """A check that could not be run."""
    limit = LIMITS[check]
    return Result("", limit.channel, check, None, limit.text, limit.unit, None, why)
