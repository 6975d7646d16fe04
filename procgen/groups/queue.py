"""People who wait in a line, one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..codec import param
from ..people.shape import Phenotype
from ..registry import groups
from .formation import IDLE, Formation, Kind, Stand


@dataclass(frozen=True, kw_only=True)
class QueueSpec(Kind):
    """A queue."""

    kind: ClassVar[str | None] = "queue"
    nouns: ClassVar[tuple[str, ...]] = ("queue", "waiting line", "line of people")
    phrases: ClassVar[dict[str, str | None]] = {
        "standing in line": None, "waiting in line": None, "queueing": None, "queuing": None, "lined up": None, "in a queue": None,
        "waiting in a queue": None,
    }  # fmt: skip
    usual: ClassVar[int] = 5
    formed: ClassVar[bool] = True
    sizes: ClassVar[tuple[int, int]] = (3, 12)

    spacing: float = param(0.8, low=0.5, high=1.6, unit="m", doc="From one to the next.")
    side: float = param(1.2, low=-3.15, high=3.15, unit="rad", doc="Where its head points, against the viewer's side.")
    loose: float = param(0.1, low=0.0, high=0.3, unit="m", doc="How far people stand out of line.")
    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of who stands out how far.")


def form_queue(spec: QueueSpec, people: Sequence[Phenotype]) -> Formation:
    """One behind the other, each looking ahead, aside, or at a phone."""
    rng = np.random.default_rng(spec.variation)
    c, s = np.cos(spec.side), np.sin(spec.side)
    stands = []
    along = 0.0
    middle = 0.5 * spec.spacing * (len(people) - 1)
    for k in range(len(people)):
        x, y = float(rng.uniform(-1, 1) * spec.loose), along - middle
        heading = spec.side + float(np.clip(rng.normal(0.0, 0.22), -0.5, 0.5))
        watches = k - 1 if k and rng.random() < 0.4 else None
        poses = ("phone",) if rng.random() < 0.22 else IDLE
        stands.append(Stand((c * x - s * y, s * x + c * y), heading, watches, poses))
        along += spec.spacing * float(rng.uniform(0.9, 1.15))
    return Formation(tuple(stands), closeness=0.48)


@groups.register("queue", spec=QueueSpec, build=form_queue)
def sample_queue(rng: np.random.Generator, count: int = 5) -> QueueSpec:
    """Draw a queue."""
    return QueueSpec(
        spacing=float(rng.uniform(0.68, 0.95)),
        side=float(rng.choice((-1.0, 1.0)) * rng.uniform(0.9, 1.5)),
        loose=float(rng.uniform(0.03, 0.14)),
        variation=int(rng.integers(2**31)),
    )
