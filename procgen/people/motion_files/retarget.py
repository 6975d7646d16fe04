"""A recorded motion brought onto our skeleton: axes, rest pose, size, ground, and feet that stand still.

Rotations are carried over in the world's frame, bone direction for bone direction, so that it does not matter whether the
recording's rest pose is a T, an A or something else. Units drop out: everything is measured in legs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import DatasetError
from ..gait import Walker
from ..kinematics import between, rotvecs, rx, ry
from ..poses.base import SIDES
from ..skeleton import JOINT_INDEX, PARENTS
from .clip import Clip, global_rotations, positions
from .names import find_joints

# Joints whose bone is turned to where the recording's bone points at rest -> the joint at its end.
_ALIGNED = {1: 4, 2: 5, 4: 7, 5: 8, 16: 18, 17: 19, 18: 20, 19: 21}
# A foot stands while its toe is lower (metres) and slower (metres a second) than this on an average adult.
LOW, SLOW = 0.055, 0.32
# Seconds over which a foot that was held in place is let go again.
FADE = 0.12
# Most that a foot is moved to stand still, metres on an average adult: beyond that the recording slides on purpose.
MOST = 0.15


@dataclass(frozen=True, eq=False)
class Retargeted:
    """A motion on our skeleton, in the person's frame: Y up, facing +Z in the first frame.

    Attributes:
        poses: (T, 55, 3) axis-angle.
        root: (T, 3) pelvis joint: left, up from the ground, ahead, metres.
        stands: (T, 2) bool, left and right foot.
        hold: (T, 2, 3) what has to be added to the ankles so that feet that stand do not slide.
        fps: Frames a second.
    """

    poses: np.ndarray
    root: np.ndarray
    stands: np.ndarray
    hold: np.ndarray
    fps: float

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return (len(self.poses) - 1) / self.fps


def retarget(clip: Clip, body: Walker, up: str = "auto") -> Retargeted:
    """Bring a clip onto a person.

    Args:
        clip: As read from a file.
        body: The person's own measures.
        up: World axis of the recording that points up: "y", "z", or "auto" to find out.
    Raises:
        DatasetError: joints that a body needs are missing.
    """
    found = find_joints(clip)
    into_rest, into_world = _axes(clip, found, up)
    turned = into_world @ global_rotations(clip.parents, clip.local) @ into_rest.T
    ours = np.tile(np.eye(3), (clip.frames, 55, 1, 1))
    fit = np.tile(np.eye(3), (55, 1, 1)) if clip.smplx else _rest_fit(clip, found, into_rest, body)
    for j, parent in enumerate(PARENTS):
        if j in found:
            ours[:, j] = turned[:, found[j]] @ fit[j]
        elif parent >= 0:
            ours[:, j] = ours[:, parent]
    ratio = _leg(body.rest, {j: j for j in range(55)}, "") / _leg(clip.rest, found, clip.name)
    root = (clip.root @ into_world.T) * ratio
    # The first frame faces ahead and begins at the person's place.
    ahead = ours[0, 0] @ np.array([0.0, 0.0, 1.0])
    back = ry(-float(np.arctan2(ahead[0], ahead[2]))) if np.hypot(ahead[0], ahead[2]) > 0.2 else np.eye(3)
    ours, root = back @ ours, (root - root[0] * np.array([1.0, 0.0, 1.0])) @ back.T
    local = ours.copy()
    for j, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, j] = np.swapaxes(ours[:, parent], -1, -2) @ ours[:, j]
    where = positions(np.array(PARENTS), body.rest, ours, root)
    low = np.minimum(where[:, [7, 8], 1].min(1) - body.ankle, where[:, [10, 11], 1].min(1) - body.toe)
    # The ground is where the feet are at their lowest, a stray frame aside.
    drop = float(np.percentile(low, 5))
    root[:, 1] -= drop
    where[..., 1] -= drop
    stands = _stands(where, clip.fps, body)
    return Retargeted(rotvecs(local), root, stands, _hold(where, stands, clip.fps, body), clip.fps)


def _leg(p: np.ndarray, at: dict[int, int], name: str) -> float:
    """Hip to ankle, mean of both legs, of rest joints."""
    lengths = [np.linalg.norm(p[at[b]] - p[at[a]]) for a, b in ((1, 4), (4, 7), (2, 5), (5, 8))]
    leg = float(sum(lengths)) / 2.0
    if not leg > 1e-9:
        raise DatasetError(f"motion file {name!r} has legs of no length", fix="check the offsets of its skeleton")
    return leg


def _axes(clip: Clip, found: dict[int, int], up: str) -> tuple[np.ndarray, np.ndarray]:
    """(3, 3) rotations that bring the recording's rest frame, and its world, into ours (X left, Y up, Z ahead)."""
    up = up if up != "auto" else clip.up
    if clip.smplx:
        if not up:
            # Bodies are upright more often than not: the axis that their own up is nearest to on average.
            mean = clip.local[:, 0, :, 1].mean(0)
            up = "z" if abs(mean[2]) > abs(mean[1]) else "y"
        return np.eye(3), rx(-np.pi / 2) if up == "z" else np.eye(3)
    p = clip.rest
    top = found.get(JOINT_INDEX["head"], found.get(JOINT_INDEX["neck"], found[JOINT_INDEX["left_shoulder"]]))
    rise = p[top] - 0.5 * (p[found[7]] + p[found[8]])
    rest_up = np.zeros(3)
    rest_up[int(np.abs(rise).argmax())] = np.sign(rise[int(np.abs(rise).argmax())])
    left = p[found[1]] - p[found[2]]
    left = left - (left @ rest_up) * rest_up
    left = left / max(float(np.linalg.norm(left)), 1e-9)
    into_rest = np.stack([left, rest_up, np.cross(left, rest_up)])
    if not up:
        return into_rest, into_rest
    world_up = np.array([0.0, 1.0, 0.0]) if up == "y" else np.array([0.0, 0.0, 1.0])
    return into_rest, into_rest @ between(world_up, rest_up)


