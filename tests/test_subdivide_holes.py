"""Subdivision where faces were left out: weights still sum to one, so that no vertex flies away."""

import numpy as np
import pytest
from vivant.procgen.people.model import load_body
from vivant.procgen.people.subdivide import build_subdivision


def grid(n):
    """(n * n, 4) quads of a flat square."""
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    a = (i * (n + 1) + j).ravel()
    return np.stack([a, a + n + 1, a + n + 2, a + 1], 1)


@pytest.mark.parametrize("holes", [[], [0], [7, 13], [7, 11], [6, 12, 18]], ids=str)
def test_weights_sum_to_one_whatever_is_cut_out(holes):
    faces = np.delete(grid(5), holes, 0)
    op = build_subdivision(faces, 36)
    for rows in (op.smooth, op.linear):
        assert np.allclose(rows @ np.ones((36, 1)), 1.0, atol=1e-6)


def test_a_dressed_body_stays_where_it_is(rng):
    """Any set of faces may be hidden under clothes."""
    model = load_body()
    away = model.v_template + [0.0, 100.0, 0.0]
    for share in (0.02, 0.4, 0.9):
        kept = model.quads[rng.random(len(model.quads)) > share]
        op = build_subdivision(kept, model.vertex_count)
        smooth, linear = op.smooth @ away, op.linear @ away
        assert np.abs(smooth - linear).max() < 0.05
