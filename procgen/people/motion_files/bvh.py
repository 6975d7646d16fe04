"""Biovision hierarchies (.bvh): read from anywhere, written with our skeleton.

Source: the BVH format as Meredith & Maddock (2001), Motion Capture File Formats Explained, describe it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...errors import DatasetError
from ...files import write_bytes
from ..kinematics import matrices
from ..skeleton import JOINT_NAMES, PARENTS
from .clip import Clip

MAX_JOINTS, MAX_FRAMES = 1000, 1_000_000
_AXES = {"Xrotation": 0, "Yrotation": 1, "Zrotation": 2}
_MOVES = {"Xposition": 0, "Yposition": 1, "Zposition": 2}


def _fail(name: str, what: str, **more: object) -> DatasetError:
    return DatasetError(f"BVH file {name!r} {what}", **more)  # type: ignore[arg-type]


class _Hierarchy:
    """The HIERARCHY block as it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.joints: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[list[float]] = []
        self.channels: list[list[str]] = []

    def read(self, words: Iterator[str]) -> None:
        if self.next(words) != "ROOT":
            raise _fail(self.name, "has no ROOT", expected="HIERARCHY, then ROOT and a name")
        stack: list[int] = []
        self.open(self.next(words), -1)
        current = 0
        while True:
            word = self.next(words)
            if word == "{":
                stack.append(current)
            elif word == "}":
                stack.pop()
                if not stack:
                    return
                current = stack[-1]
            elif word == "OFFSET":
                self.offsets[current] = self.numbers(words, 3)
            elif word == "CHANNELS":
                count = int(self.numbers(words, 1)[0])
                names = [self.next(words) for _ in range(count)]
                for n in names:
                    if n not in _AXES and n not in _MOVES:
                        raise _fail(self.name, f"has an unknown channel {n!r}", expected=", ".join([*_MOVES, *_AXES]))
                self.channels[current] = names
            elif word in ("JOINT", "End"):
                name = self.next(words)
                parent = stack[-1]
                current = self.open(f"{self.joints[parent]}_end" if word == "End" else name, parent)
            else:
                raise _fail(
                    self.name,
                    f"has an unexpected word {word[:40]!r}",
                    expected="JOINT, End Site, OFFSET, CHANNELS or }",
                )

    def open(self, name: str, parent: int) -> int:
        self.joints.append(name)
        self.parents.append(parent)
        self.offsets.append([0.0, 0.0, 0.0])
        self.channels.append([])
        if len(self.joints) > MAX_JOINTS:
            raise _fail(self.name, "has too many joints", expected=f"<= {MAX_JOINTS}")
        return len(self.joints) - 1

    def next(self, words: Iterator[str]) -> str:
        word = next(words, None)
        if word is None:
            raise _fail(self.name, "ends within its hierarchy", fix="the file is truncated; copy it again")
        return word

    def numbers(self, words: Iterator[str], count: int) -> list[float]:
        try:
            return [float(self.next(words)) for _ in range(count)]
        except ValueError:
            where = self.joints[-1] if self.joints else "the root"
            raise _fail(self.name, f"has a word where {where!r} needs a number") from None


