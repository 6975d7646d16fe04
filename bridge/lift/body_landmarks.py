"""Which point of the body each landmark of a detector is, and how far off it usually lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...procgen.errors import SpecError
from ...procgen.npz import read_npz
from ...procgen.people.keypoints import COCO_17, VERTEX_IDS
from ...procgen.people.model import BodyModel
from ...procgen.people.skeleton import JOINT_INDEX, JOINT_NAMES
from .body_posing import PointSet
from .body_prior import PRIOR_FILE

MEDIAPIPE = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer", "left_ear",
    "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
    "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb", "left_hip",
    "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel", "right_heel", "left_foot_index",
    "right_foot_index",
)  # fmt: skip
# Joint that a landmark of MediaPipe's hand end stands for; thumbs at their middle joint, fingers at their knuckles.
_KNUCKLE = {"pinky": "pinky1", "index": "index1", "thumb": "thumb2"}
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
# Standard error of points that the model itself names, pixels per pixel of torso: a dataset's labels are exact.
EXACT = 0.004


@dataclass(frozen=True, eq=False)
class LandmarkSet:
    """Landmarks of one convention on a body.

    names: of L landmarks. points: what they are. sigma: (L,) usual error, as a share of the torso's length in the picture;
    inf leaves one out.
    """

    names: tuple[str, ...]
    points: PointSet
    sigma: np.ndarray


def landmark_set(name: str, model: BodyModel, vertices: PointSet, joints: PointSet, measured: bool = True) -> LandmarkSet:
    """A set by name: "mediapipe" (33), "coco17" (17) or "smplx" (55 joints).

    Args:
        measured: Shift a detector's landmarks by what they are usually off.
    Raises:
        SpecError: another name.
    """
    if name == "smplx":
        return LandmarkSet(tuple(JOINT_NAMES), joints, np.full(len(JOINT_NAMES), EXACT))
    if name == "coco17":
        return LandmarkSet(COCO_17, _stack([_base(n, vertices, joints) for n in COCO_17]), np.full(17, EXACT))
    if name != "mediapipe":
        raise SpecError(f"unknown landmarks {name!r}", expected="mediapipe, coco17 or smplx")
    data = read_npz(PRIOR_FILE, keys=["landmark_offset", "landmark_sigma"]) if measured else {}
    points = _stack([_base(n, vertices, joints) for n in MEDIAPIPE])
    offset = data.get("landmark_offset", np.zeros((33, 3))).astype(np.float64)
    sigma = data.get("landmark_sigma", np.full(33, 0.06)).astype(np.float64)
    return LandmarkSet(MEDIAPIPE, PointSet(points.rest + offset, points.dirs, points.weights), sigma)


def hand_set(side: str, vertices: PointSet, joints: PointSet) -> LandmarkSet:
    """The 21 landmarks of a hand, "left" or "right", in MediaPipe Hands' order (which is COCO-WholeBody's)."""
    names = [f"{side}_wrist"]
    for finger in _FINGERS:
        names += [f"{side}_{finger}{i}" for i in (1, 2, 3)] + [f"{side}_{finger}"]
    parts = [joints.rows(np.array([JOINT_INDEX[n]])) if n in JOINT_INDEX else vertices.rows(np.array([VERTEX_IDS[n]])) for n in names]
    return LandmarkSet(tuple(names), _stack(parts), np.full(21, 0.02))


def _base(name: str, vertices: PointSet, joints: PointSet) -> PointSet:
    """One point: a vertex that moves with its bone alone, or a joint."""
    side, _, rest = name.partition("_")
    if rest in _KNUCKLE:
        return joints.rows(np.array([JOINT_INDEX[f"{side}_{_KNUCKLE[rest]}"]]))
    if name in JOINT_INDEX:
        return joints.rows(np.array([JOINT_INDEX[name]]))
    if rest == "foot_index":
        return _rigid(vertices, VERTEX_IDS[f"{side}_big_toe"], JOINT_INDEX[f"{side}_foot"])
    if rest == "heel":
        return _rigid(vertices, VERTEX_IDS[name], JOINT_INDEX[f"{side}_ankle"])
    # Corners of the mouth have no vertex of a name: they are measured from the nose.
    vertex = VERTEX_IDS.get(name, VERTEX_IDS["nose"])
    if rest in ("eye_inner", "eye_outer"):
        vertex = VERTEX_IDS[f"{side}_eye"]
    return _rigid(vertices, vertex, JOINT_INDEX["head"])


def _rigid(vertices: PointSet, vertex: int, joint: int) -> PointSet:
    point = vertices.rows(np.array([vertex]))
    weights = np.zeros_like(point.weights)
    weights[0, joint] = 1.0
    return PointSet(point.rest, point.dirs, weights)


def _stack(parts: list[PointSet]) -> PointSet:
    return PointSet(
        np.concatenate([p.rest for p in parts]), np.concatenate([p.dirs for p in parts]), np.concatenate([p.weights for p in parts])
    )
