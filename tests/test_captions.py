"""Captions: deterministic, and every word stands for something in the spec that is inside the picture."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen.captions import action, age_group, caption, hair_color, hair_words
from vivant.procgen.color_names import color_name, lab_from_linear, linear_from_srgb, srgb_from_linear
from vivant.procgen.geometry import PlaceGeometry
from vivant.procgen.people.shape import Phenotype
from vivant.procgen.registry import garments, hair, motions, places, poses
from vivant.procgen.spec import CameraSpec, FabricSpec, HumanSpec, SceneSpec, SkySpec

GROUND = PlaceGeometry([], [], lambda x, y: 0.0 * x, np.array([-4.0, -4, 4, 4]), np.zeros((0, 3)), [], False,
                       np.array([-9.0, -9, 9, 9]))  # fmt: skip


def garment(kind: str, color: tuple[float, float, float], **fabric: object):
    return garments.get(kind).spec(fabric=FabricSpec(color=color, **fabric))


def person(x: float, gender: float, age: float, family: str = "stand", **more: object) -> HumanSpec:
    who = Phenotype(gender=gender, age_years=age, height_m=1.7)
    pose = poses.get(family).make(np.random.default_rng(1), who)
    return HumanSpec(phenotype=who, pose=pose, position=(x, 0.0), **more)


def scene(*people: HumanSpec, eye=(0.0, -6.0, 1.4), target=(0.0, 0.0, 0.9), focal=35.0, sky=None) -> SceneSpec:
    camera = CameraSpec(eye=eye, target=target, focal_mm=focal, width=640, height=640)
    return SceneSpec(place=places.get("meadow").spec(), people=people, cameras=(camera,), sky=sky or SkySpec())


OUTFIT = (
    garment("tshirt", (0.6, 0.02, 0.02)),
    garment("jeans", (0.03, 0.06, 0.2)),
    garment("boot", (0.01, 0.01, 0.01)),
)


def test_one_person_in_full() -> None:
    human = person(0.0, 1.0, 24.0, "wave", outfit=OUTFIT, hair=hair.get("long").spec(melanin=0.95, redness=0.1))
    text, facts = caption(scene(human), 0, GROUND)
    for words in ("young woman", "long black hair", "red T-shirt", "jeans", "black boots", "waving", "in a meadow"):
        assert words in text, text
    assert facts["count"] == 1
    assert facts["people"][0]["age_group"] == "young adult"
    assert text.endswith(".")
    assert caption(scene(human), 0, GROUND) == (text, facts)


def test_what_is_outside_the_picture_is_not_said() -> None:
    human = person(0.0, 0.0, 70.0, outfit=OUTFIT)
    text, facts = caption(scene(human, eye=(0.0, -1.6, 1.6), target=(0.0, 0.0, 1.55), focal=50.0), 0, GROUND)
    assert "elderly man" in text
    assert "boots" not in text
    assert "jeans" not in text
    assert facts["people"][0]["visible"][0] == "head"
    away, empty = caption(scene(human, target=(0.0, -12.0, 1.0)), 0, GROUND)
    assert "without people" in away
    assert empty["count"] == 0


def test_two_people_from_left_to_right() -> None:
    right, left = person(0.8, 0.0, 40.0, "talk"), person(-0.8, 1.0, 8.0, "squat")
    text, facts = caption(scene(right, left), 0, GROUND)
    assert "two people" in text
    assert text.index("girl") < text.index("man with")
    assert "squatting" in text
    assert [p["instance"] for p in facts["people"]] == [1, 2]


def test_a_jacket_hides_what_is_below() -> None:
    human = person(0.0, 0.0, 35.0, outfit=(*OUTFIT, garment("jacket", (0.02, 0.03, 0.1))))
    text, _ = caption(scene(human), 0, GROUND)
    assert "navy jacket" in text
    assert "T-shirt" not in text


@pytest.mark.parametrize(
    ("sky", "words"),
    [
        (SkySpec(cloudiness=0.95), "under an overcast sky"),
        (SkySpec(cloudiness=0.1), "under a clear sky"),
        (SkySpec(sun_elevation=0.2, warmth=0.9), "golden evening light"),
    ],
)
def test_weather_and_time(sky: SkySpec, words: str) -> None:
    assert words in caption(scene(person(0.0, 0.0, 30.0), sky=sky), 0, GROUND)[0]


def test_every_registered_kind_has_words() -> None:
    """New garments, styles and poses come out as readable words and not as identifiers."""
    for kind in garments.names():
        text, facts = caption(scene(person(0.0, 0.0, 30.0, outfit=(garment(kind, (0.5, 0.5, 0.5)),))), 0, GROUND)
        worn = facts["people"][0]["clothes"][0]
        # Small things that the next garment mostly hides are in the facts alone.
        assert worn["name"].split()[-1] in text or worn["slot"] in ("hidden", "waist", "wrist"), kind
        assert "_" not in text
    for kind in hair.names():
        assert "_" not in hair_words(hair.get(kind).spec())
    for family in poses.names():
        human = person(0.0, 0.0, 30.0, family)
        assert "ing" in action(human)
        assert "_" not in caption(scene(human), 0, GROUND)[0]
    walking = person(0.0, 0.0, 30.0, "phone", motion=motions.get("walk").spec())
    assert action(walking) == "walking"


def test_ages_and_hair() -> None:
    groups = [age_group(a) for a in (0.5, 2.0, 8.0, 16.0, 22.0, 35.0, 55.0, 80.0)]
    assert groups == ["baby", "toddler", "child", "teenager", "young adult", "adult", "middle-aged", "elderly"]
    short = hair.get("short").spec
    assert hair_color(short(melanin=0.12, redness=0.1)) == "blond"
    assert hair_color(short(melanin=0.95)) == "black"
    assert hair_color(short(melanin=0.95, grey=0.95)) == "white"


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((255, 0, 0), "red"), ((0, 0, 255), "blue"), ((0, 128, 0), "green"), ((255, 255, 255), "white"),
        ((10, 10, 10), "black"), ((128, 128, 128), "grey"), ((255, 220, 50), "yellow"), ((20, 25, 60), "navy"),
        ((245, 165, 190), "pink"), ((110, 70, 40), "brown"), ((30, 120, 120), "teal"),
    ],
)  # fmt: skip
def test_color_names(rgb: tuple[int, int, int], name: str) -> None:
    assert color_name(linear_from_srgb(np.array(rgb) / 255)) == name


def test_color_spaces() -> None:
    x = np.linspace(0.0, 1.0, 50)[:, None] * np.ones(3)
    assert np.allclose(linear_from_srgb(srgb_from_linear(x)), x, atol=1e-9)
    assert np.allclose(lab_from_linear(np.ones(3)), (100.0, 0.0, 0.0), atol=0.02)
