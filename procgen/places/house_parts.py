"""What a house front is described by and collected in, shared by its storeys, shop front and roof."""

from __future__ import annotations

from dataclasses import dataclass

from ..materials.shader import Color
from .solids import Kit

REVEAL = 0.18


BRICKS: tuple[tuple[Color, Color], ...] = (
    ((0.33, 0.115, 0.065), (0.47, 0.43, 0.37)),
    ((0.42, 0.20, 0.11), (0.50, 0.46, 0.40)),
    ((0.50, 0.36, 0.22), (0.46, 0.42, 0.36)),
    ((0.24, 0.085, 0.055), (0.36, 0.33, 0.29)),
)


@dataclass(frozen=True)
class House:
    """One house front.

    Attributes:
        width: Metres.
        storeys: Above the ground floor.
        ground, storey: Heights, metres.
        bays: Windows in a row.
        skin: "render", "brick" or "stone".
        shop: Ground floor with a shop front.
        seed: Of the details.
        balconies: Some windows have balconies.
        shutters: Louvred shutters beside the windows.
        color: Index into the palette of the skin.
    """

    width: float
    storeys: int
    ground: float
    storey: float
    bays: int
    skin: str
    shop: bool
    seed: int
    balconies: bool = False
    shutters: bool = False
    color: int = 0

    @property
    def height(self) -> float:
        """Eaves above the pavement, metres."""
        return self.ground + self.storeys * self.storey


@dataclass
class Front:
    """Geometry of a front by semantic class, in its own frame (x to the right, front in y = 0)."""

    building: Kit
    window: Kit
    door: Kit
    prop: Kit
