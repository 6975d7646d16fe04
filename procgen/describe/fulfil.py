"""Wishes into specs: what a description asks for is put in, everything else stays as it was drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from .. import registry
from ..people.expression import preset
from ..people.garments.choosing import Season, WantedGarment, sample_outfit
from ..people.garments.palette import sample_named
from ..people.garments.wardrobe import words_of
from ..people.look import ita_range, skin_ita
from ..people.look_spec import EyeSpec, HairSpec, SkinSpec
from ..people.shape import Phenotype, PhenotypeRanges
from ..sky import sample_sky
from ..spec import GarmentSpec, PlaceSpec, PoseSpec, SkySpec, replace
from . import lexicon
from .description import Description, PersonWish

# Standard scores within age and sex (by eye: who is called so).
STATURE_Z = {"very tall": (1.9, 2.6), "tall": (1.1, 2.0), "short": (-2.0, -1.1), "very short": (-2.6, -1.9)}
MASS_Z = {"slim": (-2.0, -0.9), "heavy": (1.2, 2.2), "muscular": (0.2, 1.2)}
# Share of the way from the darkest to the lightest skin.
TONES = {
    "very light": (0.93, 1.0), "light": (0.78, 0.93), "medium": (0.58, 0.76), "light brown": (0.44, 0.58), "brown": (0.28, 0.44),
    "dark brown": (0.12, 0.28), "very dark": (0.0, 0.12),
}  # fmt: skip
# Melanin, redness and grey in the middle of what captions call so; None leaves what was drawn.
HAIR_COLORS: dict[str, tuple[float | None, float | None, float]] = {
    "blond": (0.21, 0.2, 0.0), "light brown": (0.37, 0.25, 0.0), "brown": (0.56, 0.25, 0.0), "dark brown": (0.75, 0.2, 0.0),
    "black": (0.95, 0.12, 0.0), "red": (0.44, 0.92, 0.0), "auburn": (0.60, 0.85, 0.0), "grey": (None, None, 0.62),
    "white": (None, None, 0.95),
}  # fmt: skip
# Density, length (m) and style of beards.
BEARDS = {
    "none": (0.0, 0.0006, "full"), "stubble": (0.65, 0.0019, "full"), "a short beard": (0.9, 0.009, "full"),
    "a full beard": (0.95, 0.03, "full"), "a moustache": (0.9, 0.008, "moustache"), "a goatee": (0.9, 0.009, "goatee"),
    "a chin beard": (0.9, 0.012, "chin"),
}  # fmt: skip
# Slots that may be left empty; of the others, "without a dress" means another garment.
_OPTIONAL = ("outer", "feet", "hidden", "head", "face", "neck", "waist", "wrist", "bag")
_MOODS = {"clear": "clear", "partly cloudy": "fair", "hazy": "veiled", "overcast": "overcast"}
_CLOUDS = {"clear": (0.0, 0.26), "partly cloudy": (0.30, 0.58), "hazy": (0.65, 0.82), "overcast": (0.9, 1.0)}


def wished_ranges(wish: PersonWish, base: PhenotypeRanges) -> PhenotypeRanges:
    """What `sample_phenotype` may draw for somebody, from what it could draw anyway."""
    changes: dict[str, Any] = {}
    if wish.age is not None:
        changes["age_years"] = wish.age
    elif wish.age_group is not None:
        changes["age_years"] = lexicon.AGES[wish.age_group]
    elif wish.gender is not None and base.age_years[0] < 18.0:
        # "A man" is grown; children are called so.
        changes["age_years"] = (19.5, 78.0)
    if wish.gender is not None or wish.beard not in (None, "none"):
        changes["female_share"] = float(wish.gender == "female")
    if wish.stature is not None:
        changes["stature_z"] = STATURE_Z[wish.stature]
    if wish.build is not None:
        changes["mass_z"] = MASS_Z[wish.build]
    if wish.ancestry is not None:
        changes["ancestry"] = tuple(1.0 if i == wish.ancestry else 0.02 for i in range(3))
    elif wish.skin in ("dark brown", "very dark"):
        changes["ancestry"] = (1.0, 0.05, 0.02)
    elif wish.skin in ("very light", "light"):
        changes["ancestry"] = (0.02, 0.35, 1.0)
    return PhenotypeRanges(**{**base.__dict__, **changes})


def wished_body(rng: Generator, wish: PersonWish, body: Phenotype) -> Phenotype:
    """A drawn body with muscles and a stature in metres as they were asked for."""
    if wish.build == "muscular":
        body = replace(body, muscle=float(rng.uniform(0.82, 0.97)))
    if wish.height_m is not None:
        weight = body.weight_kg * (wish.height_m / body.height_m) ** 2
        body = replace(body, height_m=wish.height_m, weight_kg=float(np.clip(weight, 2.0, 250.0)))
    return body


def wished_skin(rng: Generator, wish: PersonWish, skin: SkinSpec) -> SkinSpec:
    """Skin of the tone, with or without freckles."""
    if wish.skin is not None:
        dark, light = ita_range(skin.redness)
        melanin = np.linspace(0.08, 1.0, 93)
        tone = float(rng.uniform(*TONES[wish.skin]))
        level = np.interp(-(dark + tone * (light - dark)), -skin_ita(melanin, skin.redness), melanin)
        skin = replace(skin, melanin=float(np.clip(level, 0.0, 1.0)))
    if wish.freckles is not None:
        skin = replace(skin, freckles=float(rng.uniform(0.5, 1.0)) if wish.freckles else 0.0)
    return skin


def wished_eyes(wish: PersonWish, eyes: EyeSpec) -> EyeSpec:
    """Eyes of the colour."""
    return eyes if wish.eyes is None else replace(eyes, iris=wish.eyes)


def wished_hair(rng: Generator, wish: PersonWish, hair: HairSpec | None) -> HairSpec | None:
    """Hair of the style and colour, with or without a beard."""
    if wish.hair is None and wish.hair_color is None and wish.beard is None:
        return hair
    base: dict[str, Any] = {"melanin": 0.8} if hair is None else {n: getattr(hair, n) for n in _base_fields()}
    style = None if hair is None else str(hair.kind)
    if wish.hair == "bald":
        style = next((s for s in ("bald", "shaven", "balding") if s in registry.hair.names()), style)
        base["receding"] = 1.0
    elif wish.hair is not None:
        style = wish.hair
        base["receding"] = min(float(base.get("receding", 0.0)), 0.85 if style == "balding" else 0.35)
    if wish.hair_color is not None:
        melanin, redness, grey = HAIR_COLORS.get(wish.hair_color, (None, None, 0.0))
        base |= {"grey": grey} if melanin is None else {"melanin": melanin, "redness": redness, "grey": grey}
        base["dye"] = "none" if wish.hair_color in HAIR_COLORS else wish.hair_color
    if wish.beard is not None:
        name = wish.beard
        if name == "any":
            name = "a short beard" if rng.random() < 0.6 else "a full beard"
        base |= dict(zip(("beard", "beard_length", "beard_style"), BEARDS[name], strict=True))
    if hair is not None and style == hair.kind:
        return replace(hair, **base)
    return registry.hair.get(style or "short").make(rng, base)


def _base_fields() -> list[str]:
    import dataclasses

    return [f.name for f in dataclasses.fields(HairSpec)]


def wished_outfit(
    rng: Generator, wish: PersonWish, body: Phenotype, season: Season = "auto"
) -> tuple[GarmentSpec, ...]:
    """An outfit that holds what was asked for and leaves out what was ruled out."""
    wanted = []
    for g in wish.wears:
        first, second = (*g.colors, None, None)[:2]
        wanted.append(WantedGarment(g.kind, first, second, g.pattern or _implied(g.colors), g.fabric))
    filled = {words_of(g.kind).slot for g in wish.wears}
    empty = [s for s in dict.fromkeys(words_of(k).slot for k in wish.without) if s in _OPTIONAL and s not in filled]
    outfit = sample_outfit(rng, body, season, wanted, without=empty)
    for _ in range(12):
        if not any(g.kind in wish.without for g in outfit):
            break
        outfit = sample_outfit(rng, body, season, wanted, without=empty)
    return tuple(_recoloured(rng, wish, g) for g in outfit) if wish.dressed_in else outfit


def _implied(colors: tuple[str, ...]) -> str | None:
    """ "A red and white shirt" without a pattern is in two colours."""
    return "colour_block" if len(colors) > 1 else None


def _recoloured(rng: Generator, wish: PersonWish, garment: GarmentSpec) -> GarmentSpec:
    slot = words_of(str(garment.kind)).slot
    if slot not in ("upper", "outer", "dress", "lower") or any(g.kind == garment.kind and g.colors for g in wish.wears):
        return garment
    color = wish.dressed_in[-1 if slot == "lower" else 0]
    fabric = replace(
        garment.fabric, color=sample_named(rng, color, denim=garment.fabric.kind == "denim"), pattern="plain"
    )
    return replace(garment, fabric=fabric)


def wished_expression(rng: Generator, wish: PersonWish, expression: dict[str, float]) -> dict[str, float]:
    """The face that was asked for, a little more or less."""
    if wish.expression is None:
        return expression
    lids = {n: v for n, v in expression.items() if n.startswith("eyeBlink")}
    return {
        **lids,
        **preset(wish.expression, float(rng.uniform(0.8, 1.0)), float(np.clip(rng.normal(0.0, 0.06), -0.15, 0.15))),
    }


def wished_pose(rng: Generator, wish: PersonWish, family: str, body: Phenotype) -> PoseSpec:
    """A pose of the family, with the fields that were asked for."""
    pose = registry.poses.get(family).make(rng, body)
    return replace(pose, **wish.pose_fields) if wish.pose == family and wish.pose_fields else pose


def wished_place(rng: Generator, description: Description | None, kind: str) -> PlaceSpec:
    """A place of the kind, with the fields that were asked for."""
    made = registry.places.get(kind).make(rng)
    return replace(made, **description.place_fields) if description is not None and description.place_fields else made


def wished_sky(rng: Generator, description: Description | None, indoor: bool) -> SkySpec:
    """The weather and the time of day that were asked for."""
    if description is None or (description.weather is None and description.light is None):
        return sample_sky(rng, indoor)
    weather, light = description.weather, description.light
    low = light in ("golden hour", "dusk")
    sky = sample_sky(
        rng, indoor, "golden" if low else _MOODS[weather or ("clear", "partly cloudy")[int(rng.integers(2))]]
    )
    if low:
        up = float(rng.uniform(0.2, 0.38)) if light == "golden hour" else float(rng.uniform(0.0, 0.045))
        sky = replace(sky, sun_elevation=up, warmth=float(rng.uniform(0.75, 1.0)))
        if light == "dusk":
            sky = replace(sky, sun_strength=0.45 * sky.sun_strength, ambient=0.75 * sky.ambient)
        if weather is not None:
            sky = replace(sky, cloudiness=float(rng.uniform(*_CLOUDS[weather])))
            if weather == "overcast":
                sky = replace(sky, sun_strength=0.12 * sky.sun_strength, sun_size=0.4)
    return sky
