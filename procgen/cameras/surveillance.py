"""High up and looking down, as cameras under ceilings and on poles do."""

from __future__ import annotations

import numpy as np

from ..geometry import PlaceGeometry
from ..registry import cameras
from ..spec import CameraSpec
from .framing import Frame, Subject, camera, choose, facing, fit_distance


@cameras.register("surveillance")
def sample_surveillance(
    rng: np.random.Generator, subjects: list[Subject], place: PlaceGeometry, width: int, height: int
) -> CameraSpec:
    """The whole group from 2.4 to 5 m up (below the ceiling indoors) through a wide lens."""
    focal = float(rng.uniform(16, 21) if place.indoor else rng.uniform(22, 35))
    x0, y0, x1, y1 = place.stage
    if subjects:
        low, high = np.min([s.low for s in subjects], 0), np.max([s.high for s in subjects], 0)
    else:
        z = float(np.asarray(place.height(np.array([(x0 + x1) / 2]), np.array([(y0 + y1) / 2])))[0])  # type: ignore[operator]
        low, high = np.array([x0, y0, z]), np.array([x1, y1, z + 1.8])
    middle = (low + high) / 2
    size = high - low
    across = float(np.hypot(size[0], size[1]))
    distance = fit_distance(
        across, float(np.hypot(size[2], 0.5 * across)), focal, width, height, rng.uniform(0.45, 0.75)
    )
    top = min(low[2] + rng.uniform(3.0, 5.0), place.ceiling - 0.25)
    top = max(top, low[2] + 1.9)

    def draw() -> np.ndarray:
        up = top - middle[2]
        level = np.sqrt(max(distance**2 - up**2, 1.0))
        eye = middle + facing(rng.uniform(-np.pi, np.pi)) * level * rng.uniform(0.9, 1.1)
        eye[2] = top
        return eye

    eye = choose(place, subjects, middle, draw, Frame(width, height, focal), subjects)
    return camera("surveillance", eye, middle, focal, width, height, rng.normal(0, 0.02))
