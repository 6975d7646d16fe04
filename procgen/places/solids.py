"""Solids for places: boxes, lathes, tubes, mouldings and cushions as arrays, and a kit that joins them into one mesh.

Every solid is closed with outward faces unless it says otherwise. `tex` is a texture coordinate in metres whose x runs
along the grain (the longest side of a board, the axis of a tube), so that one wood material fits every part.
Shading is smooth everywhere; edges are sharp because vertices are not shared across them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from ..geometry import Mesh
from ..materials.shader import Shader
from ..vectors import cross, lengths


@dataclass
class Piece:
    """Vertices (V, 3), triangles (T, 3) and texture coordinates (V, 3) of one solid, metres."""

    v: np.ndarray
    f: np.ndarray
    tex: np.ndarray

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Piece:
        """Translated copy."""
        return Piece(self.v + (x, y, z), self.f, self.tex)

    def turned(self, angle: float, axis: str = "z") -> Piece:
        """Copy rotated by `angle` radians about a coordinate axis."""
        return Piece(self.v @ rotation(angle, axis).T, self.f, self.tex)

    def placed(self, T: np.ndarray) -> Piece:
        """Copy transformed by a (4, 4) matrix."""
        return Piece(self.v @ T[:3, :3].T + T[:3, 3], self.f, self.tex)

    def mirrored(self) -> Piece:
        """Copy mirrored in x = 0; faces stay outward."""
        return Piece(self.v * (-1, 1, 1), self.f[:, ::-1], self.tex)

    def tiled(self, offsets: np.ndarray) -> Piece:
        """(N, 3) translated copies as one piece; textures shift by the offset, so that copies differ."""
        n, m = len(offsets), len(self.v)
        v = (self.v[None] + offsets[:, None]).reshape(-1, 3)
        tex = (self.tex[None] + offsets[:, None] * 1.37).reshape(-1, 3)
        return Piece(v, (self.f[None] + (np.arange(n) * m)[:, None, None]).reshape(-1, 3), tex)


def join(pieces: Sequence[Piece]) -> Piece:
    """Several pieces as one."""
    start = np.cumsum([0] + [len(p.v) for p in pieces[:-1]])
    return Piece(
        np.concatenate([p.v for p in pieces]),
        np.concatenate([p.f + s for p, s in zip(pieces, start, strict=True)]),
        np.concatenate([p.tex for p in pieces]),
    )


@dataclass
class Kit:
    """Collects pieces with their materials; `mesh` joins them."""

    parts: list[tuple[Piece, int, float, tuple[float, float, float]]] = field(default_factory=list)
    shaders: list[Shader] = field(default_factory=list)
    _index: dict[int, int] = field(default_factory=dict)

    def add(
        self, piece: Piece, material: Shader, shade: float = 0.5, tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    ) -> Kit:
        """Add a piece; `shade` (0–1) and `tint` (linear RGB) become the point attributes of those names."""
        slot = self._index.get(id(material))
        if slot is None:
            slot = self._index[id(material)] = len(self.shaders)
            self.shaders.append(material)  # kept here, so its id stays its own
        self.parts.append((piece, slot, shade, tint))
        return self

    def piece(self) -> Piece:
        """All parts as one piece, without their materials."""
        return join([p for p, _, _, _ in self.parts])

    def take(self, other: Kit, T: np.ndarray) -> Kit:
        """Add all parts of another kit, placed by a (4, 4) transform."""
        for piece, slot, shade, tint in other.parts:
            self.add(piece.placed(T), other.shaders[slot], shade, tint)
        return self

    def mesh(self) -> Mesh:
        """One mesh with point attributes tex (V, 3), shade (V,) and tint (V, 3)."""
        whole = join([p for p, _, _, _ in self.parts])
        count = [len(p.v) for p, _, _, _ in self.parts]
        return Mesh(
            vertices=whole.v.astype(np.float32),
            faces=whole.f.astype(np.int32),
            materials=tuple(self.shaders),
            face_material=np.repeat([m for _, m, _, _ in self.parts], [len(p.f) for p, _, _, _ in self.parts]).astype(
                np.int32
            ),
            point={
                "tex": whole.tex.astype(np.float32),
                "shade": np.repeat([s for _, _, s, _ in self.parts], count).astype(np.float32),
                "tint": np.repeat(np.array([t for _, _, _, t in self.parts], float), count, axis=0).astype(np.float32),
            },
        )


def rotation(angle: float, axis: str = "z") -> np.ndarray:
    """(3, 3) rotation about a coordinate axis."""
    c, s = np.cos(angle), np.sin(angle)
    i = "xyz".index(axis)
    R = np.eye(3)
    a, b = (i + 1) % 3, (i + 2) % 3
    R[a, a], R[a, b], R[b, a], R[b, b] = c, -s, s, c
    return R


def pose(x: float, y: float, z: float, heading: float = 0.0, scale: float | Sequence[float] = 1.0) -> np.ndarray:
    """(4, 4) float64: scale, turn about Z, move."""
    T = np.eye(4)
    T[:3, :3] = rotation(heading) @ np.diag(np.broadcast_to(np.asarray(scale, float), 3))
    T[:3, 3] = x, y, z
    return T


def quads(f: np.ndarray) -> np.ndarray:
    """(F, 4) to (2F, 3)."""
    return np.stack([f[:, [0, 1, 2]], f[:, [0, 2, 3]]], 1).reshape(-1, 3)


def _grain(v: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Coordinates with the longest axis first."""
    return v[:, np.argsort(-np.asarray(size), kind="stable")]


