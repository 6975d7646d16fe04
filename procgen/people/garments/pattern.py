"""Pattern cutting: pieces of the canonical body shell, cut along fields, with free-hanging cloth added below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np

from .binding import Binding
from .figure import SIDES, Axis, Canonical, axis_between
from .topology import Blend, Fabric, boundary_loops, clip, half_edges, largest_parts, subdivide, zip_loops

TRUNK, LEFT_LEG, RIGHT_LEG = 0, 1, 2
# Metres between the rings of free-hanging cloth, before the last subdivision.
RING = 0.02


@dataclass(frozen=True, eq=False)
class Pattern:
    """A cut garment: topology and where every vertex is on the canonical shell.

    Attributes:
        fabric: Mesh topology.
        binding: Rows over [body; shells] of the canonical body.
        drop: (V,) canonical metres that a vertex hangs below its bound point.
        limb: (V,) int8 what it hangs along: TRUNK, LEFT_LEG, RIGHT_LEG.
        points: (V, 3) canonical positions.
        arm: (V, 2) skinning weight of the arms.
        loops: Borders by name: "neck", "hem", "waist", "cuff0", "cuff1", "leg0", "leg1".
    """

    fabric: Fabric
    binding: Binding
    drop: np.ndarray
    limb: np.ndarray
    points: np.ndarray
    arm: np.ndarray
    loops: dict[str, np.ndarray] = field(default_factory=dict)


@lru_cache(maxsize=4)
def _whole(base: Canonical, detail: int) -> tuple[Binding, np.ndarray]:
    """The uncut shell, subdivided: its rows and (T, 3) triangles."""
    used, inverse = np.unique(base.shell, return_inverse=True)
    binding, tris = Binding.identity(used), inverse.reshape(base.shell.shape).astype(np.int32)
    for _ in range(detail):
        by, tris = subdivide(tris, len(binding.index))
        binding = binding.blend(by)
    return binding, tris


class Cutter:
    """Scissors over the canonical shell: clip, then extend, then finish.

    Args:
        base: The canonical body.
        detail: Subdivisions of the shell before the first cut.
    """

    def __init__(self, base: Canonical, detail: int = 1) -> None:
        self.base = base
        self.binding, self.tris = _whole(base, detail)
        self.drop = np.zeros(len(self.binding.index))
        self.limb = np.zeros(len(self.drop), np.int8)
        self._points: np.ndarray | None = None

    def copy(self) -> Cutter:
        """Another one that goes on cutting from here; arrays are never written to, so that they are shared."""
        out = Cutter.__new__(Cutter)
        out.__dict__.update(self.__dict__)
        return out

    def _apply(self, by: Blend, tris: np.ndarray) -> None:
        self.binding = self.binding.blend(by)
        self.drop = by(self.drop)
        self.limb = self.limb[by.a]
        self.tris = tris
        self._points = None

    @property
    def points(self) -> np.ndarray:
        """(V, 3) canonical positions, free-hanging cloth included (straight down; legs along themselves)."""
        if self._points is None:
            x = self.binding(self.base.points)
            for s in SIDES:
                on = self.limb == LEFT_LEG + s
                x[on] += self.drop[on, None] * leg_axis(self.base, s).down
            on = self.limb == TRUNK
            x[on, 2] -= self.drop[on]
            self._points = x
        return self._points

    def value(self, of: np.ndarray) -> np.ndarray:
        """Values at the vertices from values at the canonical points."""
        return self.binding(of)

    def clip(self, keep: Callable[[np.ndarray], np.ndarray] | np.ndarray) -> Cutter:
        """Keep what has a positive field; `keep` maps (V, 3) canonical positions to (V,)."""
        f = keep(self.points) if callable(keep) else keep
        self._apply(*clip(self.tris, f))
        return self

    def tidy(self) -> Cutter:
        """Drop offcuts."""
        self._apply(*largest_parts(self.tris, Blend.none(len(self.drop))))
        return self

    def extend(self, axis: Axis, limb: int, length: float, columns: int) -> Cutter:
        """Hang free cloth from the lowest border along an axis.

        Args:
            axis: Canonical axis that the border runs around.
            limb: TRUNK, LEFT_LEG or RIGHT_LEG.
            length: Canonical metres of cloth to add.
            columns: Vertices around.
        """
        if length < 0.25 * RING:
            return self
        x = self.points
        loops = boundary_loops(self.tris, len(x))
        near = [np.median(axis.split(x[lo])[0]) - 4 * (np.median(axis.split(x[lo])[2]) > 0.45) for lo in loops]
        if limb != TRUNK:
            side = [np.sign(x[lo][:, 0].mean()) == (1 if limb == LEFT_LEG else -1) for lo in loops]
            near = [n if ok else -np.inf for n, ok in zip(near, side, strict=True)]
        loop = loops[int(np.argmax(near))]  # pyright: ignore[reportArgumentType, reportCallIssue]
        _, angle, _ = axis.split(x[loop])
        u = angle / (2 * np.pi) % 1.0
        first = int(np.argmin(u))
        loop, u = np.roll(loop, -first), np.roll(u, -first)
        if u[1] > u[-1]:  # the border runs against the angle: take it backwards
            loop, u = np.roll(loop[::-1], 1), np.roll(u[::-1], 1)
        u = np.maximum.accumulate(u)
        # A regular ring on the border's own edges, then copies of it farther and farther down.
        want = (np.arange(columns) + 0.5) / columns
        after = np.searchsorted(u, want)
        lo, hi = (after - 1) % len(loop), after % len(loop)
        gap = (u[hi] - u[lo]) % 1.0
        t = np.where(gap > 1e-9, ((want - u[lo]) % 1.0) / np.maximum(gap, 1e-9), 0.0).clip(0, 1)
        ring = self.binding.blend(Blend(loop[lo], loop[hi], t.astype(np.float32)))
        rows = max(1, round(length / RING))
        depth = length * np.arange(1, rows + 1) / rows
        start = len(self.drop)
        number = start + np.arange(rows * columns).reshape(rows, columns)
        top = self.drop[loop][lo] * (1 - t) + self.drop[loop][hi] * t
        tris = [zip_loops(loop, u, number[0], want)]
        for a, b in pairwise(number):
            # Diagonals alternate, so that the cloth has no grain of its own.
            r, a1, b1 = np.arange(columns), np.roll(a, -1), np.roll(b, -1)
            flip = (r + a[0]) % 2 == 0
            tris.append(np.where(flip[:, None], np.stack([a, a1, b], 1), np.stack([a, a1, b1], 1)))
            tris.append(np.where(flip[:, None], np.stack([a1, b1, b], 1), np.stack([a, b1, b], 1)))
        added = np.concatenate(tris).astype(np.int32)
        self.binding = Binding(
            np.concatenate([self.binding.index] + [ring.index] * rows),
            np.concatenate([self.binding.weight] + [ring.weight] * rows),
        )
        self.drop = np.concatenate([self.drop, (top[None] + depth[:, None]).ravel()])
        self.limb = np.concatenate([self.limb, np.full(rows * columns, limb, np.int8)])
        self._points = None
        # New cloth must face as the old does: the border's one triangle runs it in one direction only.
        if (half_edges(self.tris) == loop[:2]).all(1).any():
            added = added[:, ::-1]
        self.tris = np.concatenate([self.tris, added])
        return self

    def finish(self) -> Pattern:
        """The pattern, with its borders named by where they are."""
        x = self.points
        fabric = Fabric(self.tris, len(x))
        arm = self.value(self.base.arm)
        loops: dict[str, np.ndarray] = {}
        trunk: list[np.ndarray] = []
        for loop in fabric.loops:
            if len(loop) < 8:
                continue
            side = int(x[loop][:, 0].mean() < 0)
            middle = abs(x[loop][:, 0].mean()) < 0.03
            if not middle and arm[loop].max(1).mean() > 0.3:
                loops[f"cuff{side}"] = loop
            elif not middle:
                loops[f"leg{side}"] = loop
            else:
                trunk.append(loop)
        trunk.sort(key=lambda lo: x[lo][:, 2].mean())
        for name, loop in zip(("hem", "neck") if len(trunk) == 2 else ("waist",), trunk, strict=False):
            loops[name] = loop
        if "waist" in loops and np.ptp(x[loops["waist"]][:, 2]) > 0.25:
            loops["border"] = loops.pop("waist")  # open at the front: neck, fronts and hem are one border
        if "neck" in loops and x[loops["neck"]][:, 2].mean() < self.base.joints[9][2]:
            loops["waist"] = loops.pop("neck")  # a skirt's two borders are waist and hem
        return Pattern(fabric, self.binding, self.drop, self.limb, x, arm, loops)


def leg_axis(base: Canonical, side: int) -> Axis:
    """Hip to ankle of the canonical body."""
    return axis_between(base.joints[1 + side], base.joints[7 + side])


def trunk_axis(base: Canonical) -> Axis:
    """The vertical through the middle of the canonical trunk, from the neck down."""
    top = base.joints[12].copy()
    top[1] = 0.5 * (base.joints[6][1] + base.joints[1][1])
    return axis_between(top, top - [0, 0, 1.0])
