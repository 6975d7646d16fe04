"""Which skin no one can see: decided once in the A-pose, so that a person's body keeps its faces through a motion."""

from __future__ import annotations

import numpy as np

from ...geometry import Mesh
from ..nearest import NearestPoints
from .figure import Figure

# Skin this near to a border stays, however tight the garment: borders move with the pose. By measurement.
MARGIN = 0.04
# How far up a sleeve or a skirt one looks, for every metre that it stands off.
LOOK_IN = 2.0


def covered_skin(fig: Figure, clothes: list[Mesh]) -> np.ndarray:
    """(V,) bool body vertices that lie well under cloth.

    Args:
        fig: The person in the A-pose.
        clothes: Garments with a `fit` attribute (their shape in the A-pose) and a `border` attribute (distance to it).
    """
    skin, normals = fig.skin, fig.normals
    hidden = np.zeros(len(skin), bool)
    for mesh in clothes:
        fit = mesh.point.get("fit")
        if fit is None:
            continue
        outer = np.flatnonzero((mesh.point["inner"] < 0.5) & np.isfinite(fit[:, 0]))
        x = fit[outer].astype(np.float64)
        edge = mesh.point["border"][outer]
        near = np.flatnonzero(((skin > x.min(0) - 0.02) & (skin < x.max(0) + 0.02)).all(1))
        if len(near) == 0:
            continue
        d, i = NearestPoints(x).query(skin[near], max_distance=0.3)
        i = np.minimum(i, len(x) - 1)
        out = x[i] - skin[near]
        # Under the cloth: it lies in front of the skin, not beside it.
        ahead = np.einsum("ij,ij->i", out, normals[near]) > 0.35 * d
        # Children move by less.
        margin = MARGIN * min(1.0, fig.scale)
        hidden[near] |= np.isfinite(d) & (edge[i] > margin + LOOK_IN * d) & ahead
    return hidden


def hidden_quads(fig: Figure, clothes: list[Mesh], faces: np.ndarray) -> np.ndarray:
    """(Q,) bool faces of the body whose corners are all covered."""
    return covered_skin(fig, clothes)[faces].all(1)
