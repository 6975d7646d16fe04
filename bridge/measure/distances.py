"""Distances between sets of image features: the maths of FID and KID, for features that a published network made.

The names FID, KID and CLIP mean particular networks. Vivant ships none of them; these functions take features, and
`vivant measure` reports such a figure only with the user's own weights.
"""

from __future__ import annotations

import numpy as np

from ...procgen.errors import SpecError


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance of the normal distributions fitted to two sets of features (Heusel et al. 2017).

    Args:
        a, b: (N, D) features, N at least 2.
    """
    a, b = _checked(a, b)
    mean = a.mean(0) - b.mean(0)
    cov_a, cov_b = np.atleast_2d(np.cov(a, rowvar=False)), np.atleast_2d(np.cov(b, rowvar=False))
    # trace of sqrt(A B) = sum of the square roots of the eigenvalues of sqrt(A) B sqrt(A), which is symmetric.
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ cov_b @ root).clip(0)).sum()
    return float(max(mean @ mean + np.trace(cov_a) + np.trace(cov_b) - 2 * shared, 0.0))


def kernel_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Squared maximum mean discrepancy with the cubic kernel, unbiased (Bińkowski et al. 2018); may be below zero."""
    a, b = _checked(a, b)
    d = a.shape[1]

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / d + 1) ** 3

    aa, bb, ab = kernel(a, a), kernel(b, b), kernel(a, b)
    n, m = len(a), len(b)
    within = (aa.sum() - np.trace(aa)) / (n * (n - 1)) + (bb.sum() - np.trace(bb)) / (m * (m - 1))
    return float(within - 2 * ab.mean())


def _checked(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise SpecError(
            "features do not match", expected="(N, D) and (M, D), N and M at least 2", got=f"{a.shape}, {b.shape}"
        )
    return a.astype(np.float64), b.astype(np.float64)
