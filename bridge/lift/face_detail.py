"""Relief of a face that its smooth head does not have, from depth and normals of one or several views, no more than is sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...procgen.errors import LiftError
from .detail_gate import Gate, Pair, believed, region_names, regions, slopes
from .detail_grid import DetailGrid, Surface, detail_grid, smoothed, surface_of
from .detail_solve import MOST, Sight, heights_of, noise_of, sight
from .face_fit import FaceFit
from .face_view import FaceView

# Pixels as large as this on the face, metres, need no finer map.
COARSE_PIXEL, COARSE, FINE = 0.0009, 1024, 2048
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class FaceDetail:
    """Relief of a face with the expression that was fitted.

    Attributes:
        grid: Its texels. surface: The smooth head there, in the head's frame.
        heights: (M,) metres along the normal.
        seen: (M,) in [0, 1], how surely each texel was seen.
        gate: What was believed of what was measured.
        measured: (M,) metres, before that.
        noise: For each view, standard deviations of its depth, metres, and of its slopes.
    """

    grid: DetailGrid
    surface: Surface
    heights: np.ndarray
    seen: np.ndarray
    gate: Gate
    measured: np.ndarray
    noise: tuple[tuple[float, float], ...]

    @property
    def normals(self) -> np.ndarray:
        """(M, 3) unit, head's frame, with detail."""
        return self.surface.bent(slopes(self.grid, self.surface, self.heights) * self.surface.steps)

    def kept(self) -> dict[str, float]:
        """How much of each region was kept, between 0 and 1, by name."""
        return {n: round(float(s.max()), 2) for n, s in zip(region_names(), self.gate.share, strict=True)}


def fit_detail(fit: FaceFit, views: Sequence[FaceView], size: int | None = None) -> FaceDetail:
    """Detail of a fitted head.

    Args:
        fit: The head. views: Those that it was fitted to, in that order; those with neither depth nor normals say nothing.
        size: Texels a side of the UV map; None: as fine as the pictures.
    Raises:
        LiftError: no view has depth or normals, or the head has no UV map.
    """
    used = [i for i, v in enumerate(views) if v.depth is not None or v.normal is not None]
    if not used:
        raise LiftError(
            "detail needs depth or normals", expected="a frame or a synthesis with them", fix="leave detail out of --what for photographs"
        )
    head = fit.head
    grid = detail_grid(head, size or _size(fit))
    surface = surface_of(grid, head, fit.vertices)
    noise = [noise_of(*(sight(fit, i, views[i], grid, surface, parity=k) for k in (0, 1)), surface) for i in used]
    heights, seen = np.zeros(grid.count), []
    for _ in range(ROUNDS):
        seen = [sight(fit, i, views[i], grid, surface, heights, noise=n) for i, n in zip(used, noise, strict=True)]
        heights = np.clip(heights_of(grid, surface, seen, heights), -MOST, MOST)
    halves = [
        (sight(fit, i, views[i], grid, surface, heights, 0, n), sight(fit, i, views[i], grid, surface, heights, 1, n))
        for i, n in zip(used, noise, strict=True)
    ]
    m = _measured(grid, surface, heights, seen, halves)
    gate = believed(grid, surface, regions(grid, head), heights, m.halves, m.kinds, m.views, m.unseen)
    trust = sum(np.maximum(s.height_weight * n[0] ** 2, s.step_weight * n[1] ** 2) for s, n in zip(seen, noise, strict=True))
    return FaceDetail(grid, surface, gate.heights, np.clip(trust * 2.0, 0.0, 1.0), gate, heights, tuple(noise))


def _size(fit: FaceFit) -> int:
    pixel = min(T[2, 3] / K[0, 0] for T, K in zip(fit.T_cam_from_head, fit.K, strict=True))
    return COARSE if pixel > COARSE_PIXEL else FINE


@dataclass(frozen=True, eq=False)
class _Measured:
    """Everything that was measured, in pairs of which one has not seen the other (see `detail_gate.believed`)."""

    halves: Pair
    kinds: list[Pair]
    views: list[Pair]
    unseen: list[Pair]


def _measured(
    grid: DetailGrid, surface: Surface, heights: np.ndarray, seen: Sequence[Sight], halves: Sequence[tuple[Sight, Sight]]
) -> _Measured:
    """Pairs from views: joint sights, and even and odd halves of each."""

    def sloped(sights: Sequence[Sight]) -> np.ndarray:
        return slopes(grid, surface, heights_of(grid, surface, sights, heights))

    def there(*sights: Sight) -> np.ndarray:
        return np.all([(s.height_weight > 0) | (s.step_weight > 0) for s in sights], 0).astype(np.float64)

    half = [sloped([h[k] for h in halves]) for k in (0, 1)]
    any_view = np.maximum.reduce([there(*h) for h in halves])
    joint = Pair(half[0], half[1], any_view)
    kinds, views, unseen = [], [], []
    depths = [[slopes(grid, surface, s.height) for s in h] for h in halves]
    for s, h, d in zip(seen, halves, depths, strict=True):
        w = ((s.height_weight > 0) & (h[0].height_weight > 0) & (h[1].height_weight > 0)).astype(np.float64)
        inside = (smoothed(grid, w, np.ones(grid.count), 2.0) > 0.99).astype(np.float64)
        both = inside * (s.step_weight > 0)
        if both.any():
            own = (Pair(d[0], d[1], both), Pair(h[0].step / surface.steps, h[1].step / surface.steps, both))
            kinds.append(Pair(slopes(grid, surface, s.height), s.step / surface.steps, both, own))
        if len(seen) == 1:
            for a, b in ((0, 1), (1, 0)):
                normals = bool((h[b].step_weight > 0).any())
                unseen.append(Pair(half[a], h[b].step / surface.steps if normals else half[b], there(*h)))
    if len(seen) > 1:
        alone = [sloped([s]) for s in seen]
        for a, b in combinations(range(len(seen)), 2):
            both = there(seen[a], seen[b])
            own = tuple(Pair(sloped([halves[k][0]]), sloped([halves[k][1]]), there(*halves[k])) for k in (a, b))
            views.append(Pair(alone[a], alone[b], both, own))
            unseen += [Pair(alone[x], alone[y], both) for x, y in ((a, b), (b, a))]
        unseen.append(Pair(half[0], half[1], any_view))
    return _Measured(joint, kinds, views, unseen)
