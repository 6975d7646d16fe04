"""All words that descriptions may use, with their senses, from the lexicon and from whatever is registered."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .. import registry
from ..color_names import COLORS
from ..people.garments.wardrobe import FABRIC_WORDS, PATTERN_WORDS, WORDS, words_of
from . import lexicon


@dataclass(frozen=True)
class Sense:
    """One meaning of a phrase: its part in the grammar and what it stands for."""

    role: str
    value: Any = None


@dataclass(frozen=True)
class Token:
    """A word or a mark of punctuation, plain (lower case, no accents), and as it was written."""

    word: str
    written: str

    @property
    def mark(self) -> bool:
        """Whether it is punctuation."""
        return not self.word[:1].isalnum()


def tokens_of(text: str) -> list[Token]:
    """Words and marks; hyphens part words, apostrophes stay within them, accents go."""
    out = []
    for written in re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)?|[,;:.!?&]", text):
        plain = unicodedata.normalize("NFKD", written.lower().replace("’", "'"))
        out.append(Token("".join(c for c in plain if not unicodedata.combining(c)), written))
    return out


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(t.word for t in tokens_of(phrase))


@dataclass
class Vocabulary:
    """Phrases and their senses."""

    senses: dict[tuple[str, ...], list[Sense]] = field(default_factory=dict)
    longest: int = 1

    def add(self, phrases: Iterable[str], role: str, value: Any = None) -> None:
        """Give phrases a sense; the first sense of a role stays."""
        for phrase in phrases:
            key = _key(phrase)
            if not key:
                continue
            known = self.senses.setdefault(key, [])
            if all(s.role != role for s in known):
                known.append(Sense(role, value))
            self.longest = max(self.longest, len(key))

    def spot(self, tokens: list[Token], at: int) -> tuple[int, list[Sense]]:
        """Length and senses of the longest phrase that begins at a token; 0 if none does."""
        for length in range(min(self.longest, len(tokens) - at), 0, -1):
            found = self.senses.get(tuple(t.word for t in tokens[at : at + length]))
            if found is not None:
                return length, found
        return 0, []

    def nearest(self, word: str) -> str | None:
        """The known word most like an unknown one, if it is very like."""
        words = {w for key in self.senses for w in key if len(w) > 2}
        near = difflib.get_close_matches(word, sorted(words), n=1, cutoff=0.78)
        return near[0] if near else None


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary of everything that is registered now."""
    v = Vocabulary()
    _people(v)
    _hair(v)
    _clothes(v)
    _doing(v)
    _surroundings(v)
    _groups(v)
    return v


# What a reader of a list calls the parts that words play, in the order of a sentence; the others only bind.
WORD_KINDS = {
    "person": "people", "haired": "people", "number": "how many", "group": "groups", "gathering": "groups", "together": "together",
    "age": "ages", "little": "ages", "decade": "ages", "stature": "statures", "build": "builds", "ancestry": "ancestry",
    "tone": "skin", "freckles": "skin", "iris": "eyes", "hairdo": "hair", "style": "hair", "bald": "hair",
    "hair_color": "colours of hair", "beard": "beards", "garment": "clothes", "slot": "clothes", "barefoot": "clothes",
    "pattern": "patterns", "fabric": "materials", "color": "colours", "pose": "doing", "expression": "faces", "gaze": "looking",
    "place": "places", "light": "time of day", "weather": "weather", "shot": "shots", "angle": "angles",
    "nobody": "without people", "beyond": "not yet",
}  # fmt: skip


def words_by_kind() -> dict[str, list[str]]:
    """Every phrase that descriptions may use, by what it tells."""
    out: dict[str, list[str]] = {kind: [] for kind in WORD_KINDS.values()}
    for key, senses in vocabulary().senses.items():
        for kind in dict.fromkeys(WORD_KINDS[s.role] for s in senses if s.role in WORD_KINDS):
            out[kind].append(" ".join(key))
    return out


def _people(v: Vocabulary) -> None:
    for singular, (plural, gender, age) in lexicon.NOUNS.items():
        v.add([singular], "person", (gender, age, False))
        v.add([plural], "person", (gender, age, True))
    v.add(["men and women"], "person", (None, None, True))
    for noun, color in lexicon.HAIRED_NOUNS.items():
        v.add([noun], "haired", color)
    for group, words in lexicon.AGE_WORDS.items():
        v.add(words, "age", group)
    v.add(["little", "younger"], "little")
    for number, word in enumerate(lexicon.NUMBERS[1:], 1):
        v.add([word], "number", number)
    for place, words in enumerate(lexicon.ORDINALS):
        v.add(words, "ordinal", place)
    for word, number in lexicon.COUNTS.items():
        v.add([word], "number", number)
    for word, decade in lexicon.DECADES.items():
        v.add([word], "decade", decade)
    for table, role in ((lexicon.STATURES, "stature"), (lexicon.BUILDS, "build"), (lexicon.SKINS, "tone")):
        for name, words in table.items():
            v.add(words, role, name)
    for word, index in lexicon.ANCESTRY.items():
        v.add([word], "ancestry", index)
    v.add(["skin", "skinned", "complexion"], "skin")
    v.add(["eyes", "eyed", "irises"], "eyes")
    for word, iris in lexicon.EYES.items():
        v.add([word], "iris", iris)
    v.add(["freckles", "freckled"], "freckles")
    for word in ("all", "both", "everyone", "everybody", "they", "each"):
        v.add([word], "everyone")
    v.add(["he"], "pronoun", "male")
    v.add(["she"], "pronoun", "female")
    v.add(["without", "no", "not", "isn't", "neither", "nor", "never", "doesn't", "don't"], "not")
    v.add(
        [
            "next to",
            "beside",
            "alongside",
            "near",
            "together with",
            "and",
            "with",
            "along with",
            "accompanied by",
            "or",
            "&",
            "wearing",
            "wears",
            "wear",
            "but",
            "except",
        ],
        "link",
    )
    v.add(["other", "another", "one", "the other"], "other")


