"""Sewn-on pieces: collars, plackets, buttons, hoods: small grids laid on a draped garment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import Mesh
from ...materials.shader import Shader
from ...vectors import cross, largest, lengths
from .figure import Figure
from .finish import Draped

Attributes = ("rest", "edge", "seam", "seam2", "seam3", "fade", "inner", "rib", "around", "fit", "border", "arm", "place",
              "fold", "fold2")  # fmt: skip
VECTORS = ("rest", "around", "fit", "place", "fold", "fold2")


@dataclass
class Piece:
    """One sewn-on piece in world space.

    Attributes:
        x: (V, 3) world positions.
        faces: (F, 4) outward quads.
        material: Index into the garment's materials.
        point: Vertex attributes; what is missing is filled in.
    """

    x: np.ndarray
    faces: np.ndarray
    material: int
    point: dict[str, np.ndarray]


def sew_on(mesh: Mesh, pieces: list[Piece], materials: tuple[Shader, ...]) -> Mesh:
    """The garment with its pieces, as one mesh."""
    count = len(mesh.vertices)
    vertices, faces = [mesh.vertices], [mesh.faces]
    which = [np.zeros(len(mesh.faces), np.int32)]
    names = [n for n in Attributes if n in mesh.point]
    point: dict[str, list[np.ndarray]] = {n: [mesh.point[n]] for n in names}
    for p in pieces:
        tris = np.concatenate([p.faces[:, :3], p.faces[:, [0, 2, 3]]])
        vertices.append(p.x.astype(np.float32))
        faces.append((tris + count).astype(np.int32))
        which.append(np.full(len(tris), p.material, np.int32))
        for n in names:
            # Sewn-on pieces hide no skin: `fit` is for what lies on the body.
            value = np.full((len(p.x), 3), np.nan) if n == "fit" else p.point.get(n)
            if value is None and n == "place":
                value = np.full((len(p.x), 3), np.nan)
            if value is None:
                default = 0.2 if n in ("edge", "seam", "seam2", "seam3") else 1.0 if n == "inner" else 0.0
                value = np.full((len(p.x), 3) if n in VECTORS else len(p.x), default)
            point[n].append(np.asarray(value, np.float32))
        count += len(p.x)
    return Mesh(
        np.concatenate(vertices), np.concatenate(faces), materials, face_material=np.concatenate(which),
        point={n: np.concatenate(v) for n, v in point.items()},
    )  # fmt: skip


def grid_faces(rows: int, columns: int, closed_rows: bool = False, closed_columns: bool = False) -> np.ndarray:
    """(F, 4) quads of a grid whose vertex (r, c) is r * columns + c."""
    r = np.arange(rows if closed_rows else rows - 1)[:, None]
    c = np.arange(columns if closed_columns else columns - 1)[None]
    r1, c1 = (r + 1) % rows, (c + 1) % columns
    q = np.stack([r * columns + c, r * columns + c1, r1 * columns + c1, r1 * columns + c], -1)
    return q.reshape(-1, 4).astype(np.int32)


@dataclass(frozen=True)
class Neck:
    """The neckline as a smooth open curve from its front middle around the back and to the front again.

    Attributes:
        x: (M, 3) world points; fitted: (M, 3) A-pose points.
        out: (M, 3) unit vectors away from the neck; up: (3,) along it.
        front: (M,) 0 at the back, 1 at the front ends.
    """

    x: np.ndarray
    fitted: np.ndarray
    out: np.ndarray
    up: np.ndarray
    front: np.ndarray


def neckline(cloth: Draped, up: np.ndarray, columns: int = 73, gap: float = 0.02) -> Neck:
    """Resample and smooth the neck border.

    Args:
        cloth: The garment.
        up: (3,) direction of the posed neck.
        columns: Points around.
        gap: Share of the loop left open at the front, half on each side.
    """
    loop = cloth.loops["neck"]
    f = cloth.fitted[loop]
    middle = f.mean(0)
    # Places around by angle in the A-pose, so that columns stay the same in every pose; 0 at the front.
    angle = np.arctan2(f[:, 0] - middle[0], -(f[:, 1] - middle[1])) / (2 * np.pi) % 1.0
    order = np.argsort(angle, kind="stable")
    a = angle[order]
    # An open front has no border between its two edges.
    if a[0] + 1 - a[-1] > 0.06:
        gap = max(gap, a[0], 1 - a[-1])
    want = np.linspace(gap, 1 - gap, columns)

    def around(v: np.ndarray) -> np.ndarray:
        v = v[order]
        wrapped, places = np.concatenate([v[-2:], v, v[:2]]), np.concatenate([a[-2:] - 1, a, a[:2] + 1])
        dense = np.stack([np.interp(np.arange(256) / 256, places, wrapped[:, k]) for k in range(3)], 1)
        for _ in range(10):
            dense = 0.5 * dense + 0.25 * (np.roll(dense, 1, 0) + np.roll(dense, -1, 0))
        closed = np.concatenate([dense, dense[:1]])
        return np.stack([np.interp(want, np.arange(257) / 256, closed[:, k]) for k in range(3)], 1)

    x, fitted = around(cloth.x[loop]), around(cloth.fitted[loop])
    out = x - cloth.x[loop].mean(0)
    out -= np.outer(out @ up, up)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    t = np.abs(np.linspace(-1, 1, columns))
    return Neck(x, fitted, out, up, t)


def on_surface(cloth: Draped, fitted: np.ndarray, lift: float | np.ndarray) -> np.ndarray:
    """(V, 3) world places of A-pose points near the cloth, `lift` metres off its outside."""
    d, i = cloth.near_fitted.query(fitted, k=6)
    i = np.minimum(i, len(cloth.x) - 1)
    w = np.exp(-((d / 0.012) ** 2)) + 1e-9
    w /= w.sum(1, keepdims=True)
    n0, n1 = cloth.fitted_normals, cloth.normals
    base = np.einsum("vk,vkj->vj", w, cloth.x[i])
    start = np.einsum("vk,vkj->vj", w, cloth.fitted[i])
    m0, m1 = np.einsum("vk,vkj->vj", w, n0[i]), np.einsum("vk,vkj->vj", w, n1[i])
    m0 /= np.linalg.norm(m0, axis=1, keepdims=True)
    m1 /= np.linalg.norm(m1, axis=1, keepdims=True)
    # What the point is off the blend of its neighbours turns with the normal.
    off = fitted - start
    along = np.einsum("ij,ij->i", off, m0)
    v = np.cross(m0, m1)
    c = np.einsum("ij,ij->i", m0, m1)[:, None]
    flat = off - along[:, None] * m0
    turned = flat * c + np.cross(v, flat) + v * (np.einsum("ij,ij->i", v, flat)[:, None] / np.maximum(1 + c, 1e-3))
    return base + turned + m1 * np.reshape(lift, (-1, 1) if np.ndim(lift) else ())


def front_points(cloth: Draped, fig: Figure, x: np.ndarray, z: np.ndarray, behind: bool = False) -> np.ndarray | None:
    """(N, 3) A-pose points on the front of a garment, or `behind`, at given x and z; None where it has no cloth there."""
    f = cloth.fitted
    front = f[((f[:, 1] > fig.trunk.origin[1]) == behind) & (largest(cloth.arm) < 0.4)]
    out = []
    for u, v in zip(x, z, strict=True):
        d = (front[:, 0] - u) ** 2 + (front[:, 2] - v) ** 2
        if d.min() > 0.02**2:
            return None
        w = np.exp(-d / (2 * 0.008**2))
        out.append([u, float(w @ front[:, 1] / w.sum()), v])
    return np.array(out)


def front_edges(
    cloth: Draped, fig: Figure, x: float | None, z: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """A place on the front for a button: world point, outward normal, and the A-pose place.

    Args:
        x: A-pose place across; None = on the band of an open front, on the person's right.
        z: A-pose height.
    """
    if x is None:
        f = cloth.fitted
        near = f[(f[:, 1] < fig.trunk.origin[1]) & (largest(cloth.arm) < 0.4) & (np.abs(f[:, 2] - z) < 0.012) & (f[:, 0] < 0)]
        if len(near) == 0:
            return None
        x = float(near[:, 0].max()) - 0.015 * fig.scale
    p = front_points(cloth, fig, np.array([x]), np.array([z]))
    if p is None:
        return None
    _, i = cloth.near_fitted.query(p)
    n = cloth.normals[i[0]]
    return on_surface(cloth, p, 0.0)[0], n, p[0]


def button(
    centre: np.ndarray, normal: np.ndarray, radius: float, material: int, place: np.ndarray | None = None
) -> Piece:
    """A round button with a rim; `place` (3,) is its centre in the A-pose."""
    n = normal / np.linalg.norm(normal)
    a = np.cross(n, [0.0, 0.0, 1.0] if abs(n[2]) < 0.9 else [1.0, 0.0, 0.0])
    a /= np.linalg.norm(a)
    b = np.cross(n, a)
    t = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    circle = np.cos(t)[:, None] * a + np.sin(t)[:, None] * b
    rings = [(1.0, -0.2), (1.0, 0.30), (0.86, 0.42), (0.72, 0.30), (0.02, 0.26)]
    x = np.concatenate([centre + circle * radius * r + n * radius * h for r, h in rings])
    point = {} if place is None else {"place": np.tile(place, (len(x), 1))}
    return Piece(x, grid_faces(len(rings), 16, closed_columns=True), material, point)


def slab(grid: np.ndarray, thickness: float, closed_rows: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A strip with thickness: the grid is its outside, seen with rows going up and columns to the right.

    Args:
        grid: (R, C, 3) points.
        thickness: Metres, inwards.
        closed_rows: The last row joins the first (belts, bands around something).
    Returns:
        (2RC, 3) points, outside first, and (F, 4) outward quads.
    """
    r, c = grid.shape[:2]
    du = np.gradient(grid, axis=1)
    dv = (np.roll(grid, -1, 0) - np.roll(grid, 1, 0)) if closed_rows else np.gradient(grid, axis=0)
    n = cross(du, dv)
    n /= np.maximum(lengths(n), 1e-12)[..., None]
    x = np.concatenate([grid.reshape(-1, 3), (grid - n * thickness).reshape(-1, 3)])
    out = grid_faces(r, c, closed_rows=closed_rows)
    number = np.arange(r * c).reshape(r, c)
    around = np.concatenate([number[0], number[1:, -1], number[-1, ::-1][1:], number[::-1, 0][1:-1]])
    rim = [number[:, 0][::-1], number[:, -1]] if closed_rows else [around]
    faces = [out, out[:, ::-1] + r * c]
    for loop in rim:
        nxt = np.roll(loop, -1)
        faces.append(np.stack([nxt, loop, loop + r * c, nxt + r * c], 1))
    return x, np.concatenate(faces).astype(np.int32)


