"""Hair as cards and tubes: they cover what the strands covered, keep their colours, and their UVs fit the alpha."""

import numpy as np
import pytest
from vivant.procgen.errors import SpecError
from vivant.procgen.geometry import Strands
from vivant.procgen.materials.shader import Shader
from vivant.procgen.people.hair_cards import COLUMNS, card_alpha, hair_cards, representatives


@pytest.fixture(scope="module")
def strands():
    rng = np.random.default_rng(4)
    roots = rng.normal(0, 1, (900, 3))
    roots /= np.linalg.norm(roots, axis=1, keepdims=True)
    points = roots[:, None] * np.linspace(0.1, 0.15, 7)[None, :, None]
    points[..., 2] -= np.linspace(0, 0.25, 7) ** 2
    colour = rng.random((900, 3)).astype(np.float32)
    return Strands(points.astype(np.float32), np.full((900, 7), 1e-4, np.float32), Shader("hair"), attributes={"tint": colour})


@pytest.mark.parametrize("kind", ["card", "tube"])
@pytest.mark.parametrize(("most", "points"), [(2000, 0), (60, 0), (60, 4)])
def test_cards_follow_their_strands(strands, kind, most, points):
    mesh, owner = hair_cards(strands, np.zeros(3), most, points, kind)
    n, k, width = min(900, most), points or 7, 2 if kind == "card" else 3
    assert mesh.vertices.shape == (n * k * width, 3) and np.isfinite(mesh.vertices).all()
    assert len(mesh.faces) == n * (k - 1) * (1 if kind == "card" else 3)
    assert (np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices)) > 0).all()
    middle = mesh.vertices.reshape(n, k, width, 3).mean(2)
    first = owner.reshape(n, k * width)
    assert (first == first[:, :1]).all()
    assert np.allclose(middle[:, 0], strands.points[first[:, 0], 0], atol=1e-6)
    assert np.allclose(middle[:, -1], strands.points[first[:, 0], -1], atol=1e-6)
    assert np.array_equal(mesh.point["tint"], strands.attributes["tint"][owner])


def test_fewer_cards_are_wider(strands):
    widths = []
    for most in (900, 90):
        mesh, _ = hair_cards(strands, np.zeros(3), most)
        v = mesh.vertices.reshape(-1, 2, 3)
        widths.append(np.linalg.norm(v[:, 0] - v[:, 1], axis=1).sum())
    assert np.isclose(widths[0], widths[1], rtol=1e-3)


def test_tubes_show_as_much_width_as_strands(strands):
    """Seen from all around, a convex section shows its perimeter over pi (Cauchy)."""
    mesh, _ = hair_cards(strands, np.zeros(3), 900, kind="tube")
    ring = mesh.vertices.reshape(-1, 3, 3).astype(np.float64)
    perimeter = sum(np.linalg.norm(ring[:, i] - ring[:, i - 1], axis=1) for i in range(3))
    assert np.allclose(perimeter / np.pi, 2e-4, rtol=1e-2)


@pytest.mark.parametrize("kind", ["card", "tube"])
def test_uvs_run_from_root_to_tip_within_one_column(strands, kind):
    mesh, _ = hair_cards(strands, np.zeros(3), 50, kind=kind)
    assert mesh.uv.shape == (len(mesh.faces), 4, 2) and mesh.uv.min() >= 0 and mesh.uv.max() <= 1
    per_card = mesh.uv.reshape(50, -1, 2)
    column = np.floor(per_card[..., 0].mean(1) * COLUMNS)
    assert (per_card[..., 0] >= column[:, None] / COLUMNS - 1e-6).all()
    assert (per_card[..., 0] <= (column[:, None] + 1) / COLUMNS + 1e-6).all()
    assert len(np.unique(column)) > 1
    root = np.linalg.norm(mesh.vertices[mesh.faces], axis=2)
    v = mesh.uv[..., 1]
    assert root[v == 0].max() < root[v == 1].min() + 0.1 and v[:, 2].min() > v[:, 0].min()


def test_representatives_are_spread_evenly(strands):
    chosen = representatives(strands.points, 90)
    assert len(np.unique(chosen)) == 90
    from vivant.procgen.people.nearest import NearestPoints

    farthest = NearestPoints(strands.points[chosen, 0]).query(strands.points[:, 0])[0].max()
    assert farthest < 0.08  # a sphere of 0.1 m: even spacing of 90 points is 0.037


def test_alpha_thins_out_towards_the_tip():
    alpha = card_alpha(128, 64)
    assert alpha.shape == (128, 64) and alpha.min() == 0.0 and alpha.max() == 1.0
    assert np.array_equal(alpha, card_alpha(128, 64)) and not np.array_equal(alpha, card_alpha(128, 64, 1))
    for column in np.split(alpha, COLUMNS, axis=1):
        assert column[-32:].mean() > 2 * column[:16].mean() and 0.3 < column[-64:].mean() < 0.9


def test_nothing_to_show_is_refused(strands):
    with pytest.raises(SpecError, match="most >= 1"):
        hair_cards(strands, np.zeros(3), 0)
    with pytest.raises(SpecError, match="card or tube"):
        hair_cards(strands, np.zeros(3), kind="wig")  # pyright: ignore[reportArgumentType]
