"""The clothed trunk as points, for things that are laid on it: straps, bags, scarves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import Mesh
from ...vectors import bounds, inside
from ..body_state import BodyState
from .figure import ARM, HEAD, LEG, figure_of


@dataclass(frozen=True)
class Surroundings:
    """Points of trunk, thighs and what covers them, arms left out.

    Attributes:
        points: (N, 3) world.
    """

    points: np.ndarray

    @classmethod
    def of(cls, body: BodyState, below: list[Mesh], head: bool = False, low: float = -np.inf) -> Surroundings:
        """Points of a person and the garments on them.

        Args:
            body, below: The person and what is worn.
            head: Keep the neck and the lower head.
            low: Leave out what is lower than this in the A-pose, metres: cloth on the knees of somebody who sits.
        """
        w = body.model.full_weights[: body.count]
        arm = w[:, ARM[0]].sum(1) + w[:, ARM[1]].sum(1)
        shin = w[:, LEG[0][1:]].sum(1) + w[:, LEG[1][1:]].sum(1)
        keep = (arm < 0.35) & (shin < 0.5) & (w[:, HEAD] < (0.8 if head else 0.3))
        if np.isfinite(low):
            keep &= figure_of(body).skin[:, 2] > low
        out = [body.posed[: body.count][keep].astype(float)]
        for mesh in below:
            fit = mesh.point.get("fit")
            if fit is None or not np.isfinite(fit[:, 0]).any():
                continue
            with np.errstate(invalid="ignore"):
                use = (mesh.point["inner"] < 0.5) & ~(fit[:, 2] < low)
            if mesh.point.get("arm") is not None:
                use = use & (np.abs(mesh.point["arm"]) < 0.35)
            out.append(mesh.vertices[use].astype(float))
        return cls(np.concatenate(out))

    def front(self, x: np.ndarray, R: np.ndarray, within: float) -> np.ndarray:
        """(N,) how far forward, along -Y of the frame R (3, 3), the surface comes near points x (N, 3)."""
        a, b = self.points @ R, x @ R
        low, high = bounds(b)
        a = a[inside(a, low - [within, np.inf, within], high + [within, np.inf, within])]
        # From low to high, so that what is near in height is one run of the points.
        across, ahead, up = a[np.argsort(a[:, 2], kind="stable")].T
        start, end = np.searchsorted(up, b[:, 2] - within, side="right"), np.searchsorted(up, b[:, 2] + within)
        out = -b[:, 1]
        for i, q in enumerate(b):
            run = slice(start[i], end[i])
            near = np.abs(across[run] - q[0]) < within
            if near.any():
                out[i] = -ahead[run][near].min()
        return out