def _hair(v: Vocabulary) -> None:
    v.add(["hair", "haired", "hairstyle"], "hair")
    for name in registry.hair.names():
        _, adjectives, nouns = lexicon.HAIR.get(name, ("", (), (name.replace("_", " "),)))
        v.add(adjectives, "style", name)
        v.add((*nouns, *getattr(registry.hair.get(name).spec, "nouns", ())), "hairdo", name)
        if name not in lexicon.HAIR:
            v.add([f"hair in a {name.replace('_', ' ')}", f"hair in {name.replace('_', ' ')}"], "hairdo", name)
    v.add(lexicon.BALD[1], "bald")
    v.add(lexicon.BALD[2], "bald")
    for color, words in lexicon.HAIR_COLORS.items():
        v.add(words, "hair_color", color)
    for name, words in lexicon.BEARDS.items():
        v.add(words, "beard", name)
    v.add(lexicon.ANY_BEARD, "beard", "any")
    v.add(lexicon.SHAVEN, "beard", "none")


def _clothes(v: Vocabulary) -> None:
    registered = registry.garments.names()
    # Registered kinds first: what is there wins over what only resembles it.
    for kind in (*registered, *(k for k in WORDS if k not in registered)):
        words = words_of(kind)
        v.add((words.noun, kind.replace("_", " ")), "garment", kind)
        for word in (words.noun, *words.other, *lexicon.GARMENTS.get(kind, ())):
            v.add((word, _other_number(word)), "garment", kind)
    for word, slot in lexicon.SLOT_WORDS.items():
        v.add([word], "slot", slot)
    v.add(["barefoot", "bare feet", "barefooted"], "barefoot")
    for name in COLORS:
        v.add([name], "color", name)
    for name, more in lexicon.COLORS.items():
        v.add(more, "color", name)
    for name, word in PATTERN_WORDS.items():
        v.add((word,), "pattern", name)
    for name, words in lexicon.PATTERNS.items():
        v.add(words, "pattern", name)
    for name, words in FABRIC_WORDS.items():
        v.add((*words, *lexicon.FABRICS.get(name, ())), "fabric", name)
    v.add(["dressed in", "clad in", "all in", "dressed all in"], "dressed")
    v.add(["in"], "in")


def _other_number(word: str) -> str:
    """The plural of a singular noun."""
    return word if word.endswith("s") else word + ("es" if word.endswith(("sh", "ch")) else "s")


def _doing(v: Vocabulary) -> None:
    for family in registry.poses.names():
        spec = registry.poses.get(family).spec
        v.add([str(getattr(spec, "verb", family))], "pose", (family, {}))
        for words, fields in lexicon.POSE_WORDS.get(family, ()):
            v.add([words], "pose", (family, fields))
        v.add([f"in a {family.replace('_', ' ')} pose"], "pose", (family, {}))
    for name in registry.motions.names():
        spec = registry.motions.get(name).spec
        verb, families = str(getattr(spec, "verb", "")), getattr(spec, "families", ())
        v.add((verb, *lexicon.MOTION_WORDS.get(name, ())), "pose", (next(iter(families), "stand"), {}, name))
    for entry in registry.expressions:
        words = lexicon.EXPRESSIONS.get(entry.name, ())
        if words or entry.make.mood:
            v.add(words or (entry.name.replace("_", " "),), "expression", entry.name)
    for gaze, words in lexicon.GAZES.items():
        v.add(words, "gaze", gaze)


def _surroundings(v: Vocabulary) -> None:
    kinds = registry.places.names()
    for phrase, words, kind, fields in lexicon.PLACES:
        if kind in kinds:
            v.add((phrase, *words), "place", (kind, fields))
    for kind in kinds:
        v.add((lexicon.place_phrase(kind, {}), kind.replace("_", " ")), "place", (kind, {}))
    for table, role in (
        (lexicon.TIMES, "light"),
        (lexicon.WEATHERS, "weather"),
        (lexicon.SHOTS, "shot"),
        (lexicon.ANGLES, "angle"),
    ):
        for name, (phrase, words) in table.items():
            v.add((phrase, *words), role, name)
    v.add(["without people", "no people", "nobody", "no one", "empty", "deserted"], "nobody")
    for words, why in lexicon.BEYOND.items():
        v.add([words], "beyond", why)
    v.add(lexicon.FILLER, "filler")


def _groups(v: Vocabulary) -> None:
    v.add(["crowd", "group", "bunch"], "gathering")
    for kind in registry.groups.names():
        spec = registry.groups.get(kind).spec
        for words in getattr(spec, "nouns", ()):
            v.add([words], "group", kind)
        for words, contact in getattr(spec, "phrases", {}).items():
            v.add([words], "together", (kind, contact))
