"""Many people: passing through, standing about, or looking the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..people.shape import Phenotype, PhenotypeRanges
from ..registry import groups
from .formation import IDLE, Formation, Kind, Stand


@dataclass(frozen=True, kw_only=True)
class CrowdSpec(Kind):
    """A crowd."""

    kind: ClassVar[str | None] = "crowd"
    nouns: ClassVar[tuple[str, ...]] = ("crowd", "audience", "crowds", "throng")
    usual: ClassVar[int] = 12
    formed: ClassVar[bool] = True
    sizes: ClassVar[tuple[int, int]] = (7, 64)

    flow: Literal["watching", "milling", "passing"] = param(
        "milling", doc="All face the viewer, any way, or two streams."
    )
    spacing: float = param(1.0, low=0.7, high=2.5, unit="m", doc="Usual distance to the next.")
    aspect: float = param(1.4, low=0.5, high=3.0, doc="Width over depth.")
    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of who stands where.")

    def members_of(self, rng: np.random.Generator, count: int) -> list[PhenotypeRanges]:
        """Mostly grown-ups of every age."""
        bands = ((7.0, 17.0), (18.0, 40.0), (40.0, 66.0), (66.0, 84.0))
        return [PhenotypeRanges(age_years=bands[int(k)]) for k in rng.choice(4, count, p=(0.09, 0.47, 0.30, 0.14))]


def form_crowd(spec: CrowdSpec, people: Sequence[Phenotype]) -> Formation:
    """Points of a jittered hexagonal grid: even, and never in rows."""
    rng = np.random.default_rng(spec.variation)
    count = len(people)
    columns = max(1, round(float(np.sqrt(count * spec.aspect))))
    points = []
    for k in range(count):
        r, c = divmod(k, columns)
        points.append(((c + 0.5 * (r % 2) - 0.5 * columns) * spec.spacing, r * 0.9 * spec.spacing))
    xy = np.array(points).reshape(-1, 2)
    xy += rng.uniform(-0.21, 0.21, xy.shape) * (spec.spacing - 0.25)
    xy -= xy.mean(0)
    order = rng.permutation(count)
    stands = []
    for k in range(count):
        x, y = (float(v) for v in xy[order[k]])
        if spec.flow == "watching":
            heading, poses = float(np.clip(rng.normal(0.0, 0.25), -0.6, 0.6)) - 0.08 * x, (*IDLE, "wave", "phone")
        elif spec.flow == "passing":
            heading, poses = float(rng.choice((0.0, np.pi)) + rng.normal(0.0, 0.2)), ("walk",) * 5 + IDLE[:1]
        else:
            heading, poses = float(rng.uniform(-np.pi, np.pi)) * 0.75, (*IDLE, "talk", "phone", "walk")
        stands.append(Stand((x, y), heading, None, poses))
    return Formation(tuple(stands), closeness=0.5)


@groups.register("crowd", spec=CrowdSpec, build=form_crowd)
def sample_crowd(rng: np.random.Generator, count: int = 12) -> CrowdSpec:
    """Draw a crowd; the more people, the closer they stand."""
    return CrowdSpec(
        flow=("watching", "milling", "passing")[int(rng.integers(3))],
        spacing=float(np.clip(rng.uniform(0.95, 1.35) * (14.0 / max(count, 8)) ** 0.2, 0.8, 1.5)),
        aspect=float(rng.uniform(1.0, 1.8)),
        variation=int(rng.integers(2**31)),
    )
