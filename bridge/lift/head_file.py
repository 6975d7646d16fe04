"""A user's own head as a `HeadModel`: files in the FLAME format (five joints) or the SMPL-X format (55), as .npz.

Landmarks come from MediaPipe's embedding where the file holds one (`landmark_indices`, `lmk_face_idx`, `lmk_b_coords`, as FLAME's
authors publish it), and else from the 51 inner points of dlib's convention (`lmk_faces_idx`, `lmk_bary_coords`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...procgen.errors import SpecError
from ...procgen.npz import read_npz
from ...procgen.people.skeleton import HEAD, JAW, LEFT_EYE, PARENTS, RIGHT_EYE
from .detectors import FACE_POINTS
from .head_model import HeadModel, Hinge, Points

# MediaPipe's point for each of dlib's inner 51 (17 .. 67); -1: the brows, whose points the conventions space differently.
INNER = (
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
# Columns that are fitted; the rest of a full file moves the face by less than its landmarks can tell.
MOST_SHAPE, MOST_EXPRESSION = 100, 50
FULL = (300, 100)
SLIM = 10
FACE_RADIUS = 0.095
JAW_LIMITS = ((-0.1, -0.15, -0.1), (0.6, 0.15, 0.1))
JAW_SD = (0.15, 0.04, 0.03)
EXPRESSION_LIMIT = 3.5
MAX_BYTES = 1 << 30


def head_from_file(path: str | os.PathLike[str]) -> HeadModel:
    """The head of a FLAME- or SMPL-X-format .npz.

    Raises:
        SpecError: another format, missing keys, no landmarks.
        DatasetError: damaged.
    """
    return _read(Path(path).expanduser().resolve())


@lru_cache(maxsize=2)
def _read(path: Path) -> HeadModel:
    if path.suffix.lower() != ".npz":
        raise SpecError(
            f"cannot read head file {path.name}", expected="an .npz file in the FLAME or SMPL-X format",
            fix="pickles are never loaded: convert it once with `python -m tools.convert_flame FLAME.pkl HEAD.npz`",
        )  # fmt: skip
    if not path.is_file():
        raise SpecError(f"there is no head file {str(path)!r}", fix="check the path")
    data = read_npz(path, max_bytes=MAX_BYTES, skip_objects=True)
    if str(data.get("format", "")).startswith("vivant-body"):
        raise SpecError(f"{path.name} is the open body itself", fix="leave --model away")
    for key in ("v_template", "f", "shapedirs", "J_regressor", "weights"):
        if key not in data:
            raise SpecError(f"{path.name}: key {key!r} is missing", expected="a FLAME- or SMPL-X-format file", fix="use an unmodified file")
    return _head(path.stem, data)


def _head(name: str, data: Mapping[str, np.ndarray]) -> HeadModel:
    v = np.asarray(data["v_template"], np.float64)
    dirs = np.asarray(data["shapedirs"], np.float64)
    weights, regressor = np.asarray(data["weights"], np.float64), np.asarray(data["J_regressor"], np.float64)
    faces = np.asarray(data["f"], np.int64)
    n, joints = len(v), weights.shape[1] if weights.ndim == 2 else 0
    if v.shape != (n, 3) or dirs.ndim != 3 or dirs.shape[:2] != (n, 3) or weights.shape != (n, joints) or regressor.shape != (joints, n):
        raise SpecError(f"{name}: arrays do not fit together", expected="(N, 3), (N, 3, S), (N, J), (J, N)", got=f"{v.shape}, {dirs.shape}")
    if joints == 5:
        head, jaw, eyes = 1, 2, (3, 4)
    elif joints == len(PARENTS):
        head, jaw, eyes = HEAD, JAW, (LEFT_EYE, RIGHT_EYE)
    else:
        raise SpecError(
            f"{name} is neither FLAME nor SMPL-X", expected=f"5 or {len(PARENTS)} joints", got=joints, fix="another version of the file"
        )
    if not np.isfinite(v).all() or np.ptp(v, axis=0).max() > 10:
        raise SpecError(f"{name}: v_template is not in metres", got=f"{np.ptp(v, axis=0).max():.3g}")
    split = FULL[0] if dirs.shape[2] >= sum(FULL) else dirs.shape[2] - SLIM if dirs.shape[2] > 2 * SLIM else SLIM
    shape, expr = dirs[..., : min(split, MOST_SHAPE)], dirs[..., split : split + MOST_EXPRESSION]
    # Zero columns of padded files explain nothing.
    shape = shape[..., np.abs(shape).max((0, 1)) > 1e-9]
    expr = expr[..., np.abs(expr).max((0, 1)) > 1e-9]
    ids = np.flatnonzero(weights[:, [head, jaw, *eyes]].sum(1) > (0.5 if joints == 5 else 0.9))
    rest_joints, moves = regressor @ v, np.einsum("jv,vck->jck", regressor, shape)
    origin, shift = rest_joints[list(eyes)].mean(0), moves[list(eyes)].mean(0).T
    count, e = shape.shape[2], expr.shape[2]
    expression = np.concatenate([expr[ids].transpose(2, 0, 1), np.zeros((3, len(ids), 3))])
    turn = np.zeros((e + 3, 3))
    turn[e:] = np.eye(3)
    correctives = None
    if joints == 5 and "posedirs" in data and np.asarray(data["posedirs"]).size == n * 3 * 36:
        posedirs = np.asarray(data["posedirs"], np.float64).reshape(n, 3, 36)[ids, :, 9:18]
        correctives = posedirs if np.abs(posedirs).max() > 1e-9 else None
    hinge = Hinge(weights[ids, jaw], rest_joints[jaw] - origin, moves[jaw].T - shift, turn, correctives)
    place = np.full(n, -1)
    place[ids] = np.arange(len(ids))
    whole = (place[faces] >= 0).all(1)
    triangles = place[faces[whole]]
    mapped = "vt" in data and "ft" in data and np.shape(data["ft"]) == faces.shape and np.ndim(data["vt"]) == 2
    rest = v[ids] - origin
    ball = weights[ids][:, list(eyes)].sum(1) > 0.5
    skin = ~ball
    face = skin & (np.linalg.norm(rest - [0.0, -0.01, 0.02], axis=1) < FACE_RADIUS) & (rest[:, 2] > -0.045)
    points, known = _landmarks(name, data, faces, place)
    return HeadModel(
        name=name, vertices=rest, triangles=triangles, identity=shape[ids].transpose(2, 0, 1) - shift[:, None], expression=expression,
        expression_names=(*(f"expression_{k}" for k in range(e)), "jaw_x", "jaw_y", "jaw_z"),
        lower=np.concatenate([np.full(e, -EXPRESSION_LIMIT), JAW_LIMITS[0]]),
        upper=np.concatenate([np.full(e, EXPRESSION_LIMIT), JAW_LIMITS[1]]),
        expression_sd=np.concatenate([np.ones(e), JAW_SD]), rivals=(), hinges=(hinge,), face=face, skin=skin, landmarks=points,
        known=known, decode={"ids": ids, "origin": origin, "count": np.array(count)},
        uv=np.asarray(data["vt"], np.float64) if mapped else None, uv_faces=np.asarray(data["ft"], np.int64)[whole] if mapped else None,
    )  # fmt: skip


def _landmarks(name: str, data: Mapping[str, np.ndarray], faces: np.ndarray, place: np.ndarray) -> tuple[Points, np.ndarray]:
    """478 points, of which those with `known` mean something."""
    corners, bary, known = np.zeros((FACE_POINTS, 3), np.int64), np.full((FACE_POINTS, 3), 1.0 / 3.0), np.zeros(FACE_POINTS, bool)
    if "landmark_indices" in data and "lmk_face_idx" in data and "lmk_b_coords" in data:
        where, tri, weight = data["landmark_indices"], data["lmk_face_idx"], data["lmk_b_coords"]
    elif "lmk_faces_idx" in data and "lmk_bary_coords" in data and len(data["lmk_faces_idx"]) == len(INNER):
        where, tri, weight = np.array(INNER), data["lmk_faces_idx"], data["lmk_bary_coords"]
    else:
        raise SpecError(
            f"{name} has no landmarks", expected="lmk_faces_idx and lmk_bary_coords (51), or MediaPipe's embedding",
            fix="add the arrays of mediapipe_landmark_embedding.npz to the file",
        )  # fmt: skip
    for i, t, w in zip(np.asarray(where, int).ravel(), np.asarray(tri, int).ravel(), np.asarray(weight, float).reshape(-1, 3), strict=True):
        if 0 <= i < FACE_POINTS and 0 <= t < len(faces):
            at = place[faces[t]]
            if (at >= 0).all():
                corners[i], bary[i], known[i] = at, w, True
    if known.sum() < 20:
        raise SpecError(f"{name}: only {int(known.sum())} landmarks lie on the head", expected="at least 20")
    corners[~known] = corners[np.flatnonzero(known)[0]]
    return Points(corners, bary), known