_SIGN = np.array(
    [[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], [-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], float
)
_SIDES = np.array([[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]])


def box(size: Sequence[float], at: Sequence[float] = (0.0, 0.0, 0.0), chamfer: float = 0.0) -> Piece:
    """A box centred at `at`; with a chamfer its edges catch the light (44 triangles instead of 12)."""
    h = np.asarray(size, float) / 2
    chamfer = min(chamfer, float(h.min()) * 0.9)
    if chamfer <= 0:
        v = (_SIGN * h)[_SIDES].reshape(-1, 3)
        return Piece(v + at, quads(np.arange(24).reshape(6, 4)), _grain(v, h))
    index, f = _chamfered()
    v = _insets(h, chamfer).reshape(-1, 3)[index]
    return Piece(v + at, f.copy(), _grain(v, h))


def _insets(h: np.ndarray, chamfer: float) -> np.ndarray:
    """(8 corners, 3 axes, 3): one inset point for each corner and side; bridges between them are the chamfers."""
    return (_SIGN * h)[:, None, :] - _SIGN[:, None, :] * chamfer * (1 - np.eye(3))[None]


@lru_cache(maxsize=1)
def _chamfered() -> tuple[np.ndarray, np.ndarray]:
    """Corners of all faces of a chamfered box as places in `_insets`, wound outwards, and the faces over them.

    Which way round is outwards does not depend on the size: it is found once, on a cube.
    """
    cube = _insets(np.ones(3), 0.5)
    number = np.arange(24).reshape(8, 3)
    face = [number[s, a] for s, a in zip(_SIDES, [2, 2, 1, 0, 1, 0], strict=True)]
    strips, caps = [], []
    for a in range(8):
        caps.append(_outward(number[a], cube))
        for k in range(3):
            s = _SIGN[a].copy()
            if s[k] > 0:
                continue
            s[k] = 1
            b = int(np.where((s == _SIGN).all(1))[0][0])
            i, j = (k + 1) % 3, (k + 2) % 3
            strips.append(_outward(np.array([number[a, i], number[b, i], number[b, j], number[a, j]]), cube))
    quad = np.concatenate([*face, *strips])
    f = np.concatenate([quads(np.arange(len(quad)).reshape(-1, 4)), len(quad) + np.arange(24).reshape(8, 3)])
    return np.concatenate([quad, *caps]), f


def _outward(ids: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A polygon of `points` (…, 3) that winds outwards about the origin."""
    poly = points.reshape(-1, 3)[ids]
    n = np.cross(poly[1] - poly[0], poly[2] - poly[0])
    return ids if n @ poly.mean(0) > 0 else ids[::-1]


def boxes(centres: np.ndarray, sizes: np.ndarray) -> Piece:
    """(N, 3) centres and sizes: plain boxes as one piece, quickly."""
    centres, sizes = np.asarray(centres, float), np.broadcast_to(np.asarray(sizes, float), np.shape(centres))
    v = (_SIGN[_SIDES].reshape(1, 24, 3) * sizes[:, None] / 2 + centres[:, None]).reshape(-1, 3)
    f = quads(np.arange(len(centres) * 24).reshape(-1, 4))
    return Piece(v, f, _grain(v, sizes.max(0)))


def rounded(size: Sequence[float], radius: float, puff: float = 0.0, n: int = 4, cells: int = 4) -> Piece:
    """A box with round edges, smooth, centred; `puff` metres bulge its top and bottom like a cushion.

    Args:
        size: Outer size before the bulge.
        radius: Edge radius.
        puff: Bulge of the two faces across the smallest side.
        n: Segments of a round edge.
        cells: Cells of a flat face along each axis.
    """
    h = np.asarray(size, float) / 2
    r = min(radius, float(h.min()))
    arc = np.tan(np.linspace(0, np.pi / 4, n // 2 + 1)[1:]) * r  # equal angles from the flat to the edge
    lines = []
    for k in range(3):
        flat = np.linspace(-(h[k] - r), h[k] - r, cells + 1) if h[k] - r > 1e-6 else np.zeros(1)
        lines.append(np.concatenate([-(h[k] - r) - arc[::-1], flat, h[k] - r + arc]))
    v, f, start = [], [], 0
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        a, b = np.meshgrid(lines[i], lines[j], indexing="ij")
        idx = np.arange(a.size).reshape(a.shape)
        quad = np.stack([idx[:-1, :-1], idx[1:, :-1], idx[1:, 1:], idx[:-1, 1:]], -1).reshape(-1, 4)
        for s in (-1, 1):
            p = np.zeros((a.size, 3))
            p[:, i], p[:, j], p[:, k] = a.ravel(), b.ravel(), s * h[k]
            v.append(p)
            f.append((quad if s > 0 else quad[:, ::-1]) + start)
            start += a.size
    v = np.concatenate(v)
    core = np.clip(v, -(h - r), h - r)
    d = v - core
    v = core + r * d / np.maximum(np.linalg.norm(d, axis=1, keepdims=True), 1e-9)
    if puff:
        k = int(np.argmin(h))
        i, j = (k + 1) % 3, (k + 2) % 3
        bulge = (1 - (v[:, i] / h[i]) ** 4).clip(0) * (1 - (v[:, j] / h[j]) ** 4).clip(0)
        v[:, k] += puff * bulge * v[:, k] / h[k]
    _, first, inverse = np.unique(np.round(v, 5), axis=0, return_index=True, return_inverse=True)
    tri = inverse.reshape(-1)[quads(np.concatenate(f))]
    tri = tri[(tri[:, 0] != tri[:, 1]) & (tri[:, 1] != tri[:, 2]) & (tri[:, 0] != tri[:, 2])]
    return Piece(v[first], tri, _grain(v[first], h))


def lathe(profile: Sequence[Sequence[float]] | np.ndarray, segments: int = 16, sharp: float = 0.7) -> Piece:
    """Turn a profile of (radius, z) points about Z.

    Args:
        profile: From the bottom up; the first and the last radius are 0 for a closed solid.
        segments: Segments around.
        sharp: Corners of the profile beyond this angle (radians) are sharp edges.
    """
    p = np.asarray(profile, float)
    t = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    ring = np.stack([np.cos(t), np.sin(t)], 1)
    d = np.diff(p, axis=0)
    way = np.arctan2(d[:, 1], d[:, 0])
    rows, pairs = [0], []
    for i in range(len(d)):
        if i and abs((way[i] - way[i - 1] + np.pi) % (2 * np.pi) - np.pi) > sharp:
            rows.append(i)
        rows.append(i + 1)
        pairs.append((len(rows) - 2, len(rows) - 1))
    pr = p[rows]
    v = np.concatenate([ring[None] * pr[:, None, :1], np.broadcast_to(pr[:, None, 1:], (len(rows), segments, 1))], 2)
    j = np.arange(segments)
    k = (j + 1) % segments
    f = []
    for a, b in pairs:
        lower, upper = a * segments, b * segments
        if pr[b, 0] > 1e-9:
            f.append(np.stack([lower + j, upper + k, upper + j], 1))
        if pr[a, 0] > 1e-9:
            f.append(np.stack([lower + j, lower + k, upper + k], 1))
    v = v.reshape(-1, 3)
    return Piece(v, np.concatenate(f), v[:, [2, 0, 1]].copy())


def frames_along(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit normals (N, K, 3) along polylines (N, K, 3), carried from the root without twist."""
    t = np.gradient(points, axis=1)
    t /= np.maximum(lengths(t), 1e-12)[:, :, None]
    pick = np.where(np.abs(t[:, 0, 2:]) < 0.8, np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]))
    u = np.empty_like(points)
    cur = cross(t[:, 0], pick)
    for k in range(points.shape[1]):
        cur = cur - (cur * t[:, k]).sum(1, keepdims=True) * t[:, k]
        cur = cur / np.maximum(lengths(cur), 1e-12)[:, None]
        u[:, k] = cur
    return u, cross(t, u)


