"""Two grown-ups who are a couple: side by side, hand in hand, or one with an arm around the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..people.shape import Phenotype, PhenotypeRanges
from ..registry import groups
from .formation import AT_EASE, Formation, Kind, Stand, Touch, kin, row


@dataclass(frozen=True, kw_only=True)
class CoupleSpec(Kind):
    """A couple."""

    kind: ClassVar[str | None] = "couple"
    nouns: ClassVar[tuple[str, ...]] = ("couple", "couples", "pair", "lovers")
    phrases: ClassVar[dict[str, str | None]] = {
        "holding hands": "holding_hands", "hand in hand": "holding_hands",
        "holding each other's hands": "holding_hands",
        "one with an arm around the other": "arm_around", "with an arm around the other": "arm_around",
        "with an arm around each other": "arm_around", "arm in arm": "arm_around",
        "with his arm around her": "arm_around", "with her arm around him": "arm_around", "hugging": "arm_around",
        "embracing": "arm_around",
        "arms around each other": "arm_around", "standing close together": "none",
    }  # fmt: skip

    contact: Literal["none", "holding_hands", "arm_around"] = param("none", doc="How they touch.")
    turned: float = param(0.25, low=0.0, high=1.2, unit="rad", doc="How far they are turned to each other.")
    close: float = param(0.06, low=0.0, high=0.5, unit="m", doc="Room between their arms.")

    def members_of(self, rng: np.random.Generator, count: int) -> list[PhenotypeRanges]:
        """Two of like age; taller people find taller partners (assortative mating, r = 0.2–0.3)."""
        age = float(np.clip(rng.normal(42.0, 17.0), 20.0, 82.0))
        ancestry = kin(rng)
        first = float(rng.random())
        tall = float(np.clip(rng.normal(0.0, 0.6), -1.2, 1.2))
        women = (first, 1.0 - first) if rng.random() < 0.9 else (first, first)
        return [
            PhenotypeRanges(
                age_years=(max(19.0, age - 3.5), age + 3.5),
                female_share=float(round(w)),
                stature_z=(tall - 1.2, tall + 1.2),
                ancestry=ancestry if rng.random() < 0.8 else (1.0, 1.0, 1.0),
            )
            for w in women
        ]


def form_couple(spec: CoupleSpec, people: Sequence[Phenotype]) -> Formation:
    """Two people side by side, turned a little to each other."""
    gap = spec.close if spec.contact == "none" else 0.05 if spec.contact == "holding_hands" else -0.10
    x = row(people, [gap])
    turn = spec.turned if spec.contact == "none" else min(spec.turned, 0.12)
    # The one on the left of the picture (at -x) has the other at their left.
    stands = (
        Stand((x[0], 0.0), turn, 1, AT_EASE),
        Stand((x[1], 0.0), -turn, 0, AT_EASE),
    )
    touches: tuple[Touch, ...] = ()
    if spec.contact == "holding_hands":
        touches = (Touch(0, "left", 1, "hand", "right"),)
    elif spec.contact == "arm_around":
        tall = 0 if people[0].height_m >= people[1].height_m else 1
        touches = (Touch(tall, "left" if tall == 0 else "right", 1 - tall, "back"),)
    return Formation(stands, touches, closeness=0.3)


@groups.register("couple", spec=CoupleSpec, build=form_couple)
def sample_couple(rng: np.random.Generator, count: int = 2) -> CoupleSpec:
    """Draw a couple."""
    contact = ("none", "holding_hands", "arm_around")[int(rng.choice(3, p=(0.3, 0.4, 0.3)))]
    return CoupleSpec(
        contact=contact,
        turned=float(np.clip(abs(rng.normal(0.25, 0.2)), 0.0, 0.9)),
        close=float(rng.uniform(0.02, 0.18)),
    )
