"""Cutting, subdividing and zipping meshes: exact areas, closed borders, bindings that follow."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen.people.garments.binding import Binding
from vivant.procgen.people.garments.figure import axis_between
from vivant.procgen.people.garments.profile import girths
from vivant.procgen.people.garments.topology import (
    Fabric,
    boundary_edges,
    boundary_loops,
    clip,
    components,
    half_edges,
    opposite_pairs,
    subdivide,
    zip_loops,
)
from vivant.procgen.vectors import vertex_normals


def sheet(n: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """A flat unit square of triangles in the xy plane, facing +z."""
    u = np.linspace(0, 1, n)
    x = np.stack([*np.meshgrid(u, u), np.zeros((n, n))], -1).reshape(-1, 3)
    i = np.arange(n - 1)
    a = (i[:, None] * n + i[None]).ravel()
    q = np.stack([a, a + 1, a + n + 1, a + n], 1)
    return x, np.concatenate([q[:, :3], q[:, [0, 2, 3]]]).astype(np.int32)


def tube(around: int = 24, rows: int = 12, radius: float = 0.1, length: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """An open tube along z, facing out."""
    t = np.arange(around) / around * 2 * np.pi
    z = np.linspace(0, length, rows)
    x = np.stack(np.broadcast_arrays(radius * np.cos(t)[None], radius * np.sin(t)[None], z[:, None]), -1).reshape(-1, 3)
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(around), indexing="ij")
    a, b = (r * around + c).ravel(), (r * around + (c + 1) % around).ravel()
    q = np.stack([a, b, b + around, a + around], 1)
    return x, np.concatenate([q[:, :3], q[:, [0, 2, 3]]]).astype(np.int32)


def area(x: np.ndarray, tris: np.ndarray) -> float:
    """Sum of signed areas in xy."""
    a, b, c = (x[tris[:, k]] for k in range(3))
    return float(0.5 * np.cross(b - a, c - a)[:, 2].sum())


@pytest.mark.parametrize("snap", [0.0, 0.25])
@pytest.mark.parametrize("normal", [(1.0, 0.0), (0.3, 0.8), (-0.7, 0.2), (0.0, -1.0)])
def test_clip_keeps_exactly_the_area_of_the_half_plane(normal: tuple[float, float], snap: float) -> None:
    x, tris = sheet()
    f = (x[:, :2] - [0.43, 0.57]) @ normal
    by, kept = clip(tris, f, snap)
    other, rest = clip(tris, -f, snap)
    y, z = by(x), other(x)
    assert (by(f) > -1e-6).all()
    assert area(y, kept) + area(z, rest) == pytest.approx(1.0, abs=1e-6)
    # An independent witness: the polygon of the half plane within the square, on a fine grid.
    u = (np.arange(1000) + 0.5) / 1000
    inside = ((u[:, None] - 0.43) * normal[0] + (u[None] - 0.57) * normal[1] > 0).mean()
    assert area(y, kept) == pytest.approx(inside, abs=2e-3)
    assert (0.5 * np.cross(y[kept[:, 1]] - y[kept[:, 0]], y[kept[:, 2]] - y[kept[:, 0]])[:, 2] > 0).all()


def test_snapping_leaves_no_slivers() -> None:
    x, tris = sheet(21)
    f = x[:, 0] * 0.37 + x[:, 1] - 0.613
    by, kept = clip(tris, f, 0.25)
    y = by(x)
    e = half_edges(kept)
    shortest = np.linalg.norm(y[e[:, 0]] - y[e[:, 1]], axis=1).min()
    assert shortest > 0.2 * (1 / 20)


def test_clip_of_a_tube_leaves_two_closed_borders() -> None:
    x, tris = tube()
    by, kept = clip(tris, 0.31 + 0.3 * x[:, 0] - x[:, 2])
    loops = boundary_loops(kept, len(by.a))
    assert len(loops) == 2
    assert sum(map(len, loops)) == len(boundary_edges(kept, len(by.a)))
    y = by(x)
    cut = y[max(loops, key=lambda lo: y[lo][:, 2].mean())]
    np.testing.assert_allclose(cut[:, 2], 0.31 + 0.3 * cut[:, 0], atol=1e-6)


def test_subdivision_keeps_area_and_numbers() -> None:
    x, tris = sheet(5)
    by, fine = subdivide(tris, len(x))
    y = by(x)
    np.testing.assert_array_equal(y[: len(x)], x)
    assert len(fine) == 4 * len(tris)
    assert area(y, fine) == pytest.approx(1.0)
    assert len(opposite_pairs(fine, len(y))) == 3 * len(fine) - len(Fabric(fine, len(y)).edges)


def test_binding_follows_subdivision_and_cuts() -> None:
    x, tris = tube()
    bound = Binding.identity(np.arange(len(x)))
    points = x
    for step in range(3):
        by, tris = (
            subdivide(tris, len(points)) if step % 2 == 0 else clip(tris, 0.33 - points[:, 2] + 0.2 * points[:, 1])
        )
        bound, points = bound.blend(by), by(points)
    np.testing.assert_allclose(bound(x), points, atol=2e-7)
    np.testing.assert_allclose(bound.weight.sum(1), 1, atol=1e-6)
    moved = x @ np.array([[1, 0.2, 0], [0, 1.5, 0], [0.1, 0, 0.7]]) + 0.3
    np.testing.assert_allclose(
        bound(moved), points @ np.array([[1, 0.2, 0], [0, 1.5, 0], [0.1, 0, 0.7]]) + 0.3, atol=1e-6
    )


def test_zip_joins_loops_of_different_counts() -> None:
    a = np.arange(17)
    b = 17 + np.arange(24)
    ua, ub = (np.arange(17) / 17) ** 1.2, (np.arange(24) + 0.5) / 24
    tris = zip_loops(a, ua, b, ub)
    assert len(tris) == 41
    edges = boundary_edges(tris, 41)
    assert len(edges) == 41
    t = np.concatenate([ua, ub]) * 2 * np.pi
    x = np.stack([np.cos(t), np.sin(t), np.repeat([1.0, 0.0], [17, 24])], 1)
    n = np.cross(x[tris[:, 1]] - x[tris[:, 0]], x[tris[:, 2]] - x[tris[:, 0]])
    outward = (n * (x[tris].mean(1) * [1, 1, 0])).sum(1)
    assert (outward > 0).all() or (outward < 0).all()


def test_components_are_told_apart() -> None:
    x, tris = tube()
    label = components(np.concatenate([tris, tris + len(x)]), 2 * len(x))
    assert set(label) == {0, len(x)}


def test_smoothing_keeps_a_border_on_its_own_curve() -> None:
    x, tris = tube(rows=20)
    fabric = Fabric(tris, len(x))
    y = fabric.smooth(x, 0.5, 10)
    border = fabric.on_border
    np.testing.assert_allclose(y[border][:, 2], x[border][:, 2], atol=1e-9)
    assert np.ptp(np.hypot(y[border][:, 0], y[border][:, 1])) < 1e-9


def test_normals_point_outwards() -> None:
    x, tris = tube()
    n = vertex_normals(x, tris)
    np.testing.assert_allclose((n * x * [10, 10, 0]).sum(1), 1, atol=0.02)


def test_girth_of_an_ellipse_is_convex_and_exact() -> None:
    t = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    z = np.linspace(-0.5, 0, 60)
    ring = np.stack([0.2 * np.cos(t), 0.12 * np.sin(t)], 1)
    dent = ring * np.where(np.abs(t - np.pi / 2) < 0.25, 0.8, 1.0)[:, None]
    points = np.concatenate([np.concatenate([dent, np.full((400, 1), v)], 1) for v in z])
    p = girths(points, axis_between(np.zeros(3), np.array([0, 0, -0.5])), 0.05, 0.45)
    angle = np.arange(72) * 2 * np.pi / 72
    want = 1 / np.sqrt((np.cos(angle) / 0.2) ** 2 + (np.sin(angle) / 0.12) ** 2)
    got = p.radius[len(p.radius) // 2]
    clear = np.abs(np.sin(angle)) < 0.85
    np.testing.assert_allclose(got[clear], want[clear], rtol=0.02)
    # Cloth bridges the dent.
    assert got.min() > 0.105


def test_hanging_cloth_never_comes_in_faster_than_its_slope() -> None:
    t = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    z = np.linspace(0, 0.5, 80)
    r = 0.2 - 0.1 * np.exp(-(((z - 0.25) / 0.06) ** 2))
    points = np.concatenate(
        [np.stack([a * np.cos(t), a * np.sin(t), np.full(90, -v)], 1) for a, v in zip(r, z, strict=True)]
    )
    p = girths(points, axis_between(np.zeros(3), np.array([0, 0, -0.5])), 0.0, 0.5).hang(0.1)
    drop = -np.diff(p.radius, axis=0) / p.step
    assert drop.max() <= 0.1 + 1e-9