def tubes(points: np.ndarray, radius: np.ndarray | float, sides: int = 6, caps: bool = True) -> Piece:
    """Round tubes along (N, K, 3) polylines with radius (N, K); `caps` closes both ends with a fan."""
    points = np.asarray(points, float)
    n, m, _ = points.shape
    radius = np.broadcast_to(np.asarray(radius, float), (n, m))
    u, w = frames_along(points)
    t = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = u[:, :, None] * np.cos(t)[:, None] + w[:, :, None] * np.sin(t)[:, None]
    v = (points[:, :, None] + ring * radius[:, :, None, None]).reshape(-1, 3)
    length = np.concatenate([np.zeros((n, 1)), np.cumsum(lengths(np.diff(points, axis=1)), 1)], 1)
    tex = np.stack(
        [
            np.broadcast_to(length[:, :, None], (n, m, sides)),
            radius[:, :, None] * np.cos(t),
            radius[:, :, None] * np.sin(t),
        ],
        -1,
    ).reshape(-1, 3)
    base = (np.arange(n) * m * sides)[:, None, None] + (np.arange(m - 1) * sides)[None, :, None]
    j = np.arange(sides)
    k = (j + 1) % sides
    quad = np.stack(np.broadcast_arrays(base + j, base + k, base + sides + k, base + sides + j), -1).reshape(-1, 4)
    f = [quads(quad)]
    if caps:
        first = (np.arange(n) * m * sides)[:, None]
        last = first + (m - 1) * sides
        fan = np.stack([np.zeros(sides - 2, int), np.arange(1, sides - 1), np.arange(2, sides)], 1)
        f.append((first[:, :, None] + fan[None, :, ::-1]).reshape(-1, 3))
        f.append((last[:, :, None] + fan[None]).reshape(-1, 3))
    return Piece(v, np.concatenate(f), tex)


