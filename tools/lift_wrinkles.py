"""Relief that no head of ours has: bumps and folds that stay, and wrinkles that come with actions, as heights in the UV map.

What `tools.lift_heads --wrinkles` puts on its heads, and what `tools.measure_lift_detail` looks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from vivant.bridge.lift.detail_grid import DetailGrid, detail_grid
from vivant.bridge.lift.open_head import open_head
from vivant.procgen.seeds import Seed

SIZE = 2048
# Where actions fold the skin: centre and radii (right of the middle; metres from between the eyes), direction across the folds,
# their distance, and depth at full action.
FOLDS: dict[str, tuple[tuple[float, float, float], tuple[float, float], tuple[float, float], float, float]] = {
    "browInnerUp": ((0.0, 0.045, 0.04), (0.028, 0.016), (0.0, 1.0), 0.0065, 0.0007),
    "browOuterUp": ((0.034, 0.042, 0.03), (0.020, 0.016), (0.25, 1.0), 0.0060, 0.0006),
    "browDown": ((0.007, 0.018, 0.04), (0.008, 0.012), (1.0, 0.1), 0.0060, 0.0009),
    "cheekSquint": ((0.052, 0.000, 0.01), (0.012, 0.014), (0.25, 1.0), 0.0045, 0.0006),
    "eyeSquint": ((0.046, -0.012, 0.02), (0.014, 0.008), (-0.2, 1.0), 0.0040, 0.0004),
    "mouthSmile": ((0.036, -0.062, 0.035), (0.010, 0.024), (1.0, -0.3), 0.0075, 0.0010),
    "noseSneer": ((0.010, -0.010, 0.045), (0.008, 0.010), (-0.5, 1.0), 0.0045, 0.0006),
    "mouthPucker": ((0.0, -0.058, 0.05), (0.020, 0.008), (1.0, 0.0), 0.0045, 0.0005),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Relief:
    """(M,) heights in metres: at rest, and of each action at 1."""

    rest: np.ndarray
    actions: Mapping[str, np.ndarray]

    def at(self, activations: Mapping[str, float]) -> np.ndarray:
        """(M,) heights of an expression."""
        out = self.rest.copy()
        for name, value in activations.items():
            if name in self.actions:
                out += value * self.actions[name]
        return out


def relief(seed: Seed, grid: DetailGrid | None = None) -> Relief:
    """Somebody's relief: bumps of 4 to 14 mm and 0.25 mm, wrinkles at rest by age, and folds of actions."""
    head = open_head()
    grid = grid or detail_grid(head, SIZE)
    p = grid.carry(head, head.vertices)
    rng = seed.child("relief").rng()
    rest = np.zeros(grid.count)
    for length, size in ((0.014, 0.00022), (0.007, 0.00014), (0.0035, 0.00006)):
        waves = rng.normal(size=(50, 3)) / length * 2.0
        phase = rng.uniform(0, 2 * np.pi, 50)
        rest += size * np.sqrt(2.0 / 50) * sum(np.cos(p @ k + f) for k, f in zip(waves, phase, strict=True))
    age = float(rng.uniform(0.0, 1.0))
    actions: dict[str, np.ndarray] = {}
    for name, fold in FOLDS.items():
        middle = abs(fold[0][0]) < 1e-9
        for side in (0.0,) if middle else (1.0, -1.0):
            line = _lines(rng, p, fold, side or 1.0)
            rest += age * float(rng.uniform(0.1, 0.5)) * line
            whole = name if middle else name + ("Left" if side > 0 else "Right")
            actions[whole] = float(rng.uniform(0.6, 1.2)) * line
    return Relief(rest * grid.fade, {k: v * grid.fade for k, v in actions.items()})


def _lines(rng: np.random.Generator, p: np.ndarray, fold: tuple, side: float) -> np.ndarray:
    """(M,) height of a row of folds: narrow valleys between broad ridges."""
    (x, y, _), (rx, ry), across, apart, depth = fold
    dx, dy = p[:, 0] * side - x, p[:, 1] - y
    a = np.array(across) / np.linalg.norm(across)
    along = dx * a[0] + dy * a[1]
    other = -dx * a[1] + dy * a[0]
    bend = 0.12 * apart * np.sin(other / 0.006 + rng.uniform(0, 6.28)) + 6.0 * rng.normal() * other**2
    phase = (along + bend) / apart + rng.uniform(0, 1)
    valley = np.exp(-0.5 * ((phase - np.rint(phase)) / 0.16) ** 2)
    window = np.exp(-((dx / rx) ** 2) - (dy / ry) ** 2) * (p[:, 2] > -0.03)
    return depth * window * (0.35 - valley)
