"""A short flight of steps that a pose brings with it: what its feet stand on, and what is seen of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import Mesh
from ..materials.masonry import concrete
from ..materials.shader import Shader
from ..materials.wood import board
from ..places.solids import Kit, box

STEPS = "steps"  # name of the object; it is nobody's, unlike what hands hold
MATERIALS = ("concrete", "wood")
# How far the blocks reach below the ground, for slopes, and the chamfer of their edges, metres.
FOOTING, NOSE = 0.25, 0.006
# What a shoe adds to a foot in front and behind, metres.
SHOE = 0.016


@dataclass(frozen=True)
class Steps:
    """Treads that rise ahead or behind, in the frame of who stands on them: x left, z ahead, pelvis' ground point at the origin.

    Attributes:
        riser, tread, width: Height and depth of a step, and width of the flight, metres.
        count: Number of steps; the last one is a little deeper.
        start: Where the first riser is, metres along the way up.
        way: 1 = up ahead, -1 = up behind the person.
    """

    riser: float
    tread: float
    width: float
    count: int
    start: float
    way: int = 1

    @property
    def end(self) -> float:
        """Where the last tread ends, metres along the way up."""
        return self.start + self.tread * (self.count + 0.35)

    def level(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """(n,) number of the step under points, 0 = beside, before or behind the flight."""
        s = self.way * np.asarray(z, np.float64)
        n = np.clip(np.floor((s - self.start) / self.tread) + 1, 0, self.count)
        return np.where((np.abs(x) <= self.width / 2) & (s <= self.end), n, 0).astype(int)

    def over(self, x: np.ndarray, z: np.ndarray, ground: np.ndarray) -> np.ndarray:
        """(n,) heights over the ground point where the steps stand on ground of these heights."""
        level = self.level(x, z)
        return np.where(level > 0, np.maximum(level * self.riser, ground), ground)

    def onto(self, tread: tuple[float, float], heel: float, toe: float) -> float:
        """How far ahead a bare foot has to go to stand in the middle of a tread; one that is too long stays clear of the riser.

        Args:
            tread: Where the tread begins and ends; heel, toe: where the foot does; metres ahead.
        """
        heel, toe = heel - SHOE, toe + SHOE
        step = 0.5 * (sum(tread) - heel - toe)
        return min(step, tread[1] - toe) if self.way > 0 else max(step, tread[0] - heel)

    def mesh(self, root: np.ndarray, material: str = "concrete") -> Mesh:
        """The flight in world space.

        Args:
            root: (4, 4) world from a frame whose origin is the pelvis' ground point, x left and -y ahead.
            material: One of `MATERIALS`.
        """
        shader: Shader = board((0.36, 0.22, 0.12), weathered=0.3) if material == "wood" else concrete()
        kit = Kit()
        for k in range(self.count):
            near = self.start + k * self.tread
            low, top = k * self.riser if k else -FOOTING, (k + 1) * self.riser
            size = (self.width, self.end - near, top - low)
            kit.add(box(size, (0.0, -self.way * (near + self.end) / 2, (top + low) / 2), NOSE), shader)
        return Kit().take(kit, root).mesh()
