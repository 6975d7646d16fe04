"""One person from head to foot."""

from __future__ import annotations

import numpy as np

from ..errors import BuildError
from ..geometry import PlaceGeometry
from ..registry import cameras
from ..spec import CameraSpec
from .framing import Frame, Subject, camera, choose_scored, facing, fit_distance


@cameras.register("full_body")
def sample_full_body(
    rng: np.random.Generator, subjects: list[Subject], place: PlaceGeometry, width: int, height: int
) -> CameraSpec:
    """A person from head to foot with a 35–70 mm lens (22–32 mm indoors), eye between hip and head height.

    Whoever can be seen best of up to three is taken.
    """
    focal = float(rng.uniform(22, 32) if place.indoor else rng.uniform(35, 70))
    fill, roll = rng.uniform(0.68, 0.86), rng.normal(0, 0.008)
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    for index in rng.permutation(len(subjects))[:3]:
        who = subjects[int(index)]
        middle, size = (who.low + who.high) / 2, who.high - who.low
        distance = fit_distance(float(np.hypot(size[0], size[1])) * 0.8, who.height, focal, width, height, fill)

        def draw(who: Subject = who, middle: np.ndarray = middle, distance: float = distance) -> np.ndarray:
            eye = middle + facing(who.heading + rng.normal(0, 0.7)) * distance
            eye[2] = who.low[2] + rng.uniform(0.5, 1.0) * max(who.height, 1.2)
            return eye

        eye, score = choose_scored(place, subjects, middle, draw, Frame(width, height, focal), [who], who)
        if best is None or score < best[0]:
            best = score, eye, middle
        if score <= 1e-6:
            break
    if best is None:
        raise BuildError(
            "a full-body view needs somebody to show", fix="choose another camera for a scene without people"
        )
    return camera("full_body", best[1], best[2], focal, width, height, roll)
