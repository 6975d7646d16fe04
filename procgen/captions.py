"""One caption a view, by grammar from the scene graph, with the structured facts that it was made from.

Nothing is said that the spec does not hold: a garment, a beard or a pair of shoes is named only where the part of the body
that wears it is inside the picture and not behind something else. Words come from the lexicon that descriptions are read
with, so that every caption parses back to what it says (`facts["said"]`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import registry
from .color_names import color_name
from .describe import lexicon
from .frames import project
from .geometry import PlaceGeometry, SceneGeometry
from .labels import PersonLabels
from .people.garments.wardrobe import PATTERN_WORDS, words_of
from .people.look_spec import HairSpec
from .spec import CameraSpec, GarmentSpec, GroupSpec, HumanSpec, PlaceSpec, SceneSpec, SkySpec

# Heights of head, chest, knees and feet over stature, for what the body rests on ("seat": plus the seat's height).
_LEVELS = {
    "feet": (0.93, 0.74, 0.27, 0.03), "seat": (0.70, 0.53, 0.28, 0.03), "squat": (0.62, 0.48, 0.28, 0.03),
    "kneel": (0.66, 0.50, 0.12, 0.03), "sit_ground": (0.45, 0.29, 0.10, 0.03), "lie": (0.10, 0.10, 0.08, 0.06),
}  # fmt: skip
_PARTS = ("head", "chest", "knees", "feet")
_POINTS = {
    "head": ("nose", "left_eye", "right_eye", "left_ear", "right_ear"), "chest": ("left_shoulder", "right_shoulder"),
    "knees": ("left_knee", "right_knee"), "feet": ("left_ankle", "right_ankle"),
}  # fmt: skip
# Somebody of whom less than this share, or fewer pixels, can be seen, is not spoken of.
LEAST_SHARE, LEAST_PX = 0.12, 24
# Which part of the body must be seen before a garment is named, in the order of naming.
_SHOWN = {
    "outer": "chest", "upper": "chest", "dress": "chest", "lower": "knees", "feet": "feet", "neck": "chest", "head": "head",
    "face": "head", "bag": "chest",
}  # fmt: skip


def caption(
    spec: SceneSpec, view: int = 0, place: PlaceGeometry | None = None, seen: Sequence[tuple[str, ...]] | None = None
) -> tuple[str, dict[str, Any]]:
    """Describe one view of a scene.

    Args:
        spec: The scene.
        view: Index of the camera.
        place: The built place, for the height of the ground; built (or taken from the cache) when left out.
        seen: For each person the parts of the body that nothing hides, see `parts_seen`; None takes all of them.
    Returns:
        One or two sentences, and the facts that they were made from: `people` (in spec order, each with `in_frame`), `count`,
        `place`, `time`, `weather`, `shot`, `angle`, `groups`, and `said`: the facts that the words hold, in their order.
    """
    if place is None:
        from .assemble import build_place

        place = build_place(spec.place)
    camera = spec.cameras[view]
    people = [_person(h, i, camera, place, _PARTS if seen is None else seen[i]) for i, h in enumerate(spec.people)]
    shown = [p for p in people if p["in_frame"]]
    facts: dict[str, Any] = {
        "count": len(shown),
        "people": people,
        "place": spec.place.kind,
        "indoor": place.indoor,
        **(_weather(spec.sky) if not place.indoor else {}),
        **_shot(camera, shown),
    }
    order = sorted(shown, key=lambda p: p["x_px"])
    groups = _groups(spec.groups, [p["instance"] - 1 for p in order], spec.people)
    facts["groups"] = [g["facts"] for g in groups]
    facts["said"] = _said(facts, order, groups, spec.place)
    return _sentence(facts, order, groups, _place_words(spec.place)), facts


def parts_seen(labels: PersonLabels, geometry: SceneGeometry, person: int) -> tuple[str, ...]:
    """Parts of a body that nothing else hides, from its labels; none for somebody who can hardly be seen."""
    if labels.visible_px < LEAST_PX or labels.visible_px < LEAST_SHARE * max(labels.amodal_px, 1):
        return ()
    own = [i for i, o in enumerate(geometry.objects, 1) if o.person == person]
    points = labels.keypoints["coco17"]
    hidden = (points["visibility"] == 1) & ~np.isin(points["occluder"], own)
    by_name = dict(zip(points["names"], hidden, strict=True))
    return tuple(part for part, names in _POINTS.items() if np.mean([by_name[n] for n in names]) < 0.6)


# -- people --------------------------------------------------------------------------------------------------------------
def _person(
    human: HumanSpec, index: int, camera: CameraSpec, place: PlaceGeometry, unhidden: Sequence[str]
) -> dict[str, Any]:
    person = human.phenotype
    parts = _in_picture(human, camera, place)
    visible = [n for n in _PARTS if parts[n][0] and n in unhidden]
    group = age_group(person.age_years)
    out: dict[str, Any] = {
        "instance": index + 1,
        "in_frame": "head" in visible or "chest" in visible,
        "age_group": group,
        "gender": "male" if person.gender < 0.35 else "female" if person.gender > 0.65 else "neutral",
        "visible": visible,
        "height_px": round(float(abs(parts["feet"][1][1] - parts["head"][1][1])), 1),
        "x_px": round(float(parts["chest"][1][0]), 1),
        "hair": hair_words(human.hair),
        "hair_style": "bald" if human.hair is None else str(human.hair.kind),
        "hair_color": None if human.hair is None else hair_color(human.hair),
        "beard": _beard(human.hair),
        "clothes": [_garment(g) for g in human.outfit],
        "action": action(human),
    }
    out["noun"] = _noun(group, out["gender"])
    return out


def age_group(years: float) -> str:
    """baby, toddler, child, teenager, young adult, adult, middle-aged or elderly."""
    return tuple(lexicon.AGES)[int(np.searchsorted(lexicon.AGE_BORDERS, years, side="right"))]


def _noun(group: str, gender: str) -> str:
    child, grown = {"male": ("boy", "man"), "female": ("girl", "woman"), "neutral": ("child", "person")}[gender]
    if group in ("baby", "toddler"):
        return group
    if group == "child":
        return child
    if group == "teenager":
        return f"teenage {child}" if gender != "neutral" else "teenager"
    # "A man" by itself is a grown man of middle years.
    return grown if group == "adult" else f"{lexicon.AGE_WORDS[group][0].replace('middle aged', 'middle-aged')} {grown}"


def hair_color(hair: HairSpec) -> str:
    """Plain name of a hair colour; dyed hair is called by its dye."""
    if hair.dye != "none":
        return hair.dye
    if hair.grey > 0.8:
        return "white"
    if hair.grey > 0.4:
        return "grey"
    if hair.redness > 0.6 and 0.15 < hair.melanin < 0.7:
        return "red" if hair.melanin < 0.5 else "auburn"
    return ("blond", "light brown", "brown", "dark brown", "black")[
        int(np.searchsorted((0.28, 0.45, 0.65, 0.85), hair.melanin, side="right"))
    ]


def hair_words(hair: HairSpec | None) -> str:
    """What to say of the hair; "a bald head" for none."""
    if hair is None:
        return lexicon.BALD[0]
    return lexicon.hair_phrase(str(hair.kind)).format(c=hair_color(hair))


def _beard(hair: HairSpec | None) -> str | None:
    if hair is None or hair.beard < 0.12:
        return None
    if hair.beard_length < 0.003:
        return "stubble"
    if hair.beard_style != "full":
        return {"moustache": "a moustache", "goatee": "a goatee", "chin": "a chin beard"}[hair.beard_style]
    return "a full beard" if hair.beard_length > 0.015 and hair.beard > 0.6 else "a short beard"


def _garment(garment: GarmentSpec) -> dict[str, Any]:
    kind = str(garment.kind)
    worn = words_of(kind)
    fabric = garment.fabric
    colors = [color_name(fabric.color)]
    if worn.noun == "jeans" and colors[0] == "denim blue":
        colors = ["blue"]
    second = color_name(fabric.color2)
    if fabric.pattern in ("stripe", "plaid", "check", "colour_block") and second != colors[0]:
        colors.append(second)
    return {"kind": kind, "name": worn.noun, "slot": worn.slot, "plural": worn.plural, "color": " and ".join(colors),
            "colors": colors, "pattern": PATTERN_WORDS.get(fabric.pattern, ""), "material": fabric.kind,
            "pattern_kind": fabric.pattern if fabric.pattern in PATTERN_WORDS else None}  # fmt: skip


def action(human: HumanSpec) -> str:
    """What the person does, as an -ing phrase."""
    verb = getattr(human.motion, "verb", "")
    if verb:
        return str(verb)
    doing = getattr(human.pose, "doing", None)
    return str(doing()) if doing is not None else "standing"


def _in_picture(human: HumanSpec, camera: CameraSpec, place: PlaceGeometry) -> dict[str, tuple[bool, np.ndarray]]:
    """Part -> whether it is inside the picture, and its pixel; from stature and pose, without building the body."""
    x, y = human.position
    z = float(np.asarray(place.height(np.array([x]), np.array([y])))[0])  # type: ignore[operator]
    kind = str(human.pose.kind)
    levels = _LEVELS.get("seat" if human.seat is not None else kind, _LEVELS["feet"])
    points = np.array([[x, y, z + k * human.phenotype.height_m] for k in levels])
    pixels, depth = project(camera.K(), np.linalg.inv(camera.T_world_from_cam()), points)
    inside = (depth > 0.05) & (pixels >= 0).all(1) & (pixels <= [camera.width, camera.height]).all(1)
    return {n: (bool(i), p) for n, i, p in zip(_PARTS, inside, pixels, strict=True)}


# -- groups --------------------------------------------------------------------------------------------------------------
def _groups(groups: Sequence[GroupSpec], order: list[int], people: Sequence[HumanSpec]) -> list[dict[str, Any]]:
    """Groups of which at least two members are spoken of: words, facts, and members by their place in the sentence."""
    out = []
    for group in groups:
        members = [order.index(m) for m in group.members if m in order]
        if len(members) < 2:
            continue
        # Hands that touch are spoken of where both who touch are.
        touching = any(m in order and t.whom in order for m in group.members for t in people[m].touches)
        contact = getattr(group, "contact", None) if touching else None
        facts = {"kind": group.kind, "contact": contact, "members": sorted(members)}
        out.append(
            {"facts": facts, "words": group_words(group, len(members), contact), "all": len(members) == len(order)}
        )
    return out


def group_words(group: GroupSpec, count: int, contact: str | None) -> str:
    """ "a couple holding hands", "a family of four", "three people in conversation"."""
    number = _number(count)
    touching = (p for p, c in group.phrases.items() if c == contact and c not in (None, "none"))
    phrase = next(touching, None) or next((p for p, c in group.phrases.items() if c is None), None)
    if group.nouns and (phrase is None or not group.formed):
        head = _a(group.nouns[0])
        head += "" if count == group.usual == 2 else f" of {number}" + (" people" if count > 6 else "")
    else:
        head = f"{number} people"
    if phrase is None:
        # Kinds share contacts, and the words for them.
        shared = (e.spec.phrases.items() for e in registry.groups if e.spec is not None)  # type: ignore[attr-defined]
        phrase = next((p for items in shared for p, c in items if c == contact and c not in (None, "none")), "")
    return f"{head}{',' if phrase.startswith('one ') else ''} {phrase}".strip()


# -- surroundings --------------------------------------------------------------------------------------------------------
def _weather(sky: SkySpec) -> dict[str, str]:
    up = sky.sun_elevation
    time = "dusk" if up < 0.05 else "golden hour" if up < 0.4 and sky.warmth > 0.55 else "day"
    names = ("clear", "partly cloudy", "hazy", "overcast")
    return {"time": time, "weather": names[int(np.searchsorted((0.28, 0.62, 0.85), sky.cloudiness, side="right"))]}


def _place_words(place: PlaceSpec) -> str:
    return lexicon.place_phrase(str(place.kind), place.to_dict())


def _shot(camera: CameraSpec, seen: list[dict[str, Any]]) -> dict[str, str]:
    T = camera.T_world_from_cam()
    pitch = float(np.arcsin(np.clip(T[2, 2], -1, 1)))
    angle = "high" if pitch < -0.42 else "low" if pitch > 0.2 else "eye level"
    if not seen:
        return {"shot": "empty", "angle": angle}
    # What the picture is of: large and in the middle.
    main = min(seen, key=lambda p: abs(p["x_px"] / camera.width - 0.5) - 0.3 * p["height_px"] / camera.height)
    parts = main["visible"]
    if len(seen) > 1 and main["height_px"] < 0.55 * camera.height:
        shot = "wide"
    elif "feet" in parts:
        shot = "full-body" if main["height_px"] > 0.4 * camera.height else "wide"
    elif "knees" in parts:
        shot = "three-quarter"
    else:
        shot = "close-up" if main["height_px"] > 2.6 * camera.height else "half-length"
    return {"shot": shot, "angle": angle}


# -- grammar -------------------------------------------------------------------------------------------------------------
def _a(words: str) -> str:
    return ("an " if words[:1].lower() in "aeiou" else "a ") + words


def _number(count: int) -> str:
    return lexicon.NUMBERS[count] if count < len(lexicon.NUMBERS) else str(count)


def _join(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def _clothes(person: dict[str, Any]) -> list[dict[str, Any]]:
    """The outermost visible garment of each part of the body, in the order of naming."""
    by_slot: dict[str, dict[str, Any]] = {}
    for g in person["clothes"]:
        if _SHOWN.get(g["slot"]) in person["visible"]:
            by_slot[g["slot"]] = g
    if "outer" in by_slot:
        # What is below a jacket or coat may be covered by it; only what is certain is said.
        by_slot.pop("upper", None)
    return [by_slot[slot] for slot in _SHOWN if slot in by_slot]


def describe(person: dict[str, Any]) -> str:
    """One person in words, with an article."""
    text = _a(person["noun"])
    if _shows_hair(person):
        features = [person["hair"]] + ([person["beard"]] if person["beard"] else [])
        text += " with " + _join(features)
    clothes = []
    for g in _clothes(person):
        phrase = " ".join(w for w in (g["color"], g["pattern"], g["name"]) if w)
        clothes.append(phrase if g["plural"] else _a(phrase))
    if clothes:
        text += f" wearing {_join(clothes)}"
    return f"{text}, {person['action']}"


def _shows_hair(person: dict[str, Any]) -> bool:
    return "head" in person["visible"] and person["age_group"] != "baby"


def _said(
    facts: dict[str, Any], order: list[dict[str, Any]], groups: list[dict[str, Any]], place: PlaceSpec
) -> dict[str, Any]:
    """What the words of the caption hold, in the form of `Description.facts`."""
    people = []
    for p in order:
        hair = _shows_hair(p)
        people.append({
            "gender": None if p["gender"] == "neutral" or p["age_group"] in ("baby", "toddler") else p["gender"],
            "age_group": None if p["age_group"] == "adult" else p["age_group"],
            "hair": p["hair_style"] if hair else None,
            "hair_color": p["hair_color"] if hair else None,
            "beard": p["beard"] if hair else None,
            "clothes": [{"kind": g["kind"], "colors": g["colors"], "pattern": g["pattern_kind"]} for g in _clothes(p)],
            "action": p["action"],
        })  # fmt: skip
    fields = next((f for w, _, k, f in lexicon.PLACES if w == _place_words(place) and k == place.kind), {})
    time = facts.get("time")
    return {
        "people": people,
        "groups": [g["facts"] for g in groups],
        "place": facts["place"],
        "place_fields": dict(fields),
        "weather": facts.get("weather"),
        "time": None if time == "day" else time,
        "shot": facts["shot"],
        "angle": facts["angle"],
    }


def _sentence(facts: dict[str, Any], order: list[dict[str, Any]], groups: list[dict[str, Any]], where: str) -> str:
    around = where
    if not facts["indoor"]:
        time = lexicon.TIMES[facts["time"]][0]
        around = " ".join(w for w in (where, time, lexicon.WEATHERS[facts["weather"]][0]) if w)
    view = lexicon.ANGLES[facts["angle"]][0]
    head = lexicon.SHOTS[facts["shot"]][0] + (f" {view}" if view else "")
    if not order:
        return f"{head} without people, {around}."
    whole = next((g for g in groups if g["all"]), None)
    if len(order) == 1:
        return f"{head} of {describe(order[0])} {around}."
    who = whole["words"] if whole else f"{_number(len(order))} people"
    text = f"{head} of {who} {around}: {'; '.join(describe(p) for p in order)}."
    for group in groups:
        if not group["all"]:
            names = _join([str(m + 1) for m in group["facts"]["members"]])
            text += f" People {names} are {group['words']}."
    return text
