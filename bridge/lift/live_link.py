"""Expressions as Live Link Face writes them: CSV with a timecode and the 52 ARKit actions, then head and eyes.

Source: the columns of recordings of Epic's Live Link Face app.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...procgen.errors import SpecError
from ...procgen.files import read_bytes, replace_bytes

# In the order of the recordings.
ACTIONS = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft", "eyeWideLeft",
    "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight",
    "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthRight", "mouthLeft",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
TURNS = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip


@dataclass(frozen=True)
class Recording:
    """A sequence of expressions.

    Attributes:
        rate: Frames a second.
        actions: (F, 52) in [0, 1], in the order of `ACTIONS`.
        turns: (F, 9) radians, in the order of `TURNS`.
    """

    rate: float
    actions: np.ndarray
    turns: np.ndarray

    def activations(self, frame: int) -> dict[str, float]:
        """Action -> value of one frame, zeros left out."""
        return {n: round(float(v), 5) for n, v in zip(ACTIONS, self.actions[frame], strict=True) if v > 1e-5}


def timecode(frame: int, rate: float) -> str:
    """hh:mm:ss:ff.fff of a frame."""
    whole = max(1, round(rate))
    seconds, part = divmod(frame, whole)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{part:02d}.000"


def write_recording(path: str | os.PathLike[str], recording: Recording) -> None:
    """Write a CSV that Live Link Face's importers read."""
    replace_bytes(path, encode_recording(recording))


def encode_recording(recording: Recording) -> bytes:
    """The bytes that `write_recording` writes."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["Timecode", "BlendShapeCount", *(n[0].upper() + n[1:] for n in ACTIONS), *TURNS])
    for i, (a, t) in enumerate(zip(recording.actions, recording.turns, strict=True)):
        rows.writerow([timecode(i, recording.rate), len(ACTIONS) + len(TURNS), *(f"{v:.7f}" for v in (*a, *t))])
    return out.getvalue().encode()


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """A recording from a CSV; unknown columns are passed over, missing actions are zero.

    Raises:
        SpecError: no such file, no actions in it, or a cell that is no number.
    """
    path = Path(path)
    if not path.is_file():
        raise SpecError(f"there is no recording {str(path)!r}", fix="check the path")
    text = read_bytes(path, 1 << 28).decode("utf-8-sig", "replace")
    rows = [r for r in csv.reader(io.StringIO(text)) if r]
    columns = [c.strip() for c in rows[0]] if rows else []
    place = {c.lower(): i for i, c in enumerate(columns)}
    if not any(n.lower() in place for n in ACTIONS):
        raise SpecError(
            f"{path.name} is no recording of a face", expected="columns such as EyeBlinkLeft and JawOpen",
            got=", ".join(columns[:4])[:60] or "an empty file",
        )  # fmt: skip
    actions = _column_values(rows[1:], place, ACTIONS, path.name)
    turns = _column_values(rows[1:], place, TURNS, path.name)
    times = [r[place["timecode"]] for r in rows[1:]] if "timecode" in place else []
    return Recording(_rate(times), np.clip(actions, 0.0, 1.0), turns)


def _column_values(rows: Sequence[Sequence[str]], place: dict[str, int], names: Sequence[str], name: str) -> np.ndarray:
    out = np.zeros((len(rows), len(names)))
    for k, column in enumerate(names):
        i = place.get(column.lower())
        if i is None:
            continue
        for j, row in enumerate(rows):
            try:
                out[j, k] = float(row[i])
            except (ValueError, IndexError):
                got = row[i] if i < len(row) else "nothing"
                raise SpecError(f"{name}, line {j + 2}: {column} is no number", got=got) from None
    return np.nan_to_num(out)


def _rate(times: Sequence[str]) -> float:
    """Frames a second: one more than the highest frame number within a second that was counted to its end."""
    frames = []
    for t in times:
        parts = t.split(":")
        if len(parts) == 4:
            try:
                frames.append(int(float(parts[3])))
            except ValueError:
                continue
    if len(frames) < 2 or max(frames) < 1:
        return 30.0
    wrapped = any(b < a for a, b in itertools.pairwise(frames))
    return float(max(frames) + 1) if wrapped else float(next((r for r in (24, 25, 30, 50, 60) if r > max(frames)), 60))
