"""A shop seen through its window: the room behind the pane is found by where the line of sight meets it, without geometry.

So near goods, the plinth they stand on, shelves at the back, floor and lamps move against each other as a camera passes, and
the pane still mirrors the street. Source of the idea: interior mapping (van Dongen 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .paint import scaled
from .shader import Color, Shader, Socket

# Metres: depth of the shop and of what stands in the window, heights of plinth, shelves and ceiling. By eye.
DEPTH, NEAR = 2.4, 0.32
PLINTH, SHELVES, CEILING = 0.66, 2.05, 2.75


@dataclass(frozen=True)
class _Sight:
    """A line of sight through the pane: where it enters, and its slopes per metre of depth."""

    x: Socket
    y: Socket
    across: Socket
    up: Socket

    def at(self, s: Shader, depth: Any) -> tuple[Socket, Socket]:
        """Place in a plane behind the pane, metres."""
        return s.math("MULTIPLY_ADD", self.across, depth, self.x), s.math("MULTIPLY_ADD", self.up, depth, self.y)


def _sight(s: Shader, variation: float) -> _Sight:
    x, y, _ = s.xyz(s.attribute("tex", vector=True))
    geometry = s.node("NewGeometry", "Incoming")
    normal = s.out(geometry, "True Normal")
    right = s.vector("NORMALIZE", s.vector("CROSS_PRODUCT", (0.0, 0.0, 1.0), normal))
    depth = s.math("MAXIMUM", s.vector("DOT_PRODUCT", geometry, normal, "Value"), 0.08)
    across = s.math("DIVIDE", s.vector("DOT_PRODUCT", geometry, right, "Value"), depth) * -1.0
    _, _, z = s.xyz(geometry)
    return _Sight(x + 37.0 * variation, y, across, s.math("DIVIDE", z, depth) * -1.0)


def _goods(s: Shader, u: Socket, v: Socket, cell: float, tall: float, wares: tuple[Color, ...], salt: float) -> tuple[Socket, Socket]:
    """Things side by side on v = 0 as (colour, 1 where one is): each with its own height, width, shoulders and colour."""
    place = u / cell
    random = s.node("TexWhiteNoise", "Color", {"noise_dimensions": "1D"}, W=s.math("FLOOR", place) + salt)
    a, b, c = s.xyz(random)
    height = s.math("MULTIPLY_ADD", a, 0.6 * tall, 0.4 * tall)
    off = s.math("ABSOLUTE", s.math("FRACT", place) - 0.5)
    # Wider below, drawn in more or less above: bottles, jars and boxes, or dress forms.
    rel = v / height
    neck = s.math("MULTIPLY_ADD", s.math("FRACT", c * 3.1), 0.65, 0.3)
    shoulder = s.smoothstep(rel, 0.80, 0.62, neck, 1.0)
    half = s.math("MULTIPLY_ADD", b, 0.14, 0.26) * shoulder
    mask = s.smoothstep(s.math("SUBTRACT", half, off), 0.0, 0.03) * s.smoothstep(rel, 1.0, 0.97) * s.math("GREATER_THAN", v, 0.0)
    mask = mask * s.math("LESS_THAN", c, 0.82)
    color = s.ramp(s.math("FRACT", c * 7.3), [(i / len(wares), w) for i, w in enumerate(wares)], "CONSTANT")
    # Rounded: lighter in the middle than at the sides.
    return s.mix(s.smoothstep(off, 0.05, 0.36) * 0.55, color, (0.01, 0.01, 0.01)), mask


@lru_cache(maxsize=64)
def shop_glass(variation: float, wares: tuple[Color, ...], size: float = 0.105) -> Shader:
    """A shop window on `tex` metres (x along the front, y up from the pavement), right on an upright pane.

    `size` is the width of the goods, metres: 0.1 books and tins, 0.25 boxes and loaves, 0.45 clothes and pictures.
    """
    s = Shader("shop_glass")
    eye = _sight(s, variation)
    back_x, back_y = eye.at(s, DEPTH)
    # Back wall: painted, with shelves of goods up to the height of a hand.
    pitch = 0.30 + 0.6 * size
    row = s.math("FRACT", back_y / pitch) * pitch
    wall: Color = ((0.46, 0.41, 0.33), (0.30, 0.33, 0.30), (0.42, 0.36, 0.31))[int(variation) % 3]
    # Each shelf holds other things: it looks elsewhere along the same endless row.
    along = s.math("MULTIPLY_ADD", s.math("FLOOR", back_y / pitch), 17.3, back_x)
    thing, there = _goods(s, along, row - 0.03, 1.15 * size, 0.72 * pitch, wares, variation)
    shelf = s.mix(s.smoothstep(row, 0.035, 0.028), s.mix(there, scaled(wall, 0.45), thing), (0.26, 0.18, 0.11))
    on = s.math("LESS_THAN", back_y, SHELVES) * s.math("GREATER_THAN", back_y, 0.35)
    c = s.mix(on, wall, shelf)
    light = s.math("MULTIPLY_ADD", s.smoothstep(back_y, 0.0, CEILING), 0.55, 0.40)
    # Floor and ceiling, where the line of sight meets them first.
    floor_at = s.math("DIVIDE", eye.y - 0.05, s.math("MAXIMUM", eye.up * -1.0, 1e-4))
    floor_x, _ = eye.at(s, floor_at)
    board = s.math("GREATER_THAN", s.math("FRACT", floor_x / 0.16), 0.06)
    c = s.mix(s.math("LESS_THAN", back_y, 0.05), c, s.mix(board, (0.06, 0.04, 0.03), (0.20, 0.14, 0.09)))
    roof_at = s.math("DIVIDE", s.math("SUBTRACT", CEILING, eye.y), s.math("MAXIMUM", eye.up, 1e-4))
    roof_x, _ = eye.at(s, roof_at)
    above = s.math("GREATER_THAN", back_y, CEILING)
    c = s.mix(above, c, (0.52, 0.50, 0.46))
    du, dv = s.math("FRACT", roof_x / 0.9) - 0.5, s.math("FRACT", roof_at / 0.8) - 0.5
    lamp = above * s.smoothstep(s.math("SQRT", du * du + dv * dv), 0.13, 0.09)
    # What stands in the window, on a plinth.
    near_x, near_y = eye.at(s, NEAR)
    thing, there = _goods(s, near_x, near_y - PLINTH, max(0.26, 1.5 * size), 0.30 + 1.9 * size, wares, variation + 91.0)
    c = s.mix(there, c, thing)
    light = s.math("MAXIMUM", light, there * 0.9)
    plinth = s.math("LESS_THAN", near_y, PLINTH)
    c = s.mix(plinth, c, (0.34, 0.31, 0.27))
    light = s.mix(plinth, light, 0.42)
    seen = s.mix(1.0, s.mix(1.0, c, light, "MULTIPLY"), (1.0, 0.84, 0.64), "MULTIPLY")
    seen = s.mix(lamp, seen, (5.0, 4.2, 3.0))
    ripple = s.noise(s.position(), scale=1.3, detail=1.0)
    s.principled(
        base_color=s.mix(0.88, c, (0.0, 0.0, 0.0)),
        roughness=0.05,
        specular_ior_level=0.9,
        emission_color=seen,
        emission_strength=0.85,
        normal=s.bump(ripple, 0.003, 0.5),
    )
    return s