def tube(path: np.ndarray, radius: float | np.ndarray, sides: int = 8, closed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A cord along a path (M, 3): points and outward quads; open ends are drawn to a point."""
    return tubes(path[None], radius, sides, closed)


def tubes(paths: np.ndarray, radius: float | np.ndarray, sides: int = 8, closed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Cords along paths (B, M, 3) as `tube` makes them, one after the other."""
    m = paths.shape[1]
    d = (np.roll(paths, -1, 1) - np.roll(paths, 1, 1)) if closed else np.gradient(paths, axis=1)
    d /= np.maximum(lengths(d), 1e-12)[..., None]
    # A frame that does not spin: each side vector is the last one, made square to the path.
    side = np.empty_like(d)
    s = cross(d[:, 0], np.where(np.abs(d[:, 0, 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]))
    for i in range(m):
        s = s - np.einsum("bk,bk->b", s, d[:, i])[:, None] * d[:, i]
        s = s / np.maximum(lengths(s), 1e-9)[:, None]
        side[:, i] = s
    r = np.broadcast_to(np.asarray(radius, float), (m,)).copy()
    if not closed:
        r[[0, -1]] *= 0.05
    a = np.arange(sides) * (2 * np.pi / sides)
    round_ = np.cos(a)[:, None] * side[:, :, None] + np.sin(a)[:, None] * cross(d, side)[:, :, None]
    x = paths[:, :, None] + r[:, None, None] * round_
    faces = grid_faces(m, sides, closed_rows=closed, closed_columns=True)[:, ::-1]
    start = (np.arange(len(paths), dtype=faces.dtype) * (m * sides))[:, None, None]
    return x.reshape(-1, 3), (faces + start).reshape(-1, 4)
