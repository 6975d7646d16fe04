"""A motion from a file: BVH, AMASS-style npz or ASF/AMC, retargeted onto the person, feet held where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...errors import SpecError
from ...registry import motions
from ..kinematics import aim_limb, forward
from ..poses.base import SIDES, Contacts
from .base import LIMB, Actor, Moment, Motion
from .blend import blend_poses


@dataclass(frozen=True, kw_only=True)
class FileMotion(Motion):
    """A recorded motion; `phase` is not read."""

    kind: ClassVar[str | None] = "file"
    verb: ClassVar[str] = "moving"
    families: ClassVar[tuple[str, ...]] = ("stand",)
    seated: ClassVar[bool | None] = False
    frees_hands: ClassVar[bool] = True

    path: str = param("", doc="The file: .bvh, .npz or .amc (its .asf beside it).")
    sha256: str = param("", doc="Its content when the spec was made; another file of that name is refused.")
    up: Literal["auto", "y", "z"] = param("auto", doc="World axis that points up in the file; auto = found out.")
    start: float = param(0.0, low=0.0, high=1e5, unit="s", doc="Where in the file the first frame is.")
    tempo: float = param(1.0, low=0.05, high=20.0, doc="How much faster than recorded.")
    after: Literal["hold", "repeat"] = param(
        "hold", doc="After its end: hold the last frame, or begin again and go on."
    )
    lock: bool = param(True, doc="Hold feet that stand where they stand.")

    def period(self, actor: Actor) -> float:
        """The length of the file."""
        return max(self._on(actor).seconds / self.tempo, 1e-3)

    def _on(self, actor: Actor):
        from ..motion_files.reading import on_person

        if not self.path:
            raise SpecError(
                "the motion 'file' names no file", fix="give the path of a .bvh, .npz or .amc instead of its name"
            )
        return on_person(self.path, self.sha256, self.up, actor.phenotype)

    def at(self, actor: Actor, time: float) -> Moment:
        """The recording at a time, between its two nearest frames."""
        clip = self._on(actor)
        last = len(clip.poses) - 1
        at = (self.start + time * self.tempo) * clip.fps
        rounds = 0.0
        if self.after == "repeat" and last > 0:
            rounds, at = divmod(at, last)
        at = min(max(at, 0.0), float(last))
        i = min(int(at), max(last - 1, 0))
        k, share = min(i + 1, last), at - i
        pose = blend_poses(clip.poses[i], clip.poses[k], share)
        root = (1.0 - share) * clip.root[i] + share * clip.root[k]
        way = (clip.root[last] - clip.root[0]) * np.array([1.0, 0.0, 1.0])
        stands = clip.stands[i if share < 0.5 else k]
        if self.lock:
            pose = _held(pose, actor, root, (1.0 - share) * clip.hold[i] + share * clip.hold[k])
        modes = ["edge" if self.lock and s else "free" for s in stands]
        contacts = Contacts(modes[0], modes[1], base="planned", balance=False)
        hands = bool(np.abs(clip.poses[:, 25:]).max() > 1e-6)
        return Moment(pose if hands else actor.with_hands(pose), contacts, root + rounds * way)


def _held(pose: np.ndarray, actor: Actor, root: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The pose with both ankles moved by (2, 3), feet turned as they were."""
    out = pose
    for side, step in zip(SIDES, steps, strict=True):
        if np.abs(step).max() < 1e-5:
            continue
        chain = forward(out, actor.body.rest, root)
        limb = LIMB[side]
        out = aim_limb(out, actor.body.rest, chain, limb, chain.p[limb[2]] + step, chain.R[limb[2]])
    return out


def file_motion(path: str) -> FileMotion:
    """The motion of a file, its content noted.

    Raises:
        SpecError, DatasetError: a file that is not there, is of no known format or cannot be read.
    """
    from ..motion_files.names import find_joints
    from ..motion_files.reading import clip_of, content_hash

    there = str(Path(path).resolve())
    sha256 = content_hash(there)
    find_joints(clip_of(there, sha256))
    return FileMotion(path=there, sha256=sha256)


@motions.register("file", spec=FileMotion)
def sample_file(rng: np.random.Generator) -> FileMotion:
    """Draw nothing: a file is named, not drawn."""
    return FileMotion()
