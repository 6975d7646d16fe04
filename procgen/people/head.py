"""The head as hair and skin see it: a rigid frame, and template coordinates that mean the same place on every face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..frames import world_from_smplx
from ..keyed import Keyed
from ..vectors import every, middles
from .skeleton import HEAD, JAW, LEFT_EYE, RIGHT_EYE

if TYPE_CHECKING:
    from .body_state import BodyState
    from .model import BodyModel

# Height of the crown above the eyes of a head of scale 1, metres: all hair measures are given for such a head.
UNIT_CROWN = 0.115


@dataclass(frozen=True)
class Head:
    """Head frame and surface.

    Local coordinates: metres, X = person's left, -Y = forward, Z = crown; origin in the middle of the skull at eye height.

    Attributes:
        T: (4, 4) float64, world from local.
        scale: Size of the skull; 1 has its crown 115 mm above the eyes.
        points: (V, 3) float64, posed body vertices in local coordinates.
        normals: (V, 3) float64, local.
        canon: (V, 3) float64, template coordinates: metres from the point between the template's eyes.
        skull: (V, 3) float64, template coordinates from the middle of the template's skull, scaled to a head of scale 1.
        triangles: (T, 3) int, skin of head and neck (no eyes, no tongue).
        weight: (V,) float, how much each vertex moves with the head.
        ears, lips: (V,) float, 1 on the ears, on the lips.
        eyes: (2, 3) float64, local centres of the left and right eyeball.
        eye_radius: Metres.
        template_eye: Half the distance between the template's eyes, metres: the unit of `canon`.
    """

    T: np.ndarray
    scale: float
    points: np.ndarray
    normals: np.ndarray
    canon: np.ndarray
    skull: np.ndarray
    triangles: np.ndarray
    weight: np.ndarray
    ears: np.ndarray
    lips: np.ndarray
    eyes: np.ndarray
    eye_radius: float
    template_eye: float

    def world(self, local: np.ndarray) -> np.ndarray:
        """Local (…, 3) points to world float32."""
        return (local @ self.T[:3, :3].T + self.T[:3, 3]).astype(np.float32)

    def local(self, world: np.ndarray) -> np.ndarray:
        """World (…, 3) points to local float64."""
        return (np.asarray(world, np.float64) - self.T[:3, 3]) @ self.T[:3, :3]

    @property
    def down(self) -> np.ndarray:
        """(3,) unit vector of gravity in local coordinates."""
        return -self.T[2, :3]


def eye_ball(vertices: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre (3,) and radius of the sphere that an eye shell lies on (the shells are spheres within 0.1 mm)."""
    p = np.asarray(vertices[ids], np.float64)
    A = np.concatenate([2.0 * p, np.ones((len(p), 1))], 1)
    x = np.linalg.lstsq(A, (p * p).sum(1), rcond=None)[0]
    return x[:3], float(np.sqrt(x[3] + x[:3] @ x[:3]))


def eye_ids(body: BodyState) -> list[np.ndarray]:
    """Vertices of the left and the right eye shell."""
    return _eye_ids(Keyed(body.model))


@lru_cache(maxsize=2)
def _eye_ids(asked: Keyed[BodyModel]) -> list[np.ndarray]:
    return [np.unique(asked.value.shell_faces[name]) for name in ("eye_l", "eye_r")]


def head_of(body: BodyState) -> Head:
    """Head frame and surface of a posed body; the last ones are kept, for skin, hair and what is on the head."""
    return _head_of(Keyed(body))


class _Template(NamedTuple):
    """What of a head is the same for all bodies of a model: fields of `Head`, and which vertices are the skull above the eyes."""

    canon: np.ndarray
    skull: np.ndarray
    triangles: np.ndarray
    weight: np.ndarray
    ears: np.ndarray
    lips: np.ndarray
    template_eye: float
    up: np.ndarray


