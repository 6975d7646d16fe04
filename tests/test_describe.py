"""Descriptions: every caption parses back to its own facts; attributes go to the right person; what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.captions import caption
from vivant.procgen.describe import lexicon
from vivant.procgen.describe.description import Description
from vivant.procgen.describe.grammar import describe
from vivant.procgen.describe.vocabulary import WORD_KINDS, vocabulary, words_by_kind
from vivant.procgen.errors import SpecError
from vivant.procgen.layout import Placement
from vivant.procgen.one_person import level_ground
from vivant.procgen.people.shape import PhenotypeRanges, sample_phenotype
from vivant.procgen.sample import sample_human
from vivant.procgen.seeds import Seed
from vivant.procgen.sky import sample_sky
from vivant.procgen.spec import CameraSpec, SceneSpec, TouchSpec, replace

GROUND = level_ground()


def random_scene(number: int) -> SceneSpec:
    """Some people in a row before a random camera, dressed and posed as scenes are, and now and then a group."""
    seed = Seed(11).child(number)
    rng = seed.rng()
    count = int(rng.integers(0, 6))
    people = []
    for i in range(count):
        person = sample_phenotype(seed.child(i).rng(), PhenotypeRanges(age_years=(0.6, 88.0)))
        where = Placement((1.1 * (i - (count - 1) / 2), float(rng.normal(0, 0.5))), float(rng.normal(0, 0.6)))
        people.append(sample_human(seed.child("human", i), person, where, GROUND, 1))
    groups = []
    kinds = [e for e in registry.groups if count >= e.spec.sizes[0]]
    if kinds and rng.random() < 0.7:
        entry = kinds[int(rng.integers(len(kinds)))]
        size = min(count, max(entry.spec.sizes[0], int(rng.integers(2, 6))), entry.spec.sizes[1])
        members = tuple(int(v) for v in rng.permutation(count)[:size])
        groups.append(replace(entry.make(rng, size), members=members))
        if getattr(groups[0], "contact", "none") != "none":
            touch = TouchSpec(point=(0.0, 0.0, 1.0), whom=members[1])
            people[members[0]] = replace(people[members[0]], touches=(touch,))
    distance = float(rng.uniform(1.5, 9.0))
    eye = (float(rng.normal(0, 1)), -distance, float(rng.uniform(0.5, 3.5)))
    camera = CameraSpec(eye=eye, target=(float(rng.normal(0, 0.5)), 0.0, 1.2), focal_mm=float(rng.uniform(24, 80)))
    place = registry.places.names()[number % len(registry.places.names())]
    sky = replace(sample_sky(rng), sun_elevation=float(rng.uniform(-0.05, 1.2)))
    return SceneSpec(
        place=registry.places.get(place).make(rng),
        sky=sky,
        people=tuple(people),
        groups=tuple(groups),
        cameras=(camera,),
    )


SAID = ("gender", "age_group", "hair", "hair_color", "beard", "clothes", "action")


def test_every_caption_parses_back_to_its_own_facts() -> None:
    spoken = 0
    for number in range(70):
        spec = random_scene(number)
        ground = replace_indoor(spec.place.kind == "room")
        text, facts = caption(spec, 0, ground)
        read = describe(text)
        assert read.not_understood == (), text
        got, said = read.facts(), facts["said"]
        people = [{k: p[k] for k in SAID} for p in got.pop("people")]
        # Words that a pose is spoken of with are compared as words; everything else as values.
        for p in people:
            p["action"] = p["action"] and p["action"].replace("-", " ")
        assert people == [{**p, "action": p["action"].replace("-", " ")} for p in said["people"]], text
        assert got == {k: v for k, v in said.items() if k != "people"}, text
        spoken += len(people)
    assert spoken > 90


def replace_indoor(indoor: bool):
    import dataclasses

    return dataclasses.replace(GROUND, indoor=indoor)


def one(text: str):
    found = describe(text)
    assert len(found.people) == 1, found.people
    assert found.not_understood == (), found.not_understood
    return found.people[0]


def test_the_example_of_the_manual() -> None:
    found = describe("a tall elderly woman in a red jacket, waving, next to two children in a meadow at sunset")
    assert found.not_understood == ()
    woman, *children = found.people
    assert (woman.gender, woman.age_group, woman.stature, woman.pose) == ("female", "elderly", "tall", "wave")
    assert [(g.kind, g.colors) for g in woman.wears] == [("jacket", ("red",))]
    assert [(c.age_group, c.pose, c.wears) for c in children] == [("child", None, ())] * 2
    assert (found.place, found.light) == ("meadow", "golden hour")


def test_attributes_go_to_the_right_person() -> None:
    found = describe(
        "a woman in black walking next to a man who is waving. He wears a green T-shirt. She has a ponytail. Both smile."
    )
    woman, man = found.people
    assert (woman.pose, woman.hair, woman.dressed_in) == ("walk", "ponytail", ("black",))
    assert (man.pose, man.wears[0].kind, man.wears[0].colors) == ("wave", "tshirt", ("green",))
    found = describe("two children, one in red, the other with long hair")
    assert [(p.dressed_in, p.hair) for p in found.people] == [(("red",), None), ((), "long")]
    found = describe("a man with light brown hair and a mustache, a woman with red hair, both laughing")
    assert [(p.hair_color, p.beard, p.expression) for p in found.people] == [
        ("light brown", "a moustache", "laugh"),
        ("red", None, "laugh"),
    ]


@pytest.mark.parametrize(
    ("text", "count", "kind", "contact"),
    [
        ("a couple holding hands on a street", 2, "couple", "holding_hands"),
        ("a family of five in a park", 5, "family", None),
        ("a couple with a baby", 3, "family", None),
        ("a family with three children", 5, "family", None),
        ("a crowd of 30 people", 30, "crowd", None),
        ("four men in a queue", 4, "queue", None),
        ("a queue of six women", 6, "queue", None),
        ("two women shaking hands", 2, "greeting", "handshake"),
        ("a man and a boy, hand in hand", 2, "couple", "holding_hands"),
    ],
)
def test_groups(text: str, count: int, kind: str, contact: str | None) -> None:
    found = describe(text)
    assert len(found.people) == count
    assert [(g.kind, len(g.members), g.contact) for g in found.groups] == [(kind, count, contact)]
    assert found.not_understood == ()


@pytest.mark.parametrize(
    ("text", "doing"),
    [
        ("a woman and a man waving", ["waving", "waving"]),
        ("a woman, a man and a boy, waving", ["waving"] * 3),
        ("a man sitting and a woman standing", ["sitting", "standing"]),
        ("a woman in a red coat and a man waving", [None, "waving"]),
        ("a man with a child running", [None, "running"]),
        ("a woman. a man waving", [None, "waving"]),
    ],
)
def test_what_is_said_after_and_is_said_of_all_who_were_joined(text, doing):
    assert [p.doing for p in describe(text).people] == doing


@pytest.mark.parametrize("whom", ["two children", "a man and a woman"])
def test_one_and_the_other_are_told_apart_by_what_they_do(whom):
    found = describe(f"{whom}, one laughing, the other sad. Both wear hats.")
    assert [p.expression for p in found.people] == ["laugh", "sadness"]
    assert all(g.kind == "hat" for p in found.people for g in p.wears) and all(p.wears for p in found.people)


def test_every_word_that_tells_something_is_listed():
    roles = {s.role for senses in vocabulary().senses.values() for s in senses}
    binding = "filler link in dressed not everyone pronoun ordinal other skin eyes hair"
    assert roles - set(WORD_KINDS) == set(binding.split())
    listed = words_by_kind()
    assert all(listed.values()) and "red" in listed["colours"] and "raincoat" in listed["clothes"]


def test_several_who_talk_talk_to_each_other():
    for text in ("two women talking in a café", "a young woman and a man chatting"):
        found = describe(text)
        assert [(g.kind, g.members) for g in found.groups] == [("conversation", (0, 1))]
    assert not describe("a man talking and a woman waving").groups
    smiling = describe("a man and a woman walking and smiling").people
    assert [(p.doing, p.expression) for p in smiling] == [("walking", "smile")] * 2


def test_modifiers_and_negation() -> None:
    man = one("a 70-year-old muscular man with dark brown skin, a grey beard, blue eyes and no shoes, not smiling")
    assert man.age == (70.0, 70.99)
    assert (man.age_group, man.build, man.skin) == ("elderly", "muscular", "dark brown")
    assert (man.beard, man.hair_color, man.eyes, man.expression) == ("any", "grey", "blue", "neutral")
    assert set(man.without) >= {"sneaker", "boot"}
    assert one("a man in his early forties").age == (40.0, 43.5)
    assert one("a dark-haired woman").hair_color == "dark brown"
    assert one("a girl of 1.3 m tall").height_m == 1.3
    shirt = one("a boy wearing a blue and grey plaid shirt").wears[0]
    assert (shirt.kind, shirt.colors, shirt.pattern) == ("shirt", ("blue", "grey"), "plaid")
    assert one("a clean-shaven man without a beard").beard == "none"


def test_what_is_not_understood_is_named_with_the_nearest_word() -> None:
    found = describe("a womman and a man with a jackett in an ofice at night")
    missed = {p.text: p.meaning for p in found.not_understood}
    assert "woman" in missed["womman"]
    assert "jacket" in missed["jackett"]
    assert "office" in missed["ofice"]
    assert "night" in missed["at night"]
    assert len(found.people) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a bald man with long hair", "a 70-year-old boy", "a baby running", "a man sitting and running", "a 3 m tall woman",
        "a man in a meadow in an office", "a 150-year-old man", "two people: a man, a woman and a boy", "a tall short man",
        "a girl with a full beard", "a sunny overcast street", "70 men", "", "   ", "xyzzy frobnicate", "?!",
        "a clean-shaven man with a moustache", "without people, a man",
    ],
)  # fmt: skip
def test_impossible_and_contradictory_descriptions_are_one_clear_line(text: str) -> None:
    with pytest.raises(SpecError) as error:
        describe(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 260


def test_any_text_is_read_or_refused() -> None:
    """Random words of the vocabulary, and noise: a description or a SpecError, never anything else."""
    rng = np.random.default_rng(5)
    words = [" ".join(k) for k in vocabulary().senses]
    for _ in range(400):
        n = int(rng.integers(1, 14))
        noise = ["".join(map(chr, rng.integers(32, 400, 4))) for _ in range(n)]
        picks = [words[int(rng.integers(len(words)))] if rng.random() < 0.9 else noise[k] for k in range(n)]
        text = str(rng.choice([" ", ", ", " and ", ": "])).join(picks)
        try:
            found = describe(text)
        except SpecError:
            continue
        assert Description.from_json(found.to_json()) == found


def test_every_registered_thing_can_be_asked_for() -> None:
    """New poses, garments, hair styles, expressions and places are understood by their own words."""
    for kind in registry.garments.names():
        from vivant.procgen.people.garments.wardrobe import words_of

        asked = one(f"a woman wearing {'' if words_of(kind).plural else 'a '}{words_of(kind).noun}")
        assert [g.kind for g in asked.wears] == [kind] or words_of(kind).slot == "hidden"
    for family in registry.poses.names():
        rng = np.random.default_rng(1)
        pose = registry.poses.get(family).make(rng, sample_phenotype(rng))
        assert one(f"a man {pose.doing()}").pose is not None
    for style in registry.hair.names():
        asked = one(f"a man with {lexicon.hair_phrase(style).format(c='black')}")
        assert (asked.hair, asked.hair_color) == (style, "black")
    for place in registry.places.names():
        assert describe(f"a man {lexicon.place_phrase(place, {})}").place == place
