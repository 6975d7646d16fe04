"""People who walk side by side, in step or nearly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..codec import param
from ..people.shape import Phenotype
from ..registry import groups
from .formation import Formation, Kind, Stand, row


@dataclass(frozen=True, kw_only=True)
class SideBySideSpec(Kind):
    """Walkers side by side."""

    kind: ClassVar[str | None] = "side_by_side"
    phrases: ClassVar[dict[str, str | None]] = {
        "walking side by side": None, "walking together": None, "side by side": None, "walking next to each other": None,
        "strolling together": None,
    }  # fmt: skip
    formed: ClassVar[bool] = True
    sizes: ClassVar[tuple[int, int]] = (2, 4)

    close: float = param(0.15, low=0.05, high=0.6, unit="m", doc="Room between their arms.")
    uneven: float = param(0.1, low=0.0, high=0.4, unit="m", doc="How far some are ahead.")
    looks: int = param(0, low=-1, high=7, doc="Who is looked at by the neighbours; -1 = all look ahead.")
    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of the unevenness.")


def form_side_by_side(spec: SideBySideSpec, people: Sequence[Phenotype]) -> Formation:
    """A row that walks ahead; some look at a companion."""
    rng = np.random.default_rng(spec.variation)
    x = row(people, [spec.close] * (len(people) - 1))
    ahead = rng.uniform(-1.0, 1.0, len(people)) * spec.uneven
    stands = []
    for k in range(len(people)):
        watches = spec.looks if 0 <= spec.looks < len(people) and abs(k - spec.looks) == 1 else None
        stands.append(Stand((x[k], float(ahead[k])), 0.0, watches, ("walk",), lead=0))
    return Formation(tuple(stands), closeness=0.4)


@groups.register("side_by_side", spec=SideBySideSpec, build=form_side_by_side)
def sample_side_by_side(rng: np.random.Generator, count: int = 2) -> SideBySideSpec:
    """Draw walkers."""
    return SideBySideSpec(
        close=float(rng.uniform(0.1, 0.28)),
        uneven=float(rng.uniform(0.0, 0.2)),
        looks=int(rng.integers(-1, count)),
        variation=int(rng.integers(2**31)),
    )
