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
