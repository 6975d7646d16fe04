"""Faces turned further than any detector finds them: where a head is, from depth and normals alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...procgen.frames import rigid
from ...procgen.people.lbs import rodrigues
from ...procgen.vectors import vertex_normals
from .face_fit import FACING_CAMERA, FaceFit, FitSettings, fit_face
from .face_view import FaceView, depth_at, project
from .head_model import HeadModel

# Turns that are tried, degrees; the fit goes on from the one that most of the head's surface agrees with.
TURNS = (0.0, 65.0, -65.0, 90.0, -90.0, 115.0, -115.0, 180.0)
# So many of them are followed to the end.
FINALISTS = 2
# A face is not seen any more from beyond this turn, degrees.
BEHIND = 120.0
# Surface agrees within so many metres, and with normals within this cosine.
NEAR_M, ALONG = 0.006, 0.85
# Less of the surface than this share in agreement is no head.
LEAST = 0.7


def fit_profile(head: HeadModel, view: FaceView, box: Sequence[float], settings: FitSettings) -> tuple[FaceFit, float] | None:
    """Fit a head to depth and normals where no landmarks are known.

    Args:
        view: With a metric depth and a known camera.
        box: x0, y0, x1, y1 about the face, pixels.
    Returns:
        The fit, and the share of its visible surface that agrees with the depth; None if nothing there is like a head seen from
        ahead or from the side.
    """
    rough: list[tuple[float, FaceFit]] = []
    for turn in TURNS:
        start = _placed(head, view, box, turn)
        if start is None:
            return None
        quick = FitSettings(expression=False, spread=settings.spread, iris=False, start=start, steps=(2, 0))
        found = fit_face(head, [view], quick)
        rough.append((agreement(found, view), found))
    rough.sort(key=lambda r: -r[0])
    if abs(rough[0][1].yaw()) > BEHIND:
        return None
    near = [r.T_cam_from_head[0] for _, r in rough[:FINALISTS] if abs(r.yaw()) < BEHIND]
    whole = [fit_face(head, [view], replace(settings, iris=False, start=T)) for T in near]
    share, fit = max(((agreement(f, view), f) for f in whole), key=lambda r: r[0])
    return (fit, share) if share > LEAST and abs(fit.yaw()) < BEHIND else None


def agreement(fit: FaceFit, view: FaceView) -> float:
    """Share of the face's surface that faces the camera which lies where depth and normals say."""
    head = fit.head
    T = fit.T_cam_from_head[0]
    P = fit.vertices @ T[:3, :3].T + T[:3, 3]
    normals = vertex_normals(P, head.triangles)
    facing = -(normals * P).sum(1) / np.linalg.norm(P, axis=1)
    looked = np.flatnonzero(head.face & head.skin & (facing > 0.4))
    if view.depth is None or len(looked) < 50:
        return 0.0
    q = project(fit.K[0], P[looked])
    width, height = view.size
    inside = (q > 0.5).all(1) & (q[:, 0] < width - 0.5) & (q[:, 1] < height - 0.5)
    z, seen = depth_at(view.depth, q, inside)
    good = seen & (np.abs(z - P[looked, 2]) * facing[looked] < NEAR_M)
    if view.normal is not None:
        i, j = np.clip(q[:, 0].astype(int), 0, width - 1), np.clip(q[:, 1].astype(int), 0, height - 1)
        good &= (view.normal[j, i] * normals[looked]).sum(1) > ALONG
    return float(good.mean())


def _placed(head: HeadModel, view: FaceView, box: Sequence[float], turn: float) -> np.ndarray | None:
    """(4, 4) camera from a mean head that is turned so, its face in the middle of a box and as far away as what is seen there."""
    assert view.depth is not None
    x0, y0, x1, y1 = (round(b) for b in box)
    rows, columns = slice(max(y0, 0), max(y1, 0)), slice(max(x0, 0), max(x1, 0))
    depth = view.depth[rows, columns]
    good = np.isfinite(depth) & (True if view.mask is None else view.mask[rows, columns])
    if good.sum() < 30:
        return None
    R = FACING_CAMERA @ rodrigues(np.array([0.0, np.radians(-turn), 0.0]))
    face = head.vertices[head.face] @ R.T
    near = float(np.percentile(depth[good], 10))
    K = view.K
    at = np.array([((x0 + x1) / 2 - K[0, 2]) / K[0, 0], ((y0 + y1) / 2 - K[1, 2]) / K[1, 1]])
    z = near - float(np.percentile(face[:, 2], 10))
    middle = 0.5 * (face.min(0) + face.max(0))
    return rigid(R, np.array([at[0] * z - middle[0], at[1] * z - middle[1], z]))
