"""Landmarks of faces, bodies and hands by MediaPipe's models, which ship in its wheel and run offline.

Found in a coarse pass over the whole picture, then measured in a square of each one's own, so that a small face in a large
picture gets the same care as a portrait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...procgen.errors import LiftError, MissingDependency
from ...procgen.muted import muted
from ..measure.detectors import square_around
from .landmark_errors import mirror_order

FACE_POINTS = 478
# Corners of the eyes in MediaPipe's face mesh: the person's right eye, then the left; outer, inner, inner, outer.
EYE_CORNERS = (33, 133, 362, 263)
# Faces whose outer eye corners are nearer than this hold nothing to fit, pixels.
LEAST_EYES = 8.0
# Two finds are one face if their middles are nearer than this share of the larger one's size.
_SAME = 0.35
# A face that lies is believed only if it is so much surer than any that stands.
_SURER = 0.08
_FACE_MARGIN, _BODY_MARGIN, _HAND_MARGIN = 1.0, 0.35, 0.6
_OTHER_MARGINS = (0.6, 1.6)


@dataclass(frozen=True)
class FaceMarks:
    """One face.

    Attributes:
        points: (478, 2) float64 pixels, pixel (0, 0) has its centre at (0.5, 0.5); 468 on the skin, then five on each
            iris (the person's right first).
        relative_z: (478,) float64 pixels, smaller is nearer; what the network guesses, only good for ordering.
    """

    points: np.ndarray
    relative_z: np.ndarray

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 in pixels."""
        low, high = self.points[:468].min(0), self.points[:468].max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def size(self) -> float:
        """Diagonal of the box, pixels."""
        x0, y0, x1, y1 = self.box
        return float(np.hypot(x1 - x0, y1 - y0))

    @property
    def eyes_px(self) -> float:
        """Distance of the outer corners of the eyes, pixels."""
        return float(np.linalg.norm(self.points[33] - self.points[263]))


@dataclass(frozen=True)
class PoseMarks:
    """One body.

    Attributes:
        points: (33, 2) float64 pixels, MediaPipe Pose's order.
        visibility: (33,) float64 in [0, 1].
        world: (33, 3) float64 metres from between the hips, OpenCV axes (x right, y down, z away); guesses.
        mask: (H, W) float32 in [0, 1], the silhouette, zero outside the square that was looked at.
    """

    points: np.ndarray
    visibility: np.ndarray
    world: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class HandMarks:
    """One hand.

    Attributes:
        points: (21, 2) float64 pixels, MediaPipe Hands' order.
        world: (21, 3) float64 metres from the hand's middle, OpenCV axes.
        left: Whether it is the person's left hand.
        score: Certainty of left against right.
    """

    points: np.ndarray
    world: np.ndarray
    left: bool
    score: float


def find_faces(rgb: np.ndarray, boxes: Sequence[Sequence[float]] | None = None) -> list[FaceMarks]:
    """Faces in a picture, the largest first.

    Args:
        rgb: (H, W, 3) uint8.
        boxes: Where to look, x0, y0, x1, y1 in pixels about each face; default: everywhere.
    Raises:
        MissingDependency: MediaPipe is not installed.
    """
    rgb = np.ascontiguousarray(rgb[..., :3])
    rough = list(boxes) if boxes is not None else _look_everywhere(rgb)
    found: list[FaceMarks] = []
    for box in rough:
        face = _face_in(rgb, box)
        if face is not None and not any(_same(face, other) for other in found):
            found.append(face)
    return sorted(found, key=lambda f: -f.size)


def one_face(rgb: np.ndarray, name: str, box: Sequence[float] | None = None) -> tuple[FaceMarks, list[str]]:
    """The face of a picture: the largest one, with a note if there are others.

    Args:
        name: Of the picture, for messages.
        box: Where the face is, if that is known.
    Raises:
        LiftError: none is found, or it is too small.
    """
    notes = []
    turns = 0 if box is not None else _turns(rgb)
    found = find_faces(np.rot90(rgb, turns), None if box is None else [box])
    if turns:
        found = [_turned_back(f, turns, rgb.shape[1], rgb.shape[0]) for f in found]
        notes.append(f"the head lies turned by {(0, 90, 180, -90)[turns]} degrees in the picture")
    if not found:
        raise LiftError(
            f"{name}: no face is found", fix="a picture with an uncovered face turned less than about 70 degrees from the camera"
        )
    best = found[0]
    if best.eyes_px < LEAST_EYES:
        raise LiftError(
            f"{name}: the face is too small", expected=f"at least {LEAST_EYES:g} pixels between the corners of the eyes",
            got=f"{best.eyes_px:.1f}", fix="a larger or closer picture",
        )  # fmt: skip
    return best, notes + ([f"{len(found)} faces: the largest is used"] if len(found) > 1 else [])


def _turns(rgb: np.ndarray) -> int:
    """Quarter turns counter-clockwise that stand the surest face upright: the mesh model draws a face on one that lies, too."""
    scores = [_sureness(np.ascontiguousarray(np.rot90(rgb, k))) for k in range(4)]
    best = int(np.argmax(scores))
    return best if scores[best] > scores[0] + _SURER else 0


def _sureness(rgb: np.ndarray) -> float:
    found = [*(_run(_near(), rgb).detections or []), *(_run(_far(), rgb).detections or [])]
    return max((float(d.score[0]) for d in found if _stands(d)), default=0.0)


def _stands(detection: Any) -> bool:
    """Whether the eyes of a detection lie above its mouth."""
    eye, other, _, mouth = (detection.location_data.relative_keypoints[k] for k in range(4))
    return mouth.y > max(eye.y, other.y)


def _turned_back(face: FaceMarks, turns: int, width: int, height: int) -> FaceMarks:
    """Landmarks of a picture that was turned, in the picture of `width` x `height` as it was."""
    x, y = face.points.T
    points = {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[turns]
    return FaceMarks(np.stack(points, 1), face.relative_z)


def find_pose(rgb: np.ndarray, box: Sequence[float] | None = None) -> PoseMarks | None:
    """The body in a picture, or near a box (x0, y0, x1, y1 in pixels); None if there is none."""
    rgb = np.ascontiguousarray(rgb[..., :3])
    height, width = rgb.shape[:2]
    picture, left, top, factor = square_around(rgb, box or (0, 0, width, height), _BODY_MARGIN if box else 0.0)
    result = _run(_pose(), picture)
    if result.pose_landmarks is None:
        return None
    side = picture.shape[0] / factor
    marks = result.pose_landmarks.landmark
    points = np.array([[m.x * side + left, m.y * side + top] for m in marks])
    world = np.array([[m.x, m.y, m.z] for m in result.pose_world_landmarks.landmark])
    mask = np.zeros((height, width), np.float32)
    small = result.segmentation_mask[factor // 2 :: factor, factor // 2 :: factor]
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + small.shape[0], height), min(left + small.shape[1], width)
    if y1 > y0 and x1 > x0:
        mask[y0:y1, x0:x1] = small[y0 - top : y1 - top, x0 - left : x1 - left]
    return PoseMarks(points, np.array([m.visibility for m in marks]), world, mask)


def find_hands(rgb: np.ndarray, boxes: Sequence[Sequence[float]] | None = None) -> list[HandMarks]:
    """Hands in a picture, or one near each box (x0, y0, x1, y1 in pixels)."""
    rgb = np.ascontiguousarray(rgb[..., :3])
    height, width = rgb.shape[:2]
    out = []
    for box in [(0, 0, width, height)] if boxes is None else boxes:
        picture, left, top, factor = square_around(rgb, box, 0.0 if boxes is None else _HAND_MARGIN)
        result = _run(_hands(), picture)
        side = picture.shape[0] / factor
        for marks, world, kind in zip(
            result.multi_hand_landmarks or [], result.multi_hand_world_landmarks or [], result.multi_handedness or [],
            strict=True,
        ):  # fmt: skip
            label = kind.classification[0]
            out.append(
                HandMarks(
                    np.array([[m.x * side + left, m.y * side + top] for m in marks.landmark]),
                    np.array([[m.x, m.y, m.z] for m in world.landmark]),
                    # The model names hands as if the picture were a mirror's.
                    label.label == "Right",
                    float(label.score),
                )
            )
    return out


def _look_everywhere(rgb: np.ndarray) -> list[tuple[float, float, float, float]]:
    """Boxes of possible faces: the near model, then the far one, then the far one on overlapping quarters."""
    height, width = rgb.shape[:2]
    boxes = [*_boxes(_near(), rgb, 0, 0), *_boxes(_far(), rgb, 0, 0)]
    if boxes or min(width, height) < 256:
        return boxes
    side = (height * 5 // 8, width * 5 // 8)
    for top in (0, height - side[0]):
        for left in (0, width - side[1]):
            boxes += _boxes(_far(), np.ascontiguousarray(rgb[top : top + side[0], left : left + side[1]]), left, top)
    return boxes


def _boxes(detector: Any, rgb: np.ndarray, left: int, top: int) -> list[tuple[float, float, float, float]]:
    height, width = rgb.shape[:2]
    out = []
    for d in _run(detector, rgb).detections or []:
        b = d.location_data.relative_bounding_box
        x, y = b.xmin * width + left, b.ymin * height + top
        out.append((x, y, x + b.width * width, y + b.height * height))
    return out


def _face_in(rgb: np.ndarray, box: Sequence[float]) -> FaceMarks | None:
    """The face in the square around a box; one that the model misses is looked for again in other squares and in the mirror.

    Faces turned away are often found in one of them: the model was not trained alike on both sides.
    """
    width = rgb.shape[1]
    for margin in (_FACE_MARGIN, *_OTHER_MARGINS):
        face = _measured(rgb, box, margin)
        if face is not None:
            return face
        x0, y0, x1, y1 = box
        face = _measured(np.ascontiguousarray(rgb[:, ::-1]), (width - x1, y0, width - x0, y1), margin)
        if face is not None:
            order = mirror_order()
            return FaceMarks(face.points[order] * [-1.0, 1.0] + [width, 0.0], face.relative_z[order])
    return None


def _measured(rgb: np.ndarray, box: Sequence[float], margin: float) -> FaceMarks | None:
    """The face in a square around a box: found there, then measured in a square about what was found."""
    face = None
    for _ in range(2):
        picture, left, top, factor = square_around(rgb, box, margin)
        result = _run(_mesh(), picture)
        if not result.multi_face_landmarks:
            return face
        side = picture.shape[0] / factor
        marks = result.multi_face_landmarks[0].landmark
        face = FaceMarks(
            np.array([[m.x * side + left, m.y * side + top] for m in marks]), np.array([m.z * side for m in marks])
        )
        box, margin = face.box, _FACE_MARGIN
    return face


def _same(a: FaceMarks, b: FaceMarks) -> bool:
    apart = float(np.linalg.norm(a.points[:468].mean(0) - b.points[:468].mean(0)))
    return apart < _SAME * max(a.size, b.size)


def _run(model: Any, rgb: np.ndarray) -> Any:
    with muted(2):  # C++ logs there whatever one asks of it; what matters comes as results
        return model.process(rgb)


def _solutions() -> Any:
    try:
        with muted(2):
            import mediapipe
    except ModuleNotFoundError:
        raise MissingDependency(
            "finding people in pictures needs mediapipe", fix="pip install 'vivant[lift]'"
        ) from None
    return mediapipe.solutions


@lru_cache(maxsize=1)
def _mesh() -> Any:
    with muted(2):
        return _solutions().face_mesh.FaceMesh(
            static_image_mode=True, refine_landmarks=True, max_num_faces=1, min_detection_confidence=0.3
        )


@lru_cache(maxsize=1)
def _near() -> Any:
    with muted(2):
        return _solutions().face_detection.FaceDetection(model_selection=0, min_detection_confidence=0.5)


@lru_cache(maxsize=1)
def _far() -> Any:
    with muted(2):
        return _solutions().face_detection.FaceDetection(model_selection=1, min_detection_confidence=0.5)


@lru_cache(maxsize=1)
def _pose() -> Any:
    with muted(2):
        return _solutions().pose.Pose(
            static_image_mode=True, model_complexity=1, enable_segmentation=True, min_detection_confidence=0.3
        )


@lru_cache(maxsize=1)
def _hands() -> Any:
    with muted(2):
        return _solutions().hands.Hands(static_image_mode=True, max_num_hands=2, min_detection_confidence=0.4)
