"""How much of measured detail is believed: region by region and scale by scale, no more than a second measurement confirms.

Two measurements of one relief with independent errors, equally good, correlate by r; their mean is then real by 2 r / (1 + r)
(Spearman 1910, Brown 1910), the factor by which a Wiener filter keeps it. Halves of the pixels say so of errors that are each
pixel's own; that depth and normals, or two views, agree as well as their halves allow says so of all others. Where agreement
is no more than chance, detail stays zero, and so it does where it does not come nearer to what it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .detail_grid import DetailGrid, Surface, smoothed, steps_between
from .head_model import HeadModel

# Standard deviations of the blurs between which the scales lie, metres; what is coarser than the last is the last scale.
SCALES = (0.0012, 0.0025, 0.005, 0.010)
# Standard errors that an agreement must be above zero by, and bumps that the face as a whole counts as in a region; how
# far two kinds of measurement may disagree by themselves.
SURE, SHARED = 2.0, 8.0
# From this scale on a region holds too few bumps to be asked by itself.
POOLED, LEAST_COARSE = 3, 0.5
DOUBT = 0.5
# Centres of regions on the mean face, metres, right of the middle (mirrored to both sides where they are off it).
_CENTRES: dict[str, tuple[float, float, float]] = {
    "forehead": (0.0, 0.050, 0.021), "forehead side": (0.028, 0.046, 0.017), "glabella": (0.0, 0.020, 0.027), "brow": (0.026, 0.022, 0.023),
    "temple": (0.055, 0.023, -0.002), "lids": (0.032, 0.005, 0.018), "outer eye": (0.050, 0.001, 0.006),
    "under the eye": (0.028, -0.014, 0.015), "nose bridge": (0.0, -0.012, 0.030), "nose tip": (0.0, -0.038, 0.042),
    "nostril": (0.012, -0.037, 0.034), "cheekbone": (0.044, -0.025, 0.012), "cheek": (0.046, -0.053, 0.004),
    "fold": (0.022, -0.048, 0.023), "upper lip": (0.0, -0.055, 0.034), "mouth corner": (0.022, -0.064, 0.025),
    "lower lip": (0.0, -0.076, 0.030), "chin": (0.0, -0.095, 0.023), "jaw": (0.028, -0.087, 0.012), "jaw side": (0.051, -0.075, -0.012),
}  # fmt: skip
SPREAD = 0.009


def region_names() -> tuple[str, ...]:
    """Names of the regions, in order: those in the middle, and a left and a right one of the others."""
    out: list[str] = []
    for name, (x, _, _) in _CENTRES.items():
        out += [name] if x == 0.0 else [f"{name} left", f"{name} right"]
    return tuple(out)


def regions(grid: DetailGrid, head: HeadModel) -> np.ndarray:
    """(R, M) how much each texel belongs to each region; columns sum to 1."""
    centres = [c for x, y, z in _CENTRES.values() for c in ([(0.0, y, z)] if x == 0.0 else [(x, y, z), (-x, y, z)])]
    p = grid.carry(head, head.vertices)
    square = ((p[None] - np.array(centres)[:, None]) ** 2).sum(2)
    w = np.exp(-0.5 * (square - square.min(0)) / SPREAD**2)
    return w / w.sum(0)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two measurements of the slopes of one relief, (M, 2) each, and weight (M,), 0 where one is missing.

    good: For measurements of two kinds, pairs of halves of each, which say how well the two could agree at best.
    """

    a: np.ndarray
    b: np.ndarray
    weight: np.ndarray
    good: tuple[Pair, ...] = ()


@dataclass(frozen=True, eq=False)
class Gate:
    """What is believed.

    Attributes:
        heights: (M,) metres.
        share: (R, S) how much of each region at each scale.
        before, after: (R,) mean square slope that is left of a measurement, without and with the detail of another one; NaN
            where nothing is seen.
    """

    heights: np.ndarray
    share: np.ndarray
    before: np.ndarray
    after: np.ndarray


def bands(grid: DetailGrid, values: np.ndarray, weight: np.ndarray, texel: float) -> list[np.ndarray]:
    """Values (M, ...) as a sum over scales, from fine to coarse."""
    out, last = [], values
    for sigma in SCALES:
        softer = smoothed(grid, values, weight, sigma / texel)
        out.append(last - softer)
        last = softer
    return [*out, last]


def texel_of(surface: Surface) -> float:
    """Metres of a texel."""
    return float(np.sqrt(np.median(np.prod(surface.steps, axis=1))))


def slopes(grid: DetailGrid, surface: Surface, heights: np.ndarray) -> np.ndarray:
    """(M, 2) slopes of heights (M,) along rows and columns."""
    return steps_between(grid, heights) / surface.steps


