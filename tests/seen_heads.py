"""Heads that are known, as pictures of them would be seen."""

from __future__ import annotations

import numpy as np
from vivant.bridge.lift.face_view import FaceView, project
from vivant.bridge.lift.head_model import HeadModel
from vivant.bridge.lift.landmark_errors import IRIS_ENDS, IRIS_M, UNIT, landmark_errors, roll_of, yaw_of
from vivant.bridge.lift.rasterise import look
from vivant.procgen.people.lbs import rodrigues
from vivant.procgen.vectors import vertex_normals

SIZE = 160
K = np.array([[400.0, 0.0, 80.0], [0.0, 400.0, 80.0], [0.0, 0.0, 1.0]])
EXPRESSION = {"mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "jawOpen": 0.4, "browInnerUp": 0.5}



def somebody(head: HeadModel, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Identity and expression of a test person."""
    z = np.random.default_rng(seed).normal(size=head.identity_count) * 0.8
    e = np.array([EXPRESSION.get(n, 0.0) for n in head.expression_names])
    return z, e


def seen(head: HeadModel, X: np.ndarray, yaw: float, dense: bool = True) -> FaceView:
    """A view of a head half a metre away, with landmarks that err as the detector does in the mean."""
    turn = rodrigues(np.array([0.0, np.radians(yaw), 0.0]))
    R = np.diag([1.0, -1.0, -1.0]) @ turn
    P = X @ R.T + [0.01, 0.02, 0.6]
    assert head.landmarks is not None
    marks = head.landmarks.on(P)
    unit, roll = K[0, 0] * UNIT / marks[:, 2].mean(), roll_of(R)
    c, s = np.cos(roll), np.sin(roll)
    points = project(K, marks) + unit * landmark_errors().at(yaw_of(R))[0] @ np.array([[c, s], [-s, c]])
    for centre, ends in zip((468, 473), IRIS_ENDS, strict=True):
        half = 0.5 * K[0, 0] * IRIS_M * np.cos(np.radians(yaw)) / marks[centre, 2]
        points[ends[0]], points[ends[1]] = points[centre] + [half, 0.0], points[centre] - [half, 0.0]
    if not dense:
        return FaceView("test", (SIZE, SIZE), points, K)
    shown = look(P, head.triangles, K, np.eye(4), SIZE, SIZE)
    n = shown.interpolate(head.triangles, vertex_normals(P, head.triangles))
    n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    return FaceView("test", (SIZE, SIZE), points, K, np.eye(4), np.where(shown.hit, shown.depth, np.inf), n, shown.hit)


def off(a: np.ndarray, b: np.ndarray, scale: bool = False) -> float:
    """Mean distance in mm after moving a rigidly, or with scale, onto b."""
    ca, cb = a.mean(0), b.mean(0)
    u, s, vt = np.linalg.svd((a - ca).T @ (b - cb))
    d = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    k = (s * d).sum() / ((a - ca) ** 2).sum() if scale else 1.0
    return 1e3 * float(np.linalg.norm(k * (a - ca) @ (u * d) @ vt + cb - b, axis=1).mean())
