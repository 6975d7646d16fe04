"""The dataset as a whole: header, conventions, scenes, and that every frame of every scene is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import VivantError
from ...files import read_bytes
from ..conventions import conventions
from ..fields import parse_json
from ..store import CONVENTIONS_FILE, list_frames, parse_frame_id, read_header
from .limits import LIMITS
from .report import Result


def _result(check: str, problems: list[str], expected: str = "") -> Result:
    limit = LIMITS[check]
    ok = limit.holds(len(problems))
    words = ("", "", "") if ok else (limit.what, expected, "; ".join(problems[:5]))
    return Result("", limit.channel, check, float(len(problems)), limit.text, limit.unit, ok, *words)


def read_scenes(root: Path) -> tuple[dict[int, dict[str, Any]], list[str]]:
    """Scene number -> SceneSpec as JSON, and what could not be read."""
    scenes, problems = {}, []
    for path in sorted((root / "scenes").glob("*.json")):
        try:
            data = parse_json(read_bytes(path), f"scenes/{path.name}")
            scenes[int(path.stem)] = data if isinstance(data, dict) else {}
        except (VivantError, ValueError) as e:
            problems.append(str(e))
    return scenes, problems


def check_dataset(root: Path) -> Iterator[Result]:
    """Results about the dataset as a whole."""
    try:
        read_header(root)
        yield _result("dataset.index", [])
    except VivantError as e:
        yield _result("dataset.index", [str(e)])
    yield _result("dataset.conventions", _conventions(root), "what this version writes")
    scenes, problems = read_scenes(root)
    there = [parse_frame_id(n) for n in list_frames(root)]
    problems += [f"scene {n} has frames but no file" for n in sorted({f[0] for f in there if f} - set(scenes))]
    problems += [why for number, data in scenes.items() for why in _round_trip(number, data)]
    yield _result("dataset.scenes", problems)
    yield _result("dataset.frames", _missing(root, scenes), "every view and time of every scene")


def _conventions(root: Path) -> list[str]:
    try:
        found = parse_json(read_bytes(root / CONVENTIONS_FILE), CONVENTIONS_FILE)
    except VivantError as e:
        return [str(e)]
    right = conventions()
    if not isinstance(found, dict):
        return ["it is no object"]
    return [k for k in right if found.get(k) != right[k]] + [f"unknown key {k!r}" for k in found if k not in right]


def _round_trip(number: int, data: dict[str, Any]) -> list[str]:
    from ...spec import SceneSpec

    try:
        same = _within(data, SceneSpec.from_dict(data).to_dict())
    except VivantError as e:
        return [f"scene {number}: {e}"]
    return [] if same else [f"scene {number} does not round-trip"]


def _within(old: Any, new: Any) -> bool:
    """Everything in old is in new; later versions add fields with defaults."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(k in new and _within(v, new[k]) for k, v in old.items())
    if isinstance(old, list) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(_within, old, new))
    return old == new


def _missing(root: Path, scenes: dict[int, dict[str, Any]]) -> list[str]:
    there = {(f[0], f[1], f[2] or 0) for f in map(parse_frame_id, list_frames(root)) if f}
    folders = [p.name for p in sorted((root / "frames").glob("*")) if p.is_dir() and not p.name.startswith(".")]
    out = [f"{n} holds no record" for n in folders if not (root / "frames" / n / "record.json").is_file()]
    begun = {f[0] for f in there}
    for number, data in scenes.items():
        views, times = len(data.get("cameras", [])), data.get("frames", 1)
        gone = (
            [(v, t) for v in range(views) for t in range(times) if (number, v, t) not in there]
            if type(times) is int
            else []
        )
        if number in begun and gone:
            out.append(
                f"scene {number} lacks {len(gone)} of {views * times} frames, first view {gone[0][0]} time {gone[0][1]}"
            )
        elif number not in begun:
            out.append(f"scene {number} has no frames")
    return out
