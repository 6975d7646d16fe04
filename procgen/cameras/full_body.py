"""One person from head to foot."""

from __future__ import annotations

import numpy as np

from ..geometry import PlaceGeometry
from ..registry import cameras
from ..spec import CameraSpec
from .framing import Frame, Subject, camera, choose, facing, fit_distance


@cameras.register("full_body")
def sample_full_body(
    rng: np.random.Generator, subjects: list[Subject], place: PlaceGeometry, width: int, height: int
) -> CameraSpec:
    """A person from head to foot with a 35–70 mm lens (24–35 mm indoors), eye between hip and head height."""
    who = subjects[int(rng.integers(len(subjects)))]
    focal = float(rng.uniform(22, 32) if place.indoor else rng.uniform(35, 70))
    middle = (who.low + who.high) / 2
    size = who.high - who.low
    across = float(np.hypot(size[0], size[1])) * 0.8
    distance = fit_distance(across, who.height, focal, width, height, rng.uniform(0.68, 0.86))

    def draw() -> np.ndarray:
        yaw = who.heading + rng.normal(0, 0.7)
        eye = middle + facing(yaw) * distance
        eye[2] = who.low[2] + rng.uniform(0.5, 1.0) * max(who.height, 1.2)
        return eye

    eye = choose(place, subjects, middle, draw, Frame(width, height, focal), [who])
    return camera("full_body", eye, middle, focal, width, height, rng.normal(0, 0.008))
