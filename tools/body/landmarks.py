"""The 68 face landmarks, the contour of a turned head, and the vertices that make the eyeballs."""

from __future__ import annotations

import numpy as np
from body import mesh
from numpy.typing import NDArray

# dlib order, as base-mesh vertices: picked by eye on a wireframe of the adult mean, left side mirrored to the right.
# The brows (17-26) have no geometry of their own; see BROW.
FACE_68 = (
    5769, 5735, 5097, 911, 739, 741, 3696, 921, 5296, 7623, 10364, 7461, 7459, 7613, 11712, 12332, 12366,
    179, 206, 204, 205, 209, 6984, 6980, 6979, 6981, 6955, 136, 135, 201, 297, 358, 314, 317, 7077, 7119,
    18, 4849, 54, 67, 6772, 6777, 6851, 6838, 11467, 6802, 13373, 13368, 500, 410, 450, 455, 7210, 7170, 7249, 7166,
    7241, 492, 486, 406, 3734, 472, 474, 7228, 10402, 7264, 523, 517,
)  # fmt: skip
# Left brow, inner to outer: metres beside the midline and above the eyes, for eyes BROW_IPD apart. Along the middle of its hairs
# (`procgen/people/face_hair.py`), from 2 % to 99 % of its length over the skin, equally far apart there.
BROW = ((0.0135, 0.0165), (0.0265, 0.0188), (0.0387, 0.0206), (0.0491, 0.0177), (0.0561, 0.0122))
BROW_IPD = 0.0615
BROWS = slice(17, 27)
CONTOUR_BINS = 79  # smplx: yaw 0..39 degrees to one side, then to the other
CONTOUR = 17


def face_68(top: mesh.Topology, mean: NDArray, eyes: NDArray) -> tuple[NDArray, NDArray]:
    """Triangle and barycentric coordinates of the 68 landmarks: (68,) and (68, 3).

    Args:
        mean: (V, 3) mean T-pose; eyes: (2, 3) left and right eye joints.
    """
    place = {b: i for i, b in enumerate(top.base_ids.tolist())}
    corner = np.full((len(top.base_ids), 2), -1)
    for c in (2, 1, 0):
        corner[top.faces[:, c]] = np.stack([np.arange(len(top.faces)), np.full(len(top.faces), c)], axis=1)
    face = np.empty(len(FACE_68), np.int64)
    bary = np.zeros((len(FACE_68), 3))
    for k, base in enumerate(FACE_68):
        face[k], c = corner[place[base]]
        bary[k, c] = 1.0
    skin = np.flatnonzero((top.base_ids[top.faces] < mesh.SKIN_END).all(axis=1))
    face[BROWS], bary[BROWS] = brow_points(mean, top.faces, skin, eyes)
    return face, bary


def brow_points(mean: NDArray, faces: NDArray, skin: NDArray, eyes: NDArray) -> tuple[NDArray, NDArray]:
    """Landmarks 17 to 26: triangles (10,) and barycentric coordinates (10, 3); arguments as in `face_68` and `front_ray`."""
    face, bary = np.empty(10, np.int64), np.empty((10, 3))
    scale = np.linalg.norm(eyes[0] - eyes[1]) / BROW_IPD
    for i, (x, y) in enumerate(BROW):
        for k, sign in ((5 + i, 1.0), (4 - i, -1.0)):
            face[k], bary[k] = front_ray(mean, faces, skin, np.array([sign * x * scale, eyes[:, 1].mean() + y * scale]))
    return face, bary


def front_ray(points: NDArray, faces: NDArray, among: NDArray, xy: NDArray) -> tuple[int, NDArray]:
    """The frontmost triangle (greatest z) above a point of the xy plane, with barycentric coordinates."""
    a, b, c = (points[faces[among, k]] for k in range(3))
    v0, v1, v2 = (b - a)[:, :2], (c - a)[:, :2], xy - a[:, :2]
    det = v0[:, 0] * v1[:, 1] - v1[:, 0] * v0[:, 1]
    det = np.where(np.abs(det) < 1e-14, np.inf, det)
    u = (v2[:, 0] * v1[:, 1] - v1[:, 0] * v2[:, 1]) / det
    w = (v0[:, 0] * v2[:, 1] - v2[:, 0] * v0[:, 1]) / det
    hit = np.flatnonzero((u >= 0) & (w >= 0) & (u + w <= 1) & np.isfinite(det))
    z = a[hit, 2] + u[hit] * (b - a)[hit, 2] + w[hit] * (c - a)[hit, 2]
    k = hit[np.argmax(z)]
    return int(among[k]), np.array([1 - u[k] - w[k], u[k], w[k]])


def turned_contour(
    top: mesh.Topology, mean: NDArray, head: NDArray, weights: NDArray, ears: NDArray, face: NDArray, bary: NDArray
) -> tuple[NDArray, NDArray]:
    """Outline of the face for 79 yaw angles: triangles (79, 17) and barycentric coordinates (79, 17, 3).

    Points on the far side slide to the silhouette; those on the near side and the chin stay on the jaw.

    Args:
        head: (3,) head joint; weights: (V,) skinning weight of head and jaw; ears: (V,) mask.
    """
    rest = np.einsum("kc,kcd->kd", bary[:CONTOUR], mean[top.faces[face[:CONTOUR]]])
    usable = np.flatnonzero((top.base_ids < mesh.SKIN_END) & (weights > 0.6) & (ears < 0.5) & (mean[:, 2] > head[2]))
    corner = np.full((len(top.base_ids), 2), -1)
    for c in (2, 1, 0):
        corner[top.faces[:, c]] = np.stack([np.arange(len(top.faces)), np.full(len(top.faces), c)], axis=1)
    out_face = np.tile(face[:CONTOUR], (CONTOUR_BINS, 1))
    out_bary = np.tile(bary[:CONTOUR], (CONTOUR_BINS, 1, 1))
    for b in range(1, CONTOUR_BINS):
        yaw = np.deg2rad(b if b <= 39 else 39 - b)
        turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        x = (mean[usable] - head) @ turn[0]
        far = 1.0 if yaw < 0 else -1.0  # the side that turns away
        for k in range(CONTOUR):
            if k == CONTOUR // 2 or np.sign(rest[k, 0]) != far:
                continue
            level = np.abs(mean[usable, 1] - rest[k, 1]) < 0.006
            pick = usable[level][np.argmax(far * x[level])]
            out_face[b, k], c = corner[pick]
            out_bary[b, k] = np.eye(3)[c]
    return out_face, out_bary


def eyeballs(top: mesh.Topology, mean: NDArray) -> dict[str, NDArray]:
    """Body vertices of the eyeballs, and the four around the front of each (no vertex sits on the pupil's centre)."""
    out = {}
    for side, name in (("l", "left"), ("r", "right")):
        lo, hi = mesh.EYES[side]
        ball = np.flatnonzero((top.base_ids >= lo) & (top.base_ids < hi))
        out[f"landmark_eyeball_{name}"] = ball.astype(np.uint16)
        out[f"landmark_pupil_{name}"] = ball[np.argsort(-mean[ball, 2], kind="stable")[:4]].astype(np.uint16)
    return out
