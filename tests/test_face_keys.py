"""Shape keys of the face: what each ARKit action does to skin, eyes, mouth and brows, and hair as textured cards."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen.geometry import Strands
from vivant.procgen.materials.hair import TINT
from vivant.procgen.materials.shader import Shader
from vivant.procgen.one_person import assemble_person, sample_person
from vivant.procgen.people.face_keys import face_keys, keys_of_cards
from vivant.procgen.people.hair_atlas import textured_hair
from vivant.procgen.people.hair_cards import hair_cards
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import replace


@pytest.fixture(scope="module")
def person():
    spec = sample_person(Seed(3).child("person"), pose="stand")
    spec = replace(spec, detail=1, hair_density=0.05, gaze=None, expression={})
    body, parts, hidden = assemble_person(spec)
    return spec, body, {p.name: p for p in parts}, face_keys(spec, body, parts, hidden)


def test_skin_has_all_52_actions_by_their_names(person):
    _, body, _, keys = person
    assert list(keys["body"]) == list(body.model.arkit_names) and len(keys["body"]) == 52
    still = [action for action, step in keys["body"].items() if np.abs(step).max() < 5e-4]
    assert still == ["tongueOut"], "only the tongue moves"
    assert np.abs(keys["tongue"]["tongueOut"]).max() > 0.01


def test_a_key_is_what_the_person_built_with_that_expression_shows(person):
    spec, _, parts, keys = person
    for action in ("jawOpen", "mouthSmileLeft", "eyeBlinkRight"):
        # Settled anew: the whole body may come to rest a tenth of a millimetre elsewhere.
        _, built, _ = assemble_person(replace(spec, expression={action: 1.0}))
        for part in built:
            if part.name in ("body", "upper_teeth", "lower_teeth", "tongue", "eye_l", "eye_r"):
                step = keys[part.name].get(action, 0.0)
                assert np.abs(parts[part.name].geometry.vertices + step - part.geometry.vertices).max() < 3e-4, (
                    action,
                    part.name,
                )


def test_left_and_right_are_the_persons(person):
    _, _, parts, keys = person
    for action in ("eyeBlink", "mouthSmile", "browOuterUp"):
        left, right = (np.linalg.norm(keys["body"][action + side], axis=1) for side in ("Left", "Right"))
        x = parts["body"].geometry.vertices[:, 0]
        # A person facing -Y has their left at +X.
        assert left @ x / left.sum() > right @ x / right.sum() + 0.01, action


def test_lashes_close_with_the_lid_and_keep_their_length(person):
    _, _, parts, keys = person
    points = parts["lashes"].geometry.points
    shut = points + keys["lashes"]["eyeBlinkLeft"]
    assert (shut - points)[..., 2].min() < -0.002
    before, after = (np.linalg.norm(np.diff(p, axis=1), axis=-1) for p in (points, shut))
    assert np.abs(before - after).max() < 1e-6


def test_brows_rise_with_the_skin_below(person):
    _, _, parts, keys = person
    root = parts["brows"].geometry.points[:, 0]
    rise = keys["brows"]["browOuterUpLeft"][:, 0, 2]
    outer = root[:, 0] > np.quantile(root[:, 0], 0.8)
    assert rise[outer].mean() > 0.002 and np.abs(rise[root[:, 0] < np.median(root[:, 0])]).max() < 0.001


def _strands(rng, count=40):
    root = rng.normal(0, 1, (count, 3))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    points = (root[:, None] * np.linspace(0.1, 0.2, 6)[None, :, None]).astype(np.float32)
    return Strands(
        points,
        np.full((count, 6), 1e-4, np.float32),
        Shader("hair"),
        attributes={TINT: rng.uniform(0.05, 0.9, (count, 3))},
    )


@pytest.mark.parametrize("kind", ["card", "tube"])
def test_cards_move_as_their_strands(rng, kind):
    strands = _strands(rng)
    step = rng.normal(0, 0.01, strands.points.shape)
    mesh, owner = hair_cards(strands, np.zeros(3), kind=kind)
    moved = mesh.vertices + keys_of_cards({"a": step}, owner)["a"]
    ring = len(mesh.vertices) // (40 * 6)
    middle = moved.reshape(40, 6, ring, 3).mean(2)
    assert np.abs(middle - (strands.points + step)[np.unique(owner)]).max() < 1e-6


@pytest.mark.parametrize("count", [30, 1200])
def test_every_card_shows_its_own_colour(rng, count):
    strands = _strands(rng, count)
    mesh, owner, texture = textured_hair(strands, np.zeros(3), 512)
    assert mesh.uv.min() >= 0 and mesh.uv.max() <= 1
    middle = (mesh.uv.mean(1) * 512).astype(int)
    shown = texture[middle[:, 1], middle[:, 0], :3]
    tint = strands.attributes[TINT][owner[mesh.faces[:, 0]]]
    assert np.all(shown >= tint - 1e-6) and np.all(shown <= np.minimum(tint * 1.2, 1.0) + 1e-6)
    coverage = texture[..., 3]
    assert coverage.min() == (1.0 if count < 900 else 0.0)
