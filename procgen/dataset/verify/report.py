"""What verification found: one result for each frame and check, and the report that sums them up."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["pass", "FAIL", "not run"]


@dataclass(frozen=True)
class Result:
    """One check on one frame.

    Attributes:
        frame: Folder name, or "" for the dataset as a whole.
        channel: Channel (or "record", "files", "camera", …) that the check is about.
        check: Name of the check, a key of `limits.LIMITS`.
        value: The residual; None where the check could not be run.
        limit: The bound, in words `<= 0.01` or `>= 0.999`.
        unit: Unit of value and limit.
        ok: None = not run.
        what: One clear line about a breach, or why the check was not run.
        expected, got: Short values for the report.
    """

    frame: str
    channel: str
    check: str
    value: float | None
    limit: str
    unit: str
    ok: bool | None
    what: str = ""
    expected: str = ""
    got: str = ""

    @property
    def status(self) -> Status:
        """In a word."""
        return "not run" if self.ok is None else "pass" if self.ok else "FAIL"

    def to_dict(self) -> dict[str, Any]:
        """JSON values; infinite and undefined residuals become text."""
        out = asdict(self)
        if self.value is not None and not math.isfinite(self.value):
            out["value"] = str(self.value)
        return out


@dataclass(frozen=True)
class Row:
    """One line of the summary: a check over all frames.

    Attributes:
        worst: The residual that is nearest to (or furthest beyond) the bound.
        frame: Where the worst was found.
        passed, failed, skipped: Numbers of frames.
    """

    channel: str
    check: str
    worst: float | None
    limit: str
    unit: str
    frame: str
    passed: int
    failed: int
    skipped: int
    note: str = ""

    @property
    def status(self) -> Status:
        """In a word; a check that ran nowhere counts as not run, never as passed."""
        return "FAIL" if self.failed else "pass" if self.passed else "not run"


@dataclass
class Report:
    """Everything that was measured.

    Attributes:
        dataset: Path as given.
        frames: Names of the frames looked at.
        results: In the order they were measured.
        witness: Name of the ray caster that stood witness, "" if none.
    """

    dataset: str
    frames: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    witness: str = ""

    @property
    def ok(self) -> bool:
        """True if something was measured and no check failed."""
        return any(r.ok for r in self.results) and not self.breaches

    @property
    def breaches(self) -> list[Result]:
        """Results that failed."""
        return [r for r in self.results if r.ok is False]

    @property
    def not_run(self) -> dict[str, str]:
        """Check -> why it was not run (one reason each), for checks that ran in no frame."""
        ran = {r.check for r in self.results if r.ok is not None}
        return {r.check: r.what for r in reversed(self.results) if r.ok is None and r.check not in ran}

    def rows(self) -> list[Row]:
        """One line a check, channels together, in the order of first appearance."""
        groups: dict[tuple[str, str], list[Result]] = {}
        for r in self.results:
            groups.setdefault((r.channel, r.check), []).append(r)
        channels = list(dict.fromkeys(c for c, _ in groups))
        rows = []
        for (channel, check), found in sorted(groups.items(), key=lambda kv: channels.index(kv[0][0])):
            ran = [r for r in found if r.value is not None]
            # The worst residual is the one furthest towards (or beyond) its bound; failures come first.
            worst = max(ran, key=lambda r: (r.ok is False, _badness(r)), default=None)
            rows.append(
                Row(
                    channel,
                    check,
                    None if worst is None else worst.value,
                    found[0].limit,
                    found[0].unit,
                    "" if worst is None else worst.frame,
                    sum(r.ok is True for r in found),
                    sum(r.ok is False for r in found),
                    sum(r.ok is None for r in found),
                    next((r.what for r in found if r.what and (r.ok is False or worst is None)), ""),
                )
            )
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Contents of `verify.json`."""
        return {
            "ok": self.ok,
            "frames": list(self.frames),
            "witness": self.witness,
            "checks": [
                {
                    **asdict(r),
                    "status": r.status,
                    "worst": r.worst if r.worst is None or math.isfinite(r.worst) else str(r.worst),
                }
                for r in self.rows()
            ],
            "breaches": [r.to_dict() for r in self.breaches],
            "not_run": self.not_run,
            "results": [r.to_dict() for r in self.results if r.ok is not None],
        }

    def lines(self) -> list[str]:
        """The report as plain text: a residual a check, then what broke, then what was not run."""
        rows = self.rows()
        out = [f"{'channel':<13} {'check':<27} {'worst':>11} {'bound':>12} {'unit':<6} {'frames':>9}  result"]
        for r in rows:
            worst = "–" if r.worst is None else f"{r.worst:.4g}"
            count = f"{r.passed}/{r.passed + r.failed}"
            out.append(f"{r.channel:<13} {r.check:<27} {worst:>11} {r.limit:>12} {r.unit:<6} {count:>9}  {r.status}")
        for b in self.breaches[:50]:
            out.append(breach_line(b))
        if len(self.breaches) > 50:
            out.append(f"… and {len(self.breaches) - 50} more breaches (all of them are in verify.json)")
        out += [f"not run: {check}: {why}" for check, why in self.not_run.items()]
        return out

    def __str__(self) -> str:
        return "\n".join(self.lines())


def breach_line(r: Result) -> str:
    """`FAIL 000000_00 depth depth.positive: what; expected …; got …`."""
    parts = [r.what or f"{r.value:.6g} {r.unit}".strip()]
    parts.append(f"expected {r.expected or (r.limit + ' ' + r.unit).strip()}")
    parts.append(f"got {r.got or f'{r.value:.6g}'}")
    return f"FAIL {r.frame or 'dataset'} {r.channel} {r.check}: " + "; ".join(parts)


def _badness(r: Result) -> float:
    value = r.value if r.value is not None and not math.isnan(r.value) else math.inf
    return -value if r.limit.startswith(">=") and value != math.inf else value
