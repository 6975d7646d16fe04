"""Everybody, with the place around them."""

from __future__ import annotations

import numpy as np

from ..geometry import PlaceGeometry
from ..registry import cameras
from ..spec import CameraSpec
from .framing import Frame, Subject, camera, choose, facing, fit_distance


@cameras.register("wide")
def sample_wide(
    rng: np.random.Generator, subjects: list[Subject], place: PlaceGeometry, width: int, height: int
) -> CameraSpec:
    """The whole group with a 24–40 mm lens, people a third to two thirds of the picture's height."""
    focal = float(rng.uniform(19, 26) if place.indoor else rng.uniform(26, 42))
    if subjects:
        low = np.min([s.low for s in subjects], 0)
        high = np.max([s.high for s in subjects], 0)
        mean = np.sum([facing(s.heading)[:2] for s in subjects], 0)
        yaw0 = float(np.arctan2(mean[0], -mean[1])) if np.linalg.norm(mean) > 0.3 else 0.0
    else:
        x0, y0, x1, y1 = place.stage
        ground = float(np.asarray(place.height(np.array([(x0 + x1) / 2]), np.array([(y0 + y1) / 2])))[0])  # type: ignore[operator]
        low, high, yaw0 = np.array([x0, y0, ground]), np.array([x1, y1, ground + 1.8]), 0.0
    middle = (low + high) / 2
    size = high - low
    distance = fit_distance(
        float(np.hypot(size[0], size[1])), float(size[2]), focal, width, height, rng.uniform(0.5, 0.75)
    )

    def draw() -> np.ndarray:
        eye = middle + facing(yaw0 + rng.normal(0, 0.6)) * distance * rng.uniform(0.9, 1.2)
        eye[2] = low[2] + rng.uniform(1.1, 1.9)
        return eye

    target = middle + np.array([0.0, 0.0, 0.05 * float(size[2])])
    eye = choose(place, subjects, target, draw, Frame(width, height, focal), subjects)
    return camera("wide", eye, target, focal, width, height, rng.normal(0, 0.008))
