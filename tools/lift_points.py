"""The landmark half of `tools.lift_calibrate`: from pictures of known heads to places on the mesh and errors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from vivant.bridge.lift.detectors import FACE_POINTS, find_faces
from vivant.bridge.lift.landmark_errors import UNIT, UNUSED, roll_of, yaw_of
from vivant.bridge.lift.open_head import ASSET, build_open_head, head_ids, surface
from vivant.procgen.frames import R_WORLD_FROM_SMPLX, transform
from vivant.procgen.npz import read_npz, write_npz
from vivant.procgen.people.model import load_body
from vivant.procgen.vectors import vertex_normals

# A point's place is taken from views in which its skin faces the camera at least so much (cosine).
FACING = 0.45
LEAST_SPREAD = 0.006
MODES = 14


@dataclass
class Seen:
    """One picture: detected points, its head's surface in the camera's frame, and how the head is turned."""

    points: np.ndarray
    surface: np.ndarray
    K: np.ndarray
    R: np.ndarray

    @property
    def yaw(self) -> float:
        return yaw_of(self.R)


def look(heads: Path) -> list[Seen]:
    """Detections of all pictures of a folder of `tools.lift_heads`."""
    model = load_body()
    out = []
    for path in sorted((heads / "pictures").glob("*.npz")):
        number, name, _ = path.stem.split("_")
        picture, head = read_npz(path), read_npz(heads / "heads" / f"{number}_{name}.npz")
        skin = transform(picture["T_cam_from_world"], surface(model, head["posed"]))
        face = skin[model.regions["face"] > 0.5]
        flat = face @ picture["K"].T
        flat = flat[:, :2] / flat[:, 2:]
        found = find_faces(picture["rgb"], [(*flat.min(0), *flat.max(0))])
        if not found:
            print(f"{path.stem}: no face")
            continue
        R = picture["T_cam_from_world"][:3, :3] @ head["T_head"][:3, :3] @ R_WORLD_FROM_SMPLX
        out.append(Seen(found[0].points, skin, picture["K"], R))
    return out


def cast(seen: Seen, triangles: np.ndarray, canon: np.ndarray) -> np.ndarray:
    """(478, 3) template places that the points lie on, NaN where they miss or graze."""
    P = seen.surface
    flat = P @ seen.K.T
    flat = flat[:, :2] / flat[:, 2:]
    normals = vertex_normals(P, triangles)
    a, b, c = (flat[triangles[:, k]] for k in range(3))
    det = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    out = np.full((FACE_POINTS, 3), np.nan)
    depth = P[triangles][..., 2].mean(1)
    usable = np.abs(det) > 1e-9
    det = np.where(usable, det, 1.0)
    for i, q in enumerate(seen.points):
        u = ((q[0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (q[1] - a[:, 1]) * (c[:, 0] - a[:, 0])) / det
        v = ((b[:, 0] - a[:, 0]) * (q[1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (q[0] - a[:, 0])) / det
        hit = np.flatnonzero(usable & (u >= 0) & (v >= 0) & (u + v <= 1))
        if len(hit) == 0:
            continue
        k = hit[depth[hit].argmin()]
        corners = triangles[k]
        bary = np.array([1 - u[k] - v[k], u[k], v[k]])
        n = bary @ normals[corners]
        ray = bary @ P[corners]
        if -(n @ ray) / (np.linalg.norm(n) * np.linalg.norm(ray)) > FACING:
            out[i] = bary @ canon[corners]
    return out


def median(points: np.ndarray) -> np.ndarray:
    """(3,) geometric median of (n, 3). Source: Weiszfeld 1937."""
    x = np.median(points, 0)
    for _ in range(30):
        w = 1.0 / np.maximum(np.linalg.norm(points - x, axis=1), 1e-5)
        x = (w[:, None] * points).sum(0) / w.sum()
    return x


def onto(triangles: np.ndarray, vertices: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners (3,) and bary (3,) of the point of a mesh nearest to p: the best of clamped projections onto near triangles."""
    near = np.argsort(((vertices[triangles].mean(1) - p) ** 2).sum(1))[:24]
    best = (np.inf, triangles[near[0]], np.ones(3) / 3)
    for t in triangles[near]:
        A = vertices[t]
        E = np.stack([A[1] - A[0], A[2] - A[0]], 1)
        u, v = np.linalg.lstsq(E, p - A[0], rcond=None)[0]
        w = np.clip([1 - u - v, u, v], 0, None)
        w /= w.sum()
        d = float(((w @ A - p) ** 2).sum())
        if d < best[0]:
            best = (d, t, w)
    return best[1], best[2]


def counterparts(canon: np.ndarray) -> np.ndarray:
    """(478,) each point's counterpart on the other side, from where they lie."""
    other = canon[:468] * [-1.0, 1.0, 1.0]
    # An assignment, not the nearest: points of the two lips lie on each other when the mouth is shut.
    _, pair = linear_sum_assignment(((other[:, None] - canon[None, :468]) ** 2).sum(-1))
    return np.concatenate([pair, [473, 474, 475, 476, 477, 468, 469, 470, 471, 472]])


def face_frame(seen: Seen) -> tuple[float, np.ndarray]:
    """Pixels of a face unit, and the turn (2, 2) that levels the eyes."""
    z = float(seen.surface[load_body().regions["nose"] > 0.5, 2].mean())
    roll = roll_of(seen.R)
    c, s = np.cos(roll), np.sin(roll)
    return float(seen.K[0, 0]) * UNIT / z, np.array([[c, s], [-s, c]])


