"""A place that somebody built by hand in Blender: known by name, so that its records can be read, but never drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..geometry import PlaceGeometry
from ..registry import places
from ..spec import PlaceSpec


@dataclass(frozen=True, kw_only=True)
class OwnPlaceSpec(PlaceSpec):
    """A place that stays in its .blend; a scene file says only that there was one."""

    kind: ClassVar[str | None] = "own"


def build_own(spec: OwnPlaceSpec) -> PlaceGeometry:
    """Level ground without anything on it: what is left of a place whose .blend is not there."""
    area = np.array([-10.0, -10.0, 10.0, 10.0])
    return PlaceGeometry(
        objects=[],
        lights=[],
        height=lambda x, y: np.zeros(np.broadcast(x, y).shape),
        stage=area,
        obstacles=np.zeros((0, 3)),
        seats=[],
        indoor=False,
        camera_area=area,
    )


@places.register("own", spec=OwnPlaceSpec, build=build_own, offered=False)
def sample_own(rng: np.random.Generator) -> OwnPlaceSpec:
    """There is only one."""
    return OwnPlaceSpec()
