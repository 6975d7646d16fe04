"""NearestPoints against scipy's tree."""

import numpy as np
import pytest
from vivant.procgen.people.nearest import NearestPoints, NumpyTree

spatial = pytest.importorskip("scipy.spatial")


def _sphere(n, rng):
    p = rng.normal(size=(n, 3))
    return p / np.linalg.norm(p, axis=1, keepdims=True)


@pytest.mark.parametrize("provider", ["numpy", "scipy"])
@pytest.mark.parametrize("n", [1, 7, 8, 9, 100, 5003])
@pytest.mark.parametrize("k", [1, 4, 7, 8, 9, 16, 20, 32])
def test_agrees_with_scipy(n, k, provider):
    rng = np.random.default_rng(n + k)
    points = _sphere(n, rng)
    x = np.concatenate([rng.normal(size=(300, 3)), points[: min(50, n)] * 1.001, rng.normal(size=(50, 3)) * 20])
    tree = spatial.cKDTree(points)
    for limit in (np.inf, 0.3):
        d, i = NearestPoints(points, provider).query(x, k, limit)
        ds, js = tree.query(x, k, distance_upper_bound=limit)
        assert d.shape == ds.shape
        assert np.array_equal(i == n, js == n)
        assert np.allclose(d, ds, atol=1e-12)
        found = i < n
        xs = x[:, None] if d.ndim == 2 else x
        assert np.allclose(np.linalg.norm((points[np.minimum(i, n - 1)] - xs)[found], axis=-1), d[found])


@pytest.mark.parametrize("k", range(1, 33))
def test_every_k_is_pruned(k):
    """Memory: a query opens as many leaves as its neighbours lie in, not the whole tree."""
    rng = np.random.default_rng(k)
    points, x = _sphere(3001, rng), _sphere(400, rng)
    tree = NumpyTree(points)
    opened, inner = [], tree._leaf_distance2
    tree._leaf_distance2 = lambda q, node: opened.append(len(node)) or inner(q, node)
    d, i = tree.query(x, k)
    expected, rows = spatial.cKDTree(points).query(x, k)
    assert np.allclose(d, expected, atol=1e-12) and np.array_equal(i, rows)
    assert sum(opened) < 400 * (20 + 4 * k)  # of 512 leaves


def test_duplicates_and_lines():
    points = np.concatenate([np.zeros((40, 3)), np.c_[np.linspace(0, 1, 60), np.zeros((60, 2))]])
    x = np.random.default_rng(0).normal(size=(100, 3))
    d, i = NearestPoints(points, "numpy").query(x, 5)
    assert np.allclose(d, spatial.cKDTree(points).query(x, 5)[0])
    assert all(len(set(row)) == 5 for row in i)


def test_guess_never_changes_the_answer():
    rng = np.random.default_rng(3)
    points, x = _sphere(4000, rng), rng.normal(size=(2000, 3))
    tree = NearestPoints(points)
    d, i = tree.query(x)
    d2, i2 = tree.query(x, guess=rng.integers(0, 4001, len(x)))
    assert np.array_equal(i, i2) and np.array_equal(d, d2)


@pytest.mark.parametrize("k", [1, 5])
def test_providers_agree_to_the_bit(k):
    rng = np.random.default_rng(8)
    points, x = rng.normal(size=(4000, 3)), rng.normal(size=(2000, 3))
    for limit in (np.inf, 0.2):
        a = NearestPoints(points, "numpy").query(x, k, limit)
        b = NearestPoints(points, "scipy").query(x, k, limit)
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1], b[1])
