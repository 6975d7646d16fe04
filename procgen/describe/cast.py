"""The people and groups of a description while it is read: who is meant by a noun, a pronoun or a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import SpecError
from .agreement import conflict, joined

MOST_PEOPLE = 64


@dataclass
class GroupDraft:
    """A group that is being read."""

    kind: str
    members: list[int]
    contact: str | None = None
    counted: bool = False


@dataclass
class Cast:
    """Who was named so far.

    Attributes:
        people: Wishes of each person.
        current: Whom the next phrase is about.
        block: The plural that was named last.
        groups: Who belongs together.
        announced: People named before a colon, who are listed after it; `listed` of them were.
        open: The group whose number or members come next ("a queue of …").
        gathered: "a group of …" was just read.
        row: People named one after the other with nothing said of them since: "a woman, a man and a boy …".
        joint: Those of the row whom an "and" has joined: what follows is about all of them.
        singled: One of `block` has been picked out ("one …", "the first …").
    """

    people: list[dict[str, Any]] = field(default_factory=list)
    current: list[int] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    groups: list[GroupDraft] = field(default_factory=list)
    announced: list[int] | None = None
    listed: int = 0
    open: GroupDraft | None = None
    gathered: bool = False
    nobody: bool = False
    row: list[int] = field(default_factory=list)
    joint: list[int] = field(default_factory=list)
    singled: bool = False

    def line_up(self, whom: list[int], mark: str) -> None:
        """Note that people were named after a comma, an "and", or neither."""
        before = self.row if mark else []
        self.row = [*before, *whom]
        self.joint = list(self.row) if mark == "and" and before else []
        if self.joint:
            self.block = list(self.row)

    def name(self, changes: Mapping[str, Any], number: int | None, plural: bool) -> list[int]:
        """The people that a noun names: new ones, those announced before a colon, or the members of an open group."""
        group, self.open = self.open, None
        gathered, self.gathered = self.gathered, False
        if group is not None and self.announced is None:
            whom = self.resize(group, number)
        elif self.announced is not None:
            whom = self._listed(number if number is not None else 2 if plural else 1)
        else:
            whom = self.add(number if number is not None else (4 if gathered else 2) if plural else 1)
            self._join_family(changes, whom)
        for index in whom:
            self.set(index, changes)
        self.current = self.block = whom
        self.singled = False
        return whom

    def _listed(self, count: int) -> list[int]:
        assert self.announced is not None
        taken = self.announced[self.listed : self.listed + count]
        self.listed += count
        if len(taken) < count:
            raise SpecError(
                "the description contradicts itself: more people are listed than were announced",
                expected=len(self.announced),
                got=self.listed,
                fix="make the number and the list agree",
            )
        return taken

    def _join_family(self, changes: Mapping[str, Any], whom: list[int]) -> None:
        """ "a family with three children", "a couple with a baby": the children come to the two grown-ups."""
        group = self.groups[-1] if self.groups else None
        young = changes.get("age_group") in ("baby", "toddler", "child", "teenager")
        if group is None or group.counted or not young or group.members[-1] != whom[0] - 1:
            return
        if group.kind == "family":
            spare = group.members[2:]
            for index in reversed(spare):
                self.people.pop(index)
            whom[:] = [i - len(spare) for i in whom]
            group.members = group.members[:2] + whom
            group.counted = True
        elif group.kind == "couple":
            group.kind = "family"
            group.members += whom

    def add(self, count: int) -> list[int]:
        """New people."""
        conflict(self.nobody and count > 0, "with and without people")
        first = len(self.people)
        if first + count > MOST_PEOPLE:
            raise SpecError("too many people are described", expected=f"at most {MOST_PEOPLE}", got=first + count)
        if count == 0 and not self.people:
            self.nobody = True
        self.people += [{} for _ in range(count)]
        return list(range(first, first + count))

    def resize(self, group: GroupDraft, number: int | None) -> list[int]:
        """Give a group the number of members that was said."""
        if number is not None:
            group.counted = True
            if number > len(group.members):
                group.members += self.add(number - len(group.members))
            while len(group.members) > max(number, 1) and group.members[-1] == len(self.people) - 1:
                self.people.pop()
                group.members.pop()
        return list(group.members)

    def group(self, kind: str, members: list[int], contact: str | None = None) -> GroupDraft:
        """Note that people belong together; what was known of them as a group is made more exact."""
        for known in self.groups:
            if set(known.members) & set(members):
                conflict(contact is not None and known.contact not in (None, contact), f"{known.contact} and {contact}")
                known.contact = contact or known.contact
                return known
        made = GroupDraft(kind, list(members), contact)
        self.groups.append(made)
        return made

    def together(self) -> list[int]:
        """Whom a phrase about several people means: the plural or group named last, or the last two who were named."""
        if len(self.current) > 1:
            return list(self.current)
        for group in self.groups:
            if self.current and self.current[0] in group.members:
                return list(group.members)
        return list(range(max(len(self.people) - 2, 0), len(self.people)))

    def next_of_block(self) -> None:
        """ "one …, the other …": go on to the next of the plural that was named last."""
        last = self.current[0] if self.singled and len(self.current) == 1 else -1
        self.singled = True
        rest = [i for i in self.block if i > last]
        self.current = [rest[0] if rest else self.block[-1]]

    def set(self, index: int, changes: Mapping[str, Any]) -> None:
        """Say more of one person."""
        self.people[index] = joined(self.people[index], changes)

    def label(self, whom: list[int]) -> str:
        """ "person 1", "people 2, 3", "people 1-30"."""
        if len(whom) == 1:
            return f"person {whom[0] + 1}"
        if len(whom) > 2 and whom == list(range(whom[0], whom[-1] + 1)):
            return f"people {whom[0] + 1}-{whom[-1] + 1}"
        return "people " + ", ".join(str(i + 1) for i in whom)