def _rest_fit(clip: Clip, found: dict[int, int], into_rest: np.ndarray, body: Walker) -> np.ndarray:
    """(55, 3, 3) rotation of each of our joints, before the recording's own, that lays our bone along the recording's."""
    fit = np.tile(np.eye(3), (55, 1, 1))
    for j, end in _ALIGNED.items():
        if j in found and end in found:
            theirs = into_rest @ (clip.rest[found[end]] - clip.rest[found[j]])
            if np.linalg.norm(theirs) > 1e-9:
                fit[j] = between(body.rest[end] - body.rest[j], theirs)
    for side, (elbow, wrist, first) in enumerate(((18, 20, 25), (19, 21, 40))):
        # Hands go along with the forearm of the rest pose.
        fit[wrist] = fit[elbow]
        fit[first : first + 15] = fit[elbow]
        ankle = 7 + side
        fit[ankle] = fit[ankle + 3] = _foot_fit(clip, found, into_rest, body, ankle)
    return fit


def _foot_fit(clip: Clip, found: dict[int, int], into_rest: np.ndarray, body: Walker, ankle: int) -> np.ndarray:
    """Toes may point outwards at rest; how steep the foot's bone is depends on where its joints were put, and is left."""
    if ankle not in found or ankle + 3 not in found:
        return np.eye(3)
    theirs = into_rest @ (clip.rest[found[ankle + 3]] - clip.rest[found[ankle]])
    ours = body.rest[ankle + 3] - body.rest[ankle]
    if np.hypot(theirs[0], theirs[2]) < 1e-6:
        return np.eye(3)
    return ry(float(np.arctan2(theirs[0], theirs[2]) - np.arctan2(ours[0], ours[2])))


def _stands(where: np.ndarray, fps: float, body: Walker) -> np.ndarray:
    """(T, 2) which foot stands: its toe or its heel is low and slow."""
    size = body.leg / 0.84
    out = np.zeros((len(where), 2), bool)
    for side in (0, 1):
        for joint, rest in ((7 + side, body.ankle), (10 + side, body.toe)):
            p = where[:, joint]
            speed = np.linalg.norm(np.gradient(p, axis=0), axis=1) * fps if len(p) > 1 else np.zeros(1)
            out[:, side] |= (p[:, 1] - rest < LOW * size) & (speed < SLOW * size * (1.0 if joint > 9 else 0.6))
        out[:, side] = _cleaned(out[:, side], max(round(0.06 * fps), 1))
    return out


def _cleaned(on: np.ndarray, least: int) -> np.ndarray:
    """Gaps and contacts shorter than `least` frames are dropped."""
    out = on.copy()
    for value in (False, True):
        for a, b in _runs(out == value):
            if b - a < least and a > 0 and b < len(out):
                out[a:b] = not value
    return out


def _runs(on: np.ndarray) -> list[tuple[int, int]]:
    """Begin and end (exclusive) of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _hold(where: np.ndarray, stands: np.ndarray, fps: float, body: Walker) -> np.ndarray:
    """(T, 2, 3) horizontal steps that keep the toe of a standing foot in the middle of where it was."""
    out = np.zeros((len(where), 2, 3))
    fade = max(round(FADE * fps), 1)
    most = MOST * body.leg / 0.84
    for side, _ in enumerate(SIDES):
        toe = where[:, 10 + side]
        for a, b in _runs(stands[:, side]):
            step = np.median(toe[a:b], axis=0) - toe[a:b]
            step[:, 1] = 0.0
            if np.linalg.norm(step, axis=1).max() > most:
                continue
            out[a:b, side] = step
            for k in range(1, fade + 1):
                share = 1.0 - k / (fade + 1.0)
                share = share * share * (3.0 - 2.0 * share)
                if a - k >= 0 and not stands[a - k, side]:
                    out[a - k, side] += share * step[0]
                if b - 1 + k < len(where) and not stands[b - 1 + k, side]:
                    out[b - 1 + k, side] += share * step[-1]
    return out
