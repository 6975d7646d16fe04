"""What a description asks for, as data: people, how they belong together, the place, the light, the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..codec import Spec, param


@dataclass(frozen=True, kw_only=True)
class GarmentWish(Spec):
    """A garment that was asked for."""

    kind: str = param(doc="Registered kind that fulfils it.")
    colors: tuple[str, ...] = param((), doc="Plain colour names, the main one first.")
    pattern: str | None = param(None, doc="Pattern; null = free.")
    fabric: str | None = param(None, doc="Material family; null = free.")
    asked: str = param("", doc="The word that was used, where the kind is only the nearest there is.")


@dataclass(frozen=True, kw_only=True)
class PersonWish(Spec):
    """What a description says of one person; null and empty mean free."""

    gender: str | None = param(None, doc="male or female.")
    age_group: str | None = param(None, doc="Age group of captions.")
    age: tuple[float, float] | None = param(None, unit="years", doc="Lowest and highest age.")
    stature: str | None = param(None, doc="very tall, tall, short or very short, for the age and sex.")
    height_m: float | None = param(None, unit="m", doc="Stature, where a number was given.")
    build: str | None = param(None, doc="slim, heavy or muscular.")
    skin: str | None = param(None, doc="Skin tone.")
    ancestry: int | None = param(None, doc="0 African, 1 Asian, 2 European.")
    freckles: bool | None = param(None, doc="With or without freckles.")
    eyes: str | None = param(None, doc="Iris colour.")
    hair: str | None = param(None, doc="Hair style, or bald.")
    hair_color: str | None = param(None, doc="Hair colour.")
    beard: str | None = param(None, doc="Beard in the words of captions, any, or none.")
    wears: tuple[GarmentWish, ...] = param((), doc="Garments that are worn.")
    without: tuple[str, ...] = param((), doc="Garment kinds that are not worn.")
    dressed_in: tuple[str, ...] = param((), doc="Colours of the whole outfit.")
    pose: str | None = param(None, doc="Pose family.")
    pose_fields: dict[str, str | float | bool] = param(factory=dict, doc="Fields of its spec.")
    motion: str | None = param(None, doc="Motion family, where a pose does not say it.")
    doing: str | None = param(None, doc="The words for it.")
    expression: str | None = param(None, doc="Expression preset.")
    gaze: str | None = param(None, doc="camera, each other or away.")


@dataclass(frozen=True, kw_only=True)
class GroupWish(Spec):
    """People who belong together."""

    kind: str = param(doc="Registered kind of group.")
    members: tuple[int, ...] = param(doc="Indices of the people.")
    contact: str | None = param(None, doc="How they touch; null = free, none = not at all.")


@dataclass(frozen=True, kw_only=True)
class Phrase(Spec):
    """A piece of the text and what it was taken for."""

    text: str = param(doc="The words.")
    meaning: str = param("", doc="What they mean here; for what was not understood, what to say instead.")


@dataclass(frozen=True, kw_only=True)
class Description(Spec):
    """A text that was read.

    `place`, `weather`, `light`, `shot` and `angle` are null where nothing was said of them.
    """

    text: str = param("", doc="The text.")
    people: tuple[PersonWish, ...] = param((), doc="People, in the order of the text.")
    nobody: bool = param(False, doc="People were ruled out.")
    groups: tuple[GroupWish, ...] = param((), doc="Who belongs together.")
    place: str | None = param(None, doc="Kind of place.")
    place_fields: dict[str, str | float | bool] = param(factory=dict, doc="Fields of its spec.")
    weather: str | None = param(None, doc="clear, partly cloudy, hazy or overcast.")
    light: str | None = param(None, doc="Time of day: day, golden hour or dusk.")
    shot: str | None = param(None, doc="Kind of picture.")
    angle: str | None = param(None, doc="high, low or eye level.")
    understood: tuple[Phrase, ...] = param((), doc="What was understood.")
    not_understood: tuple[Phrase, ...] = param((), doc="What was not.")

    def facts(self) -> dict[str, Any]:
        """The same things that a caption's `said` holds, for comparison."""
        return {
            "people": [person_facts(p) for p in self.people],
            "groups": [{"kind": g.kind, "contact": g.contact, "members": list(g.members)} for g in self.groups],
            "place": self.place,
            "place_fields": dict(self.place_fields),
            "weather": self.weather,
            "time": self.light,
            "shot": self.shot or "empty",
            "angle": self.angle or "eye level",
        }


def person_facts(wish: PersonWish) -> dict[str, Any]:
    """One person's wishes in the form of a caption's facts."""
    return {
        "gender": wish.gender,
        "age_group": wish.age_group,
        "stature": wish.stature,
        "build": wish.build,
        "hair": wish.hair,
        "hair_color": wish.hair_color,
        "beard": wish.beard,
        "clothes": [{"kind": g.kind, "colors": list(g.colors), "pattern": g.pattern} for g in wish.wears],
        "action": wish.doing,
        "expression": wish.expression,
        "gaze": wish.gaze,
    }
