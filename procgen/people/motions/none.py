"""No motion: the pose is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...registry import motions
from .base import Actor, Moment, Motion


@dataclass(frozen=True, kw_only=True)
class NoMotion(Motion):
    """The pose is held."""

    kind: ClassVar[str | None] = "none"

    def period(self, actor: Actor) -> float:
        """Nothing repeats."""
        return 0.0

    def at(self, actor: Actor, time: float) -> Moment:
        """The pose of the spec, whatever the time."""
        return Moment(actor.with_hands(actor.still()), actor.contacts())


@motions.register("none", spec=NoMotion)
def sample_none(rng: np.random.Generator) -> NoMotion:
    """Draw nothing."""
    return NoMotion()
