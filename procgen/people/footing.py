"""What is below a person: ground heights in the person's own frame, and a foot as a rigid thing to set on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .kinematics import LEFT_LEG, RIGHT_LEG, rot, unit
from .proxies import Points, Proxy
from .steps import Steps

Height = Callable[[np.ndarray, np.ndarray], np.ndarray]
LEG = {"left": LEFT_LEG, "right": RIGHT_LEG}
UP = np.array([0.0, 1.0, 0.0])
# Steeper ground than this (radians) is stood on as if it were this steep: ankles bend no further.
MAX_SLOPE = 0.55


class Ground:
    """Heights below a person, in the person's frame: x left, z ahead, pelvis' ground point at the origin."""

    def __init__(self, height: Height, position: tuple[float, float], heading: float, steps: Steps | None = None) -> None:
        self.height, self.steps, self.position = height, steps, np.asarray(position, float)
        c, s = np.cos(heading), np.sin(heading)
        self.turn = np.array([[c, -s], [s, c]])
        self.base = float(np.asarray(height(self.position[:1], self.position[1:2]))[0])

    def below(self, points: np.ndarray) -> np.ndarray:
        """(n,) ground height under (n, 3) points, relative to that under the origin."""
        flat = np.stack([points[:, 0], -points[:, 2]], 1) @ self.turn.T + self.position
        ground = np.asarray(self.height(flat[:, 0], flat[:, 1]), np.float64) - self.base
        return ground if self.steps is None else self.steps.over(points[:, 0], points[:, 2], ground)

    def normal(self, x: float, z: float, reach: float) -> np.ndarray:
        """(3,) upward normal of the ground about (x, z), over the size of a foot."""
        q = np.array([[x - reach, 0, z], [x + reach, 0, z], [x, 0, z - reach], [x, 0, z + reach]])
        y = self.below(q)
        n = unit(np.array([-(y[1] - y[0]) / (2 * reach), 1.0, -(y[3] - y[2]) / (2 * reach)]))
        tilt = float(np.arccos(np.clip(n[1], -1, 1)))
        return n if tilt <= MAX_SLOPE else unit(UP + (n - UP) * (MAX_SLOPE / tilt))

    def gap(self, points: np.ndarray) -> np.ndarray:
        """(n,) height of points above the ground."""
        return points[:, 1] - self.below(points)


def small_rotation(rotvec: np.ndarray) -> np.ndarray:
    """(3, 3) rotation of one axis-angle vector."""
    return rot(rotvec, float(np.linalg.norm(rotvec))) if np.linalg.norm(rotvec) > 1e-9 else np.eye(3)


def rigid_foot(feet: Points, rest: np.ndarray, ankle: int, p: np.ndarray, R: np.ndarray, toe: np.ndarray) -> np.ndarray:
    """Foot points with the ankle at `p` turned by R and the toes by `toe`; what hangs on the shank is taken along."""
    at_toe = np.where(feet.joints == ankle + 3, feet.weights, 0.0).sum(1)[:, None]
    base = rest[ankle + 3] - rest[ankle]
    rigid = (feet.rest - rest[ankle]) @ R.T
    bent = (feet.rest - rest[ankle + 3]) @ toe.T + R @ base
    return p + (1.0 - at_toe) * rigid + at_toe * bent


def near_knee(points: Points, proxy: Proxy, side: str) -> np.ndarray:
    """(n,) which points of a shank are the front of its knee."""
    knee = proxy.rest[LEG[side][1]]
    return np.abs(points.rest[:, 1] - knee[1]) < 0.07 * proxy.size