@lru_cache(maxsize=2)
def _template_of(asked: Keyed[BodyModel]) -> _Template:
    model = asked.value
    count = len(model.v_template)
    template = world_from_smplx(np.asarray(model.v_template, np.float64))
    balls = [eye_ball(template, i)[0] for i in _eye_ids(asked)]
    canon = template - np.mean(balls, 0)
    weight = np.asarray(model.full_weights[:count, [HEAD, JAW, LEFT_EYE, RIGHT_EYE]], np.float64).sum(1)
    # Skull: what turns with the head and lies above the eyes.
    up = (weight > 0.6) & (canon[:, 2] > 0.02)
    middle = 0.5 * (canon[up, 1].min() + canon[up, 1].max())
    skin = weight > 0.02
    for name in ("eye_l", "eye_r", "tongue"):
        inside = model.shell_faces[name]
        skin[inside[inside < count]] = False
    tri = np.asarray(model.faces, np.int64)
    return _Template(
        canon=canon,
        skull=(canon - np.array([0.0, middle, 0.005])) / (canon[up, 2].max() / UNIT_CROWN),
        triangles=tri[every(skin[tri])],
        weight=weight,
        ears=np.asarray(model.regions.get("ears", np.zeros(count)), np.float64),
        lips=np.asarray(model.regions.get("lips", np.zeros(count)), np.float64),
        template_eye=float(0.5 * np.linalg.norm(balls[0] - balls[1])),
        up=up,
    )


@lru_cache(maxsize=2)
def _head_of(asked: Keyed[BodyState]) -> Head:
    body = asked.value
    count = body.count
    t = _template_of(Keyed(body.model))
    up = t.up
    rest = np.asarray(body.rest[:count], np.float64)
    rest_eyes = [eye_ball(rest, i) for i in eye_ids(body)]
    middle = np.mean([c for c, _ in rest_eyes], 0)
    centre_y = 0.5 * (rest[up, 1].min() + rest[up, 1].max())
    origin = np.array([middle[0], centre_y, middle[2] + 0.005])
    scale = float((rest[up, 2].max() - middle[2]) / UNIT_CROWN)
    T = np.array(body.T[HEAD], np.float64)
    T[:3, 3] += T[:3, :3] @ origin
    local = (np.asarray(body.posed[:count], np.float64) - T[:3, 3]) @ T[:3, :3]
    eyes_local = np.stack([(c - origin) for c, _ in rest_eyes])
    return Head(
        T=T,
        scale=scale,
        points=local,
        normals=np.asarray(body.normals, np.float64) @ T[:3, :3],
        canon=t.canon,
        skull=t.skull,
        triangles=t.triangles,
        weight=t.weight,
        ears=t.ears,
        lips=t.lips,
        eyes=eyes_local,
        eye_radius=float(np.mean([r for _, r in rest_eyes])),
        template_eye=t.template_eye,
    )


@dataclass(frozen=True)
class Roots:
    """Points on the skin.

    Attributes:
        position, normal: (N, 3) local, posed.
        canon, skull: (N, 3) template coordinates (see `Head`).
        corners: (N, 3) vertex ids; bary: (N, 3).
    """

    position: np.ndarray
    normal: np.ndarray
    canon: np.ndarray
    skull: np.ndarray
    corners: np.ndarray
    bary: np.ndarray

    def take(self, keep: np.ndarray) -> Roots:
        """A subset, by mask or index."""
        return Roots(*(getattr(self, k)[keep] for k in ("position", "normal", "canon", "skull", "corners", "bary")))


def on_surface(head: Head, corners: np.ndarray, bary: np.ndarray) -> Roots:
    """Points given by triangle corners (N, 3) and barycentric coordinates (N, 3)."""

    def mean(values: np.ndarray) -> np.ndarray:
        return np.einsum("nk,nkc->nc", bary, values[corners])

    n = mean(head.normals)
    n /= np.linalg.norm(n, axis=1, keepdims=True) + 1e-12
    return Roots(mean(head.points), n, mean(head.canon), mean(head.skull), corners, bary)


