"""The grammar of descriptions: modifiers go to the head that follows them, phrases to whoever was named last.

Small on purpose: what it does not know it names, with the nearest word, and never guesses.
"""

from __future__ import annotations

from ..errors import SpecError
from .agreement import person_wish
from .clauses import Clauses
from .description import Description, GroupWish
from .reading import ALONE, DOES, FITTING, Item, head_of, items_of
from .vocabulary import Sense, vocabulary

EXAMPLE = 'try "a woman in a red jacket, waving, in a meadow"'
# Which part a phrase plays when it could play several.
ROLES = (
    "person", "haired", "garment", "slot", "hair", "hairdo", "skin", "eyes", "beard", "bald", "group", "gathering",
    "together", "not", "nobody", "place", "gaze", "pose", "expression", "shot", "angle", "light", "weather",
    "barefoot", "dressed", "in", "everyone", "pronoun", "ordinal", "beyond", "years", "age", "metres", "stature",
    "build", "ancestry", "freckles", "color", "number", "link",
)  # fmt: skip


def describe(text: str) -> Description:
    """Read a description in plain English.

    Args:
        text: For example "a tall elderly woman in a red coat, waving, next to two children in a meadow at sunset".
    Returns:
        Who and what was asked for, with what was understood and what was not.
    Raises:
        SpecError: nothing was understood, the text contradicts itself, or it asks for somebody who cannot be.
    """
    if not text.strip():
        raise SpecError("the description is empty", fix=EXAMPLE)
    reader = Reader(vocabulary())
    reader.read(items_of(text, reader.words))
    found = reader.result(text)
    if not found.understood:
        unknown = ", ".join(repr(p.text) for p in found.not_understood[:6]) or repr(text.strip())
        raise SpecError(f"nothing of this description was understood: {unknown}", fix=EXAMPLE)
    return found


class Reader(Clauses):
    """The walk over a text: who waits for whom, and which part each phrase plays."""

    def read(self, items: list[Item]) -> None:
        """Take every item in turn."""
        at = 0
        while at < len(items):
            jump = self._membership(items, at)
            if not jump:
                following = items[at + 1] if at + 1 < len(items) else None
                self.following = following.word if following else ""
                self.one_does = following is not None and any(s.role in DOES for s in following.senses)
                self._take(items, at)
            at += max(jump, 1)
        self._forget_pending()

    def _take(self, items: list[Item], at: int) -> None:
        item = items[at]
        if item.mark:
            self._punctuation(item)
        elif not item.senses:
            near = self.words.nearest(item.word)
            self._miss(item, f"did you mean {near!r}?" if near else "")
        elif not self._waits(items, at):
            role = self._role(items, at)
            if role not in ("person", "link", "filler"):
                self.cast.row = []
                if role not in ("pose", "expression"):
                    self.cast.joint = []
            handler = getattr(self, f"_on_{role}", None)
            if handler is not None:
                handler(item, item.sense(role))
            elif role != "filler":
                self._miss(item)
            if role not in ("filler", "link", "in", "dressed", "color"):
                self.dressed = False
            if role not in ("filler", "link"):
                self.mark = ""
            if role != "filler" and self.following != "of" and role not in ("group", "gathering", "number"):
                self.cast.open = None

    def _waits(self, items: list[Item], at: int) -> bool:
        """Whether an item says something of a head that follows, and now waits for it."""
        item = items[at]
        head = head_of(items, at) if item.modifies else None
        if head is None:
            return False
        fits = next((s for role in FITTING[head[1]] if (s := item.sense(role)) is not None), None)
        own = next((r for r in FITTING if item.sense(r)), None)
        if fits is not None and fits.role.endswith("_adj"):
            self._adjective(item, fits)
        elif fits is not None and (own is None or (own in ("beard", "freckles") and head[1] == "person")):
            if self.negated and fits.role == "expression":
                self.negated, fits = False, Sense("expression", "neutral")
            self.pending.append((item, fits))
        elif own is None and not any(item.sense(r) for r in ALONE):
            self._miss(item, f"does not go with {items[head[0]].word!r}")
        else:
            return False
        return True

    def _role(self, items: list[Item], at: int) -> str:
        roles = [s.role for s in items[at].senses]
        if "other" in roles and self._of_one():
            return "other"
        if "slot" in roles and self.negated:
            return "slot"
        if self.dressed and "color" in roles:
            return "color"
        return next((r for r in ROLES if r in roles), roles[0])

    def _punctuation(self, item: Item) -> None:
        self._forget_pending(last=item.word in ".!?")
        self.negated = self.dressed = False
        self.mark = self.mark or item.word if item.word == "," else ""
        if self.mark == "":
            self.cast.row, self.cast.joint = [], []
        if item.word == ":" and self.cast.people:
            self.cast.announced, self.cast.listed = list(range(len(self.cast.people))), 0
        elif item.word in ".!?":
            self.cast.announced = None

    def _membership(self, items: list[Item], at: int) -> int:
        """ "People 1 and 2 are a couple, holding hands": how many items that takes; 0 if it is not said here."""
        if items[at].word != "people":
            return 0
        k, members = at + 1, []
        while k < len(items) and (items[k].sense("number") or items[k].word in ("and", ",")):
            number = items[k].sense("number")
            members += [int(number.value) - 1] if number else []
            k += 1
        if (
            len(members) < 2
            or k >= len(items)
            or items[k].word != "are"
            or not all(0 <= m < len(self.cast.people) for m in members)
        ):
            return 0
        end = next((n for n in range(k, len(items)) if items[n].word in (".", ";")), len(items))
        noun = next((s.value for i in items[k:end] if (s := i.sense("group"))), None)
        together = [s.value for i in items[k:end] if (s := i.sense("together"))]
        kind = next((name for name, _ in together), noun)
        contact = next((c for _, c in together if c is not None), None)
        if kind is None:
            return 0
        self.cast.group(noun or kind, members, contact)
        self._note(items[at:end], f"{self.cast.label(members)}: {noun or kind}")
        return end - at

    def result(self, text: str) -> Description:
        """The description that was read, checked as a whole."""
        groups = [g for g in self.cast.groups if len(g.members) > 1]
        return Description(
            text=text,
            people=tuple(person_wish(p) for p in self.cast.people),
            nobody=self.cast.nobody,
            groups=tuple(GroupWish(kind=g.kind, members=tuple(g.members), contact=g.contact) for g in groups),
            place_fields=self.scene.get("place_fields", {}),
            understood=tuple(self.understood),
            not_understood=tuple(self.missed),
            **{n: self.scene.get(n) for n in ("place", "weather", "light", "shot", "angle")},
        )
