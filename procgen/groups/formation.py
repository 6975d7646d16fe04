"""What every kind of group says: its members, where each stands and looks, and which hands touch whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ..people.shape import Phenotype, PhenotypeRanges
from ..spec import GroupSpec

# Poses of people who stand about and have their hands free.
AT_EASE = ("stand", "contrapposto")
IDLE = (*AT_EASE, "hands_in_pockets", "arms_crossed", "hands_on_hips")


@dataclass(frozen=True)
class Stand:
    """Where one member is, in the group's own frame (its front is -Y).

    Attributes:
        position: (x, y) metres.
        heading: Radians about Z; 0 faces -Y.
        watches: Index of the member who is looked at, or None.
        poses: Families to draw from; empty = any for somebody on their feet.
        lead: Index of the member whose stride is shared, or None.
    """

    position: tuple[float, float]
    heading: float = 0.0
    watches: int | None = None
    poses: tuple[str, ...] = ()
    lead: int | None = None


@dataclass(frozen=True)
class Touch:
    """A hand that is to touch another member.

    Attributes:
        who, hand: Member and "left" or "right".
        whom, at: Member and landmark: "hand" (both hands meet), "shoulder", "far_shoulder", "waist",
        "upper_arm" or "back".
        other_hand: For "hand", the other's hand.
    """

    who: int
    hand: str
    whom: int
    at: str
    other_hand: str = ""


@dataclass(frozen=True)
class Formation:
    """A group that stands.

    Attributes:
        stands: One for each member.
        touches: Hands that touch.
        faces_viewer: The group's front is turned towards the side that cameras favour; False = any way.
        closeness: Nearest distance between two members, metres (less than strangers keep).
    """

    stands: tuple[Stand, ...]
    touches: tuple[Touch, ...] = ()
    faces_viewer: bool = True
    closeness: float = 0.42


@dataclass(frozen=True, kw_only=True)
class Member:
    """Who a member may be.

    Attributes:
        ranges: What `sample_phenotype` may draw.
    """

    ranges: PhenotypeRanges = field(default_factory=PhenotypeRanges)


class Kind(GroupSpec):
    """Base of the kinds of groups, with what most of them share."""

    sizes: ClassVar[tuple[int, int]] = (2, 2)

    def members_of(self, rng: np.random.Generator, count: int) -> list[PhenotypeRanges]:
        """Who belongs to such a group: grown-ups and a few of every age."""
        return [PhenotypeRanges(age_years=BANDS[int(rng.choice(len(BANDS), p=BAND_SHARE))]) for _ in range(count)]


# Ages of people who are out together, and how often (by eye).
BANDS = ((6.0, 12.0), (13.0, 19.0), (19.0, 40.0), (40.0, 65.0), (65.0, 84.0))
BAND_SHARE = (0.05, 0.1, 0.45, 0.27, 0.13)


def kin(rng: np.random.Generator) -> tuple[float, float, float]:
    """Ancestry weights that relatives share: mostly one."""
    weights = 0.04 + rng.dirichlet((0.25, 0.25, 0.25))
    return float(weights[0]), float(weights[1]), float(weights[2])


def breadth(person: Phenotype) -> float:
    """Distance between the outer sides of the hanging arms, metres: grows with stature and with body mass (by eye)."""
    bmi = person.weight_kg / max(person.height_m, 0.4) ** 2
    return float(person.height_m * (0.27 + 0.0032 * np.clip(bmi - 22.0, -4.0, 20.0)))


def row(people: Sequence[Phenotype], gaps: Sequence[float]) -> list[float]:
    """x of people side by side with these gaps between their arms, centred."""
    x = [0.0]
    for a, b, gap in zip(people[:-1], people[1:], gaps, strict=True):
        x.append(x[-1] + 0.5 * (breadth(a) + breadth(b)) + gap)
    middle = 0.5 * (x[0] + x[-1])
    return [v - middle for v in x]


def facing_point(position: tuple[float, float], target: tuple[float, float]) -> float:
    """Heading that looks from a position at a target."""
    return float(np.arctan2(target[0] - position[0], -(target[1] - position[1])))


def jitter(rng: np.random.Generator, spread: float, count: int) -> np.ndarray:
    """(count,) normal draws within two standard deviations."""
    return np.clip(rng.normal(0.0, spread, count), -2 * spread, 2 * spread)
