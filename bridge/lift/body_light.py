"""The light on a surface as spherical harmonics, fitted to what was seen of it, and colours without it.

Source: Ramamoorthi & Hanrahan 2001: nine coefficients a channel carry the light of matte surfaces to about 1 %.
"""

from __future__ import annotations

import numpy as np

# Deviations of the coefficients of each band from those of even light, as shares of it.
BANDS = np.array([0.0, 0.6, 0.6, 0.6, 0.25, 0.25, 0.25, 0.25, 0.25])
# Shading below this share of the mean is not divided by: noise would be lifted with it.
DARKEST = 0.25
ROUNDS = 8


def harmonics(normals: np.ndarray) -> np.ndarray:
    """(N, 9) real spherical harmonics up to order two of unit vectors (N, 3), without their constants."""
    x, y, z = normals.T
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, 3.0 * z * z - 1.0, x * z, x * x - y * y], 1)


def fit_light(colors: np.ndarray, normals: np.ndarray, weights: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Light that explains colours of a surface whose parts each have one colour of their own.

    Args:
        colors: (N, 3) linear. normals: (N, 3) unit, world. weights: (N,). kinds: (N,) int, texels of one kind share a colour.
    Returns:
        (9, 3) coefficients; the weighted mean of the shading is 1, since light and surface share one unknown scale.
    """
    return fit_shading(colors, harmonics(normals), weights, kinds, BANDS, DARKEST)[0]


def fit_shading(
    colors: np.ndarray, features: np.ndarray, weights: np.ndarray, kinds: np.ndarray, spread: np.ndarray, darkest: float,
    rounds: int = ROUNDS,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Shading as a sum of features, for colours of a surface whose parts each have one colour of their own.

    Args:
        colors: (N, 3) linear. features: (N, F), the first one even light. weights: (N,). kinds: (N,) int, see `fit_light`.
        spread: (F,) deviation of each coefficient as a share of the even light; 0 = any.
        darkest: Shading that is divided by at least.
    Returns:
        (F, 3) coefficients, the weighted mean of the shading 1, and (kinds, 3) the colour of each kind.
    """
    light = np.zeros((features.shape[1], 3))
    light[0] = 1.0
    # Kinds of one orientation alone cannot tell light from paint; the prior decides there.
    prior = np.where(spread > 0, 1.0 / np.maximum(spread, 1e-9) ** 2, 0.0)
    base = np.zeros((kinds.max() + 1, 3))
    for _ in range(rounds):
        shade = np.maximum(features @ light, darkest)
        for k in np.unique(kinds):
            own = kinds == k
            base[k] = _median(colors[own] / shade[own], weights[own])
        known = np.maximum(base[kinds], 1e-3)
        ratio = colors / known
        for c in range(3):
            away = ratio[:, c] - features @ light[:, c]
            # Texture within a kind is an outlier to the light.
            w = weights / (1.0 + (away / 0.25) ** 2) ** 2
            A = (features * w[:, None]).T @ features + np.diag(prior) * 0.02 * w.sum()
            light[:, c] = np.linalg.solve(A, (features * w[:, None]).T @ ratio[:, c])
        mean = ((features @ light) * weights[:, None]).sum(0) / max(weights.sum(), 1e-9)
        light = light / np.maximum(mean, 1e-3)
        base = base * np.maximum(mean, 1e-3)
    return light, base


def without_light(colors: np.ndarray, normals: np.ndarray, light: np.ndarray) -> np.ndarray:
    """(N, 3) colours divided by the shading of their normals."""
    return colors / np.maximum(harmonics(normals) @ light, DARKEST)


def kinds_of(colors: np.ndarray, weights: np.ndarray, regions: np.ndarray, count: int = 4) -> np.ndarray:
    """(N,) int: texels of a region (N,) grouped by their hue, which light changes little, by k-means on chromaticity."""
    total = np.maximum(colors.sum(1, keepdims=True), 1e-4)
    hue = colors / total
    seeds = hue[np.argsort(hue[:, 0])[np.linspace(0, len(hue) - 1, count + 2)[1:-1].astype(int)]]
    label = np.zeros(len(hue), np.int64)
    for _ in range(10):
        label = ((hue[:, None] - seeds[None]) ** 2).sum(2).argmin(1)
        for k in range(count):
            own = label == k
            if weights[own].sum() > 0:
                seeds[k] = (hue[own] * weights[own, None]).sum(0) / weights[own].sum()
    return regions * count + label


def _median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(C,) weighted medians of (N, C)."""
    out = np.empty(values.shape[1])
    for c in range(values.shape[1]):
        order = np.argsort(values[:, c])
        total = np.cumsum(weights[order])
        out[c] = values[order[min(int(np.searchsorted(total, 0.5 * total[-1])), len(order) - 1)], c]
    return out
