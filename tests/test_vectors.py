"""Columns give numpy's own answers to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen import vectors
from vivant.procgen.people.garments import topology

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_are_numpys(dtype):
    a, b = RNG.normal(size=(2, 4001, 3)).astype(dtype)
    faces = RNG.integers(0, 4001, (900, 4))
    assert np.array_equal(vectors.cross(a, b), np.cross(a, b))
    assert np.array_equal(vectors.cross(a[:, None], b[None, :5]), np.cross(a[:, None], b[None, :5]))
    assert np.array_equal(vectors.lengths(a), np.linalg.norm(a, axis=1))
    for corners in (3, 4):
        assert np.array_equal(vectors.middles(a, faces[:, :corners]), a[faces[:, :corners]].mean(1))
        assert vectors.middles(a, faces).dtype == dtype
    assert np.array_equal(vectors.every(a > -1), (a > -1).all(1))
    assert np.array_equal(vectors.some(a > 1), (a > 1).any(1))
    assert np.array_equal(vectors.used_vertices(faces, 4001), np.unique(faces))
    assert np.array_equal(vectors.largest(a), a.max(1))
    low, high = vectors.bounds(a)
    assert np.array_equal(low, a.min(0))
    assert np.array_equal(high, a.max(0))
    assert np.array_equal(vectors.inside(a, low / 3, high / 3), ((a > low / 3) & (a < high / 3)).all(1))


def test_smoothing_is_the_mean_of_neighbours():
    """Against a dense matrix: inner vertices by all that they share an edge with, border vertices along the border."""
    rows, columns = 7, 9
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    tris = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))]).astype(np.int32)
    fabric = topology.Fabric(tris, number.size)
    around, along = np.zeros((2, number.size, number.size))
    for joined, pairs in ((around, fabric.edges), (along, fabric.border)):
        joined[pairs[:, 0], pairs[:, 1]] = joined[pairs[:, 1], pairs[:, 0]] = 1
    near = np.where(fabric.on_border[:, None], along, around)
    near /= near.sum(1, keepdims=True)
    x, hold = RNG.normal(size=(number.size, 3)), RNG.uniform(size=number.size)
    want = x
    for _ in range(3):
        want = want + (near @ want - want) * (0.5 * (1 - hold))[:, None]
    assert np.allclose(fabric.smooth(x, 0.5, 3, hold), want, atol=1e-12)
    assert np.allclose(fabric.smooth(x[:, 0], 0.5, 3, hold), want[:, 0], atol=1e-12)


@pytest.mark.parametrize("count", [60, 70000])
def test_edges_are_those_of_a_sort(count):
    """Both ways of grouping, below and above 16 bits, against numpy's unique."""
    tris = RNG.integers(0, count, (400, 3)).astype(np.int32)
    keys = topology.edge_keys(topology.half_edges(tris), count)
    want, inverse, times = np.unique(keys, return_inverse=True, return_counts=True)
    edges, where = topology.unique_edges(tris, count)
    assert np.array_equal(edges[:, 0].astype(np.int64) * count + edges[:, 1], want)
    assert np.array_equal(where, inverse.ravel())
    assert np.array_equal(topology.boundary_edges(tris, count), topology.half_edges(tris)[times[inverse.ravel()] == 1])
