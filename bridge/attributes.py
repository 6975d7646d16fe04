"""A frame in words from a small vocabulary: what a joint model is told besides the skeleton."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..procgen.dataset import Frame
from ..procgen.errors import SpecError

# More words of a frame are left out; the first ones matter most.
MOST = 40


def frame_words(frame: Frame) -> list[str]:
    """Words such as "place:meadow", "upper:shirt", "upper:blue", in a fixed order; the main person comes first."""
    facts: dict[str, Any] = dict(frame.record.facts)
    words = [f"{key}:{facts[key]}" for key in ("place", "time", "weather", "shot", "angle", "count") if key in facts]
    known = facts.get("people")  # frames of other tools may hold something else there
    people = [p for p in known if isinstance(p, dict) and p.get("in_frame")] if isinstance(known, list) else []
    for person in sorted(people, key=lambda p: -float(p.get("height_px", 0))):
        words += person_words(person)
    return words[:MOST]


def person_words(person: dict[str, Any]) -> list[str]:
    """Words of one person, from the facts of a caption."""
    words = [f"{key}:{person[key]}" for key in ("gender", "age_group", "action") if person.get(key)]
    if person.get("hair"):
        words.append(f"hair:{person['hair']}")
    if person.get("beard"):
        words.append(f"beard:{person['beard']}")
    for garment in person.get("clothes", []):
        slot = garment.get("slot", "upper")
        if slot != "hidden":
            words += [f"{slot}:{garment.get('name')}", f"{slot}:{garment.get('color')}"]
    return words


def encode_words(words: list[str]) -> bytes:
    """The input file "attributes"."""
    return json.dumps({"words": words}).encode()


def decode_words(data: bytes) -> list[str]:
    """Words of an "attributes" file.

    Raises:
        SpecError: another file.
    """
    try:
        words = json.loads(data)["words"]
    except (ValueError, KeyError, TypeError, RecursionError):
        words = None
    if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
        raise SpecError("the attributes are no list of words", expected='{"words": ["place:meadow", …]}')
    return words


class Vocabulary:
    """Words and their numbers: 0 is nothing, 1 is any word that was not seen in training."""

    NOTHING, UNKNOWN = 0, 1

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(words))
        self._numbers = {word: i + 2 for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words) + 2

    def numbers(self, words: Iterable[str]) -> list[int]:
        """MOST numbers, filled up with nothing."""
        found = [self._numbers.get(word, self.UNKNOWN) for word in words][:MOST]
        return found + [self.NOTHING] * (MOST - len(found))
