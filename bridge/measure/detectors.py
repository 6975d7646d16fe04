"""Detectors that no one here wrote: people's keypoints and silhouettes in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ...procgen.errors import MissingDependency, unknown_name
from .keypoint_scores import Detected

# MediaPipe Pose's landmark of each COCO-17 keypoint, in COCO order.
_POSE = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
_LEAST = 256


class Detector(Protocol):
    """Finds people near given boxes, so that it is not judged for whom it looks at."""

    name: str

    def detect(self, rgb: np.ndarray, boxes: Sequence[Sequence[float]]) -> tuple[list[Detected], np.ndarray | None]:
        """People found, and the mask of all of them (H, W) bool, None where the detector makes none."""
        ...


class MediaPipeDetector:
    """MediaPipe's pose model with its silhouettes, run on the square around each box."""

    name = "mediapipe"

    def __init__(self) -> None:
        try:
            import mediapipe
        except ModuleNotFoundError:
            raise MissingDependency("detecting keypoints needs mediapipe", fix="pip install 'vivant[lift]'") from None
        pose: Any = mediapipe.solutions.pose.Pose  # type: ignore[attr-defined]
        self._pose = pose(
            static_image_mode=True, model_complexity=1, enable_segmentation=True, min_detection_confidence=0.3
        )

    def detect(self, rgb: np.ndarray, boxes: Sequence[Sequence[float]]) -> tuple[list[Detected], np.ndarray | None]:
        found, mask = [], np.zeros(rgb.shape[:2], bool)
        for box in boxes:
            picture, left, top, factor = square_around(rgb, box)
            result = self._pose.process(picture)
            if result.pose_landmarks is None:
                continue
            side = picture.shape[0]
            marks = [result.pose_landmarks.landmark[i] for i in _POSE]
            points = np.array([[m.x * side / factor + left, m.y * side / factor + top, m.visibility] for m in marks])
            found.append(Detected(points, float(points[:, 2].mean())))
            if result.segmentation_mask is not None:
                small = result.segmentation_mask[factor // 2 :: factor, factor // 2 :: factor] > 0.5
                y0, x0 = max(top, 0), max(left, 0)
                y1, x1 = min(top + small.shape[0], mask.shape[0]), min(left + small.shape[1], mask.shape[1])
                if y1 > y0 and x1 > x0:
                    mask[y0:y1, x0:x1] |= small[y0 - top : y1 - top, x0 - left : x1 - left]
        return found, mask


def square_around(rgb: np.ndarray, box: Sequence[float], margin: float = 0.3) -> tuple[np.ndarray, int, int, int]:
    """A square around a box, grey where it leaves the picture, enlarged by whole pixels: picture, left, top, factor."""
    x0, y0, x1, y1 = box
    side = max(8, round(max(x1 - x0, y1 - y0) * (1 + margin)))
    left, top = round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2)
    out = np.full((side, side, 3), 128, np.uint8)
    ax, ay = max(left, 0), max(top, 0)
    bx, by = min(left + side, rgb.shape[1]), min(top + side, rgb.shape[0])
    if bx > ax and by > ay:
        out[ay - top : by - top, ax - left : bx - left] = rgb[ay:by, ax:bx]
    factor = max(1, -(-_LEAST // side))
    return np.ascontiguousarray(out.repeat(factor, 0).repeat(factor, 1)), left, top, factor


DETECTORS = {"mediapipe": MediaPipeDetector}


def open_detector(name: str) -> Detector:
    """A detector by name."""
    if name not in DETECTORS:
        raise unknown_name("detector", name, DETECTORS)
    return DETECTORS[name]()
