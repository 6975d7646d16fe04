"""Bodies over time: one shape, each moment begun from the one before, and a course without the trembling of single pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.people.kinematics import rotvecs
from .body_fit import BodyFit, fit_body
from .body_problem import BodySetup
from .body_view import BodyView

# Deviations of one picture's fit, radians and metres, and of the accelerations of joints and of the body: an arm that swings
# half a radian once a second has 14 rad/s².
TURN, PLACE = 0.06, 0.02
TURN_CHANGE, PLACE_CHANGE = 15.0, 4.0


def fit_sequence(
    moments: Sequence[Sequence[BodyView]], setup: BodySetup, fps: float, *, use: Sequence[str] = ("silhouette", "depth", "normals")
) -> list[BodyFit]:
    """Fit one person at consecutive moments.

    Args:
        moments: Views of each moment; an empty one is a dropped frame, which is bridged.
        fps: Moments a second.
        use: As `fit_body` takes it.
    Returns:
        A fit for every moment, all of one shape.
    Raises:
        LiftError: no moment shows anybody.
    """
    fits: list[BodyFit | None] = []
    before: BodyFit | None = None
    for views in moments:
        try:
            before = fit_body(views, setup, start=before, use=use) if views else None
        except LiftError:
            before = None
        fits.append(before)
    known = [f for f in fits if f is not None]
    if not known:
        raise LiftError("no moment of the sequence shows a body", fix="other pictures")
    shape = np.median([f.shape for f in known], axis=0)
    nearest = _nearest(fits)
    poses, trans = smooth(
        np.array([f.pose for f in nearest]), np.array([f.trans for f in nearest]), fps, np.array([f is not None for f in fits], float)
    )
    betas = setup.space.betas(shape)
    return [replace(f, pose=p, trans=t, shape=shape, betas=betas) for f, p, t in zip(nearest, poses, trans, strict=True)]


def _nearest(fits: Sequence[BodyFit | None]) -> list[BodyFit]:
    there = np.array([k for k, f in enumerate(fits) if f is not None])
    return [fits[there[np.abs(there - k).argmin()]] for k in range(len(fits))]  # type: ignore[misc]


def smooth(
    poses: np.ndarray, trans: np.ndarray, fps: float, weights: np.ndarray | None = None, strength: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest course through uncertain poses of a body whose speeds change slowly.

    Args:
        poses: (T, J, 3) axis-angle. trans: (T, 3) metres.
        fps: Frames a second.
        weights: (T,) certainty of each frame; 0 = it is bridged. None = all alike.
        strength: How much more is smoothed than the deviations at the head of this file ask for.
    Returns:
        Poses and translations of the same shapes; a course of constant speed comes back as it is.
    Source: Whittaker 1923; a frame far from its course counts less (Geman-McClure).
    """
    count = len(poses)
    w = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    if count < 3 or not (w > 0).any():
        return np.array(poses), np.array(trans)
    q = _quaternions(np.asarray(poses, np.float64))
    # Half-angles: a quaternion's parts change by half of what the rotation does.
    turned = _whittaker(q.reshape(count, -1), w, 0.5 * TURN, 0.5 * TURN_CHANGE / strength, fps, q.shape[1])
    turned = turned.reshape(q.shape)
    turned /= np.linalg.norm(turned, axis=-1, keepdims=True)
    placed = _whittaker(np.asarray(trans, np.float64), w, PLACE, PLACE_CHANGE / strength, fps, 1)
    return _vectors(turned), placed


def _whittaker(values: np.ndarray, weights: np.ndarray, sigma: float, change: float, fps: float, groups: int) -> np.ndarray:
    """(T, D) values smoothed; robust weights for each of `groups` equal parts of a row."""
    count, size = values.shape
    D = np.diff(np.eye(count), 2, axis=0) * fps**2 / change
    P = D.T @ D
    out = np.empty_like(values)
    per = size // groups
    for g in range(groups):
        part = values[:, g * per : (g + 1) * per]
        w = weights.copy()
        course = part
        for _ in range(4):
            A = np.diag(w / sigma**2 + 1e-9) + P
            course = np.linalg.solve(A, part * (w / sigma**2 + 1e-9)[:, None])
            away = ((part - course) ** 2).sum(1) / (3.0 * sigma) ** 2
            w = weights / (1.0 + away) ** 2
        out[:, g * per : (g + 1) * per] = course
    return out


def _quaternions(poses: np.ndarray) -> np.ndarray:
    """(T, J, 4) unit quaternions wxyz of axis-angles (T, J, 3), each on the side of the one before."""
    angle = np.linalg.norm(poses, axis=-1, keepdims=True)
    half = 0.5 * angle
    axis = poses / np.where(angle < 1e-12, 1.0, angle)
    q = np.concatenate([np.cos(half), axis * np.sin(half)], -1)
    for t in range(1, len(q)):
        flip = (q[t] * q[t - 1]).sum(-1) < 0.0
        q[t][flip] *= -1.0
    return q


def _vectors(q: np.ndarray) -> np.ndarray:
    """(…, 3) axis-angle of unit quaternions wxyz (…, 4)."""
    w, x, y, z = np.moveaxis(q, -1, 0)
    R = np.stack([
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ], -1).reshape(*q.shape[:-1], 3, 3)  # fmt: skip
    return rotvecs(R)