def believed(
    grid: DetailGrid, surface: Surface, zones: np.ndarray, heights: np.ndarray, halves: Pair, kinds: Sequence[Pair],
    views: Sequence[Pair], unseen: Sequence[Pair],
) -> Gate:  # fmt: skip
    """Shrink heights to what is confirmed.

    Args:
        zones: (R, M) regions.
        heights: (M,) joint estimate.
        halves: Estimates from either half of the pixels.
        kinds: Depth against normals. views: Estimates from single views against each other.
        unseen: For the last word: `a` is an estimate that has not seen `b`.
    """
    texel, count = texel_of(surface), len(zones)
    asker = _Asker(grid, surface, zones, texel)
    parts = bands(grid, heights, np.ones(grid.count), texel)
    share = np.zeros((count, len(parts)))
    reliable = asker.agreement(halves)
    for s, (r, sd) in enumerate(reliable):
        share[:, s] = np.where(np.arctanh(r) > SURE * sd, 2.0 * r / (1.0 + r), 0.0)
    for pair in kinds:
        best = _best(asker, pair)
        for s, (r, sd) in enumerate(asker.agreement(pair)):
            # Poor depth cannot contradict good normals: kinds are taken to agree, within DOUBT, as long as nothing is known.
            error = np.where(np.isfinite(sd), sd, 1e3) / np.maximum(best[s], 0.02)
            found, prior = r / np.maximum(best[s], 0.02) / error**2, 1.0 / DOUBT**2
            share[:, s] *= np.clip((found + prior) / (1.0 / error**2 + prior), 0.0, 1.0)
    for pair in views:
        best = _best(asker, pair)
        for s, (r, sd) in enumerate(asker.agreement(pair)):
            sure = np.where(np.isfinite(sd), np.clip(r / np.maximum(best[s], 0.05), 0.0, 1.0), 1.0)
            share[:, s] *= np.where(np.arctanh(r) > SURE * sd, sure, np.where(np.isfinite(sd), 0.0, 1.0))
    # A region has one or two bumps of a coarse scale: half real is as likely worse as better.
    share[:, POOLED:] *= share[:, POOLED:] > LEAST_COARSE
    before, after = np.full(count, np.nan), np.full(count, np.nan)
    total, without, with_it = np.zeros(count), np.zeros(count), np.zeros(count)
    for pair in unseen:
        tried = sum(x * (zones.T @ share[:, s])[:, None] for s, x in enumerate(bands(grid, pair.a, pair.weight, texel)))
        total += zones @ pair.weight
        without += zones @ (pair.weight * (pair.b**2).sum(1))
        with_it += zones @ (pair.weight * ((pair.b - tried * grid.fade[:, None]) ** 2).sum(1))
    there = total > 1e-9
    before[there], after[there] = without[there] / total[there], with_it[there] / total[there]
    share *= (there & (np.nan_to_num(after) < np.nan_to_num(before)))[:, None]
    kept = sum(p * (zones.T @ share[:, s]) for s, p in enumerate(parts)) * grid.fade
    return Gate(kept, share, before, after)


def _best(asker: _Asker, pair: Pair) -> list[np.ndarray]:
    """For each scale (R,), how well two kinds can agree: the root of the product of their own reliabilities."""
    own = [[2 * r / (1 + r) for r, _ in asker.agreement(p)] for p in pair.good]
    return [np.sqrt(np.maximum(np.prod(x, axis=0), 0.0)) for x in zip(*own, strict=True)]


class _Asker:
    """Agreement of two measurements, region by region, each region also hearing the face as a whole."""

    def __init__(self, grid: DetailGrid, surface: Surface, zones: np.ndarray, texel: float) -> None:
        self.grid, self.zones, self.texel = grid, zones, texel
        self.areas = np.prod(surface.steps, axis=1)

    def agreement(self, pair: Pair) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each scale: (R,) correlation in [0, 1), and (R,) standard error of its `arctanh`, inf where nothing is seen."""
        a, b = (bands(self.grid, x, pair.weight, self.texel) for x in (pair.a, pair.b))
        w = self.areas * (pair.weight > 0)
        out = []
        for s in range(len(a)):
            columns = np.stack([w * (a[s] * b[s]).sum(1), w * (a[s] ** 2).sum(1), w * (b[s] ** 2).sum(1), w], 1)
            table = self.zones @ columns
            r, n = _correlation(table, s)
            whole, many = _correlation(table.sum(0, keepdims=True), s)
            shared = many if s >= POOLED else np.minimum(SHARED, many)
            z = (n * np.arctanh(r) + shared * np.arctanh(whole)) / np.maximum(n + shared, 1e-9)
            sd = np.where(table[:, 3] > 2e-5, 1.0 / np.sqrt(np.maximum(n + shared, 1e-9)), np.inf)
            out.append((np.clip(np.tanh(z), 0.0, 0.999), sd))
        return out


def _correlation(table: np.ndarray, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlations, and of how many independent bumps, of rows (n, 4): products, squares, squares, areas."""
    ab, aa, bb, area = table.T
    r = np.clip(ab / np.maximum(np.sqrt(aa * bb), 1e-15), -0.999, 0.999)
    # Slopes nearer than that say the same; their two directions do not.
    return r, 2.0 * area / (2.5 * SCALES[min(scale, len(SCALES) - 1)]) ** 2
