"""The shapes that bodies have: a few independent coefficients instead of all betas, so that a few pixels can decide them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...procgen.people.model import BodyModel, load_body
from ...procgen.people.shape import PhenotypeRanges, betas_from_phenotypes, sample_phenotype

# People that the space is made from, and coefficients that are kept: the next one moves vertices by under 1 mm (rms).
PEOPLE, SIZE = 240, 16
# Ages are the whole range: children must be reachable, or every child becomes a small adult.
AGES = (4.0, 85.0)


@dataclass(frozen=True, eq=False)
class ShapeSpace:
    """betas = mean + basis @ c, with every c of unit variance over people.

    mean: (B,). basis: (B, K).
    """

    mean: np.ndarray
    basis: np.ndarray

    @property
    def size(self) -> int:
        """K."""
        return self.basis.shape[1]

    def betas(self, shape: np.ndarray) -> np.ndarray:
        """(B,) betas of coefficients (K,)."""
        return self.mean + self.basis @ shape

    def nearest(self, model: BodyModel, betas: np.ndarray) -> np.ndarray:
        """(K,) coefficients whose vertices are nearest to those of betas (B,), in the least squares sense."""
        dirs = np.asarray(model.shapedirs, np.float64).reshape(-1, len(self.mean))
        M = dirs @ self.basis
        return np.linalg.solve(M.T @ M, M.T @ (dirs @ (np.asarray(betas, np.float64) - self.mean)))


@lru_cache(maxsize=2)
def shape_space(size: int = SIZE) -> ShapeSpace:
    """The space of the open body, from people that the project draws: principal components in metres of the skin.

    Source: principal component analysis in vertex space, as SMPL's shape space is made (Loper et al. 2015).
    """
    model = load_body()
    rng = np.random.default_rng(20240901)  # a fixed draw: the space is part of the method, not of a scene
    ranges = PhenotypeRanges(age_years=AGES)
    people = [sample_phenotype(rng, ranges) for _ in range(PEOPLE)]
    betas = np.asarray(betas_from_phenotypes(model, people), np.float64)
    mean = betas.mean(0)
    dirs = np.asarray(model.shapedirs, np.float64)[::7].reshape(-1, betas.shape[1])
    gram = dirs.T @ dirs
    scatter = (betas - mean).T / np.sqrt(len(betas))
    # Components of D = dirs @ scatter by its small Gram matrix: D = U S V^T, betas along V scaled to one deviation.
    _, _, right = np.linalg.svd(np.linalg.cholesky(gram + 1e-9 * np.eye(len(gram)) * np.trace(gram)).T @ scatter, full_matrices=False)
    return ShapeSpace(mean, scatter @ right[:size].T)


def flat_space(model: BodyModel, size: int = 10) -> ShapeSpace:
    """The first columns of a body file whose coefficients are already independent and of unit variance (SMPL-X files)."""
    count = model.shapedirs.shape[2]
    return ShapeSpace(np.zeros(count), np.eye(count)[:, : min(size, count)])


def space_of(model: BodyModel) -> ShapeSpace:
    """The space that belongs to a model."""
    return shape_space() if "phenotype_map" in model.phenotype else flat_space(model)
