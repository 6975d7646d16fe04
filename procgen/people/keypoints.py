"""Keypoints of a posed body: COCO-17, COCO-WholeBody-133, and the 144 joints and landmarks of the smplx package.

Every point is a joint, a vertex or a barycentric point of a triangle, so it moves with the mesh. Left is the person's.
Vertex ids are those that the SMPL-X format fixes (smplx `vertex_ids.py`), so licensed files give the same points.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import SpecError
from .model import BodyModel
from .skeleton import JOINT_INDEX, JOINT_NAMES

VERTEX_IDS: dict[str, int] = {
    "nose": 9120, "right_eye": 9929, "left_eye": 9448, "right_ear": 616, "left_ear": 6,
    "left_big_toe": 5770, "left_small_toe": 5780, "left_heel": 8846,
    "right_big_toe": 8463, "right_small_toe": 8474, "right_heel": 8635,
    "left_thumb": 5361, "left_index": 4933, "left_middle": 5058, "left_ring": 5169, "left_pinky": 5286,
    "right_thumb": 8079, "right_index": 7669, "right_middle": 7794, "right_ring": 7905, "right_pinky": 8022,
}  # fmt: skip
COCO_17 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
FEET = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")
_FACE_PARTS = (
    ("contour", 17), ("right_brow", 5), ("left_brow", 5), ("nose", 9), ("right_eye", 6), ("left_eye", 6),
    ("mouth_outer", 12), ("mouth_inner", 8),
)  # fmt: skip
FACE_68 = tuple(f"face_{part}_{i + 1}" for part, n in _FACE_PARTS for i in range(n))
CONTOUR = 17


def _hand_names(side: str) -> tuple[str, ...]:
    fingers = ("thumb", "index", "middle", "ring", "pinky")
    return (f"{side}_hand_root", *(f"{side}_{f}_{i}" for f in fingers for i in (1, 2, 3, "tip")))


COCO_WHOLEBODY = (*COCO_17, *FEET, *FACE_68, *_hand_names("left"), *_hand_names("right"))
# smplx names the surface points like joints ("left_thumb"); "_surface" keeps every name unique.
SMPLX_144 = (*JOINT_NAMES, *(f"{n}_surface" for n in VERTEX_IDS), *FACE_68[CONTOUR:], *FACE_68[:CONTOUR])
SETS: dict[str, tuple[str, ...]] = {"coco17": COCO_17, "coco_wholebody": COCO_WHOLEBODY, "smplx": SMPLX_144}


class PosedBody(Protocol):
    """What keypoints need: a `BodyState`, or anything with the same three attributes."""

    @property
    def model(self) -> BodyModel: ...
    @property
    def posed(self) -> NDArray: ...
    @property
    def joints(self) -> NDArray: ...


def keypoint_names(name: str) -> tuple[str, ...]:
    """Names of a set: "coco17" (17), "coco_wholebody" (133) or "smplx" (144)."""
    if name not in SETS:
        raise SpecError(f"unknown keypoint set {name!r}", expected=", ".join(SETS))
    return SETS[name]


def keypoints(name: str, body: PosedBody) -> NDArray[np.float64]:
    """(N, 3) places of a set of keypoints, in the frame of `body.posed`."""
    return keypoints_of(name, body.model, body.posed, body.joints)


def keypoints_of(name: str, model: BodyModel, vertices: NDArray, joints: NDArray) -> NDArray[np.float64]:
    """As `keypoints`, from arrays.

    Args:
        vertices: (>= V, 3); joints: (J, 3).
    Returns:
        (N, 3) float64, in the order of `keypoint_names(name)`.
    Raises:
        SpecError: unknown set, or a body file without the landmarks that the set needs.
    """
    keypoint_names(name)
    vertices = np.asarray(vertices)[: model.vertex_count]
    joints = np.asarray(joints, np.float64)
    tips = _surface(model, vertices)
    if name != "smplx":
        # SMPL-X's eye vertex lies on the rim of the iris; the pupil's centre has none of its own.
        for side in ("left", "right"):
            ids = model.landmarks.get(f"landmark_pupil_{side}")
            if ids is not None:
                tips[f"{side}_eye"] = vertices[np.asarray(ids, np.int64)].astype(np.float64).mean(axis=0)
    if name == "coco17":
        return _coco(tips, joints)
    face = face_landmarks(model, vertices)
    if name == "smplx":
        return np.concatenate([joints, np.stack([tips[n] for n in VERTEX_IDS]), face[CONTOUR:], face[:CONTOUR]])
    hands = [_hand(side, tips, joints) for side in ("left", "right")]
    return np.concatenate([_coco(tips, joints), np.stack([tips[n] for n in FEET]), face, *hands])


def face_landmarks(model: BodyModel, vertices: NDArray) -> NDArray[np.float64]:
    """(68, 3) face landmarks in dlib order; the contour is the one of a face seen from the front."""
    found = model.landmarks
    if "landmark_face68_faces" in found:
        faces, bary = found["landmark_face68_faces"], found["landmark_face68_bary"]
    elif "lmk_faces_idx" in found and "dynamic_lmk_faces_idx" in found:
        faces = np.concatenate([found["dynamic_lmk_faces_idx"][0], found["lmk_faces_idx"]])
        bary = np.concatenate([found["dynamic_lmk_bary_coords"][0], found["lmk_bary_coords"]])
    else:
        raise SpecError(
            f"body {model.name!r} has no face landmarks", fix="use a file with lmk_faces_idx, or the open body"
        )
    corners = vertices[model.faces[np.asarray(faces, np.int64)]].astype(np.float64)
    return np.einsum("kc,kcd->kd", np.asarray(bary, np.float64), corners)


def _surface(model: BodyModel, vertices: NDArray) -> dict[str, NDArray]:
    if model.vertex_count <= max(VERTEX_IDS.values()):
        raise SpecError(f"body {model.name!r} has too few vertices for SMPL-X keypoints", got=model.vertex_count)
    return {n: vertices[i].astype(np.float64) for n, i in VERTEX_IDS.items()}


def _coco(tips: dict[str, NDArray], joints: NDArray) -> NDArray[np.float64]:
    return np.stack([tips[n] if n in tips else joints[JOINT_INDEX[n]] for n in COCO_17])


def _hand(side: str, tips: dict[str, NDArray], joints: NDArray) -> NDArray[np.float64]:
    out = [joints[JOINT_INDEX[f"{side}_wrist"]]]
    for finger in ("thumb", "index", "middle", "ring", "pinky"):
        out += [joints[JOINT_INDEX[f"{side}_{finger}{i}"]] for i in (1, 2, 3)] + [tips[f"{side}_{finger}"]]
    return np.stack(out)
