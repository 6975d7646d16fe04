"""Head and shoulders."""

from __future__ import annotations

import numpy as np

from ..errors import BuildError
from ..geometry import PlaceGeometry
from ..registry import cameras
from ..spec import CameraSpec
from .framing import Frame, Subject, camera, choose_scored, facing, fit_distance


@cameras.register("portrait")
def sample_portrait(
    rng: np.random.Generator, subjects: list[Subject], place: PlaceGeometry, width: int, height: int
) -> CameraSpec:
    """One person's head and shoulders, within 40° of where they face, near eye height, with a 65–105 mm lens (50–85 indoors).

    Whoever can be seen best of up to three is taken.
    """
    focal = float(rng.uniform(50, 85) if place.indoor else rng.uniform(65, 105))
    fill, roll = rng.uniform(0.85, 1.05), rng.normal(0, 0.01)
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    for index in rng.permutation(len(subjects))[:3]:
        who = subjects[int(index)]
        target = who.face + np.array([0.0, 0.0, -0.05])
        distance = fit_distance(0.46, 0.50, focal, width, height, fill)

        def draw(who: Subject = who, target: np.ndarray = target, distance: float = distance) -> np.ndarray:
            yaw = who.heading + rng.normal(0, 0.35)
            eye = target + facing(yaw) * distance * rng.uniform(0.95, 1.1)
            eye[2] = who.face[2] + rng.normal(0.0, 0.10)
            return eye

        eye, score = choose_scored(place, subjects, target, draw, Frame(width, height, focal), [], who)
        if best is None or score < best[0]:
            best = score, eye, target
        if score <= 1e-6:
            break
    if best is None:
        raise BuildError("a portrait needs somebody to show", fix="choose another camera for a scene without people")
    return camera("portrait", best[1], best[2], focal, width, height, roll)
