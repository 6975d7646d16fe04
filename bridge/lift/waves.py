"""Broad waves in depth and normals that a network made: neighbours err together, so what varies slowly says little and what
varies quickly says much.

The waves are unknowns of their own, hundreds of them, all linear: they are solved for within every evaluation, and the fit sees
what they leave (variable projection; Golub and Pereyra 1973, Kaufman 1975).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .least_squares import Term

# Bumps of the basis are this far apart, in their own standard deviations; and wide, in correlation lengths.
APART, WIDE = 1.3, 0.7071
ROUNDS = 4


@dataclass(frozen=True)
class Waves:
    """Errors that neighbours share.

    Attributes:
        depth: Metres, one standard deviation.
        normal: The same of a component of a normal.
        length: Metres on the face: points this far apart agree in exp(-1/2) of their errors.
    """

    depth: float
    normal: float
    length: float

    def basis(self, q: np.ndarray, metres_per_px: float) -> np.ndarray:
        """(n, M) at pixels q (n, 2): a random sum of its columns has variance 1 everywhere, and this length."""
        wide = WIDE * self.length / metres_per_px
        step = APART * wide
        low, high = q.min(0) - 1.5 * wide, q.max(0) + 1.5 * wide
        axes = [np.arange(a, b + step, step) for a, b in zip(low, high, strict=True)]
        x, y = (np.exp(-0.5 * ((q[:, k, None] - axes[k]) / wide) ** 2) for k in range(2))
        out = (x[:, :, None] * y[:, None, :]).reshape(len(q), -1)
        out = out[:, out.max(0) > 0.02]
        return out / np.linalg.norm(out, axis=1, keepdims=True)


def without_waves(name: str, residual: np.ndarray, jacobian: np.ndarray, basis: np.ndarray, robust: float) -> list[Term]:
    """What is left of residuals when the waves that explain most of them are taken out, and what the waves cost.

    Args:
        residual: (n, c), c components that have waves of their own and one robust weight. jacobian: (n, c, K).
        basis: (n, M) times the standard deviation of the waves over that of the residual.
    """
    n, c = residual.shape
    M, K = basis.shape[1], jacobian.shape[2]
    waves, project = np.zeros((M, c)), np.zeros((M, n))
    for r in range(ROUNDS):
        left = residual - basis @ waves
        limit = robust * max(1.0, 4.0 * 0.5**r)
        w = 1.0 / (1.0 + (left**2).sum(1) / limit**2)
        weighted = basis * w[:, None]
        project = np.linalg.solve(np.eye(M) + weighted.T @ weighted, (weighted * w[:, None]).T)
        waves = project @ residual
    turned = np.einsum("mn,nck->mck", project, jacobian, optimize=True)
    left = residual - basis @ waves
    kept = jacobian - np.einsum("nm,mck->nck", basis, turned, optimize=True)
    return [
        Term(name, left.reshape(n * c), kept.reshape(n * c, K), c, robust),
        Term(name + " waves", waves.ravel(), turned.reshape(M * c, K)),
    ]
