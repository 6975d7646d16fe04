"""A clip: one identity and lens for all pictures, then the actions and the pose of each, smoothed as far as each is unsure.

Source of the smoother: Rauch, Tung and Striebel 1965, a random walk for each unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.frames import rigid
from ...procgen.people.lbs import rodrigues
from .detectors import find_faces
from .face_fit import FaceFit, FitSettings, fit_face, guess_camera
from .face_view import FaceView
from .head_model import HeadModel
from .least_squares import rotation_vector
from .live_link import ACTIONS, TURNS, Recording
from .subject import View, check_size

# Pictures from which identity and lens are taken.
SAMPLES = 12
# How far things move within a thirtieth of a second: an action, the head in radians, its place in metres.
STEP_ACTION, STEP_TURN, STEP_PLACE = 0.10, 0.035, 0.006
# How surely a picture tells them, at least: fits report what noise they see, and not their own prejudices.
LEAST_SD, TURN_SD, PLACE_SD = 0.05, 0.015, 0.004
# A face that jumps this far between pictures, in its own sizes, is somebody else's.
JUMP = 1.2


@dataclass(frozen=True)
class FaceClip:
    """A face over time. F pictures, of which `found` (F,) bool had a face; the others are bridged.

    identity (I,); expression (F, E); T_cam_from_head (F, 4, 4); K (3, 3); fit: of the picture that says most.
    """

    identity: np.ndarray
    expression: np.ndarray
    T_cam_from_head: np.ndarray
    K: np.ndarray
    found: np.ndarray
    fit: FaceFit
    best: int

    def recording(self, rate: float) -> Recording:
        """As Live Link Face would have recorded it; models without ARKit actions give zeros.

        Head turns are yaw, pitch and roll in radians towards the camera.
        """
        names = self.fit.head.expression_names
        actions = np.zeros((len(self.expression), len(ACTIONS)))
        for k, name in enumerate(ACTIONS):
            if name in names:
                actions[:, k] = np.clip(self.expression[:, names.index(name)], 0.0, 1.0)
        turns = np.zeros((len(self.expression), len(TURNS)))
        up = np.diag([1.0, -1.0, -1.0])
        for f, T in enumerate(self.T_cam_from_head):
            R = up @ T[:3, :3]
            turns[f, 0] = np.arctan2(R[0, 2], R[2, 2])
            turns[f, 1] = np.arcsin(np.clip(-R[1, 2], -1.0, 1.0))
            turns[f, 2] = np.arctan2(R[1, 0], R[1, 1])
        return Recording(rate, actions, turns)


def fit_clip(
    head: HeadModel, views: Sequence[View], fps: float, expression: bool = True, say: Callable[[int, int], None] | None = None
) -> FaceClip:
    """Fit a clip from its landmarks.

    Args:
        views: Pictures in order; each is looked at twice.
        fps: Pictures a second.
        say: Called with (pictures done, pictures in all).
    Raises:
        LiftError: fewer than two pictures, of different sizes, or no face in any.
    """
    if len(views) < 2:
        raise LiftError("a sequence has at least two pictures", got=len(views), fix="leave --sequence away")
    return fit_marks(head, *_track(views), fps, expression, say)


def fit_marks(
    head: HeadModel, marks: Sequence[np.ndarray | None], size: tuple[int, int], fps: float, expression: bool = True,
    say: Callable[[int, int], None] | None = None,
) -> FaceClip:  # fmt: skip
    """As `fit_clip`, from landmarks that are there already.

    Args:
        marks: (478, 2) pixels of each picture, None where no face was found.
        size: Width and height, pixels.
    """
    found = np.array([m is not None for m in marks])
    if not found.any():
        raise LiftError("no face is found in any picture of the sequence", fix="pictures with an uncovered face")
    K = guess_camera(*size)

    def view(i: int) -> FaceView:
        return FaceView(str(i), size, marks[i], K, lens_known=False)

    some = np.flatnonzero(found)
    some = some[np.unique(np.linspace(0, len(some) - 1, min(SAMPLES, len(some))).round().astype(int))]
    first = [fit_face(head, [view(i)], FitSettings(expression=expression, dense=False)) for i in some]
    count = head.identity_count
    weight = np.stack([1.0 / np.maximum(f.uncertainty[:count], 0.05) ** 2 for f in first])
    identity = (weight * np.stack([f.identity for f in first])).sum(0) / weight.sum(0)
    lens = float(np.median([np.log(f.K[0][0, 0] / K[0, 0]) for f in first]))
    settings = FitSettings(expression=expression, dense=False, identity=identity, lens=lens)
    fits: list[FaceFit | None] = []
    for i in range(len(marks)):
        fits.append(fit_face(head, [view(i)], settings) if found[i] else None)
        if say is not None:
            say(i + 1, len(marks))
    best = int(some[np.argmin([f.uncertainty[:count].mean() for f in first])])
    chosen = fits[best]
    assert chosen is not None
    slow = np.sqrt(30.0 / fps)
    E = head.expression_count
    values, spread = np.full((len(marks), E), np.nan), np.ones((len(marks), E))
    turn, place = np.full((len(marks), 3), np.nan), np.full((len(marks), 3), np.nan)
    base = chosen.T_cam_from_head[0][:3, :3]
    for i, fit in enumerate(fits):
        if fit is not None:
            values[i], spread[i] = fit.expression, np.maximum(fit.uncertainty[count : count + E], LEAST_SD)
            T = fit.T_cam_from_head[0]
            turn[i], place[i] = rotation_vector(T[:3, :3] @ base.T), T[:3, 3]
    smooth = np.clip(walk(values, spread, STEP_ACTION * slow), head.lower, head.upper)
    turn = walk(turn, np.full_like(turn, TURN_SD), STEP_TURN * slow)
    # Distance is the least sure of all: a face that grows is taken for one that comes nearer.
    place = walk(place, PLACE_SD * np.array([1.0, 1.0, 4.0]) * np.ones_like(place), STEP_PLACE * slow)
    places = np.stack([rigid(rodrigues(r) @ base, t) for r, t in zip(turn, place, strict=True)])
    return FaceClip(identity, smooth, places, chosen.K[0], found, chosen, best)


def walk(values: np.ndarray, spread: np.ndarray, step: float) -> np.ndarray:
    """Smoothed (F, n) values of random walks; NaN rows were not seen.

    Args:
        values: (F, n), NaN where nothing was seen.
        spread: (F, n) standard deviations of what was seen.
        step: Standard deviation of a step of the walk.
    """
    count = len(values)
    mean, variance = np.zeros_like(values), np.zeros_like(values)
    ahead = np.zeros_like(values)
    first = values[np.flatnonzero(np.isfinite(values).all(1))[0]]
    m, v = first.copy(), np.full(values.shape[1], 1e2)
    for i in range(count):
        if i:
            v = v + step**2
        ahead[i] = v
        seen = np.isfinite(values[i])
        gain = np.where(seen, v / (v + spread[i] ** 2), 0.0)
        m = m + gain * (np.where(seen, values[i], m) - m)
        v = (1 - gain) * v
        mean[i], variance[i] = m, v
    out = mean.copy()
    for i in range(count - 2, -1, -1):
        back = variance[i] / np.maximum(ahead[i + 1], 1e-12)
        out[i] = mean[i] + back * (out[i + 1] - mean[i])
    return out


def _track(views: Sequence[View]) -> tuple[list[np.ndarray | None], tuple[int, int]]:
    """Landmarks of the same face through all pictures, and their size."""
    out: list[np.ndarray | None] = []
    size, last = None, None
    for view in views:
        if size is not None:
            check_size(view, size)
        size = view.size
        near = find_faces(view.rgb, None if last is None else [last.box])
        if last is not None and near and np.linalg.norm(near[0].points.mean(0) - last.points.mean(0)) > JUMP * last.size:
            near = []
        if last is not None and not near:
            near = [f for f in find_faces(view.rgb) if np.linalg.norm(f.points.mean(0) - last.points.mean(0)) < 2 * JUMP * last.size]
        if near:
            last = near[0]
        out.append(near[0].points if near else None)
    assert size is not None
    return out, size
