"""Two people who shake hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..people.shape import Phenotype, PhenotypeRanges
from ..registry import groups
from .formation import AT_EASE, Formation, Kind, Stand, Touch


@dataclass(frozen=True, kw_only=True)
class GreetingSpec(Kind):
    """A handshake."""

    kind: ClassVar[str | None] = "greeting"
    phrases: ClassVar[dict[str, str | None]] = {
        "shaking hands": "handshake", "shaking each other's hands": "handshake", "handshake": "handshake",
        "greeting each other": "handshake", "shake hands": "handshake",
    }  # fmt: skip

    contact: Literal["none", "handshake"] = param("handshake", doc="How they touch.")
    distance: float = param(0.85, low=0.6, high=1.2, unit="m", doc="Between the two.")
    turn: float = param(
        0.0, low=-3.15, high=3.15, unit="rad", doc="Direction from one to the other, against the viewer's side."
    )

    def members_of(self, rng: np.random.Generator, count: int) -> list[PhenotypeRanges]:
        """Two grown-ups."""
        return [PhenotypeRanges(age_years=(20.0, 72.0)) for _ in range(count)]


def form_greeting(spec: GreetingSpec, people: Sequence[Phenotype]) -> Formation:
    """Face to face, right hands meeting in the middle."""
    size = 0.5 * (people[0].height_m + people[1].height_m) / 1.7
    half = 0.5 * spec.distance * size
    d = np.array([np.cos(spec.turn), np.sin(spec.turn)])
    a, b = -half * d, half * d
    heading = float(np.arctan2(d[0], -d[1]))
    stands = (
        Stand((float(a[0]), float(a[1])), heading, 1, AT_EASE),
        Stand((float(b[0]), float(b[1])), heading + np.pi, 0, AT_EASE),
    )
    touches = (Touch(0, "right", 1, "hand", "right"),) if spec.contact == "handshake" else ()
    return Formation(stands, touches)


@groups.register("greeting", spec=GreetingSpec, build=form_greeting)
def sample_greeting(rng: np.random.Generator, count: int = 2) -> GreetingSpec:
    """Draw a handshake."""
    return GreetingSpec(
        distance=float(rng.uniform(0.78, 0.95)),
        turn=float(rng.normal(0.0, 0.4) + (np.pi if rng.random() < 0.5 else 0.0) + np.pi) % (2 * np.pi) - np.pi,
    )
