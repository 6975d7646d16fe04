"""Write the open body as files that the unmodified `smplx` package loads: its SMPLX class, and its FLAME class.

`smplx` reads `shapedirs` as 300 shape + 100 expression columns if it has at least 400 columns, and as 10 + 10
otherwise, so both layouts are offered. FLAME files are pickles by that package's demand: they are written here, never read.
"""

from __future__ import annotations

import pickle  # noqa: TID251 (only written, and only because smplx's FLAME class reads nothing else)
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import SpecError
from ..npz import write_npz
from .model import FULL_EXPRESSION, FULL_SHAPE, SLIM_SHAPE, BodyModel, load_body
from .skeleton import HEAD, JAW, JOINT_INDEX, LEFT_EYE, RIGHT_EYE

LAYOUTS = ("full", "slim")
ROOT = 2**32 - 1
NECK = JOINT_INDEX["neck"]
# Typical standard deviation of an activation in [0, 1], to order expression components (by eye).
ACTIVATION_SD = 0.25
# Where the FLAME-format head ends: a plane through a point below the neck joint, metres, rising backwards (by eye).
CUT_BELOW_NECK, CUT_SLOPE = 0.035, -0.45
PICKLE_PROTOCOL = 2


def principal_expression(model: BodyModel, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Expression columns ordered by how much they move the face.

    Returns:
        (V, 3, count) float32 columns at one standard deviation, and (E, count) float32 that takes the model's own
        coefficients to the new ones.
    """
    flat = model.exprdirs.reshape(-1, model.exprdirs.shape[2]).astype(np.float64) * ACTIVATION_SD
    u, s, vt = np.linalg.svd(flat, full_matrices=False)
    n = min(count, len(s))
    columns = (u[:, :n] * s[:n]).reshape(*model.exprdirs.shape[:2], n)
    return columns.astype(np.float32), (vt[:n].T / ACTIVATION_SD).astype(np.float32)


def smplx_columns(model: BodyModel, layout: str) -> NDArray[np.float32]:
    """(V, 3, 400) for "full" (zero padded, expression from column 300), (V, 3, 20) for "slim"."""
    if layout not in LAYOUTS:
        raise SpecError(f"unknown layout {layout!r}", expected=" or ".join(LAYOUTS))
    if layout == "slim":
        expression, _ = principal_expression(model, SLIM_SHAPE)
        return np.concatenate([model.shapedirs[:, :, :SLIM_SHAPE], expression], axis=2)
    shape, expression = model.shapedirs[:, :, :FULL_SHAPE], model.exprdirs[:, :, :FULL_EXPRESSION]
    out = np.zeros((model.vertex_count, 3, FULL_SHAPE + FULL_EXPRESSION), np.float32)
    out[:, :, : shape.shape[2]] = shape
    out[:, :, FULL_SHAPE : FULL_SHAPE + expression.shape[2]] = expression
    return out


def export_smplx(out: str | Path, model: BodyModel | None = None, layout: str = "full") -> Path:
    """Write an SMPL-X-format .npz (load it with `smplx.create(folder, "smplx", ext="npz")`).

    Args:
        out: The file; smplx looks for `<folder>/smplx/SMPLX_NEUTRAL.npz`.
        model: Default: the open body.
        layout: "full" (300 + 100 columns) or "slim" (10 + 10; the ten strongest shape and expression columns).
    """
    m = model or load_body()
    joints = m.joint_count
    posedirs = m.posedirs if m.posedirs is not None else np.zeros((m.vertex_count, 3, 9 * (joints - 1)), np.float32)
    components = [c if len(c) else np.eye(45, dtype=np.float32) for c in m.hands_components]
    arrays = {
        "v_template": m.v_template,
        "f": m.faces.astype(np.uint32),
        "shapedirs": smplx_columns(m, layout),
        "posedirs": posedirs,
        "J_regressor": m.J_regressor,
        "kintree_table": np.array([[ROOT, *m.parents[1:].tolist()], list(range(joints))], np.int64),
        "weights": m.weights,
        "hands_meanl": m.hands_mean[0],
        "hands_meanr": m.hands_mean[1],
        "hands_componentsl": components[0],
        "hands_componentsr": components[1],
        **_landmarks(m),
        "licence": np.array(m.licence),
    }
    if m.uv is not None and m.uv_faces is not None:
        arrays |= {"vt": m.uv, "ft": m.uv_faces.astype(np.uint32)}
    if m.arkit_to_expression is not None and layout == "full":
        arrays |= {"arkit_names": np.array(m.arkit_names), "arkit_to_expression": m.arkit_to_expression}
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_npz(out, arrays)
    return out


def _landmarks(m: BodyModel) -> dict[str, NDArray]:
    keys = ("lmk_faces_idx", "lmk_bary_coords", "dynamic_lmk_faces_idx", "dynamic_lmk_bary_coords")
    missing = [k for k in keys if k not in m.landmarks]
    if missing:
        raise SpecError(f"body {m.name!r} has no face landmarks to export", expected=", ".join(missing))
    return {k: m.landmarks[k].astype(np.float64 if "bary" in k else np.int64) for k in keys}


def head_vertices(m: BodyModel) -> tuple[NDArray[np.integer], NDArray[np.bool_], NDArray[np.float32]]:
    """What the FLAME-format head keeps: vertex ids, faces (F,) mask, and rest places with the rim drawn onto a plane."""
    joints = m.J_regressor @ m.v_template
    ids = [NECK, HEAD, JAW, LEFT_EYE, RIGHT_EYE]
    y, z = m.v_template[:, 1], m.v_template[:, 2]
    plane = joints[NECK, 1] - CUT_BELOW_NECK + CUT_SLOPE * (z - joints[NECK, 2])
    inside = (m.weights[:, ids].sum(axis=1) > 0.25) & (y > plane)
    keep = inside[m.faces].all(axis=1)
    if m.quads is not None:
        keep = np.repeat(inside[m.quads].all(axis=1), 2)
    used = np.unique(m.faces[keep])
    places = m.v_template.copy()
    edges = np.sort(np.stack([m.faces, np.roll(m.faces, -1, axis=1)], -1)[keep].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(unique[count == 1])
    places[rim, 1] = plane[rim]
    return used, keep, places


def export_flame(folder: str | Path, model: BodyModel | None = None) -> Path:
    """Write a FLAME-format head and its landmark files into `folder` (load it with `smplx.FLAME(folder)`).

    Five joints: root (at the neck), head, jaw, left eye, right eye. Shape columns are the body's, restricted to the
    head with the head joint held still, and ordered by how much they change it.
    """
    m = model or load_body()
    used, keep, places = head_vertices(m)
    number = np.full(m.vertex_count, -1)
    number[used] = np.arange(len(used))
    face_number = np.full(len(m.faces), -1)
    face_number[keep] = np.arange(int(keep.sum()))
    marks = _landmarks(m)
    static, dynamic = face_number[marks["lmk_faces_idx"]], face_number[marks["dynamic_lmk_faces_idx"]]
    if static.min() < 0 or dynamic.min() < 0:
        raise SpecError("face landmarks lie outside the head that would be exported")

    joints = m.J_regressor @ m.v_template
    moves = np.einsum("jv,vck->jck", m.J_regressor, m.shapedirs)
    dirs = m.shapedirs[used] - moves[HEAD]
    u, s, vt = np.linalg.svd(dirs.reshape(-1, dirs.shape[2]).astype(np.float64), full_matrices=False)
    shape = (u * s).reshape(len(used), 3, -1)
    columns = np.zeros((len(used), 3, FULL_SHAPE + FULL_EXPRESSION), np.float32)
    n, e = min(FULL_SHAPE, shape.shape[2]), min(FULL_EXPRESSION, m.exprdirs.shape[2])
    columns[:, :, :n] = shape[:, :, :n]
    columns[:, :, FULL_SHAPE : FULL_SHAPE + e] = m.exprdirs[used][:, :, :e]
    template = places[used] - joints[HEAD]

    order = (NECK, HEAD, JAW, LEFT_EYE, RIGHT_EYE)
    weights = np.zeros((len(used), 5), np.float32)
    for k, j in enumerate(order[1:], 1):
        weights[:, k] = m.weights[used, j]
    weights[:, 0] = 1.0 - weights[:, 1:].sum(axis=1)
    targets = joints[list(order)] - joints[HEAD]
    turned = np.einsum("jck,mk->jcm", moves[list(order)] - moves[HEAD], vt.astype(np.float32))
    still = np.abs(m.exprdirs[used]).max(axis=(1, 2)) < 1e-6
    regressor = np.stack(
        [_regressor(template, columns[:, :, :n], still, targets[k], turned[k, :, :n]) for k in range(5)]
    )
    flame = {
        "v_template": template.astype(np.float64),
        "f": number[m.faces[keep]].astype(np.uint32),
        "shapedirs": columns.astype(np.float64),
        "posedirs": np.zeros((len(used), 3, 36)),
        "J_regressor": regressor,
        "kintree_table": np.array([[ROOT, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.int64),
        "weights": weights.astype(np.float64),
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _pickle(folder / "FLAME_NEUTRAL.pkl", flame)
    _pickle(
        folder / "flame_static_embedding.pkl",
        {"lmk_face_idx": static.astype(np.uint32), "lmk_b_coords": marks["lmk_bary_coords"]},
    )
    contour = {"lmk_face_idx": dynamic.astype(np.int64), "lmk_b_coords": marks["dynamic_lmk_bary_coords"]}
    # smplx reads this one with np.load(...)[()]: a 0-d object array.
    np.save(folder / "flame_dynamic_embedding.npy", np.array(contour, dtype=object), allow_pickle=True)
    return folder


def _regressor(
    template: NDArray, dirs: NDArray, still: NDArray, target: NDArray, moves: NDArray, near: int = 700
) -> NDArray[np.float64]:
    """(n,) smallest weights, summing to one, that give a joint's place and its move with every column."""
    ids = np.flatnonzero(still)
    ids = ids[np.argsort(np.linalg.norm(template[ids] - target, axis=1), kind="stable")[:near]]
    rows = np.concatenate(
        [np.ones((1, len(ids))), template[ids].T, dirs[ids].transpose(1, 2, 0).reshape(-1, len(ids))]
    ).astype(np.float64)
    want = np.concatenate([[1.0], target, moves.reshape(-1)]).astype(np.float64)
    scale = np.concatenate([[10.0, 10.0, 10.0, 10.0], np.ones(len(want) - 4)])
    w, *_ = np.linalg.lstsq(rows * scale[:, None], want * scale, rcond=1e-6)
    out = np.zeros(len(template))
    out[ids] = w / w.sum()
    return out


def _pickle(path: Path, values: dict) -> None:
    with path.open("wb") as stream:
        pickle.dump(values, stream, PICKLE_PROTOCOL)
