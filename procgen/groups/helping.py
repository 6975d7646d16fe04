"""A grown-up who attends to a child: down at its level, a hand on its shoulder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..people.shape import Phenotype, PhenotypeRanges
from ..registry import groups
from .formation import AT_EASE, Formation, Kind, Stand, Touch, facing_point, kin


@dataclass(frozen=True, kw_only=True)
class HelpingSpec(Kind):
    """Somebody who helps a child."""

    kind: ClassVar[str | None] = "helping"
    phrases: ClassVar[dict[str, str | None]] = {
        "one helping the other with a hand on the shoulder": "hand_on_shoulder", "one helping the other": None,
        "helping each other": None, "helping": None, "comforting": None, "taking care of": None,
        "looking after": None,
    }  # fmt: skip

    contact: Literal["none", "hand_on_shoulder"] = param("hand_on_shoulder", doc="How they touch.")
    distance: float = param(0.6, low=0.4, high=1.0, unit="m", doc="Between the two.")
    turn: float = param(0.0, low=-3.15, high=3.15, unit="rad", doc="Direction from the helper to the child.")
    down: bool = param(True, doc="The helper kneels or squats.")

    def members_of(self, rng: np.random.Generator, count: int) -> list[PhenotypeRanges]:
        """A grown-up and a child."""
        ancestry = kin(rng)
        child = float(rng.uniform(3.0, 9.0))
        return [
            PhenotypeRanges(age_years=(24.0, 66.0), ancestry=ancestry),
            PhenotypeRanges(age_years=(child, child + 1.0), ancestry=ancestry),
        ]


def form_helping(spec: HelpingSpec, people: Sequence[Phenotype]) -> Formation:
    """Face to face; the taller of the two helps."""
    helper = 0 if people[0].height_m >= people[1].height_m else 1
    d = 0.5 * spec.distance * np.array([np.cos(spec.turn), np.sin(spec.turn)])
    a, b = (float(-d[0]), float(-d[1])), (float(d[0]), float(d[1]))
    small = people[1 - helper].height_m < 0.86 * people[helper].height_m
    low = ("kneel", "squat") if spec.down and small and people[helper].age_years < 65 else AT_EASE
    first = Stand(a, facing_point(a, b), 1 - helper, low)
    second = Stand(b, facing_point(b, a), helper, AT_EASE)
    stands = (first, second) if helper == 0 else (second, first)
    touches = (Touch(helper, "right", 1 - helper, "left_shoulder"),) if spec.contact == "hand_on_shoulder" else ()
    return Formation(stands, touches, closeness=0.35)


@groups.register("helping", spec=HelpingSpec, build=form_helping)
def sample_helping(rng: np.random.Generator, count: int = 2) -> HelpingSpec:
    """Draw somebody who helps a child."""
    return HelpingSpec(
        distance=float(rng.uniform(0.52, 0.66)),
        turn=float(rng.normal(0.0, 0.35) + (np.pi if rng.random() < 0.5 else 0.0) + np.pi) % (2 * np.pi) - np.pi,
        down=bool(rng.random() < 0.75),
    )