def rod(a: Sequence[float], b: Sequence[float], radius: float, sides: int = 8) -> Piece:
    """A straight round bar with flat, sharp ends."""
    pts = np.array([[a, b]], float)
    tube = tubes(pts, radius, sides, caps=True)
    return join([Piece(tube.v, tube.f[: 2 * sides], tube.tex), Piece(tube.v, tube.f[2 * sides :], tube.tex)])


def tube_path(points: Sequence[Sequence[float]] | np.ndarray, radius: float | np.ndarray, sides: int = 8) -> Piece:
    """One tube along a polyline."""
    return tubes(np.asarray(points, float)[None], radius, sides)


def prism(outline: Sequence[Sequence[float]] | np.ndarray, depth: float) -> Piece:
    """Extrude a counter-clockwise (x, z) outline that its centroid sees whole, from y = -depth/2 to depth/2."""
    o = np.asarray(outline, float)
    n = len(o)
    c = o.mean(0)
    i, j = np.arange(n), (np.arange(n) + 1) % n
    y = np.full((n, 1), depth / 2)
    front = np.concatenate([o[:, :1], -y, o[:, 1:]], 1)
    back = np.concatenate([o[:, :1], y, o[:, 1:]], 1)
    mid = np.array([[c[0], -depth / 2, c[1]], [c[0], depth / 2, c[1]]])
    side = np.stack([front[i], back[i], back[j], front[j]], 1).reshape(-1, 3)
    v = np.concatenate([front, back, mid, side])
    f = np.concatenate(
        [
            np.stack([i, j, np.full(n, 2 * n)], 1),
            np.stack([n + j, n + i, np.full(n, 2 * n + 1)], 1),
            quads(np.arange(4 * n).reshape(n, 4)) + 2 * n + 2,
        ]
    )
    span = np.ptp(o, axis=0)
    return Piece(v, f, _grain(v, [span[0], depth, span[1]]))  # pyright: ignore[reportArgumentType]


