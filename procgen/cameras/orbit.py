"""Round about everybody, for several views of one scene."""

from __future__ import annotations

import numpy as np

from ..geometry import PlaceGeometry
from ..registry import cameras
from ..spec import CameraSpec
from .framing import Frame, Subject, camera, choose, facing, fit_distance


@cameras.register("orbit")
def sample_orbit(
    rng: np.random.Generator, subjects: list[Subject], place: PlaceGeometry, width: int, height: int
) -> CameraSpec:
    """A view of the group from any side, backs included, a little above eye height, with a 28–50 mm lens."""
    focal = float(rng.uniform(20, 28) if place.indoor else rng.uniform(28, 50))
    if subjects:
        low, high = np.min([s.low for s in subjects], 0), np.max([s.high for s in subjects], 0)
    else:
        x0, y0, x1, y1 = place.stage
        z = float(np.asarray(place.height(np.array([(x0 + x1) / 2]), np.array([(y0 + y1) / 2])))[0])  # type: ignore[operator]
        low, high = np.array([x0, y0, z]), np.array([x1, y1, z + 1.8])
    middle = (low + high) / 2
    size = high - low
    distance = fit_distance(
        float(np.hypot(size[0], size[1])), float(size[2]), focal, width, height, rng.uniform(0.55, 0.8)
    )
    start = rng.uniform(-np.pi, np.pi)

    def draw() -> np.ndarray:
        # Any azimuth is as good as another: blocked ones are given up for the next.
        eye = middle + facing(start + rng.uniform(-np.pi, np.pi) * 0.5) * distance * rng.uniform(0.95, 1.15)
        eye[2] = low[2] + rng.uniform(1.3, 2.2)
        return eye

    eye = choose(place, subjects, middle, draw, Frame(width, height, focal), subjects)
    return camera("orbit", eye, middle, focal, width, height, rng.normal(0, 0.01))
