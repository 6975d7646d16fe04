"""Parents with their children: in a row, hand in hand, or the parents' hands on the children's shoulders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..people.shape import Phenotype, PhenotypeRanges
from ..registry import groups
from .formation import AT_EASE, Formation, Kind, Stand, Touch, breadth, kin, row


@dataclass(frozen=True, kw_only=True)
class FamilySpec(Kind):
    """A family."""

    kind: ClassVar[str | None] = "family"
    nouns: ClassVar[tuple[str, ...]] = ("family", "families")
    usual: ClassVar[int] = 4
    sizes: ClassVar[tuple[int, int]] = (3, 6)
    phrases: ClassVar[dict[str, str | None]] = {
        "with hands on the children's shoulders": "hands_on_shoulders",
        "with hands on their shoulders": "hands_on_shoulders",
    }

    contact: Literal["none", "holding_hands", "hands_on_shoulders"] = param("none", doc="How they touch.")
    close: float = param(0.05, low=0.0, high=0.3, unit="m", doc="Room between their arms.")
    bend: float = param(0.12, low=0.0, high=0.5, doc="How much the row is bent to an arc, ends ahead.")

    def members_of(self, rng: np.random.Generator, count: int) -> list[PhenotypeRanges]:
        """Two parents (one, in a family of two) and their children, of one ancestry."""
        ancestry = kin(rng)
        parents = 2 if count > 2 else 1
        mother = float(np.clip(rng.normal(36.0, 6.0), 24.0, 50.0))
        out = [
            PhenotypeRanges(age_years=(mother - 1.5, mother + 1.5), female_share=1.0, ancestry=ancestry),
            PhenotypeRanges(age_years=(mother - 1.0, mother + 5.0), female_share=0.0, ancestry=ancestry),
        ][:parents]
        oldest = float(np.clip(mother - rng.uniform(21.0, 33.0), 2.0, 16.0))
        for k in range(count - parents):
            age = max(oldest - k * rng.uniform(1.5, 3.5), 1.6)
            out.append(PhenotypeRanges(age_years=(age, age + 0.5), ancestry=ancestry))
        return out


def form_family(spec: FamilySpec, people: Sequence[Phenotype]) -> Formation:
    """Parents at the ends and the children between them; or the children in front, under the parents' hands."""
    grown = [i for i, p in enumerate(people) if p.age_years >= 17.0]
    young = [i for i in range(len(people)) if i not in grown]
    order = [*grown[:1], *young, *grown[1:]]
    if spec.contact == "hands_on_shoulders" and young and grown:
        return _behind(people, grown, young)
    x = row([people[i] for i in order], [spec.close + 0.03] * (len(order) - 1))
    half = max(x[-1], 0.3)
    stands: dict[int, Stand] = {}
    for place, i in enumerate(order):
        share = x[place] / half
        stands[i] = Stand((x[place], -spec.bend * half * share**2), -0.35 * spec.bend * share * 2.0, None, AT_EASE)
    touches = []
    if spec.contact == "holding_hands":
        for a, b in pairwise(order):
            # The one further left in the picture gives the left hand.
            if min(people[a].age_years, people[b].age_years) >= 1.5:
                touches.append(Touch(a, "left", b, "hand", "right"))
    return Formation(tuple(stands[i] for i in range(len(people))), tuple(touches), closeness=0.25)


def _behind(people: Sequence[Phenotype], grown: list[int], young: list[int]) -> Formation:
    """Each child before a parent; whoever is left over stands beside."""
    x = row([people[i] for i in grown], [0.10] * (len(grown) - 1))
    stands = {i: Stand((v, 0.0), 0.0, None, AT_EASE) for i, v in zip(grown, x, strict=True)}
    touches = []
    spare = max(x) + 0.5 * breadth(people[grown[-1]])
    for k, child in enumerate(young):
        tall = people[child].height_m
        if k < len(grown) and 0.85 < tall < 0.86 * people[grown[k]].height_m:
            parent = grown[k]
            stands[child] = Stand((x[k], -0.30), 0.0, None, AT_EASE)
            touches += [Touch(parent, "left", child, "left_shoulder"), Touch(parent, "right", child, "right_shoulder")]
        else:
            spare += 0.5 * breadth(people[child]) + 0.06
            stands[child] = Stand((spare, -0.05), -0.1, None, AT_EASE)
            spare += 0.5 * breadth(people[child])
    return Formation(tuple(stands[i] for i in range(len(people))), tuple(touches), closeness=0.2)


@groups.register("family", spec=FamilySpec, build=form_family)
def sample_family(rng: np.random.Generator, count: int = 4) -> FamilySpec:
    """Draw a family."""
    contact = ("none", "holding_hands", "hands_on_shoulders")[int(rng.choice(3, p=(0.35, 0.4, 0.25)))]
    return FamilySpec(contact=contact, close=float(rng.uniform(0.02, 0.12)), bend=float(rng.uniform(0.0, 0.3)))
