"""From text to items: phrases with their senses, numbers with their units, and words that nothing knows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .vocabulary import Sense, Token, Vocabulary, tokens_of

# Parts of speech that say something of what follows them.
MODIFIERS = frozenset(
    "number age years little stature metres build tone ancestry iris style bald hair_color color pattern fabric beard "
    "freckles expression pose hair_adj skin_adj eyes_adj".split()
)
# What modifiers lead to, and which of their senses fit there, the likeliest first.
FITTING: dict[str, tuple[str, ...]] = {
    "person": ("number", "age", "years", "little", "stature", "metres", "build", "ancestry", "expression", "pose",
    "beard", "bald",
               "freckles", "hair_adj", "skin_adj", "eyes_adj", "hair_color"),
    "hair": ("style", "hair_color", "bald"), "hairdo": ("hair_color", "style"), "hair_adj": ("style", "hair_color",
    "bald"),
    "garment": ("number", "color", "pattern", "fabric"), "slot": ("color", "pattern", "fabric"),
    "skin": ("tone",), "skin_adj": ("tone",), "eyes": ("iris",), "eyes_adj": ("iris",), "freckles": (), "beard": ("hair_color",),
}  # fmt: skip
FITTING["group"] = FITTING["haired"] = FITTING["gathering"] = FITTING["person"]
# Modifiers that may stand alone, of whoever was named last.
ALONE = ("years", "age", "stature", "metres", "build", "expression", "pose", "beard", "bald", "freckles", "hair_adj",
"skin_adj", "eyes_adj",
         "color", "number")  # fmt: skip
# What follows "one" or "the other" where they stand for a person.
OF_ONE = ("with", "wearing", "in", "is", "without", "who", "has")
# … and so it is of somebody who does something.
DOES = frozenset(("pose", "expression", "gaze"))
_HEADS = tuple(FITTING)
_ADJECTIVES = {"haired": "hair_adj", "skinned": "skin_adj", "eyed": "eyes_adj"}


@dataclass(frozen=True)
class Item:
    """A phrase of the text.

    Attributes:
        text: As it was written.
        senses: What it can mean; empty for words that are not known.
        word: Its plain words.
    """

    text: str
    senses: tuple[Sense, ...]
    word: str

    def sense(self, role: str) -> Sense | None:
        """The sense with a role."""
        return next((s for s in self.senses if s.role == role), None)

    @property
    def mark(self) -> bool:
        """Whether it is punctuation."""
        return not self.word[:1].isalnum()

    @property
    def modifies(self) -> bool:
        """Whether it can say something of what follows."""
        return any(s.role in MODIFIERS for s in self.senses)


def items_of(text: str, vocabulary: Vocabulary) -> list[Item]:
    """The text as phrases, longest matches first."""
    tokens, out, at = tokens_of(text), [], 0
    while at < len(tokens):
        length, senses = _measure(tokens, at)
        if not length:
            length, senses = vocabulary.spot(tokens, at)
        token = tokens[at]
        if not length and not token.mark and re.fullmatch(r"\d+", token.word):
            length, senses = 1, [Sense("number", int(token.word))]
        part = tokens[at : at + max(length, 1)]
        word = " ".join(t.word for t in part)
        if word in _ADJECTIVES:
            senses = [Sense(_ADJECTIVES[word])]
        out.append(Item(" ".join(t.written for t in part), tuple(senses), word))
        at += max(length, 1)
    return out


def _measure(tokens: list[Token], at: int) -> tuple[int, list[Sense]]:
    """Ages and statures with numbers: "70-year-old", "aged 70", "in his early forties", "1.9 m tall"."""
    words = " ".join(t.word for t in tokens[at : at + 5])
    for pattern, role in (
        (r"(\d+(?:\.\d+)?) years? old\b|(\d+(?:\.\d+)?) years? of age\b|aged? (\d+)\b", "years"),
        (r"(\d+(?:\.\d+)?) (?:m|metres?|meters?) tall\b|(\d+) (?:cm|centimetres?|centimeters?) tall\b", "metres"),
        (
            r"in (?:his|her|their|the) (?:(early|mid|late) )?(twenties|thirties|forties|fifties|sixties|seventies|eighties)\b",
            "decade",
        ),
        (r"in (?:his|her|their) (\d0)s\b", "decade"),
    ):
        found = re.match(pattern, words)
        if found is None:
            continue
        length = len(found.group(0).split())
        groups = [g for g in found.groups() if g]
        if role == "years":
            return length, [Sense("years", (float(groups[0]), float(groups[0]) + 0.99))]
        if role == "metres":
            value = float(groups[0])
            return length, [
                Sense("metres", value / 100.0 if " cm" in found.group(0) or "cent" in found.group(0) else value)
            ]
        return length, [Sense("years", _decade(groups))]
    return 0, []


def _decade(groups: list[str]) -> tuple[float, float]:
    from .lexicon import DECADES

    start = float(DECADES.get(groups[-1], 0) or int(groups[-1]))
    part = groups[0] if len(groups) > 1 else ""
    low, high = {"early": (0.0, 3.5), "mid": (3.5, 6.5), "late": (6.5, 9.9)}.get(part, (0.0, 9.9))
    return start + low, start + high


def head_of(items: list[Item], at: int) -> tuple[int, str] | None:
    """Index and role of the head that a modifier at `at` leads to; None if it stands alone.

    Modifiers follow each other directly; colours may be joined by "and", adjectives by a comma.
    """
    k = at + 1
    while k < len(items):
        item = items[k]
        for role in _HEADS:
            if item.sense(role) and not (item.modifies and role in ("beard", "freckles") and _leads(items, k)):
                return k, role
        if item.modifies:
            k += 1
        elif item.word in ("and", ",") and k + 1 < len(items) and _joins(items[k - 1], items[k + 1]):
            k += 1
        else:
            return None
    return None


def _leads(items: list[Item], at: int) -> bool:
    return at + 1 < len(items) and items[at + 1].sense("person") is not None


def _joins(left: Item, right: Item) -> bool:
    """Whether two words are of one list of adjectives: two colours, or two descriptions of a body."""
    if left.sense("color") and right.sense("color"):
        return True
    body = ("age", "stature", "build", "ancestry")
    return any(left.sense(r) for r in body) and any(right.sense(r) for r in body)
