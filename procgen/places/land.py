"""Rolling land around the origin: one height field, the mesh of it, and the exact height of that mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import Mesh
from ..materials.shader import Shader
from .solids import quads
from .stones import field, waves

HALF, CELLS = 24.0, 96  # the fine square: 48 m of 0.5 m cells
REACH, RINGS = 40.0, 21  # rings around it, scaled up to 40 times: the land ends 960 m away, behind its hills


def smoothstep(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


@dataclass
class Land:
    """Height field with a path.

    Args:
        seed: Seed of the relief.
        relief: 0 flat to 1 hilly.
        path_width: Metres; 0 = no path.
        path_heading: Direction of the path, radians about Z.
        path_bend: Sideways swing of the path, metres.
        path_depth: How far the path lies below the turf, metres.
    """

    seed: int
    relief: float
    path_width: float
    path_heading: float
    path_bend: float
    path_depth: float

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.seed, 1])
        self._near = waves(rng, 9, (11.0, 34.0), 2)
        self._mid = waves(rng, 8, (70.0, 190.0), 2)
        self._far = waves(rng, 8, (260.0, 620.0), 2)
        self._phase = float(rng.uniform(0, 2 * np.pi))
        self._zero = 0.0
        self._zero = float(self.analytic(np.zeros(1), np.zeros(1))[0])
        axis = np.linspace(-HALF, HALF, CELLS + 1)
        self._x, self._y = np.meshgrid(axis, axis, indexing="ij")
        self._z = self.analytic(self._x, self._y).astype(np.float32).astype(float)

    def path_distance(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Distance to the middle of the path, metres (good to a few per cent for gentle bends)."""
        c, s = np.cos(self.path_heading), np.sin(self.path_heading)
        along, across = x * c + y * s, -x * s + y * c
        u = along / 11.0 + self._phase
        swing = self.path_bend * (np.sin(u) - np.sin(self._phase) + 0.3 * (np.sin(2.3 * u) - np.sin(2.3 * self._phase)))
        slope = self.path_bend / 11.0 * (np.cos(u) + 0.69 * np.cos(2.3 * u))
        return np.abs(across - swing) / np.sqrt(1 + slope**2)

    def on_path(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """1 on the path, falling to 0 over 0.8 m at its edge (0.5 at half its width); fades out far away."""
        if self.path_width <= 0:
            return np.zeros(np.shape(x))
        edge = np.clip((self.path_width / 2 + 0.4 - self.path_distance(x, y)) / 0.8, 0, 1)
        return edge * (1 - smoothstep(np.hypot(x, y), 60.0, 120.0))

    def analytic(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height field that the mesh samples; 0 at the origin."""
        p, r = np.stack([x, y], -1), np.hypot(x, y)
        k = 0.25 + 0.75 * self.relief
        z = 0.11 * k * field(self._near, p)
        z = z + 1.9 * k * field(self._mid, p) * smoothstep(r, 9.0, 110.0)
        z = z + (17 + 13 * field(self._far, p)).clip(2) * k * smoothstep(r, 110.0, 560.0) * 1.3
        z = z - self.path_depth * smoothstep(self.on_path(x, y), 0.1, 0.9)
        return z - self._zero

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height of the visible surface: exactly the triangles of the mesh in the fine square, the field beyond it."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        cell = 2 * HALF / CELLS
        fx, fy = (x + HALF) / cell, (y + HALF) / cell
        i, j = np.clip(np.floor(fx).astype(int), 0, CELLS - 1), np.clip(np.floor(fy).astype(int), 0, CELLS - 1)
        fx, fy = fx - i, fy - j
        z = self._z
        z00, z10, z11, z01 = z[i, j], z[i + 1, j], z[i + 1, j + 1], z[i, j + 1]
        exact = np.where(fy <= fx, z00 + fx * (z10 - z00) + fy * (z11 - z10), z00 + fy * (z01 - z00) + fx * (z11 - z01))
        inside = (np.abs(x) <= HALF) & (np.abs(y) <= HALF)
        return np.where(inside, exact, self.analytic(x, y) if not inside.all() else exact)

    def normal(self, x: np.ndarray, y: np.ndarray, step: float = 0.5) -> np.ndarray:
        """(N, 3) unit normals of the field."""
        dx = (self.height(x + step, y) - self.height(x - step, y)) / (2 * step)
        dy = (self.height(x, y + step) - self.height(x, y - step)) / (2 * step)
        n = np.stack([-dx, -dy, np.ones_like(dx)], -1)
        return n / np.linalg.norm(n, axis=-1, keepdims=True)

    def mesh(self, material: Shader) -> Mesh:
        """The land as one mesh with the point attribute `path`."""
        n = CELLS + 1
        idx = np.arange(n * n).reshape(n, n)
        fine = np.stack([idx[:-1, :-1], idx[1:, :-1], idx[1:, 1:], idx[:-1, 1:]], -1).reshape(-1, 4)
        rim = np.concatenate([idx[:-1, 0], idx[-1, :-1], idx[:0:-1, -1], idx[0, :0:-1]])
        xy = np.stack([self._x.ravel(), self._y.ravel()], 1)
        scale = REACH ** (np.arange(1, RINGS + 1) / RINGS)
        # The square turns into a circle on the way out, so that the hills have no corners.
        edge = xy[rim]
        circle = edge / np.linalg.norm(edge, axis=1, keepdims=True) * HALF
        blend = smoothstep(np.log(scale), 0.0, np.log(REACH) * 0.5)[:, None, None]
        ring = ((edge * (1 - blend) + circle * blend) * scale[:, None, None]).reshape(-1, 2)
        rows = np.concatenate([rim[None], n * n + np.arange(len(ring)).reshape(RINGS, -1)])
        nxt = np.roll(rows, -1, axis=1)
        outer = np.stack([rows[:-1], rows[1:], nxt[1:], nxt[:-1]], -1).reshape(-1, 4)
        z = np.concatenate([self._z.ravel(), self.analytic(ring[:, 0], ring[:, 1])])
        xy = np.concatenate([xy, ring])
        return Mesh(
            vertices=np.column_stack([xy, z]).astype(np.float32),
            faces=quads(np.concatenate([fine, outer])).astype(np.int32),
            materials=(material,),
            point={"path": self.on_path(xy[:, 0], xy[:, 1]).astype(np.float32)},
        )
