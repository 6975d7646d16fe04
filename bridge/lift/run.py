"""A lift from inputs to a folder of results: what is there stays, what is missing is made, one bad picture stops nobody else."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...procgen.dataset.lock import Lock
from ...procgen.errors import MissingDependency, SpecError, VivantError
from ...procgen.files import disk, read_bytes, replace_bytes
from ..outcome import Report
from .parts import Part, parts
from .result import LiftResult, PartResult, list_results, write_result
from .subject import Subject, Waiting

HEADER = "lift.json"


@dataclass(frozen=True)
class LiftOptions:
    """What to lift and how.

    Attributes:
        what: Names of parts.
        model: Body or head file (SMPL-X or FLAME format, .npz); "" for the open body.
        settings: What single parts understand, by name (`--set`).
    """

    what: tuple[str, ...] = ("face",)
    model: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"what": list(self.what), "model": self.model, "settings": dict(self.settings)}


@dataclass
class LiftReport(Report):
    """What a run did.

    Attributes:
        found: Subject lifted now -> part -> its facts.
    """

    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON says it."""
        return {**super().to_dict(), "found": self.found}


def planned(what: Sequence[str]) -> list[str]:
    """Parts in the order in which they run, with those that they need.

    Raises:
        SpecError: an unknown part, answered with the nearest.
    """
    wanted: list[str] = []

    def add(name: str) -> None:
        part: Part = parts.get(name).make
        for other in part.needs:
            add(other)
        if name not in wanted:
            wanted.append(name)

    for name in what:
        add(name)
    out: list[str] = []
    while wanted:
        ready = [n for n in wanted if not any(a in wanted for a in parts.get(n).make.after)]
        if not ready:
            raise SpecError("parts of the lift wait for each other", got=", ".join(wanted))
        out.append(ready[0])
        wanted.remove(ready[0])
    return out


def lift_subject(subject: Subject, options: LiftOptions, say: Callable[[str], None] | None = None) -> LiftResult:
    """Everything that was asked for of one person."""
    found: dict[str, PartResult] = {}
    for name in planned(options.what):
        if say is not None:
            say(name)
        begun = time.perf_counter()
        part: Part = parts.get(name).make
        result: Any = part.run(subject, found, options)
        facts = {**result.facts, "seconds": round(time.perf_counter() - begun, 3)}
        found[name] = PartResult(facts, result.arrays, result.pictures, result.files)
    return LiftResult(subject.name, subject.source, found)


def lift(
    waiting: Sequence[Waiting], out: str | os.PathLike[str], options: LiftOptions,
    progress: Callable[[int, int, str, str], None] | None = None,
) -> LiftReport:  # fmt: skip
    """Lift everybody who is not there yet.

    Args:
        waiting: Who, see `gather`.
        out: Folder; a rerun with the same options continues it.
        progress: Called with (done, total, subject, part); may raise to stop.
    Raises:
        VivantError: what would go wrong with everybody.
    """
    planned(options.what)
    root = Path(out)
    with disk("create", root):
        fresh = not root.exists()
        root.mkdir(parents=True, exist_ok=True)
    lock = Lock.take(root / ".lock", f"the lift {str(root)!r}")
    report = LiftReport(root)
    try:
        _begin(root, options)
        there = set(list_results(root))
        for i, who in enumerate(waiting):
            if who.name in there:
                report.kept.append(who.name)
                continue
            try:
                result = lift_subject(
                    who.load(), options, lambda part, i=i, who=who: _tell(progress, i, len(waiting), who, part)
                )
                write_result(root, result)
                report.made.append(who.name)
                report.found[who.name] = {k: dict(v.facts) for k, v in result.parts.items()}
            except (MissingDependency, SpecError):
                raise  # it would be the same with everybody
            except VivantError as e:
                report.failed[who.name] = str(e)
        _tell(progress, len(waiting), len(waiting), waiting[-1], "")
    finally:
        lock.release()
        _tidy(root, fresh)
    return report


def _tell(
    progress: Callable[[int, int, str, str], None] | None, done: int, total: int, who: Waiting, part: str
) -> None:
    if progress is not None:
        progress(done, total, who.name, part)


def _begin(root: Path, options: LiftOptions) -> None:
    path = root / HEADER
    data = {"format": "vivant-lift-run", "schema_version": 1, **options.to_dict()}
    if path.is_file() and list_results(root):
        try:
            old = json.loads(read_bytes(path, 1 << 24))
        except ValueError:
            old = {}
        for key in data:
            if old.get(key) != json.loads(json.dumps(data[key])):
                raise SpecError(
                    f"{str(root)!r} was lifted with another {key}", expected=str(old.get(key))[:80], got=str(data[key])[:80],
                    fix="repeat its options, or choose another -o",
                )  # fmt: skip
        return
    replace_bytes(path, (json.dumps(data, indent=1, allow_nan=False) + "\n").encode())


def _tidy(root: Path, fresh: bool) -> None:
    """Remove half-written subjects, and the folder itself if a first run left nothing in it."""
    subjects = root / "subjects"
    if subjects.is_dir():
        for name in os.listdir(subjects):
            if name.startswith("."):
                shutil.rmtree(subjects / name, ignore_errors=True)
    if fresh and not list_results(root):
        shutil.rmtree(root, ignore_errors=True)
