"""`vivant verify`: prove the labels of a dataset instead of asserting them.

    report = verify("OUT")
    report.ok                # False if anything broke
    print(report)            # a residual a check, then breaches, then what could not be run and why

Each file of `checks/` is one group of checks; every bound and its reason is in `limits.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...errors import DatasetError, MissingDependency, VivantError
from ...files import replace_bytes
from ...people.model import load_body
from ..fields import dump_json
from ..store import list_frames, parse_frame_id, read_header
from .dataset_checks import check_dataset, read_scenes
from .limits import LIMITS, Limit
from .options import VerifyOptions
from .registry import checks as registered
from .report import Report, Result, Row
from .subject import Subject, read_record

VERIFY_FILE = "verify.json"
# What a damaged record or array raises in arithmetic; anything else is a bug of ours and should be seen.
_GARBLED = (KeyError, IndexError, TypeError, ValueError, OverflowError)

__all__ = ["LIMITS", "VERIFY_FILE", "Limit", "Report", "Result", "Row", "VerifyOptions", "registered", "verify"]


def verify(
    dataset_path: str | os.PathLike[str],
    *,
    options: VerifyOptions | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """Check every frame and channel of a dataset.

    Args:
        dataset_path: Folder that `generate` wrote.
        options: What to check and how.
        progress: Called with (frames done, frames in all, name of the frame).
    Returns:
        The report; `report.ok` is False on a breach. It is also written to `verify.json` in the dataset.
    Raises:
        DatasetError: there is no dataset at this path, or it holds no frames; a body file of the options is damaged.
        SpecError: a body file of the options is no body.
        MissingDependency: the chosen witness is not installed.
    """
    options = options or VerifyOptions()
    root = Path(dataset_path)
    read_header(root)
    for file in options.bodies.values():
        # What was asked for must be there: a check that is not run for want of it would pass for proven.
        load_body(file)
    witnesses = options.witnesses
    names = _chosen(root, options)
    report = Report(str(dataset_path), list(names))
    report.witness = witnesses.label
    report.results += [r for r in check_dataset(root) if _wanted(r, options)]
    reader = _Frames(root, options)
    for done, name in enumerate(names):
        if progress:
            progress(done, len(names), name)
        report.results += [r for r in check_frame(reader, name) if _wanted(r, options)]
    if progress:
        progress(len(names), len(names), names[-1])
    if "auto" in options.witness and witnesses.rays == "raster":
        # Said aloud: the stand-in is exact, but it is ours.
        report.results.append(
            Result("", "dataset", "witness.embree", None, "", "", None,
                   "the package embreex is not installed, the numpy ray caster stood witness; install with: pip install embreex")
        )  # fmt: skip
    if options.write:
        replace_bytes(root / VERIFY_FILE, dump_json(report.to_dict()).encode())
    return report


def _wanted(result: Result, options: VerifyOptions) -> bool:
    return (
        not options.channels
        or result.channel in options.channels
        or (result.ok is False and result.check == "record.complete")
    )


def _chosen(root: Path, options: VerifyOptions) -> tuple[str, ...]:
    names = list_frames(root)
    if options.frames:
        names = tuple(n for n in names if n.startswith(tuple(options.frames)))
    if not names:
        raise DatasetError(
            f"{str(root)!r} holds no frames", got=", ".join(options.frames) or None, fix="generate some first"
        )
    if options.limit and len(names) > options.limit:
        step = (len(names) - 1) / max(options.limit - 1, 1)
        names = tuple(names[round(i * step)] for i in range(options.limit))
    return names


class _Frames:
    """The frames of a dataset by number; nothing is kept, so that memory holds one frame and its neighbour."""

    def __init__(self, root: Path, options: VerifyOptions) -> None:
        self.root, self.options = root, options
        self.scenes: dict[int, dict[str, Any]] = read_scenes(root)[0]
        self.names: dict[tuple[int, int, int], str] = {}
        for name in list_frames(root):
            key = parse_frame_id(name)
            if key:
                self.names[key[0], key[1], key[2] or 0] = name

    def open(self, name: str) -> Subject:
        folder = self.root / "frames" / name
        record = read_record(folder)
        return Subject(folder, record, self.options, self.find, self.scenes.get(record.scene))

    def find(self, scene: int, view: int, time: int) -> Subject | None:
        name = self.names.get((scene, view, time))
        if name is None:
            return None
        try:
            found = self.open(name)
        except VivantError:
            return None  # reported when its own turn comes
        found.__dict__["mesh"] = None  # neighbours are asked for their images, and meshes are large
        return found


def _failed(name: str, check: str, what: str) -> Result:
    limit = LIMITS[check]
    return Result(name, limit.channel, check, 1.0, limit.text, limit.unit, False, limit.what, "", what)


def check_frame(frames: _Frames, name: str) -> Iterator[Result]:
    """All results of one frame."""
    try:
        frame = frames.open(name)
    except VivantError as e:
        yield _failed(name, "record.complete", str(e))
        return
    numbers = parse_frame_id(name)
    stated = (frame.record.scene, frame.record.view, frame.record.time)
    here = None if numbers is None else (numbers[0], numbers[1], numbers[2] or 0)
    odd = 0 if here is None or (numbers and numbers[2] is None and here[:2] == stated[:2]) or here == stated else 1
    yield frame.measure("record.complete", odd, got=f"the record of scene, view, time {stated}")
    if not frames.options.witnesses.rays:
        # Painters read the file by themselves.
        frame.__dict__["mesh"] = None
        frame.no_mesh = "the witness is switched off" if frames.options.witness == "none" else "no ray caster was named"
    for entry in registered:
        yield from run_check(frame, entry.make)


def run_check(frame: Subject, check: Callable[[Subject], Iterator[Result]]) -> Iterator[Result]:
    """Results of one group of checks; a damaged file ends the group with a breach and not the run."""
    try:
        yield from check(frame)
    except MissingDependency as e:
        yield _skipped(frame, check, str(e))
    except VivantError as e:
        yield _failed(frame.name, "files.readable", f"{check.__name__}: {e}")
    except _GARBLED as e:
        yield _failed(frame.name, "files.readable", f"{check.__name__}: {type(e).__name__}: {e}")


def _skipped(frame: Subject, check: Callable[..., object], why: str) -> Result:
    return Result(frame.name, "dataset", check.__name__, None, "", "", None, why)
