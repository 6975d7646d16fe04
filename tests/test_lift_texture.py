"""Textures from pictures: identities that hold whatever the surface is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.bridge.lift.rasterise import look, rasterise
from vivant.bridge.lift.texture import DILATE, TextureView, UvMap, bake, paint, uv_map, view_weights
from vivant.procgen.errors import LiftError
from vivant.procgen.frames import invert_rigid, look_at, project
from vivant.procgen.people.model import load_body
from vivant.procgen.raster import coverage

SIZE = 192
K = np.array([[150.0, 0.0, 64.0], [0.0, 150.0, 64.0], [0.0, 0.0, 1.0]])


@pytest.fixture(scope="module")
def body() -> tuple[np.ndarray, UvMap]:
    model = load_body()
    v = np.asarray(model.v_template, np.float64) @ np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).T
    return v, uv_map(np.asarray(model.faces), np.asarray(model.uv), np.asarray(model.uv_faces), SIZE)


def camera(angle: float) -> np.ndarray:
    eye = np.array([2.2 * np.sin(angle), -2.2 * np.cos(angle), 0.2])
    return invert_rigid(look_at(eye, np.array([0.0, 0.0, -0.1])))


def views(count: int, color: object = (0.2, 0.5, 0.7)) -> list[TextureView]:
    image = np.broadcast_to(np.asarray(color, np.float64), (128, 128, 3))
    return [TextureView(image, K, camera(2 * np.pi * k / count)) for k in range(count)]


def test_pixels_are_those_that_the_silhouette_covers(body) -> None:
    v, uv = body
    pixels, z = project(K, camera(0.3), v)
    found = rasterise(pixels, z, uv.faces, 128, 128)
    assert (found.hit == coverage(pixels[uv.faces], 128, 128)).mean() > 0.9999
    assert np.abs(found.bary[found.hit].sum(1) - 1.0).max() < 1e-9
    # Depth is that of the point which the weights say, and lies on the pixel's ray.
    point = found.interpolate(uv.faces, v)[found.hit]
    back, depth = project(K, camera(0.3), point)
    rows, cols = np.nonzero(found.hit)
    assert np.abs(back - np.stack([cols + 0.5, rows + 0.5], 1)).max() < 1e-6
    assert np.abs(depth - found.depth[found.hit]).max() < 1e-9


def test_constant_pictures_make_a_constant_texture(body) -> None:
    v, uv = body
    texture = bake(v, v, uv, views(3))
    assert np.abs(texture.color - [0.2, 0.5, 0.7]).max() < 1e-6
    assert texture.seen[uv.texels].mean() > 0.5


def test_equal_views_count_as_one(body, rng: np.random.Generator) -> None:
    v, uv = body
    one = replace(views(1)[0], image=rng.random((128, 128, 3)))
    once, thrice = bake(v, v, uv, [one]), bake(v, v, uv, [one] * 3)
    assert np.array_equal(once.seen, thrice.seen)
    assert np.abs(once.color - thrice.color).max() < 1e-6


def test_normalised_weights_sum_to_one(body) -> None:
    """A picture of ones in every view comes out as one wherever anything is seen, so weights are normalised."""
    v, uv = body
    some = views(4, (1.0, 1.0, 1.0))
    weights = np.stack([view_weights(v, uv, view)[0] for view in some])
    assert weights.min() >= 0.0
    texture = bake(v, v, uv, some)
    assert np.abs(texture.color[texture.seen] - 1.0).max() < 1e-6
    assert np.array_equal(texture.seen[uv.texels], weights.sum(0) > 1e-4)


def test_hidden_texels_have_no_weight(body) -> None:
    v, uv = body
    view = views(1)[0]
    weight, pixels = view_weights(v, uv, view)
    normal_y = uv.carry(v)[:, 1]
    assert weight[normal_y > 0.12].max() == 0.0  # the back of everything, seen from the front
    depth = np.full((128, 128), np.inf)
    seen = look(v, uv.faces, K, view.T_cam_from_world, 128, 128)
    depth[seen.hit] = seen.depth[seen.hit]
    depth[:, :64] = 0.5  # a wall before one half of the picture
    behind, _ = view_weights(v, uv, replace(view, depth=depth))
    assert behind[pixels[:, 0] < 62].max() == 0.0
    assert behind.max() > 0.5
    close, _ = view_weights(v, uv, replace(view, close_up=True))
    assert np.allclose(close, 4.0 * weight)


def test_known_texture_comes_back(body) -> None:
    """Render a texture from all around, bake it, render again from where no picture was taken."""
    v, uv = body
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    true = np.stack([0.5 + 0.4 * np.sin(12 * x), 0.5 + 0.4 * np.cos(10 * y), 0.5 + 0.3 * np.sin(8 * (x + y))], -1)
    given = []
    for k in range(6):
        T = camera(k * np.pi / 3)
        given.append(TextureView(paint(true, uv, look(v, uv.faces, K, T, 128, 128)), K, T))
    given = [replace(g, mask=look(v, uv.faces, K, g.T_cam_from_world, 128, 128).hit) for g in given]
    texture = bake(v, v, uv, given)
    new = look(v, uv.faces, K, camera(0.5), 128, 128)
    want, got = paint(true, uv, new)[new.hit], paint(texture.color, uv, new)[new.hit]
    assert -10 * np.log10(((want - got) ** 2).mean()) > 26.0
    # Beyond the islands colours go on, so that filtering meets no black.
    grown = uv.texels.copy()
    for _ in range(DILATE - 1):
        grown[1:-1, 1:-1] |= grown[:-2, 1:-1] | grown[2:, 1:-1] | grown[1:-1, :-2] | grown[1:-1, 2:]
    assert (np.abs(texture.color[grown]).max(-1) > 0.01).all()


def test_unseen_halves_are_filled_from_the_other_side(body) -> None:
    v, uv = body
    image = np.zeros((128, 128, 3))
    image[:] = (0.9, 0.1, 0.1)
    left = np.arange(128) >= 64
    image[:, left] = (0.1, 0.1, 0.9)
    mask = np.broadcast_to(left, (128, 128)).copy()
    texture = bake(v, v, uv, [replace(views(1)[0], image=image, mask=mask)])
    # Only one half was seen, and both are blue.
    assert texture.color[uv.texels][:, 2].min() > 0.85


def test_nothing_to_see_is_said(body) -> None:
    v, uv = body
    with pytest.raises(LiftError, match="no picture"):
        bake(v, v, uv, [])
    with pytest.raises(LiftError, match="no picture sees"):
        bake(v, v, uv, [replace(views(1)[0], mask=np.zeros((128, 128), bool))])
    with pytest.raises(LiftError, match="size"):
        uv_map(uv.faces, uv.uv, uv.uv_faces, 4)
