"""Light and tone curves taken out of pictures of bodies: what was developed is undone, what was lit is paint again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.bridge.lift import picture_light
from vivant.bridge.lift.body_light import harmonics
from vivant.bridge.lift.body_view import LEVEL_CAM_FROM_WORLD, assumed_camera
from vivant.bridge.lift.picture_light import flattened
from vivant.bridge.lift.rasterise import look
from vivant.bridge.lift.texture import TextureView
from vivant.bridge.lift.tone import SRGB, Tone, development, named_tone, tone_of
from vivant.procgen.color_names import linear_from_srgb, srgb_from_linear
from vivant.procgen.errors import SpecError
from vivant.procgen.vectors import vertex_normals

SIZE = 88


def test_developments_are_undone_and_names_are_checked(rng: np.random.Generator) -> None:
    colors = 0.18 * 2.0 ** (rng.uniform(-4, 2, (2000, 1)) + rng.uniform(-0.7, 0.7, (2000, 3)))
    for look_name in ("AgX - Medium High Contrast", "None"):
        found = development("AgX", look_name)
        assert found is not None
        display = found.develop(colors)
        assert display.min() > 0.0 and display.max() < 1.0
        assert np.abs(found.undo(display) / colors - 1.0).max() < 0.02
        assert (np.diff(found.curve) >= 0).all()
    rgb = rng.integers(0, 256, (4, 5, 3)).astype(np.uint8)
    assert np.allclose(SRGB.linear(rgb), linear_from_srgb(rgb / 255.0))
    assert np.allclose(Tone("Raw").linear(rgb), rgb / 255.0)
    assert np.allclose(Tone("Standard", "None", 1.0).linear(rgb), SRGB.linear(rgb) / 2.0)
    assert tone_of({"view_transform": "AgX", "look": "None", "exposure_applied": -0.5}) == Tone("AgX", "None", -0.5)
    with pytest.raises(SpecError, match="srgb, agx, raw"):
        named_tone("film")


@pytest.fixture(scope="module")
def scene() -> dict[str, np.ndarray]:
    """A large ball and a small one that shades it, in three paints, under a sky and a hard sun."""
    vertices, faces = _ball(24)
    small = vertices * 0.16 + [0.28, -0.75, 0.42]
    vertices = np.concatenate([0.5 * vertices, small])
    faces = np.concatenate([faces, faces + len(small)])
    vertices = vertices + [0.0, 3.0, 0.0]
    K = assumed_camera(SIZE, SIZE)
    K[0, 0] = K[1, 1] = 2.3 * SIZE
    raster = look(vertices, faces, K, LEVEL_CAM_FROM_WORLD, SIZE, SIZE)
    hit = raster.hit
    n = raster.interpolate(faces, np.asarray(vertex_normals(vertices, faces), np.float64))
    n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    places = raster.interpolate(faces, vertices)
    owner = np.where(raster.face < len(faces) // 2, 0, 1)
    paint = np.array([[0.55, 0.30, 0.25], [0.20, 0.30, 0.55], [0.30, 0.32, 0.30]])
    kind = np.where(owner == 1, 2, (places[..., 2] > 0.0).astype(int))
    sun = np.array([0.45, -0.7, 0.55])
    sun /= np.linalg.norm(sun)
    # A shadow by its own definition: the way to the sun passes the small ball.
    to = small.mean(0) + [0.0, 3.0, 0.0] - places
    along = to @ sun
    shaded = (owner == 0) & (along > 0) & (np.linalg.norm(to - along[..., None] * sun, axis=-1) < 0.16)
    sky = np.zeros((9, 3))
    sky[0], sky[3] = [0.45, 0.5, 0.6], 0.15
    shade = harmonics(n.reshape(-1, 3)).dot(sky).reshape(SIZE, SIZE, 3)
    shade = shade + np.maximum(n @ sun, 0.0)[..., None] * [1.6, 1.5, 1.3] * ~shaded[..., None]
    image = np.where(hit[..., None], paint[kind] * shade, 0.1)
    region = np.where(np.arange(len(vertices)) < len(vertices) - len(small), 0, 1)
    return {"image": image, "vertices": vertices, "faces": faces, "K": K, "hit": hit, "paint": np.where(hit[..., None], paint[kind], 0.0),
            "sun": sun, "shaded": shaded & hit, "region": region, "depth": np.where(hit, raster.depth, np.inf),
            "normal": n @ LEVEL_CAM_FROM_WORLD[:3, :3].T}  # fmt: skip


def _ball(rings: int) -> tuple[np.ndarray, np.ndarray]:
    v = np.linspace(0.02, np.pi - 0.02, rings)
    u = np.arange(2 * rings) * np.pi / rings
    points = np.stack([np.outer(np.sin(v), np.cos(u)), np.outer(np.sin(v), np.sin(u)), np.outer(np.cos(v), np.ones_like(u))], -1)
    at = np.arange(rings * 2 * rings).reshape(rings, -1)
    a, b, c, d = at[:-1], np.roll(at, -1, 1)[:-1], at[1:], np.roll(at, -1, 1)[1:]
    faces = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
    return points.reshape(-1, 3), faces


def _off(scene: dict[str, np.ndarray], flat: TextureView) -> np.ndarray:
    on = flat.mask
    got, want = flat.image[on], scene["paint"][on]
    return np.sqrt(((got * want.sum() / got.sum() - want) ** 2).mean(1))


def test_a_hard_sun_and_its_shadow_are_taken_out(scene: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_light, "MAP", 320)  # for time's sake
    view = TextureView(scene["image"], scene["K"], LEVEL_CAM_FROM_WORLD, scene["hit"], scene["depth"], normal=scene["normal"])
    lit = _off(scene, view)
    flat, light = flattened([view], scene["vertices"], scene["faces"], scene["region"], scene["sun"])
    off = _off(scene, flat[0])
    assert (off < 0.06).mean() > 0.95 > 0.8 > (lit < 0.06).mean()
    # In the shadow it is the same paint as beside it.
    on = flat[0].mask
    assert scene["shaded"][on].sum() > 100
    assert np.median(off[scene["shaded"][on]]) < 0.03
    assert (light.sun > 1.0 * light.sky[0]).all() and light.sun[0] > light.sun[2]
    # Two views of one moment have one light, and the same view twice is the view once.
    twice, same = flattened([view, view], scene["vertices"], scene["faces"], scene["region"], scene["sun"])
    assert np.allclose(same.sky, light.sky, atol=1e-6) and np.allclose(twice[1].image, flat[0].image, atol=1e-6)


def test_a_sun_that_nobody_names_is_found(scene: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_light, "FINALISTS", 2)  # for time's sake
    monkeypatch.setattr(picture_light, "MAP", 320)
    bare = TextureView(scene["image"], scene["K"], LEVEL_CAM_FROM_WORLD, scene["hit"])
    flat, light = flattened([bare], scene["vertices"], scene["faces"], scene["region"])
    assert light.direction is not None and light.direction @ scene["sun"] > 0.85
    assert (_off(scene, flat[0]) < 0.06).mean() > 0.85
    even = replace(bare, image=np.where(scene["hit"][..., None], scene["paint"], 0.1))
    same, none = flattened([even], scene["vertices"], scene["faces"], scene["region"])
    assert (_off(scene, same[0]) < 0.02).mean() > 0.98
    assert np.abs(none.sun).max() < 0.1


def test_pictures_of_one_colour_stay_as_they_are() -> None:
    vertices, faces = _ball(12)
    empty = TextureView(np.full((32, 32, 3), 0.3), assumed_camera(32, 32), LEVEL_CAM_FROM_WORLD, np.zeros((32, 32), bool))
    flat, light = flattened([empty], vertices + [0.0, 4.0, 0.0], faces, np.zeros(len(vertices), int))
    assert flat[0].image is empty.image and light.sky[0].tolist() == [1.0, 1.0, 1.0]
    assert srgb_from_linear(np.array(0.3)) > 0.5
