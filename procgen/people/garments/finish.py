"""From draped cloth to a mesh with thickness: hems turned in, pattern coordinates, distances to edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...geometry import Mesh
from ...materials.shader import Shader
from ...vectors import every, used_vertices, vertex_normals
from ..nearest import NearestPoints
from .figure import SIDES, Figure
from .topology import Fabric

FAR = 0.2
TURN_IN = 0.034


def pattern_coordinates(fitted: np.ndarray, arm: np.ndarray, fig: Figure) -> np.ndarray:
    """(V, 3) float32 metres: the fitted garment with its sleeves hanging, so that stripes run around sleeves."""
    out = fitted.copy()
    for s in SIDES:
        axis = fig.arms[s]
        down = np.array([0.0, 0.0, -1.0])
        v, c = np.cross(axis.down, down), float(axis.down @ down)
        K = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
        R = np.eye(3) + K + K @ K / (1 + c)
        out += arm[:, s, None] * ((fitted - axis.origin) @ R.T + axis.origin - fitted)
    # Measured from the collarbones, so that patterns do not depend on how tall a person is.
    return (out - fig.joints[12]).astype(np.float32)


def limb_coordinates(fitted: np.ndarray, arm: np.ndarray, fig: Figure, legs: bool) -> np.ndarray:
    """(V, 3) float32: offset from the axis of the trunk, arm or leg that the cloth goes round, and a radius for it.

    Shaders take the angle from it: patterns then run around limbs without stretching, and close without a seam because
    their number of repeats on that radius is rounded.
    """
    s, angle, _ = fig.trunk.split(fitted)
    unit = fig.scale
    out = np.stack([np.sin(angle), -np.cos(angle), np.full(len(s), 0.16 * unit)], 1)
    for side in SIDES:
        axes = [(fig.arms[side], arm[:, side] > 0.5, 0.06 * unit)]
        if legs:
            # Up to the waistband: the two meet in the seam down the middle.
            axes.append((fig.legs[side], (fitted[:, 0] > 0) == (side == 0), 0.085 * unit))
        for axis, on, radius in axes:
            angle = axis.split(fitted[on])[1]
            # On both arms the angle starts at the inner side, where its seam does not show.
            turn = angle + (np.pi if side == 1 else 0.0)
            out[on] = np.stack([np.sin(turn), -np.cos(turn), np.full(len(angle), radius)], 1)
    return out.astype(np.float32)


def loop_distance(x: np.ndarray, loop: np.ndarray) -> np.ndarray:
    """(V,) distance to a closed border, metres; FAR where farther than 10 cm."""
    a, b = x[loop], x[np.roll(loop, -1)]
    steps = np.arange(4)[:, None, None] / 4
    dense = (a[None] * (1 - steps) + b[None] * steps).reshape(-1, 3)
    out = np.full(len(x), FAR)
    near = np.flatnonzero(every((x > dense.min(0) - 0.11) & (x < dense.max(0) + 0.11)))
    out[near] = np.minimum(NearestPoints(dense).query(x[near], max_distance=0.1)[0], FAR)
    return out


@dataclass
class Draped:
    """A garment after draping, at its final resolution.

    Attributes:
        fabric: Mesh topology.
        x: (V, 3) world positions.
        fitted: (V, 3) the A-pose shape.
        rest: (V, 3) pattern coordinates.
        arm: (V, 2) skinning weight of the arms.
        loops: Borders by name.
        distance: Distance to each named border, (V,) metres.
        border: (V,) distance to the nearest border, whatever `distance` is made to draw.
        cut_edge: (V,) distance to the nearest border on the canonical body, metres.
        around: (V, 3) limb coordinates, see `limb_coordinates`.
        point: Further vertex attributes, (V,).
    """

    fabric: Fabric
    x: np.ndarray
    fitted: np.ndarray
    rest: np.ndarray
    arm: np.ndarray
    loops: dict[str, np.ndarray]
    distance: dict[str, np.ndarray]
    border: np.ndarray
    cut_edge: np.ndarray
    around: np.ndarray
    point: dict[str, np.ndarray]

    @cached_property
    def normals(self) -> np.ndarray:
        """(V, 3) unit normals of `x`."""
        return vertex_normals(self.x, self.fabric.tris)

    @cached_property
    def fitted_normals(self) -> np.ndarray:
        """(V, 3) unit normals of `fitted`."""
        return vertex_normals(self.fitted, self.fabric.tris)

    @cached_property
    def near_fitted(self) -> NearestPoints:
        """Search among `fitted`."""
        return NearestPoints(self.fitted)

    @property
    def seams(self) -> tuple[str, ...]:
        """Names of the seam attributes that there are (Blender reads missing ones as 0: on the seam)."""
        return tuple(n for n in ("seam", "seam2", "seam3") if n in self.point)

    @property
    def edge(self) -> np.ndarray:
        """(V,) distance to the nearest border."""
        return np.minimum.reduce([*self.distance.values(), np.full(len(self.x), FAR)])


def to_mesh(cloth: Draped, material: Shader, thickness: float) -> Mesh:
    """The finished garment: every border is turned in by a few centimetres, so that it shows its thickness."""
    x, tris = cloth.x, cloth.fabric.tris
    n = cloth.normals
    count = len(x)
    # Canonical distances: the same faces are doubled on every person and at every time.
    near = every((cloth.cut_edge < TURN_IN)[tris])
    inner_tris = tris[near]
    used = used_vertices(np.concatenate([inner_tris.ravel(), cloth.fabric.border.ravel()]), count)
    number = np.full(count, -1)
    number[used] = count + np.arange(len(used))
    # The turned-in layer lies a thickness below, and ends a little deeper so that its own edge stays hidden.
    inside = x[used] - n[used] * thickness
    a, b = cloth.fabric.border.T
    rim = np.concatenate([np.stack([b, a, number[a]], 1), np.stack([b, number[a], number[b]], 1)])
    faces = np.concatenate([tris, number[inner_tris][:, ::-1], rim]).astype(np.int32)
    inner = np.concatenate([np.zeros(count), np.ones(len(used))]).astype(np.float32)
    inner[np.unique(cloth.fabric.border)] = 0.0

    def both(v: np.ndarray) -> np.ndarray:
        return np.concatenate([v, v[used]]).astype(np.float32)

    point = {"rest": both(cloth.rest), "edge": both(cloth.edge), "inner": inner}
    point["around"], point["fit"], point["border"] = both(cloth.around), both(cloth.fitted), both(cloth.border)
    point["place"] = point["fit"]
    point["arm"] = both(cloth.arm[:, 0] - cloth.arm[:, 1])
    for name, v in cloth.point.items():
        point[name] = both(v)
    return Mesh(np.concatenate([x, inside]).astype(np.float32), faces, (material,), point=point)
