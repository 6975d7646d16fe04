"""Acclaim skeletons and motions (.asf with .amc), as the CMU motion capture database has them.

Source: Meredith & Maddock (2001), Motion Capture File Formats Explained; Schafer (1994), the Acclaim file format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import DatasetError
from ..kinematics import matrices
from .clip import Clip

FPS = 120.0  # the files say no rate; this is that of the CMU database
MAX_BONES = 500


@dataclass
class _Bone:
    name: str
    direction: np.ndarray = field(default_factory=lambda: np.array([0.0, 1.0, 0.0]))
    length: float = 0.0
    axis: np.ndarray = field(default_factory=lambda: np.zeros(3))
    order: str = "XYZ"
    dof: list[str] = field(default_factory=list)
    parent: str = ""


def _fail(name: str, what: str, **more: object) -> DatasetError:
    return DatasetError(f"Acclaim file {name!r} {what}", **more)  # type: ignore[arg-type]


def skeleton_of(path: Path) -> Path:
    """The .asf beside an .amc: of the same name, of the part before "_" (as CMU names them), or the only one there."""
    candidates = [path.with_suffix(".asf"), path.with_name(path.stem.split("_")[0] + ".asf")]
    there = sorted(path.parent.glob("*.asf"))
    found = next((c for c in candidates if c.is_file()), there[0] if len(there) == 1 else None)
    if found is None:
        raise _fail(
            path.name,
            "has no skeleton beside it",
            expected=candidates[0].name,
            fix="put its .asf file into the same folder",
        )
    return found


def read_acclaim(path: str | Path, fps: float = FPS) -> Clip:
    """Read an .amc file with the .asf beside it.

    Args:
        fps: Frames a second; the format does not say.
    Raises:
        DatasetError: missing, truncated, or a motion of bones that the skeleton has not.
    """
    path = Path(path)
    asf = skeleton_of(path)
    bones, root_order = _read_asf(asf)
    frames = _read_amc(path, bones)
    names = ["root", *[b.name for b in bones.values() if b.name != "root"]]
    order = _parents_first(asf.name, bones, names)
    index = {n: j for j, n in enumerate(order)}
    parents = np.array([-1 if n == "root" else index[bones[n].parent] for n in order])
    # A bone turns about its own start, which is where its parent ends.
    rest = np.zeros((len(order), 3))
    ends = np.zeros((len(order), 3))
    for j, n in enumerate(order):
        if n != "root":
            rest[j] = ends[parents[j]]
            ends[j] = rest[j] + bones[n].length * bones[n].direction
    count = len(frames)
    local = np.tile(np.eye(3), (count, len(order), 1, 1))
    root = np.zeros((count, 3))
    for n, j in index.items():
        dof = root_order if n == "root" else bones[n].dof
        if not dof:
            continue
        values = np.array([f[n] for f in frames])
        turn = np.tile(np.eye(3), (count, 1, 1))
        for k, d in enumerate(dof):
            axis = "xyz".index(d[1].lower())
            if d[0].lower() == "t":
                root[:, axis] = values[:, k]
            elif d[0].lower() == "r":
                vector = np.zeros((count, 3))
                vector[:, axis] = np.radians(values[:, k])
                # Written in the order in which they are applied: the first one acts first.
                turn = matrices(vector) @ turn
        C = _euler(bones[n].axis, bones[n].order)
        local[:, j] = C @ turn @ C.T
    # Ends of the last bones are joints too: they tell which way a hand or a foot points.
    tips = [j for j, n in enumerate(order) if not any(bones[m].parent == n for m in order) and n != "root"]
    joints = (*order, *[f"{order[j]}_end" for j in tips])
    parents = np.concatenate([parents, tips]).astype(int)
    rest = np.concatenate([rest, ends[tips]])
    local = np.concatenate([local, np.tile(np.eye(3), (count, len(tips), 1, 1))], 1)
    return Clip(path.name, joints, parents, rest, local, root, fps)


def _euler(degrees: np.ndarray, order: str) -> np.ndarray:
    """(3, 3) with the first axis of `order` applied first."""
    R = np.eye(3)
    for letter in order:
        vector = np.zeros(3)
        axis = "XYZ".index(letter.upper())
        vector[axis] = np.radians(degrees[axis])
        R = matrices(vector) @ R
    return R


def _lines(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as e:
        raise _fail(path.name, f"cannot be read ({e.strerror})", fix="check the path") from None
    return [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _floats(name: str, words: list[str], count: int, what: str) -> np.ndarray:
    try:
        out = np.array([float(w) for w in words[:count]])
    except ValueError:
        raise _fail(name, f"has a word where {what} needs a number", got=" ".join(words)[:40]) from None
    if len(out) < count:
        raise _fail(
            name, f"is truncated at {what}", expected=f"{count} numbers", got=len(out), fix="copy the file again"
        )
    if not np.isfinite(out).all():
        raise _fail(name, f"holds numbers that are not finite, at {what}")
    return out


def _read_asf(path: Path) -> tuple[dict[str, _Bone], list[str]]:
    bones: dict[str, _Bone] = {"root": _Bone("root")}
    root_order = ["TX", "TY", "TZ", "RX", "RY", "RZ"]
    section, bone, seen = "", None, set()
    for words in _lines(path):
        key = words[0].lower()
        if key.startswith(":"):
            section = key
            seen.add(section)
        elif section == ":root":
            if key == "order":
                root_order = words[1:]
            elif key == "orientation":
                bones["root"].axis = np.zeros(3)
        elif section == ":bonedata":
            if key == "begin":
                bone = _Bone("")
            elif bone is not None and key == "end":
                bones[bone.name] = bone
                if len(bones) > MAX_BONES:
                    raise _fail(path.name, "has too many bones", expected=f"<= {MAX_BONES}")
                bone = None
            elif bone is not None:
                _set(path.name, bone, key, words)
        elif section == ":hierarchy" and key not in ("begin", "end"):
            _hang(path.name, bones, words)
    if not {":bonedata", ":hierarchy"} <= seen or bone is not None:
        raise _fail(
            path.name, "is no whole skeleton", expected=":root, :bonedata and :hierarchy", fix="copy the file again"
        )
    return bones, root_order


def _hang(name: str, bones: dict[str, _Bone], words: list[str]) -> None:
    """One line of the hierarchy: a parent and its children."""
    for word in words:
        if word not in bones:
            raise _fail(name, f"hangs {', '.join(words[1:])} on {words[0]!r}", expected="bones of its own :bonedata", got=word)
    for child in words[1:]:
        bones[child].parent = words[0]


def _set(name: str, bone: _Bone, key: str, words: list[str]) -> None:
    """One line of a bone's block; keys that do not matter here (id, limits, …) are passed over."""
    if key == "name" and len(words) > 1:
        bone.name = words[1]
    elif key == "direction":
        bone.direction = _floats(name, words[1:], 3, f"the direction of {bone.name!r}")
    elif key == "length":
        bone.length = float(_floats(name, words[1:], 1, f"the length of {bone.name!r}")[0])
    elif key == "axis":
        bone.axis = _floats(name, words[1:], 3, f"the axis of {bone.name!r}")
        bone.order = words[4] if len(words) > 4 else "XYZ"
    elif key == "dof":
        bone.dof = [w for w in words[1:] if w.lower() in ("rx", "ry", "rz")]


