"""Blender's k-d tree as Vivant asks it, against the one in numpy."""

from __future__ import annotations

import bpy  # noqa: F401 (mathutils comes with it)
import numpy as np
import pytest
from vivant.procgen.blender.kd_tree import BlenderTree
from vivant.procgen.people.nearest import NearestPoints


def scattered(count: int, seed: int) -> np.ndarray:
    """(count, 3) points on a body-sized ellipsoid that stands forty metres from the origin."""
    x = np.random.default_rng(seed).normal(size=(count, 3))
    return x / np.linalg.norm(x, axis=1, keepdims=True) * (0.3, 0.2, 0.9) + (40.0, -3.0, 1.0)


@pytest.mark.parametrize("n", [1, 5, 8, 700])
@pytest.mark.parametrize("k", [1, 4, 9])
@pytest.mark.parametrize("limit", [np.inf, 0.05])
def test_it_agrees_with_numpy(n: int, k: int, limit: float) -> None:
    points, x = scattered(n, n), scattered(200, 7) + 0.01
    d, i = NearestPoints(points, "mathutils").query(x, k, limit)
    expected, rows = NearestPoints(points, "numpy").query(x, k, limit)
    assert d.shape == expected.shape and d.dtype == np.float64 and i.dtype == np.int64
    assert np.array_equal(np.isinf(d), np.isinf(expected))
    there = np.isfinite(d)
    assert np.abs(d[there] - expected[there]).max(initial=0) < 1e-7
    assert np.array_equal(i == n, rows == n)
    apart = np.sum(i != rows) / max(np.sum(there), 1)
    assert apart < 0.01, "only what is equally near in single precision may be told apart differently"


def test_no_queries_and_the_choice_inside_blender(monkeypatch: pytest.MonkeyPatch) -> None:
    points = scattered(50, 1)
    for k in (1, 3):
        d, i = NearestPoints(points, "mathutils").query(np.zeros((0, 3)), k)
        assert len(d) == len(i) == 0
    monkeypatch.setattr("vivant.procgen.people.nearest.scipy_tree", lambda: None)
    assert isinstance(NearestPoints(points)._tree, BlenderTree), "Blender has no scipy"