def moulding(profile: Sequence[Sequence[float]] | np.ndarray, length: float) -> Piece:
    """Run a (y, z) outline along x, centred; the outline is counter-clockwise seen from +x; ends are closed."""
    p = prism(np.asarray(profile, float), length)  # prism: outline in (x, z), extruded in y
    return Piece(np.stack([-p.v[:, 1], p.v[:, 0], p.v[:, 2]], 1), p.f, np.stack([p.v[:, 1], p.v[:, 0], p.v[:, 2]], 1))


def sheet(points: np.ndarray, thickness: float = 0.0) -> Piece:
    """A surface over a grid (A, B, 3); faces look along d/dA × d/dB. With a thickness it is closed behind."""
    a, b, _ = points.shape
    idx = np.arange(a * b).reshape(a, b)
    quad = np.stack([idx[:-1, :-1], idx[1:, :-1], idx[1:, 1:], idx[:-1, 1:]], -1).reshape(-1, 4)
    v = points.reshape(-1, 3).astype(float)
    du = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(1)
    dv = np.linalg.norm(np.diff(points, axis=1), axis=2).mean(0)
    s, t = np.meshgrid(np.r_[0, np.cumsum(du)], np.r_[0, np.cumsum(dv)], indexing="ij")
    tex = np.stack([s.ravel(), t.ravel(), np.zeros(a * b)], 1)
    if thickness <= 0:
        return Piece(v, quads(quad), tex)
    n = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1)).reshape(-1, 3)
    back = v - thickness * n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12)
    rim = np.concatenate([idx[:, 0], idx[-1, 1:], idx[-2::-1, -1], idx[0, -2:0:-1]])
    nxt = np.roll(rim, -1)
    m = a * b
    edge = np.stack([nxt, rim, rim + m, nxt + m], 1)
    v2 = np.concatenate([v, back])
    ring = v2[edge].reshape(-1, 3)
    f = np.concatenate([quads(quad), quads(quad[:, ::-1]) + m, quads(np.arange(len(ring)).reshape(-1, 4)) + 2 * m])
    tex2 = np.concatenate([tex, tex])
    return Piece(np.concatenate([v2, ring]), f, np.concatenate([tex2, tex2[edge].reshape(-1, 3)]))
