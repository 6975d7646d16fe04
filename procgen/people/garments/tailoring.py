"""The way of every cut garment: pattern, fit, pose, drape, finish."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from ...geometry import Mesh
from ..body_state import BodyState
from .drape import Cloth, relax
from .figure import figure_of, smoothstep
from .finish import Draped, limb_coordinates, loop_distance, pattern_coordinates
from .fitting import Ease, carry, fit, joint_weights, skin_collider
from .pattern import Pattern
from .topology import Blend, Fabric, subdivide

Mode = Literal["fast", "drape"]
# Share of the way to the skinned garment that free cloth goes in a step: without it clothes slide off.
SOFT = 0.035


@dataclass(frozen=True)
class Work:
    """How one garment is made.

    Attributes:
        ease: Room.
        cloth: Behaviour of the fabric.
        clearance: Metres kept from the skin.
        soft: Pull of the skinned garment in drape mode.
        skirt: Hangs round both legs.
        steps: Coarse and fine steps in drape mode.
    """

    ease: Ease = field(default_factory=Ease)
    cloth: Cloth = field(default_factory=Cloth)
    clearance: float = 0.004
    soft: float = SOFT
    skirt: bool = False
    steps: tuple[int, int] = (30, 16)


def make(
    pattern: Pattern,
    body: BodyState,
    below: list[Mesh],
    work: Work,
    mode: Mode,
    tight: np.ndarray,
    hold: np.ndarray,
) -> Draped:
    """Make a garment.

    Args:
        pattern: Cut cloth.
        body: The person in the final pose.
        below: Finished garments that this one lies on.
        work: Measures and behaviour.
        mode: "fast" skins and pushes out, "drape" relaxes as cloth too.
        tight: (V,) 0–1 where it stays on the skin.
        hold: (V,) 0–1 where draping keeps it with the skinned garment.
    """
    fig = figure_of(body)
    fitted = fit(pattern, fig, work.ease, tight)
    weights = joint_weights(pattern, fig, fitted, work.skirt)
    target = carry(pattern, fitted, weights, fig, body)
    collider = skin_collider(body, work.clearance, layers=below, near=target)
    x = collider.push(target)
    fabric = pattern.fabric
    # What hangs free is pulled less the lower it is: gravity shapes it.
    soft = work.soft * (1 - 0.85 * smoothstep(pattern.drop, 0.0, 0.25))
    pull = np.clip(np.maximum(soft, hold), 0, 1)
    if mode == "drape":
        x = relax(fabric, x, fitted, target, pull, collider, work.cloth, work.steps[0])
    by, fine = _fine(pattern)
    x, target, rest_shape, pull = by(x), by(target), by(fitted), by(pull)
    # Midpoints lie on the facets of the coarse mesh: round them before the fine folds.
    rest_shape, target = fine.smooth(rest_shape, 0.5, 2), fine.smooth(target, 0.5, 2)
    if mode == "drape":
        cloth = replace(work.cloth, bend=min(0.9, 0.15 + work.cloth.bend * 3.0), slack=1 + 0.4 * (work.cloth.slack - 1))
        x = relax(fine, fine.smooth(x, 0.5, 1), rest_shape, target, pull * 0.7, collider, cloth, work.steps[1])
        # Jacobi leaves ripples of one mesh width, which read as wood grain.
        x = fine.smooth(x, 0.4, 3)
    else:
        x = fine.smooth(x, 0.5, 3)
    x = collider.push(x)
    arm = by(pattern.arm)
    loops = fine_loops(pattern, fine)
    legs = "leg0" in pattern.loops and pattern.arm[pattern.loops["leg0"]].max() < 0.2
    return Draped(
        fine, x, rest_shape, pattern_coordinates(rest_shape, arm, fig), arm, loops,
        {k: loop_distance(rest_shape, v) for k, v in loops.items()}, _cut_edge(pattern),
        limb_coordinates(rest_shape, arm, fig, legs), {},
    )  # fmt: skip


@lru_cache(maxsize=64)
def _fine(pattern: Pattern) -> tuple[Blend, Fabric]:
    """The last subdivision of a pattern, kept with it."""
    by, tris = subdivide(pattern.fabric.tris, pattern.fabric.count)
    return by, Fabric(tris, len(by.a))


@lru_cache(maxsize=64)
def _cut_edge(pattern: Pattern) -> np.ndarray:
    """(V,) canonical distance to the nearest border of the fine mesh."""
    by, fine = _fine(pattern)
    x = by(pattern.points)
    return np.minimum.reduce([loop_distance(x, lo) for lo in fine_loops(pattern, fine).values()])


def fine_loops(pattern: Pattern, fine: Fabric) -> dict[str, np.ndarray]:
    """Borders of the subdivided mesh by the names of the coarse ones: they start at the same vertices."""
    start = {int(lo.min()): name for name, lo in pattern.loops.items()}
    return {start[int(lo.min())]: lo for lo in fine.loops if int(lo.min()) in start}
