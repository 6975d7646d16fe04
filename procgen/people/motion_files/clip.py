"""A motion as it stands in a file, on the skeleton and in the axes and units of whoever recorded it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Clip:
    """A recorded motion.

    Attributes:
        name: Of the file, for messages.
        joints: Names as in the file, J of them, parents before children.
        parents: (J,) int, -1 at the root.
        rest: (J, 3) joint positions in the pose of zero angles, file units and axes.
        local: (T, J, 3, 3) rotation of each joint against its parent; identity is the rest pose.
        root: (T, 3) position of the root joint.
        fps: Frames a second.
        up: World axis that points up, "y" or "z"; "" = to be found out.
        smplx: Poses are in the SMPL-X layout: they need no fitting of one rest pose to another.
    """

    name: str
    joints: tuple[str, ...]
    parents: np.ndarray
    rest: np.ndarray
    local: np.ndarray
    root: np.ndarray
    fps: float
    up: str = ""
    smplx: bool = False

    @property
    def frames(self) -> int:
        """T."""
        return len(self.root)

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return (self.frames - 1) / self.fps


def global_rotations(parents: np.ndarray, local: np.ndarray) -> np.ndarray:
    """(T, J, 3, 3) rotations in the world of (T, J, 3, 3) ones against parents."""
    out = np.empty_like(local)
    for j, p in enumerate(parents):
        out[:, j] = local[:, j] if p < 0 else out[:, p] @ local[:, j]
    return out


def positions(parents: np.ndarray, rest: np.ndarray, turned: np.ndarray, root: np.ndarray) -> np.ndarray:
    """(T, J, 3) joint positions from world rotations (T, J, 3, 3) and root positions (T, 3)."""
    out = np.empty((*turned.shape[:2], 3))
    for j, p in enumerate(parents):
        out[:, j] = root if p < 0 else out[:, p] + turned[:, p] @ (rest[j] - rest[p])
    return out
