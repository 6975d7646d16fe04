"""Broad waves in depth and normals: what is left of residuals is what a dense covariance would leave, and faces are found in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.bridge.lift.face_fit import FitSettings, fit_face
from vivant.bridge.lift.face_view import GUESSED
from vivant.bridge.lift.open_head import open_head
from vivant.bridge.lift.waves import Waves, without_waves
from vivant.tests.seen_heads import off, seen, somebody


def test_what_is_left_is_what_a_dense_covariance_leaves(rng: np.random.Generator) -> None:
    basis = 2.0 * rng.normal(size=(60, 7))
    r, J = rng.normal(size=(60, 3)), rng.normal(size=(60, 3, 5))
    terms = without_waves("depth", r, J, basis, 1e6)
    inverse = np.linalg.inv(np.eye(60) + basis @ basis.T)
    A = sum(t.jacobian.T @ t.jacobian for t in terms)
    b = sum(t.jacobian.T @ t.residual for t in terms)
    assert np.allclose(A, np.einsum("nck,nm,mcl->kl", J, inverse, J))
    assert np.allclose(b, np.einsum("nck,nm,mc->k", J, inverse, r))
    assert sum(t.cost() for t in terms) == pytest.approx(np.einsum("nc,nm,mc->", r, inverse, r), rel=1e-6)
    # An outlier is none of the waves' business.
    r[5] += 1000.0
    found = without_waves("depth", r, J, basis, 2.0)
    assert np.abs(found[1].residual).max() < 3.0
    assert found[0].weights()[15:18].max() < 1e-4


def test_waves_are_equally_high_everywhere_and_as_long_as_they_say(rng: np.random.Generator) -> None:
    q = rng.uniform(0, 100, (300, 2))
    basis = Waves(0.002, 0.1, 0.03).basis(q, 0.0015)  # twenty pixels long
    together = basis @ basis.T
    assert np.allclose(np.diag(together), 1.0)
    apart = np.linalg.norm(q[:, None] - q[None], axis=2)
    assert np.abs(together - np.exp(-0.5 * (apart / 20.0) ** 2)).max() < 0.12


def test_a_face_is_found_in_waves() -> None:
    head, rng = open_head(), np.random.default_rng(7)
    X = head.shape(*somebody(head, 7))
    view = seen(head, X, 15.0)
    assert view.depth is not None and view.normal is not None
    waves = _smooth(rng, 4, view.depth.shape, 14.0)
    bent = view.normal + 0.09 * np.stack(waves[1:], -1)
    bent /= np.maximum(np.linalg.norm(bent, axis=-1, keepdims=True), 1e-9)
    wavy = replace(view, depth=(view.depth + 0.0025 * waves[0] - 0.2) / 1.3, normal=bent.astype(np.float32), depth_metric=False)
    f = head.face
    fit = fit_face(head, [wavy], FitSettings(spread=GUESSED))
    # Taken for noise of every pixel by itself, the same waves leave twice as much.
    assert off(fit.vertices[f], X[f], True) < 1.1
    assert off(head.vertices[f], X[f], True) > 3.0


def _smooth(rng: np.random.Generator, count: int, shape: tuple[int, int], length: float) -> list[np.ndarray]:
    """Fields of standard deviation 1 without anything quick in them."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    out = []
    for _ in range(count):
        k, phase = rng.normal(size=(40, 2)) / length, rng.uniform(0, 2 * np.pi, 40)
        out.append(np.cos(x[..., None] * k[:, 0] + y[..., None] * k[:, 1] + phase).sum(-1) * np.sqrt(2.0 / 40))
    return out