def landmarks(heads: Path) -> None:
    """Write corners, bary, biases, spreads and modes of errors."""
    model, data = load_body(), read_npz(ASSET)
    head = build_open_head(model, data["mean"].astype(np.float64), data["modes"].astype(np.float64), None)
    ids = head_ids(model)
    triangles = ids[head.triangles]
    canon = np.zeros((model.vertex_count, 3))
    canon[ids] = head.vertices
    pictures = look(heads)
    print(f"{len(pictures)} pictures")
    places = np.stack([cast(s, triangles, canon) for s in pictures])
    middle = np.full((FACE_POINTS, 3), np.nan)
    for i in range(468):
        good = places[np.isfinite(places[:, i, 0]), i]
        if len(good) >= 5:
            middle[i] = median(good)
    # Points of the outline are never seen from ahead of them: the ones that face the camera least are taken as they come.
    lost = [i for i in range(468) if not np.isfinite(middle[i, 0])]
    print("points without a place:", lost)
    for side, k in (("left", 473), ("right", 468)):
        middle[k] = canon[model.landmarks[f"landmark_pupil_{side}"]].mean(0)
    mirror = counterparts(np.nan_to_num(middle, nan=9.0))
    flipped = middle[mirror] * [-1.0, 1.0, 1.0]
    middle = np.where(np.isfinite(flipped) & np.isfinite(middle), 0.5 * (middle + flipped), middle)
    corners, bary = np.zeros((FACE_POINTS, 3), np.int32), np.zeros((FACE_POINTS, 3))
    skin = triangles[np.isin(triangles, ids[head.skin]).all(1)]
    for i in range(468):
        corners[i], bary[i] = onto(skin, canon, np.nan_to_num(middle[i]))
    for side, k in (("left", 473), ("right", 468)):
        ring = model.landmarks[f"landmark_pupil_{side}"]
        far = ring[np.linalg.norm(canon[ring] - canon[ring[0]], axis=1).argmax()]
        corners[k], bary[k] = (ring[0], far, ring[0]), (0.5, 0.5, 0.0)
        corners[list(UNUSED[:4] if side == "right" else UNUSED[4:])] = corners[k]
        bary[list(UNUSED[:4] if side == "right" else UNUSED[4:])] = bary[k]
    error = measure(pictures, corners, bary)
    yaws, bias, spread, modes, own = statistics(np.array([s.yaw for s in pictures]), error, mirror, lost)
    write_npz(ASSET, {
        "mean": data["mean"], "modes": data["modes"], "landmark_corners": corners, "landmark_bary": bary.astype(np.float32),
        "yaws": yaws.astype(np.float32), "bias": bias.astype(np.float32), "spread": spread.astype(np.float32),
        "error_modes": modes.astype(np.float32), "own": own.astype(np.float32),
    })  # fmt: skip
    for k, yaw in enumerate(yaws):
        print(f"yaw {yaw:+.0f}: bias {100 * np.abs(bias[k, :468]).mean():.1f} %, spread {100 * np.median(spread[k, :468]):.1f} % of 90 mm")


def measure(pictures: list[Seen], corners: np.ndarray, bary: np.ndarray) -> np.ndarray:
    """(n, 478, 2) errors in face units, eyes level."""
    out = []
    for s in pictures:
        truth = np.einsum("pk,pkc->pc", bary, s.surface[corners]) @ s.K.T
        truth = truth[:, :2] / truth[:, 2:]
        unit, level = face_frame(s)
        out.append((s.points - truth) @ level.T / unit)
    return np.stack(out)


def statistics(
    yaws: np.ndarray, error: np.ndarray, mirror: np.ndarray, lost: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Nodes, bias, spread, modes and own shares; each picture also counts as its mirror image."""
    error = np.concatenate([error, error[:, mirror] * [-1.0, 1.0]])
    yaws = np.concatenate([yaws, -yaws])
    nodes = np.array([-55.0, -25.0, 0.0, 25.0, 55.0])
    which = np.abs(yaws[:, None] - nodes).argmin(1)
    bias, spread = np.zeros((5, FACE_POINTS, 2)), np.zeros((5, FACE_POINTS))
    for k in range(5):
        rows = error[which == k]
        bias[k] = np.median(rows, 0)
        # Not a robust spread: lids that the detector leaves open on closed eyes are what it does, not accidents.
        spread[k] = np.maximum(np.sqrt(((rows - bias[k]) ** 2).mean((0, 2))), LEAST_SPREAD)
    spread[:, list(UNUSED)] = 1e3
    spread[:, lost] = 1e3
    white = (error - bias[which]) / spread[which][..., None]
    white[:, [*UNUSED, *lost]] = 0.0
    u, s, vt = np.linalg.svd(white.reshape(len(white), -1), full_matrices=False)
    modes = (s[:MODES, None] / np.sqrt(len(white)) * vt[:MODES]).reshape(MODES, FACE_POINTS, 2)
    rest = white - np.einsum("nm,mpc->npc", u[:, :MODES] * np.sqrt(len(white)), modes)
    own = np.clip(np.sqrt((rest**2).mean((0, 2))), 0.25, 1.0)
    print(f"{MODES} modes hold {100 * (1 - (rest**2).sum() / (white**2).sum()):.0f} % of the errors")
    return nodes, bias, spread, modes, own