def read_bvh(path: str | Path) -> Clip:
    """Read a BVH file.

    Raises:
        DatasetError: not a BVH file, truncated, or with words where numbers should be.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as e:
        raise _fail(path.name, f"cannot be read ({e.strerror})", fix="check the path") from None
    head, _, tail = text.partition("MOTION")
    words = iter(head.split())
    if next(words, "") != "HIERARCHY":
        raise _fail(path.name, "does not begin with HIERARCHY", fix="check that it is a BVH file")
    tree = _Hierarchy(path.name)
    tree.read(words)
    if not tail:
        raise _fail(path.name, "has no MOTION block", fix="the file is truncated; copy it again")
    lines = tail.strip().splitlines()
    frames, step, first = _header(path.name, lines)
    width = sum(len(c) for c in tree.channels)
    try:
        values = np.array(" ".join(lines[first:]).split(), dtype=np.float64)
    except ValueError:
        raise _fail(path.name, "has a word among the numbers of its frames") from None
    if len(values) < frames * width:
        raise _fail(
            path.name, "is truncated", expected=f"{frames} frames of {width} numbers",
            got=f"{len(values) // max(width, 1)} whole frames", fix="copy the file again, or lower its number of frames",
        )  # fmt: skip
    if not np.isfinite(values).all():
        raise _fail(path.name, "holds numbers that are not finite")
    return _clip(path.name, tree, values[: frames * width].reshape(frames, width), 1.0 / step)


def _header(name: str, lines: list[str]) -> tuple[int, float, int]:
    frames, step = 0, 0.0
    for k, line in enumerate(lines[:8]):
        key, _, value = line.partition(":")
        try:
            if key.strip().lower() == "frames":
                frames = int(value)
            elif key.strip().lower() == "frame time":
                step = float(value)
                if not 1 <= frames <= MAX_FRAMES:
                    raise _fail(name, "has no usable number of frames", expected=f"1 to {MAX_FRAMES}", got=frames)
                if not 1e-4 <= step <= 10.0:
                    raise _fail(name, "has no usable frame time", expected="0.0001 to 10 seconds", got=step)
                return frames, step, k + 1
        except ValueError:
            raise _fail(name, f"has a word where {key.strip()!r} needs a number") from None
    raise _fail(name, "says no frame count or frame time", expected="Frames: N and Frame Time: seconds")


def _clip(name: str, tree: _Hierarchy, values: np.ndarray, fps: float) -> Clip:
    count, frames = len(tree.joints), len(values)
    parents = np.array(tree.parents)
    rest = np.array(tree.offsets)
    for j in range(1, count):
        rest[j] += rest[parents[j]]
    local = np.tile(np.eye(3), (frames, count, 1, 1))
    root = np.tile(rest[0], (frames, 1))
    column = 0
    for j, channels in enumerate(tree.channels):
        for c in channels:
            if c in _AXES:
                turn = np.zeros((frames, 3))
                turn[:, _AXES[c]] = np.radians(values[:, column])
                local[:, j] = local[:, j] @ matrices(turn)
            elif j == 0:
                root[:, _MOVES[c]] = values[:, column]
            column += 1
    return Clip(name, tuple(tree.joints), parents, rest, local, root, fps)


def write_bvh(path: str | Path, poses: np.ndarray, root: np.ndarray, rest: np.ndarray, fps: float) -> None:
    """Write a motion of our skeleton, in centimetres, Y up, facing +Z.

    Args:
        poses: (T, 55, 3) axis-angle. root: (T, 3) pelvis joint, metres. rest: (55, 3) rest joints, metres.
        fps: Frames a second.
    """
    children: dict[int, list[int]] = {j: [k for k, p in enumerate(PARENTS) if p == j] for j in range(len(PARENTS))}
    order: list[int] = []
    lines = ["HIERARCHY"]

    def put(j: int, depth: int) -> None:
        order.append(j)
        pad = "  " * depth
        offset = 100.0 * (rest[j] - rest[PARENTS[j]] if PARENTS[j] >= 0 else np.zeros(3))
        channels = (
            "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
            if j == 0
            else "3 Zrotation Xrotation Yrotation"
        )
        lines.append(f"{pad}{'ROOT' if j == 0 else 'JOINT'} {JOINT_NAMES[j]}")
        lines.append(pad + "{")
        lines.append(f"{pad}  OFFSET " + " ".join(f"{v:.6f}" for v in offset))
        lines.append(f"{pad}  CHANNELS {channels}")
        for k in children[j]:
            put(k, depth + 1)
        if not children[j]:
            tip = 50.0 * (rest[j] - rest[PARENTS[j]])
            lines.extend(
                [f"{pad}  End Site", pad + "  {", f"{pad}    OFFSET " + " ".join(f"{v:.6f}" for v in tip), pad + "  }"]
            )
        lines.append(pad + "}")

    put(0, 0)
    R = matrices(poses)[:, order]
    angles = np.degrees(_zxy(R)).reshape(len(poses), -1)
    lines += ["MOTION", f"Frames: {len(poses)}", f"Frame Time: {1.0 / fps:.9f}"]
    table = np.concatenate([100.0 * np.asarray(root), angles], 1)
    lines += [" ".join(f"{v:.5f}" for v in row) for row in table]
    write_bytes(Path(path), ("\n".join(lines) + "\n").encode())


def _zxy(R: np.ndarray) -> np.ndarray:
    """(…, 3) angles about Z, X, Y (in this order) with R = Rz Rx Ry."""
    x = np.arcsin(np.clip(R[..., 2, 1], -1.0, 1.0))
    return np.stack([np.arctan2(-R[..., 0, 1], R[..., 1, 1]), x, np.arctan2(-R[..., 2, 0], R[..., 2, 2])], -1)
