"""Where a body fit begins: turned and bent as landmarks suggest, and as far away as they are large."""

from __future__ import annotations

import numpy as np

from ...procgen.frames import R_WORLD_FROM_SMPLX
from ...procgen.people.kinematics import rotvecs, ry
from .body_landmarks import LandmarkSet
from .body_posing import Chain, points_at
from .body_prior import PosePrior
from .body_view import BodyView

_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


def first_pose(view: BodyView, marks: LandmarkSet, prior: PosePrior, rest: np.ndarray) -> list[np.ndarray]:
    """Poses (55, 3) to begin with: one where a detector guessed landmarks in space, else four that face every way.

    Args:
        rest: (55, 3) pose of what the prior does not speak of.
    """
    pose = np.array(rest)
    pose[1:22] = prior.means[prior.names.index("pose:stand")].reshape(21, 3)
    rows = [marks.names.index(n) for n in _TORSO]
    if view.world is not None:
        ours = marks.points.rest[rows]
        theirs = view.world[rows] @ view.T_cam_from_world[:3, :3]
        pose[0] = rotvecs(_turn_between(ours - ours.mean(0), theirs - theirs.mean(0)))
        return [pose]
    out = []
    for yaw in _facing(view, rows):
        turned = pose.copy()
        turned[0] = rotvecs(_towards_camera(view) @ R_WORLD_FROM_SMPLX @ ry(yaw))
        out.append(turned)
    return out


def _facing(view: BodyView, rows: list[int]) -> list[float]:
    """Turns against the camera, the likeliest first: a left shoulder on the picture's right faces it."""
    a, b = view.xy[rows[0]], view.xy[rows[1]]
    return [0.0, 0.8, -0.8, np.pi] if a[0] > b[0] else [np.pi, np.pi - 0.8, np.pi + 0.8, 0.0]


def _towards_camera(view: BodyView) -> np.ndarray:
    """(3, 3) turn about Z that lets a body which faces -Y face the camera."""
    eye_axis = view.T_cam_from_world[2, :3]
    # The camera looks along +z, so a person who faces it looks along -z.
    x, y = -eye_axis[0], -eye_axis[1]
    angle = np.arctan2(x, -y)
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _turn_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(3, 3) rotation that brings points a (N, 3) nearest to b. Source: Kabsch 1976."""
    u, _, vt = np.linalg.svd(b.T @ a)
    return u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt


def place(view: BodyView, marks: LandmarkSet, chain: Chain) -> np.ndarray:
    """(3,) translation at which the landmarks of a posed body project nearest to where they are seen.

    Args:
        chain: The body in its pose, translation 0.
    """
    on = np.flatnonzero((view.confidence > 0.3) & np.isfinite(marks.sigma))
    P = points_at(chain, marks.points.rows(on))
    R, t = view.T_cam_from_world[:3, :3], view.T_cam_from_world[:3, 3]
    cam = P @ R.T + t
    a = (view.xy[on, 0] - view.K[0, 2]) / view.K[0, 0]
    b = (view.xy[on, 1] - view.K[1, 2]) / view.K[1, 1]
    one, zero = np.ones(len(on)), np.zeros(len(on))
    # x + s = a (z + s_z): linear in the step s, in camera axes.
    A = np.concatenate([np.stack([one, zero, -a], 1), np.stack([zero, one, -b], 1)])
    c = np.concatenate([a * cam[:, 2] - cam[:, 0], b * cam[:, 2] - cam[:, 1]])
    step = np.linalg.lstsq(A, c, rcond=None)[0]
    # Never behind the camera, nor in its lens.
    step[2] = max(step[2], 0.5 - float(cam[:, 2].min()))
    return R.T @ step