def _parents_first(name: str, bones: dict[str, _Bone], names: list[str]) -> list[str]:
    out, left = ["root"], [n for n in names if n != "root"]
    while left:
        ready = [n for n in left if bones[n].parent in out]
        if not ready:
            raise _fail(name, f"leaves {left[0]!r} without a parent", fix="check its :hierarchy")
        out += ready
        left = [n for n in left if n not in ready]
    return out


def _read_amc(path: Path, bones: dict[str, _Bone]) -> list[dict[str, np.ndarray]]:
    frames: list[dict[str, np.ndarray]] = []
    lines = _lines(path)
    for number, words in enumerate(lines, 1):
        if words[0].startswith(":"):
            if words[0].lower() == ":radians":
                raise _fail(path.name, "gives angles in radians", expected=":DEGREES", fix="convert it to degrees")
            continue
        if len(words) == 1 and words[0].isdigit():
            frames.append({})
            continue
        if not frames:
            raise _fail(path.name, "has values before its first frame", got=" ".join(words)[:40])
        if words[0] not in bones and number == len(lines):
            raise _fail(path.name, f"is truncated within frame {len(frames)}", fix="copy the file again")
        if words[0] not in bones:
            raise _fail(
                path.name, f"moves {words[0]!r}, which its skeleton has not", fix="check that the .asf belongs to it"
            )
        count = 6 if words[0] == "root" else len(bones[words[0]].dof)
        frames[-1][words[0]] = _floats(path.name, words[1:], count, f"frame {len(frames)}, bone {words[0]!r}")
    if not frames:
        raise _fail(path.name, "has no frames", fix="the file is truncated; copy it again")
    wanted = {n for n, b in bones.items() if b.dof or n == "root"}
    for k, frame in enumerate(frames, 1):
        if wanted - frame.keys():
            missing = sorted(wanted - frame.keys())[0]
            raise _fail(path.name, f"is truncated: frame {k} has no {missing!r}", fix="copy the file again")
    return frames
