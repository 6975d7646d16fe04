"""Modifiers that wait for their head, turned into wishes once it is known; and wishes in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import registry
from ..errors import SpecError
from ..people.garments.wardrobe import words_of
from . import lexicon
from .agreement import joined
from .reading import Item
from .vocabulary import Sense

Pending = list[tuple[Item, Sense]]


def person_changes(pending: Pending) -> tuple[dict[str, Any], int | None]:
    """What waits for a person, and how many of them there are."""
    changes: dict[str, Any] = {}
    number = None
    for item, sense in pending:
        if sense.role == "number":
            number = int(sense.value)
        else:
            changes = joined(changes, change_of(item, sense))
    return changes, number


def change_of(item: Item, sense: Sense) -> dict[str, Any]:
    """The wish that one modifier of a person stands for."""
    role, value = sense.role, sense.value
    if role == "age":
        return age_changes(value)
    if role == "years":
        if value[0] > 100:
            raise SpecError("nobody is that old", expected="an age of 0 to 100 years", got=item.text)
        return {"age": value}
    if role == "pose":
        family, fields, *motion = value
        moves = {"motion": motion[0]} if motion else {}
        return {"pose": family, "pose_fields": dict(fields), "doing": item.word, **moves}
    if role in ("hair_adj", "bald"):
        return {"hair": "bald"} if role == "bald" else hair_changes(value)
    if role in ("skin_adj", "eyes_adj"):
        return {{"skin_adj": "skin", "eyes_adj": "eyes"}[role]: v for _, v in value}
    names = {"metres": "height_m", "little": "little", "freckles": "freckles"}
    return {names.get(role, role): True if role in ("little", "freckles") else value}


def hair_changes(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Style and colour of hair from (role, value) pairs."""
    out: dict[str, Any] = {}
    for role, value in pairs:
        if role in ("bald", "style"):
            out["hair"] = "bald" if role == "bald" else value
        elif role == "hair_color":
            out["hair_color"] = value
    return out


def age_changes(age: str | None) -> dict[str, Any]:
    """Years or the age group that a word means."""
    if age is None:
        return {}
    return {"age": lexicon.GROWN[age], "grown": True} if age in lexicon.GROWN else {"age_group": age}


def nearest_kinds(kind: str) -> list[str]:
    """Registered garments that come nearest to one that is not, best first."""
    queue = [kind]
    for name in queue:
        queue += [n for n in lexicon.NEAREST_GARMENT.get(name, ()) if n not in queue]
    return [k for k in queue[1:] if k in registry.garments.names()]


def kinds_of(slot: str) -> list[str]:
    """Registered garments of a slot."""
    return [k for k in registry.garments.names() if words_of(k).slot == slot]


def in_words(changes: Mapping[str, Any]) -> str:
    """Changes of one person in words, for the list of what was understood."""
    shown = []
    for name, value in changes.items():
        if name in ("pose_fields", "doing", "motion", "grown", "little") or value is None:
            continue
        if name == "age":
            text = f"{value[0]:.0f} to {value[1]:.0f} years old"
        elif name == "without":
            text = "without " + ", ".join(words_of(k).noun for k in value)
        elif name == "ancestry":
            text = ("African", "Asian", "European")[value] + " ancestry"
        elif name == "height_m":
            text = f"{value:.2f} m"
        elif name in ("gender", "age_group", "stature", "build"):
            text = str(value)
        elif name == "dressed_in":
            text = "dressed in " + " and ".join(value)
        else:
            text = f"{name.replace('_', ' ')} {'yes' if value is True else 'no' if value is False else value}"
        shown.append(text)
    return ", ".join(shown)
