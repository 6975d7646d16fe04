"""The spec of a furnished room and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..spec import PlaceSpec
from .interiors import SCHEMES


@dataclass(frozen=True, kw_only=True)
class RoomSpec(PlaceSpec):
    """A furnished room."""

    kind: ClassVar[str | None] = "room"

    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of furnishing details.")
    style: Literal["living", "cafe", "office"] = param("living", doc="What the room is for.")
    scheme: Literal["nordic", "forest", "terracotta", "navy", "blush", "loft", "sage"] = param("nordic", doc="Colours.")
    width: float = param(6.2, low=5.4, high=8.0, unit="m", doc="Inside, along x.")
    depth: float = param(6.6, low=5.6, high=9.0, unit="m", doc="Inside, along y.")
    height: float = param(2.8, low=2.5, high=3.6, unit="m", doc="Inside.")
    floor: Literal["planks", "parquet", "tiles", "carpet", "concrete"] = param("planks", doc="Floor.")
    accent: Literal["paint", "brick", "wallpaper", "panels"] = param(
        "paint", doc="What the wall behind the stage is made of."
    )
    french: bool = param(False, doc="Windows down to the floor.")
    curtains: bool = param(True, doc="Curtains at the windows.")
    sofa: Literal["box", "soft", "legs"] = param("box", doc="Shape of the sofa.")
    daylight: float = param(1.0, low=0.2, high=3.0, doc="Strength of the light from the windows.")
    lamps: bool = param(True, doc="Electric lamps are on.")


def sample_room(rng: np.random.Generator) -> RoomSpec:
    """Draw a room."""
    style = ("living", "living", "cafe", "office")[int(rng.integers(4))]
    floors = {
        "living": ("planks", "parquet", "planks", "carpet"),
        "cafe": ("tiles", "planks", "concrete", "parquet"),
        "office": ("carpet", "concrete", "planks", "parquet"),
    }[style]
    accents = {
        "living": ("paint", "paint", "wallpaper", "panels"),
        "cafe": ("brick", "panels", "paint", "brick"),
        "office": ("paint", "paint", "brick", "panels"),
    }[style]
    low = 6.4 if style == "cafe" else 5.6
    return RoomSpec(
        variation=int(rng.integers(0, 2**31)),
        style=style,  # type: ignore[arg-type]
        scheme=tuple(SCHEMES)[int(rng.integers(len(SCHEMES)))],  # type: ignore[arg-type]
        width=float(rng.uniform(low, low + 1.0)),
        depth=float(rng.uniform(6.0, 7.4)),
        height=float(rng.uniform(2.6, 3.2)),
        floor=floors[int(rng.integers(4))],  # pyright: ignore[reportArgumentType]
        accent=accents[int(rng.integers(4))],  # pyright: ignore[reportArgumentType]
        french=bool(rng.random() < 0.3),
        curtains=bool(rng.random() < (0.9 if style == "living" else 0.25)),
        sofa=("box", "soft", "legs")[int(rng.integers(3))],
        daylight=float(rng.uniform(0.8, 1.25)),
        lamps=bool(rng.random() < 0.7),
    )
