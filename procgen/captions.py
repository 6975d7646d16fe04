"""One caption a view, by grammar from the scene graph, with the structured facts that it was made from.

Nothing is said that the spec does not hold: a garment, a beard or a pair of shoes is named only where the part of the body
that wears it is inside the picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .color_names import color_name
from .frames import project
from .geometry import PlaceGeometry
from .people.garments.wardrobe import PATTERN_WORDS, words_of
from .people.look_spec import HairSpec
from .spec import CameraSpec, GarmentSpec, HumanSpec, PlaceSpec, SceneSpec, SkySpec

_HAIR = {
    "buzz": "buzz-cut {c} hair", "crop": "cropped {c} hair", "short": "short {c} hair", "balding": "thinning {c} hair",
    "bob": "a {c} bob", "long": "long {c} hair", "wavy": "wavy {c} hair", "curly": "curly {c} hair", "coily": "coily {c} hair",
    "afro": "a {c} afro", "ponytail": "a {c} ponytail", "bun": "a {c} bun", "braids": "{c} braids", "pixie": "a {c} pixie cut",
}  # fmt: skip
_PLACES = {
    "meadow": "in a meadow", "forest": "in a forest", "street": "on a street", "beach": "on a beach", "park": "in a park",
    "room": "in a room", "studio": "in a studio", "desert": "in a desert", "garden": "in a garden", "square": "on a square",
}  # fmt: skip
_ROOMS = {"living": "in a living room", "cafe": "in a café", "office": "in an office"}
# Heights of head, chest, knees and feet over stature, for what the body rests on ("seat": plus the seat's height).
_LEVELS = {
    "feet": (0.93, 0.74, 0.27, 0.03), "seat": (0.70, 0.53, 0.28, 0.03), "squat": (0.62, 0.48, 0.28, 0.03),
    "kneel": (0.66, 0.50, 0.12, 0.03), "sit_ground": (0.45, 0.29, 0.10, 0.03), "lie": (0.10, 0.10, 0.08, 0.06),
}  # fmt: skip


def caption(spec: SceneSpec, view: int = 0, place: PlaceGeometry | None = None) -> tuple[str, dict[str, Any]]:
    """Describe one view of a scene.

    Args:
        spec: The scene.
        view: Index of the camera.
        place: The built place, for the height of the ground; built (or taken from the cache) when left out.
    Returns:
        One sentence, and the facts that it was made from: `people` (in spec order, each with `in_frame`), `count`, `place`,
        `time`, `weather`, `shot`, `angle`.
    """
    if place is None:
        from .assemble import build_place

        place = build_place(spec.place)
    camera = spec.cameras[view]
    people = [_person(h, i, camera, place) for i, h in enumerate(spec.people)]
    seen = [p for p in people if p["in_frame"]]
    facts: dict[str, Any] = {
        "count": len(seen),
        "people": people,
        "place": spec.place.kind,
        "indoor": place.indoor,
        **(_weather(spec.sky) if not place.indoor else {}),
        **_shot(camera, seen),
    }
    return _sentence(facts, _place_words(spec.place)), facts


# -- people --------------------------------------------------------------------------------------------------------------
def _person(human: HumanSpec, index: int, camera: CameraSpec, place: PlaceGeometry) -> dict[str, Any]:
    person = human.phenotype
    parts = _visible(human, camera, place)
    group = age_group(person.age_years)
    out: dict[str, Any] = {
        "instance": index + 1,
        "in_frame": parts["head"][0] or parts["chest"][0],
        "age_group": group,
        "gender": "male" if person.gender < 0.35 else "female" if person.gender > 0.65 else "neutral",
        "visible": [n for n in ("head", "chest", "knees", "feet") if parts[n][0]],
        "height_px": round(float(abs(parts["feet"][1][1] - parts["head"][1][1])), 1),
        "x_px": round(float(parts["chest"][1][0]), 1),
        "hair": hair_words(human.hair),
        "beard": _beard(human.hair),
        "clothes": [_garment(g) for g in human.outfit],
        "action": action(human),
    }
    out["noun"] = _noun(group, out["gender"])
    return out


def age_group(years: float) -> str:
    """baby, toddler, child, teenager, young adult, adult, middle-aged or elderly."""
    names = ("baby", "toddler", "child", "teenager", "young adult", "adult", "middle-aged", "elderly")
    return names[int(np.searchsorted((1.5, 4.0, 13.0, 19.0, 30.0, 45.0, 64.0), years, side="right"))]


def _noun(group: str, gender: str) -> str:
    child, adult = {"male": ("boy", "man"), "female": ("girl", "woman"), "neutral": ("child", "person")}[gender]
    return {
        "baby": "baby", "toddler": "toddler", "child": child, "teenager": f"teenage {child}" if child != "child" else "teenager",
        "young adult": f"young {adult}", "adult": adult, "middle-aged": f"middle-aged {adult}", "elderly": f"elderly {adult}",
    }[group]  # fmt: skip


def hair_color(hair: HairSpec) -> str:
    """Plain name of a hair colour."""
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
        return "a bald head"
    words = _HAIR.get(str(hair.kind), "{c} hair in a " + str(hair.kind).replace("_", " "))
    return words.format(c=hair_color(hair))


def _beard(hair: HairSpec | None) -> str | None:
    if hair is None or hair.beard < 0.12:
        return None
    if hair.beard_length < 0.003:
        return "stubble"
    return "a full beard" if hair.beard_length > 0.015 and hair.beard > 0.6 else "a short beard"


def _garment(garment: GarmentSpec) -> dict[str, Any]:
    kind = str(garment.kind)
    worn = words_of(kind)
    fabric = garment.fabric
    color = color_name(fabric.color)
    if worn.noun == "jeans" and color == "denim blue":
        color = "blue"
    pattern = PATTERN_WORDS.get(fabric.pattern, "")
    if fabric.pattern in ("stripe", "plaid", "check", "colour_block"):
        second = color_name(fabric.color2)
        tone = f"{color} and {second}" if second != color else color
    else:
        tone = color
    return {"kind": kind, "name": worn.noun, "slot": worn.slot, "plural": worn.plural, "color": tone, "pattern": pattern,
            "material": fabric.kind}  # fmt: skip


def action(human: HumanSpec) -> str:
    """What the person does, as an -ing phrase."""
    verb = getattr(human.motion, "verb", "")
    if verb:
        return str(verb)
    doing = getattr(human.pose, "doing", None)
    return str(doing()) if doing is not None else "standing"


def _visible(human: HumanSpec, camera: CameraSpec, place: PlaceGeometry) -> dict[str, tuple[bool, np.ndarray]]:
    """Part -> whether it is inside the picture, and its pixel; from stature and pose, without building the body."""
    x, y = human.position
    z = float(np.asarray(place.height(np.array([x]), np.array([y])))[0])  # type: ignore[operator]
    kind = str(human.pose.kind)
    levels = _LEVELS.get("seat" if human.seat is not None else kind, _LEVELS["feet"])
    points = np.array([[x, y, z + k * human.phenotype.height_m] for k in levels])
    pixels, depth = project(camera.K(), np.linalg.inv(camera.T_world_from_cam()), points)
    inside = (depth > 0.05) & (pixels >= 0).all(1) & (pixels <= [camera.width, camera.height]).all(1)
    return {n: (bool(i), p) for n, i, p in zip(("head", "chest", "knees", "feet"), inside, pixels, strict=True)}


# -- surroundings --------------------------------------------------------------------------------------------------------
def _weather(sky: SkySpec) -> dict[str, str]:
    up = sky.sun_elevation
    if up < 0.05:
        time = "dusk"
    elif up < 0.4 and sky.warmth > 0.55:
        time = "golden hour"
    else:
        time = "day"
    clouds = (
        "clear"
        if sky.cloudiness < 0.28
        else "partly cloudy"
        if sky.cloudiness < 0.62
        else "hazy"
        if sky.cloudiness < 0.85
        else "overcast"
    )
    return {"time": time, "weather": clouds}


def _place_words(place: PlaceSpec) -> str:
    kind = str(place.kind)
    if kind == "room":
        return _ROOMS.get(str(getattr(place, "style", "")), _PLACES["room"])
    return _PLACES.get(kind, f"in {_a(kind.replace('_', ' '))}")


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
_SHOTS = {
    "empty": "A photo", "wide": "A wide shot", "full-body": "A full-body photo", "three-quarter": "A three-quarter photo",
    "half-length": "A half-length photo", "close-up": "A close-up portrait",
}  # fmt: skip
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _a(words: str) -> str:
    return ("an " if words[:1].lower() in "aeiou" else "a ") + words


def _join(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def _clothes(person: dict[str, Any]) -> str:
    """The outermost visible garment of each part of the body."""
    shown = {"upper": "chest", "outer": "chest", "dress": "chest", "lower": "knees", "feet": "feet", "head": "head",
             "neck": "head", "face": "head"}  # fmt: skip
    by_slot: dict[str, dict[str, Any]] = {}
    for g in person["clothes"]:
        if shown.get(g["slot"]) in person["visible"]:
            by_slot[g["slot"]] = g
    if "outer" in by_slot:
        # What is below a jacket or coat may be covered by it; only what is certain is said.
        by_slot.pop("upper", None)
    words = []
    for slot in ("outer", "upper", "dress", "lower", "feet", "neck", "head", "face"):
        if slot in by_slot:
            g = by_slot[slot]
            phrase = " ".join(w for w in (g["color"], g["pattern"], g["name"]) if w)
            words.append(phrase if g["plural"] else _a(phrase))
    return _join(words) if words else ""


def describe(person: dict[str, Any]) -> str:
    """One person in words, with an article."""
    text = _a(person["noun"])
    if "head" in person["visible"] and person["age_group"] != "baby":
        features = [person["hair"]] + ([person["beard"]] if person["beard"] else [])
        text += " with " + _join(features)
    clothes = _clothes(person)
    if clothes:
        text += f" wearing {clothes}"
    return f"{text}, {person['action']}"


def _sentence(facts: dict[str, Any], where: str) -> str:
    seen = sorted((p for p in facts["people"] if p["in_frame"]), key=lambda p: p["x_px"])
    around = where
    if not facts["indoor"]:
        sky = {"clear": "under a clear sky", "partly cloudy": "under a partly cloudy sky", "hazy": "under a hazy sky",
               "overcast": "under an overcast sky"}[facts["weather"]]  # fmt: skip
        time = {"dusk": " at dusk", "golden hour": " in golden evening light", "day": ""}[facts["time"]]
        around = f"{where}{time} {sky}"
    view = {"high": " from above", "low": " from below", "eye level": ""}[facts["angle"]]
    head = _SHOTS[facts["shot"]] + view
    if not seen:
        return f"{head} without people, {around}."
    if len(seen) == 1:
        return f"{head} of {describe(seen[0])} {around}."
    count = _NUMBERS[len(seen)] if len(seen) < len(_NUMBERS) else str(len(seen))
    return f"{head} of {count} people {around}: {'; '.join(describe(p) for p in seen)}."
