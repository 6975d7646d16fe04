"""Trees and bushes: branches grown level by level, leaves as small folded kites, everything real geometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import Mesh
from ..materials import vegetation
from ..materials.shader import Color, Shader
from .solids import Kit, Piece, frames_along, tubes

GOLDEN = np.pi * (3 - 5**0.5)


@dataclass(frozen=True)
class TreeForm:
    """Proportions of a species; lengths are shares of the height unless a unit is named.

    Attributes:
        height: Metres.
        trunk: Radius at breast height, metres.
        clear: Where the crown begins.
        spread: Crown radius.
        shape: "round", "oval", "column", "cone" or "bush".
        rise: Angle of the main branches above the horizontal, radians, low and high in the crown.
        bend: How strongly branches turn up (negative: droop).
        counts: Branches, branches on each, twigs on each of those.
        leaves: Leaves on each twig.
        leaf: Leaf length and width, metres.
        leaf_color, autumn: Albedo.
        bark: "rough", "smooth" or "birch".
        bark_color: Albedo.
    """

    height: float
    trunk: float
    clear: float
    spread: float
    shape: str
    rise: tuple[float, float]
    bend: float
    counts: tuple[int, int, int]
    leaves: int
    leaf: tuple[float, float]
    leaf_color: Color
    autumn: Color | None = None
    bark: str = "rough"
    bark_color: Color = (0.115, 0.085, 0.06)


SPECIES: dict[str, TreeForm] = {
    "lime": TreeForm(
        9.5, 0.19, 0.20, 0.36, "round", (0.15, 1.05), 0.25, (26, 8, 5), 10, (0.190, 0.162), (0.125, 0.215, 0.042)
    ),
    "oak": TreeForm(
        10.0, 0.30, 0.17, 0.46, "round", (0.05, 0.95), 0.30, (22, 8, 6), 10, (0.205, 0.152), (0.105, 0.175, 0.038)
    ),
    "maple": TreeForm(
        8.5,
        0.16,
        0.22,
        0.34,
        "oval",
        (0.35, 1.15),
        0.20,
        (24, 8, 5),
        10,
        (0.200, 0.190),
        (0.150, 0.215, 0.045),
        (0.42, 0.19, 0.03),
    ),
    "birch": TreeForm(
        11.0,
        0.12,
        0.24,
        0.21,
        "oval",
        (0.45, 1.2),
        -0.55,
        (28, 7, 5),
        11,
        (0.130, 0.100),
        (0.175, 0.245, 0.052),
        None,
        "birch",
    ),
    "poplar": TreeForm(
        14.0, 0.18, 0.07, 0.11, "column", (1.05, 1.3), 0.15, (38, 6, 4), 11, (0.155, 0.130), (0.130, 0.210, 0.045)
    ),
    "pine": TreeForm(
        12.0,
        0.18,
        0.16,
        0.24,
        "cone",
        (-0.25, 0.75),
        -0.10,
        (42, 7, 4),
        11,
        (0.370, 0.064),
        (0.050, 0.092, 0.036),
        None,
        "rough",
        (0.16, 0.085, 0.05),
    ),
    "apple": TreeForm(
        4.6, 0.12, 0.26, 0.46, "round", (0.1, 0.9), 0.15, (16, 8, 5), 11, (0.125, 0.080), (0.125, 0.195, 0.060)
    ),
    "bush": TreeForm(
        1.5,
        0.022,
        0.02,
        0.62,
        "bush",
        (0.5, 1.3),
        0.10,
        (16, 5, 4),
        9,
        (0.110, 0.075),
        (0.095, 0.165, 0.036),
        None,
        "smooth",
    ),
    "box": TreeForm(
        0.9,
        0.015,
        0.02,
        0.55,
        "bush",
        (0.4, 1.4),
        0.05,
        (18, 6, 4),
        9,
        (0.060, 0.045),
        (0.060, 0.125, 0.030),
        None,
        "smooth",
    ),
}


def _profile(shape: str, t: np.ndarray) -> np.ndarray:
    """Crown radius (0–1) at share `t` of the crown's height."""
    if shape == "cone":
        return (1 - t) ** 0.85 * np.minimum(1, 0.45 + t * 5)
    if shape == "column":
        return np.sqrt(np.clip(1 - (2 * t - 0.9).clip(-1, 1) ** 2 * 0.85, 0, 1)) * (1 - 0.35 * t)
    if shape == "oval":
        return np.sqrt(np.clip(1 - ((t - 0.40) / 0.66) ** 2, 0.04, 1))
    return np.sqrt(np.clip(1 - ((t - 0.36) / 0.72) ** 2, 0.05, 1))


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def _limbs(
    start: np.ndarray,
    way: np.ndarray,
    length: np.ndarray,
    points: int,
    bend: float,
    wander: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Polylines (N, K, 3) from `start` along `way` that turn up by `bend` and wander."""
    n = len(start)
    d = way.copy()
    out = [start]
    step = (length / (points - 1))[:, None]
    for _ in range(points - 1):
        out.append(out[-1] + d * step)
        d = _unit(d + np.array([0, 0, bend / (points - 1)]) + rng.normal(0, wander, (n, 3)))
    return np.stack(out, 1)


def _children(
    parent: np.ndarray, count: int, low: float, angle: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Start, direction, place along the parent (0–1) and parent index of `count` side branches on each polyline."""
    n, k, _ = parent.shape
    t = low + (1 - low) * (np.arange(count) + rng.uniform(0, 0.9, (n, count))) / count
    f = t * (k - 1)
    i = np.minimum(f.astype(int), k - 2)
    rows = np.arange(n)[:, None]
    w = (f - i)[..., None]
    start = parent[rows, i] * (1 - w) + parent[rows, i + 1] * w
    u, v = frames_along(parent)
    along = _unit(parent[rows, i + 1] - parent[rows, i])
    roll = np.arange(count) * GOLDEN + rng.uniform(0, 2 * np.pi, (n, 1)) + rng.normal(0, 0.35, (n, count))
    side = u[rows, i] * np.cos(roll)[..., None] + v[rows, i] * np.sin(roll)[..., None]
    a = (angle + rng.normal(0, 0.16, (n, count)))[..., None]
    way = _unit(along * np.cos(a) + side * np.sin(a))
    index = np.repeat(np.arange(n), count)
    return start.reshape(-1, 3), way.reshape(-1, 3), t.reshape(-1), index


def kites(
    root: np.ndarray,
    way: np.ndarray,
    normal: np.ndarray,
    length: np.ndarray,
    width: np.ndarray,
    fold: float = 0.25,
    curl: float = 0.12,
) -> Piece:
    """Leaves (N): two triangles each, folded along the midrib, tips curling down; tex x = place along the leaf 0–1."""
    n = len(root)
    normal = _unit(normal - (normal * way).sum(1, keepdims=True) * way)
    side = np.cross(normal, way)
    length, width = length[:, None], width[:, None]
    mid = root + way * length * 0.45 + normal * length * curl
    v = np.stack(
        [
            root,
            mid + side * width / 2 + normal * width * fold,
            root + way * length - normal * length * curl * 0.6,
            mid - side * width / 2 + normal * width * fold,
        ],
        1,
    ).reshape(-1, 3)
    base = np.arange(n)[:, None] * 4
    f = np.concatenate([base + [0, 2, 1], base + [0, 3, 2]])
    tex = np.zeros((n, 4, 3))
    tex[:, :, 0] = (0, 0.5, 1, 0.5)
    return Piece(v, f[np.argsort(np.tile(np.arange(n), 2), kind="stable")], tex.reshape(-1, 3))


@dataclass
class Grown:
    """A tree before it is a mesh: tubes by level (points, radius, sides) and twigs that carry leaves."""

    wood: list[tuple[np.ndarray, np.ndarray, int]]
    twigs: np.ndarray
    centre: np.ndarray


def grow(form: TreeForm, rng: np.random.Generator, fullness: float = 1.0) -> Grown:
    """Grow branches; `fullness` scales the number of side branches and twigs."""
    h = form.height
    n1, n2, n3 = (
        form.counts[0],
        max(3, round(form.counts[1] * fullness**0.5)),
        max(2, round(form.counts[2] * fullness**0.5)),
    )
    bush = form.shape == "bush"
    if bush:
        a = rng.uniform(0, 2 * np.pi, n1)
        up = rng.uniform(*form.rise, n1)
        way = np.stack([np.cos(a) * np.cos(up), np.sin(a) * np.cos(up), np.sin(up)], 1)
        length = h * rng.uniform(0.75, 1.05, n1) * (form.spread + (1 - form.spread) * np.sin(up))
        root = np.stack([np.cos(a), np.sin(a), np.zeros(n1)], 1) * 0.05 * h * rng.uniform(0, 1, (n1, 1))
        root[:, 2] = -0.05
        first = _limbs(root, way, length, 6, form.bend, 0.10, rng)
        wood = []
    else:
        z = np.linspace(-0.03, 1.0, 12)
        trunk = np.zeros((1, 12, 3))
        trunk[0, :, 2] = z * h
        lean = np.cumsum(rng.normal(0, 0.010 * h, (12, 2)), 0) * np.linspace(0, 1, 12)[:, None] ** 0.7
        trunk[0, :, :2] = lean * (0.4 if form.shape in ("cone", "column") else 1.0)
        thick = form.trunk * ((1 - z * 0.97).clip(0.03) ** 0.9 + 0.55 * np.exp(-((z + 0.03) / 0.035)))
        wood = [(trunk, thick[None], 10)]
        crown = (np.arange(n1) + rng.uniform(0, 0.8, n1)) / n1
        t = form.clear + (0.97 - form.clear) * crown
        f = (t + 0.03) / 1.03 * 11
        i = np.minimum(f.astype(int), 10)
        start = trunk[0, i] + (trunk[0, i + 1] - trunk[0, i]) * (f - i)[:, None]
        a = np.arange(n1) * GOLDEN + rng.normal(0, 0.25, n1)
        up = form.rise[0] + (form.rise[1] - form.rise[0]) * crown + rng.normal(0, 0.10, n1)
        way = np.stack([np.cos(a) * np.cos(up), np.sin(a) * np.cos(up), np.sin(up)], 1)
        length = (
            form.spread
            * h
            * _profile(form.shape, crown)
            / np.maximum(np.cos(up).clip(0) ** 0.5, 0.72)
            * rng.uniform(0.8, 1.1, n1)
        )
        if form.shape == "column":
            length = form.spread * h * 1.7 * (1.05 - crown) ** 0.4 * rng.uniform(0.8, 1.1, n1)
        first = _limbs(start, way, length, 7, form.bend, 0.07, rng)
    k = first.shape[1]
    base = form.trunk * (0.9 if bush else 0.42) * (length / length.max()) ** 0.8
    wood.append((first, base[:, None] * np.linspace(1, 0.22, k), 5))
    start, way, t, i = _children(first, n2, 0.25 if not bush else 0.35, 0.85, rng)
    second = _limbs(
        start, way, length[i] * 0.50 * (1.12 - 0.62 * t) * rng.uniform(0.75, 1.15, len(i)), 5, form.bend, 0.10, rng
    )
    wood.append((second, (base[i] * 0.34 * (1.1 - 0.6 * t))[:, None] * np.linspace(1, 0.3, 5), 3))
    size = np.linalg.norm(second[:, -1] - second[:, 0], axis=1)
    start, way, t, j = _children(second, n3, 0.30, 0.75, rng)
    twigs = _limbs(
        start, way, size[j] * 0.48 * (1.15 - 0.5 * t) * rng.uniform(0.7, 1.2, len(j)), 3, form.bend, 0.14, rng
    )
    return Grown(wood, twigs, np.array([0, 0, h * (form.clear * 0.4 + 0.5)]))


def foliage(form: TreeForm, grown: Grown, per_twig: int, size: float, rng: np.random.Generator) -> Piece:
    """Leaves along the twigs; normals lean outwards and up, so that crowns shade as volumes."""
    twigs = grown.twigs
    n = len(twigs)
    t = 0.15 + 0.9 * (np.arange(per_twig) + rng.uniform(0, 1, (n, per_twig))) / per_twig
    f = np.minimum(t, 0.999) * (twigs.shape[1] - 1)
    i = f.astype(int)
    rows = np.arange(n)[:, None]
    root = twigs[rows, i] + (twigs[rows, i + 1] - twigs[rows, i]) * (f - i)[..., None]
    along = _unit(twigs[rows, i + 1] - twigs[rows, i])
    root, along = root.reshape(-1, 3), along.reshape(-1, 3)
    m = len(root)
    out = _unit(root - grown.centre)
    spin = _unit(rng.normal(size=(m, 3)))
    if form.shape == "cone":
        way = _unit(along * 0.9 + spin * 0.65)
        normal = _unit(np.array([0, 0, 1.0]) + spin[:, [1, 2, 0]] * 0.6)
    else:
        way = _unit(along * 0.55 + spin * 0.75 + np.array([0, 0, -0.30]))
        normal = _unit(out * 0.8 + np.array([0, 0, 0.75]) + _unit(rng.normal(size=(m, 3))) * 0.75)
    length = form.leaf[0] * size * rng.uniform(0.75, 1.2, m)
    return kites(root, way, normal, length, form.leaf[1] / form.leaf[0] * length)


def build_plant(form: TreeForm, rng: np.random.Generator, detail: int = 2, leaf: Shader | None = None) -> Mesh:
    """A tree or bush as one mesh, root at the origin.

    Args:
        form: Species.
        rng: Seeded from the spec of the place.
        detail: 2 = every leaf (about 30k triangles), 1 = from 30 m on (5k), 0 = from 100 m on (about 700).
        leaf: Leaf material; None = the species' own.
    """
    hazy = detail < 2
    leaf = leaf or vegetation.leaf(form.leaf_color, form.autumn, hazy)
    bark = vegetation.bark(form.bark_color, form.bark)
    grown = grow(form, rng, {2: 1.0, 1: 0.5, 0: 0.3}[detail])
    kit = Kit()
    for level, (points, radius, sides) in enumerate(
        grown.wood[: max(1, detail) if form.shape == "bush" else detail + 1]
    ):
        if detail < 2:
            points, radius, sides = points[:, :: 3 - detail], radius[:, :: 3 - detail], max(3, sides - 4 + detail)
        kit.add(tubes(points, radius, sides, caps=False), bark, shade=min(1.0, 0.3 * level))
    if detail == 2:
        r = np.full(grown.twigs.shape[:2], 0.006 * min(1.0, form.height / 6))
        kit.add(tubes(grown.twigs[:, [0, -1]], r[:, [0, -1]], 3, caps=False), bark, shade=0.9)
    per_twig, size = {
        2: (form.leaves, 1.0),
        1: (4, 2.9),
        0: (1, (0.42 if form.shape == "bush" else 1.35) / form.leaf[0]),
    }[detail]
    if detail == 0:
        grown.twigs = grown.twigs[rng.permutation(len(grown.twigs))[:125]]
    leaves = foliage(form, grown, per_twig, size, rng)
    kit.add(leaves, leaf)
    mesh = kit.mesh()
    each = np.repeat(rng.uniform(0, 1, len(leaves.v) // 4), 4)
    mesh.point["shade"][-len(leaves.v) :] = each
    return mesh
