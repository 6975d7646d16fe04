"""The open body's head as a `HeadModel`: identity along the directions in which people's faces differ together, 52 actions.

The surface is the one that is seen: the modelled vertices after one Catmull-Clark step, which is linear in them.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ...procgen.errors import SpecError
from ...procgen.npz import read_npz
from ...procgen.people.body_mesh import skin_rows
from ...procgen.people.model import BodyModel, load_body
from ...procgen.people.skeleton import HEAD, JAW, LEFT_EYE, RIGHT_EYE
from ...procgen.people.subdivide import SparseRows
from .head_model import HeadModel, Hinge, Points

ASSET = Path(__file__).resolve().parent / "open_face.npz"
# Lids belong to a face at rest as well: people's eyes are open to different degrees (see `eyelids.open_lids`).
LIDS = ("eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight")
_PARTS = ("face", "lips", "head", "left_ear", "right_ear", "left_eye", "right_eye", "eye_socket", "mouth_inside")
# What is measured: skin within this distance of the bridge of the nose, metres (as the NoW benchmark does).
FACE_RADIUS = 0.095
# Typical activations, and actions that are rarely on: tongue and cheeks that no landmark sees.
ACTION_SD, RARE_SD = 0.30, 0.06
RARE = ("tongueOut", "cheekPuff", "mouthClose", "jawForward", "mouthShrugLower", "mouthShrugUpper", "mouthRollLower", "mouthRollUpper")
# Actions whose displacements are this parallel trade places freely: one of a pair is enough.
RIVALS = 0.80


@lru_cache(maxsize=1)
def open_head() -> HeadModel:
    """The head of the body that ships with Vivant."""
    if not ASSET.is_file():
        raise SpecError("the lift's face data is missing", expected=str(ASSET), fix="install Vivant again")
    data = read_npz(ASSET)
    return build_open_head(
        load_body(), data["mean"].astype(np.float64), data["modes"].astype(np.float64),
        (data["landmark_corners"], data["landmark_bary"].astype(np.float64)) if "landmark_corners" in data else None,
    )  # fmt: skip


def head_ids(model: BodyModel) -> np.ndarray:
    """Vertices of the body that the head keeps: everything that turns with it."""
    part = model.face_part
    wanted = [model.part_names.index(n) for n in _PARTS]
    ids = np.unique(model.faces[np.isin(part, wanted)])
    return ids[model.weights[ids][:, [HEAD, JAW, LEFT_EYE, RIGHT_EYE]].sum(1) > 0.9]


def surface(model: BodyModel, values: np.ndarray, ids: np.ndarray | None = None) -> np.ndarray:
    """(V, ...) or, with ids, (len(ids), ...) values on the surface that is seen; eyes and tongue stay as they are."""
    used, step = skin_rows(model, None, 1)
    assert step is not None  # level 1
    wanted = np.arange(len(values)) if ids is None else ids
    out = np.array(values[wanted], np.float64)
    at = np.minimum(np.searchsorted(used, wanted), len(used) - 1)
    on = np.flatnonzero(used[at] == wanted)
    rows, smooth = at[on], step.smooth
    length = smooth.indptr[rows + 1] - smooth.indptr[rows]
    ends = np.cumsum(length)
    entry = np.arange(ends[-1]) - np.repeat(ends - length, length) + np.repeat(smooth.indptr[rows], length)
    part = SparseRows(np.concatenate([[0], ends]), smooth.indices[entry], smooth.data[entry])
    flat = np.asarray(values, np.float64)[used].reshape(len(used), -1)
    out[on] = (part @ flat).reshape(out[on].shape)
    return out


def build_open_head(
    model: BodyModel, mean: np.ndarray, modes: np.ndarray, landmarks: tuple[np.ndarray, np.ndarray] | None
) -> HeadModel:
    """A head of an identity prior.

    Args:
        mean: (B + 4,) mean shape coefficients and resting lids of people.
        modes: (I, B + 4) the same at one standard deviation of each independent direction.
        landmarks: (478, 3) vertices of the body and (478, 3) barycentric weights, or None.
    """
    if model.arkit_to_expression is None or model.arkit_to_pose is None:
        raise SpecError(f"body {model.name!r} has no ARKit actions", expected="the open body")
    ids = head_ids(model)
    columns = model.shapedirs.shape[2]
    actions = (model.exprdirs @ model.arkit_to_expression.T.astype(np.float64)).astype(np.float64)
    lids = actions[..., [model.arkit_names.index(n) for n in LIDS]]
    shape = np.concatenate([model.shapedirs.astype(np.float64), lids], 2)
    moved = shape @ np.concatenate([mean[None], modes]).T
    flat = surface(model, moved, ids)
    template = surface(model, model.v_template, ids) + flat[..., 0]
    identity = flat[..., 1:].transpose(2, 0, 1)
    expression = surface(model, actions, ids).transpose(2, 0, 1)
    joints = np.tensordot(model.J_regressor.astype(np.float64), moved, 1)
    rest_joints = model.J_regressor @ model.v_template.astype(np.float64) + joints[..., 0]
    origin = rest_joints[[LEFT_EYE, RIGHT_EYE]].mean(0)
    # Every identity keeps its origin between its own eyes: where the head is, is the pose's business.
    shift = joints[[LEFT_EYE, RIGHT_EYE]].mean(0)[:, 1:].T
    turn = model.arkit_to_pose.astype(np.float64)
    hinges = tuple(
        Hinge(
            model.weights[ids, joint].astype(np.float64), rest_joints[joint] - origin, joints[joint][:, 1:].T - shift,
            np.ascontiguousarray(turn[:, k]),
        )
        for k, joint in enumerate((JAW, LEFT_EYE, RIGHT_EYE))
    )  # fmt: skip
    place = np.full(model.vertex_count, -1)
    place[ids] = np.arange(len(ids))
    keep = (place[model.faces] >= 0).all(1)
    outside = ~np.isin(model.face_part, [model.part_names.index(n) for n in ("mouth_inside", "eye_socket", "tongue")])
    points = None
    if landmarks is not None:
        points = Points(place[landmarks[0]], landmarks[1])
    rest = template - origin
    skin, face = _zones(model, ids, rest)
    flat_actions = expression.reshape(len(expression), -1)
    names = model.arkit_names
    return HeadModel(
        name=model.name, vertices=rest, triangles=place[model.faces[keep & outside]], identity=identity - shift[:, None],
        expression=expression, expression_names=names, lower=np.zeros(len(names)), upper=np.ones(len(names)),
        expression_sd=np.array([RARE_SD if n in RARE else ACTION_SD for n in names]), rivals=_rivals(flat_actions),
        hinges=hinges, face=face, skin=skin, landmarks=points,
        decode={"mean": mean, "modes": modes, "columns": np.array(columns), "ids": ids, "origin": origin},
        uv=None if model.uv is None else np.asarray(model.uv, np.float64),
        uv_faces=None if model.uv_faces is None else np.asarray(model.uv_faces, np.int64)[keep & outside],
    )  # fmt: skip


def _zones(model: BodyModel, ids: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) bool: outer skin of the head; and the front of the face."""
    part = model.face_part
    outer = np.isin(part, [model.part_names.index(n) for n in ("face", "lips", "head")])
    inner = np.isin(part, [model.part_names.index(n) for n in ("mouth_inside", "eye_socket", "tongue", "left_eye", "right_eye")])
    skin = np.zeros(model.vertex_count, bool)
    skin[model.faces[outer]] = True
    skin[model.faces[inner]] = False
    skin = skin[ids]
    # The bridge of the nose lies about 2 cm before and 1 cm below the line between the eyes' centres.
    bridge = np.array([0.0, -0.01, 0.02])
    return skin, skin & (np.linalg.norm(rest - bridge, axis=1) < FACE_RADIUS) & (rest[:, 2] > -0.045)


def _rivals(actions: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Pairs of actions that move the face nearly alike, or exactly against each other."""
    length = np.linalg.norm(actions, axis=1)
    cosine = np.abs(actions @ actions.T) / np.maximum(length[:, None] * length, 1e-12)
    i, j = np.nonzero(np.triu(cosine > RIVALS, 1))
    return tuple((int(a), int(b)) for a, b in zip(i, j, strict=True))
