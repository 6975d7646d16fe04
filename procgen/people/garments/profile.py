"""How far cloth stands off a trunk or limb: convex girths at every height, and how cloth hangs from them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .figure import Axis

ANGLES = 72
STEP = 0.012


@dataclass(frozen=True)
class Profile:
    """Radius of the convex girth by place along an axis and angle about it.

    Attributes:
        axis: The line that angles turn about.
        start: Place of row 0, metres along the axis; rows are `step` apart.
        radius: (S, A) metres.
        step: Metres between rows.
    """

    axis: Axis
    start: float
    radius: np.ndarray
    step: float = STEP

    @property
    def places(self) -> np.ndarray:
        """(S,) places of the rows along the axis."""
        return self.start + self.step * np.arange(len(self.radius))

    def at(self, s: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Radius by bilinear interpolation; beyond the ends the last row goes on."""
        i = np.clip((s - self.start) / self.step, 0, len(self.radius) - 1.001)
        j = (angle / (2 * np.pi) % 1.0) * ANGLES
        i0, j0 = np.floor(i).astype(int), np.floor(j).astype(int)
        fi, fj = i - i0, j - j0
        j0, j1 = j0 % ANGLES, (j0 + 1) % ANGLES
        r = self.radius
        return (r[i0, j0] * (1 - fj) + r[i0, j1] * fj) * (1 - fi) + (r[i0 + 1, j0] * (1 - fj) + r[i0 + 1, j1] * fj) * fi

    def hang(self, slope: float | np.ndarray, start: float = -np.inf) -> Profile:
        """Let cloth fall from what is above: going down it comes in by no more than `slope` (m/m)."""
        r = self.radius.copy()
        slope = np.broadcast_to(np.asarray(slope, float), (len(r),))
        for i in np.flatnonzero(self.places[1:] > start) + 1:
            r[i] = np.maximum(r[i], r[i - 1] - slope[i] * self.step)
        return replace(self, radius=r)

    def widen(self, by: np.ndarray) -> Profile:
        """Add metres to every row, (S,) or scalar."""
        return replace(self, radius=self.radius + np.broadcast_to(by, (len(self.radius),))[:, None])

    def smoothed(self, rows: int, times: int = 2) -> Profile:
        """Running means along the axis and about it."""
        r = self.radius
        for _ in range(times):
            pad = np.concatenate([np.repeat(r[:1], rows, 0), r, np.repeat(r[-1:], rows, 0)])
            r = sum(pad[k : k + len(r)] for k in range(2 * rows + 1)) / (2 * rows + 1)
            r = (np.roll(r, 1, 1) + r + np.roll(r, -1, 1)) / 3
        return replace(self, radius=r)


def girths(points: np.ndarray, axis: Axis, start: float, end: float) -> Profile:
    """Convex girth of points around an axis, slice by slice.

    Args:
        points: (M, 3) surface points that belong to this trunk or limb.
        axis: The axis.
        start, end: Range along it, metres.
    """
    rows = max(2, int(np.ceil((end - start) / STEP)) + 1)
    d = points - axis.origin
    row = np.round((d @ axis.down - start) / STEP).astype(int)
    near = np.flatnonzero((row >= -1) & (row <= rows))
    near = near[np.argsort(row[near], kind="stable")]
    d, row = d.take(near, 0), row[near]
    theta = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    reach = np.outer(d @ axis.across, np.cos(theta)) + np.outer(d @ axis.back, np.sin(theta))
    support = np.full((rows + 2, ANGLES), -np.inf)
    if len(row):
        used, first = np.unique(row, return_index=True)
        support[used + 1] = np.maximum.reduceat(reach, first, axis=0)
    # A slice sees its neighbours too: mesh rings are farther apart than rows.
    support = np.maximum(np.maximum(support[:-2], support[2:]), support[1:-1])
    known = np.flatnonzero(np.isfinite(support[:, 0]))
    if len(known) == 0:
        support = np.full((rows, ANGLES), 0.05)
    else:
        # Rows between those that are known, and beyond them.
        grid = np.clip(np.arange(rows), known[0], known[-1])
        after = np.clip(np.searchsorted(known, grid, side="right"), 1, max(len(known) - 1, 1))
        lower, upper = known[after - 1], known[np.minimum(after, len(known) - 1)]
        share = (grid - lower) / np.maximum(upper - lower, 1)
        support = support[lower] + (support[upper] - support[lower]) * share[:, None]
    # Radius of the convex polygon whose sides have these distances from the axis, by how far sides are turned.
    facing = np.cos(theta[:, None] - theta[None, :])
    k, reach = np.arange(ANGLES), ANGLES // 4
    wide = np.concatenate([support[:, -reach:], support, support[:, :reach]], 1)
    radius = np.full_like(support, np.inf)
    for turn in range(-reach, reach + 1):
        cosine = facing[k, (k + turn) % ANGLES]
        if cosine[0] > 0.17:
            np.minimum(radius, wide[:, reach + turn : reach + turn + ANGLES] / cosine, out=radius)
    return Profile(axis, start, np.maximum(radius, 0.005))