def scatter(head: Head, density: np.ndarray, count: int, rng: np.random.Generator) -> Roots:
    """Random points on the skin.

    Drawn by template area, so that the same seed gives the same places on the skin in every pose and at every size.

    Args:
        density: (V,) relative density, 0 where nothing grows.
        count: Number of points.
    """
    tri = head.triangles
    d = middles(density, tri)
    tri, d = tri[d > 1e-6], d[d > 1e-6]
    a, b, c = (head.canon[tri[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) * d
    if len(tri) == 0 or count <= 0:
        empty = np.zeros((0, 3))
        return on_surface(head, np.zeros((0, 3), np.int64), empty)
    # Stratified: even coverage without the clots of independent draws.
    edges = np.cumsum(area)
    at = (np.arange(count) + rng.random(count)) / count * edges[-1]
    face = np.minimum(np.searchsorted(edges, at, side="right"), len(tri) - 1)
    u, v = rng.random(count), rng.random(count)
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    return on_surface(head, tri[face], np.stack([1 - u - v, u, v], 1))


# Barycentric violation up to which a triangle is looked at for points beside it.
_BESIDE = 0.03


def front_surface(head: Head, xz: np.ndarray) -> Roots:
    """Points on the face seen from the front, by template coordinates.

    Args:
        xz: (N, 2) template x and z (see `Head.canon`), metres.
    """
    tri = head.triangles
    c = head.canon
    middle = middles(c, tri)
    low, high = xz.min(0) - 0.012, xz.max(0) + 0.012
    near = (middle[:, 1] < 0.05) & every(middle[:, [0, 2]] > low) & every(middle[:, [0, 2]] < high)
    tri = tri[near]
    p = c[tri]
    a, b, d = (p[:, k][:, [0, 2]] for k in range(3))
    # Only triangles that face forward: (b - a) x (d - a) has its y part against -Y.
    det = (b[:, 0] - a[:, 0]) * (d[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (d[:, 0] - a[:, 0])
    ok = det > 1e-9
    tri, a, b, d, det, depth = tri[ok], a[ok], b[ok], d[ok], det[ok], p[ok].mean(1)[:, 1]
    x, z = xz[:, 0], xz[:, 1]

    def weigh(i: np.ndarray, t: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Barycentric coordinates of points i in triangles t, and the cost of choosing them."""
        w1 = ((x[i] - a[t, 0]) * (d - a)[t, 1] - (z[i] - a[t, 1]) * (d - a)[t, 0]) / det[t]
        w2 = ((b - a)[t, 0] * (z[i] - a[t, 1]) - (b - a)[t, 1] * (x[i] - a[t, 0])) / det[t]
        w = [1 - w1 - w2, w1, w2]
        # Inside: smallest violation first, then the frontmost.
        return w, np.maximum(0.0, -np.minimum(np.minimum(w[0], w[1]), w[2])) * 10.0 + depth[t] * 0.5

    # Only triangles whose box, a little widened, holds a point can be its best one ...
    size = np.stack([np.minimum(np.minimum(a, b), d), np.maximum(np.maximum(a, b), d)])
    size = size + np.array([-2.0, 2.0])[:, None, None] * _BESIDE * (size[1] - size[0])
    point, which = in_boxes(x, z, size[0], size[1])
    w, cost = weigh(point, which)
    best, least = np.zeros(len(xz), np.int64), np.full(len(xz), np.inf)
    order = np.lexsort((which, cost, point))
    first = order[np.diff(point[order], prepend=-1) > 0]
    best[point[first]], least[point[first]] = which[first], cost[first]
    # ... unless that one costs more than another may whose violation is larger than the widening.
    rest = np.flatnonzero(~(least < 10.0 * _BESIDE + 0.5 * depth.min(initial=np.inf)))
    if len(rest):
        best[rest] = weigh(rest[:, None], np.arange(len(tri))[None])[1].argmin(1)
    w = np.stack(weigh(np.arange(len(xz)), best)[0], 1)
    bary = np.clip(w, 0.0, 1.0)
    bary /= bary.sum(1, keepdims=True)
    return on_surface(head, tri[best], bary)


def in_boxes(x: np.ndarray, z: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points (N,), (N,) and the boxes (M, 2) that hold them."""
    order = np.argsort(x, kind="stable")
    start, end = np.searchsorted(x[order], low[:, 0]), np.searchsorted(x[order], high[:, 0], side="right")
    count = end - start
    box = np.repeat(np.arange(len(low)), count)
    point = order[np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count) + start[box]]
    inside = (z[point] >= low[box, 1]) & (z[point] <= high[box, 1])
    return point[inside], box[inside]
