"""Who of a scene belongs together, drawn or as it was described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import registry
from ..describe.description import Description, GroupWish, PersonWish
from ..describe.fulfil import wished_body, wished_ranges
from ..errors import SpecError
from ..people.shape import Phenotype, sample_phenotype
from ..seeds import Seed
from ..spec import GroupSpec, replace

# How often each kind is drawn where the number of people allows it (by eye).
OFTEN = {
    "conversation": 3.0,
    "couple": 3.0,
    "family": 2.0,
    "side_by_side": 2.0,
    "queue": 1.0,
    "greeting": 0.8,
    "helping": 0.8,
}
# From so many people on they may be a crowd.
CROWD = 9
# Share of scenes of several people in which somebody belongs together.
TOGETHER = 0.75
YOUNG = ("baby", "toddler", "child", "teenager")


def plan_groups(seed: Seed, count: int, described: Description | None) -> list[GroupSpec]:
    """Groups of a scene, their members still without bodies."""
    if described is not None and described.people:
        return [_wished(seed.child("group", i), g, described.people) for i, g in enumerate(described.groups)]
    rng = seed.child("groups").rng()
    if count >= CROWD and rng.random() < 0.8:
        return [
            replace(registry.groups.get("crowd").make(seed.child("group", 0).rng(), count), members=tuple(range(count)))
        ]
    out: list[GroupSpec] = []
    first = 0
    while count - first >= 2 and rng.random() < TOGETHER:
        left = count - first
        kinds = {k: w for k, w in OFTEN.items() if k in registry.groups.names() and _sizes(k)[0] <= left}
        weights = np.array(list(kinds.values()))
        kind = list(kinds)[int(rng.choice(len(kinds), p=weights / weights.sum()))]
        low, high = _sizes(kind)
        # Small scenes are one group more often than two.
        size = min(left, high) if left <= high and rng.random() < 0.7 else int(rng.integers(low, min(left, high) + 1))
        made = registry.groups.get(kind).make(seed.child("group", len(out)).rng(), size)
        out.append(replace(made, members=tuple(range(first, first + size))))
        first += size
    return out


def _sizes(kind: str) -> tuple[int, int]:
    spec: Any = registry.groups.get(kind).spec
    return spec.sizes


def _wished(seed: Seed, wish: GroupWish, people: Sequence[PersonWish]) -> GroupSpec:
    entry = registry.groups.get(wish.kind)
    made = entry.make(seed.rng(), len(wish.members))
    members = wish.members
    if wish.kind in ("family", "helping"):
        # Grown-ups come first, as the kinds expect.
        members = tuple(sorted(members, key=lambda i: (people[i].age_group in YOUNG, i)))
    changes: dict[str, Any] = {"members": members}
    if wish.contact is not None and hasattr(made, "contact"):
        try:
            return replace(made, contact=_contact_of(entry.spec, wish.contact), **changes)
        except SpecError:
            raise SpecError(
                f"a {wish.kind} of {len(members)} cannot be {wish.contact.replace('_', ' ')}",
                fix="say it of two people",
            ) from None
    return replace(made, **changes)


def _contact_of(spec: Any, contact: str) -> str:
    import typing

    allowed = typing.get_args(typing.get_type_hints(spec)["contact"])
    if contact not in allowed:
        raise SpecError(f"{contact} is no contact of this group")
    return contact


def draw_bodies(
    seed: Seed,
    count: int,
    groups: Sequence[GroupSpec],
    wishes: Sequence[PersonWish],
    anybody: Callable[[Seed, PersonWish], Phenotype],
) -> list[Phenotype]:
    """Bodies of everybody: those of a group go together, the others are anybody's.

    Args:
        wishes: One for each person.
        anybody: Draws somebody who belongs to no group.
    """
    out: dict[int, Phenotype] = {}
    for number, group in enumerate(groups):
        ranges = group.members_of(seed.child("group", number, "members").rng(), len(group.members))  # type: ignore[attr-defined]
        for index, base in zip(group.members, ranges, strict=True):
            child = seed.child("human", index)
            wish = wishes[index]
            body = sample_phenotype(child.child("phenotype").rng(), wished_ranges(wish, base))
            out[index] = wished_body(child.child("wished", "body").rng(), wish, body)
    return [out[i] if i in out else anybody(seed.child("human", i), wishes[i]) for i in range(count)]
