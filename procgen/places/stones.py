"""Boulders: a ball cut by random planes, weathered by waves."""

from __future__ import annotations

import numpy as np

from ..geometry import Mesh
from ..materials.shader import Shader
from .solids import Kit, rounded


def waves(
    rng: np.random.Generator, count: int, wavelength: tuple[float, float], dims: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors (count, dims) and phases (count,) of a smooth random field; see `field`."""
    d = rng.normal(size=(count, dims))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    k = 2 * np.pi / np.exp(rng.uniform(np.log(wavelength[0]), np.log(wavelength[1]), count))
    return d * k[:, None], rng.uniform(0, 2 * np.pi, count)


def field(w: tuple[np.ndarray, np.ndarray], p: np.ndarray) -> np.ndarray:
    """(…,) values with unit variance at points (…, dims)."""
    k, phase = w
    return np.sin(p @ k.T + phase).sum(-1) * np.sqrt(2 / len(phase))


def build_rock(rng: np.random.Generator, material: Shader, cells: int = 7) -> Mesh:
    """A boulder about 1 m across whose lower third is meant to be in the ground."""
    ball = rounded((1, 1, 1), 0.5, n=2 * cells, cells=1)
    d = ball.v / np.linalg.norm(ball.v, axis=1, keepdims=True)
    n = rng.normal(size=(13, 3))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    cut = rng.uniform(0.34, 0.50, 13)
    reach = cut / np.maximum(d @ n.T, 0.15)
    r = -np.log(np.exp(-18 * np.minimum(reach, 0.56)).mean(1)) / 18 - 0.02  # smooth minimum: planes with worn edges
    r += 0.022 * field(waves(rng, 10, (0.25, 0.8)), d * 0.5) + 0.008 * field(waves(rng, 12, (0.08, 0.2)), d * 0.5)
    ball.v = d * r[:, None] * rng.uniform((0.95, 0.8, 0.62), (1.25, 1.05, 0.85))
    return Kit().add(ball, material).mesh()
