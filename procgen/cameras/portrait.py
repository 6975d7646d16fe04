"""Head and shoulders."""

from __future__ import annotations

import numpy as np

from ..geometry import PlaceGeometry
from ..registry import cameras
from ..spec import CameraSpec
from .framing import Frame, Subject, camera, choose, facing, fit_distance


@cameras.register("portrait")
def sample_portrait(
    rng: np.random.Generator, subjects: list[Subject], place: PlaceGeometry, width: int, height: int
) -> CameraSpec:
    """One person's head and shoulders with a 65–105 mm lens, within 40° of where they face, near eye height."""
    who = subjects[int(rng.integers(len(subjects)))]
    focal = float(rng.uniform(65, 105))
    target = who.face + np.array([0.0, 0.0, -0.05])
    distance = fit_distance(0.46, 0.50, focal, width, height, rng.uniform(0.85, 1.05))

    def draw() -> np.ndarray:
        yaw = who.heading + rng.normal(0, 0.35)
        eye = target + facing(yaw) * distance * rng.uniform(0.95, 1.1)
        eye[2] = who.face[2] + rng.normal(0.0, 0.10)
        return eye

    eye = choose(place, subjects, target, draw, Frame(width, height, focal), [])
    return camera("portrait", eye, target, focal, width, height, rng.normal(0, 0.01))
