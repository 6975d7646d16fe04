"""One motion after the other, each blended into the next: stands, waves, talks, and from the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...codec import param
from ...errors import SpecError
from ...registry import motions
from ...spec import MotionSpec
from .base import Actor, Moment, Motion, ease
from .blend import blend

# Motions whose feet stay where the pose has them: any of these turns into any other without a foot that slides.
IN_PLACE = ("none", "idle", "wave", "talk")


@dataclass(frozen=True, kw_only=True)
class SequenceMotion(Motion):
    """Motions in turn, over the pose that the person has; `phase` shifts all of it."""

    kind: ClassVar[str | None] = "sequence"
    verb: ClassVar[str] = ""
    families: ClassVar[tuple[str, ...]] = ("stand", "contrapposto", "talk")

    parts: tuple[MotionSpec, ...] = param((), doc="The motions, of those that stay in place: none, idle, wave, talk.")
    seconds: tuple[float, ...] = param((), low=0.5, high=600.0, unit="s", doc="How long each takes, its blend included.")
    overlap: float = param(0.6, low=0.1, high=5.0, unit="s", doc="Duration of the blend from one to the next.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.parts) != len(self.seconds):
            raise SpecError(
                "a sequence of motions needs a duration for each", expected=len(self.parts), got=len(self.seconds),
                fix="give `seconds` as many numbers as `parts` has motions",
            )  # fmt: skip
        for part in self.parts:
            if part.kind not in IN_PLACE:
                raise SpecError(
                    f"the motion {part.kind!r} cannot be part of a sequence: its feet leave their place",
                    expected=", ".join(IN_PLACE), fix="render it as a scene of its own",
                )  # fmt: skip

    def period(self, actor: Actor) -> float:
        """All of them once."""
        return float(sum(self.seconds))

    def at(self, actor: Actor, time: float) -> Moment:
        """The motion whose turn it is; at its end, between it and the next."""
        if not self.parts:
            return Moment(actor.with_hands(actor.still()), actor.contacts())
        at = self.beat(actor, time) * self.period(actor)
        begins = np.concatenate([[0.0], np.cumsum(self.seconds)[:-1]])
        index = int(np.searchsorted(begins, at, side="right")) - 1
        into = at - float(begins[index])
        now = self._part(index).at(actor, into)
        left = self.seconds[index] - into
        if left >= self.overlap:
            return now
        # The next one is already under way, a blend before its own beginning.
        after = self._part((index + 1) % len(self.parts)).at(actor, -left)
        return blend(now, after, ease(1.0 - left / self.overlap))

    def _part(self, index: int) -> Motion:
        part = self.parts[index]
        assert isinstance(part, Motion)
        return part


@motions.register("sequence", spec=SequenceMotion)
def sample_sequence(rng: np.random.Generator) -> SequenceMotion:
    """Draw three motions that stay in place."""
    names = [("idle", "wave", "talk")[int(k)] for k in rng.permutation(3)]
    parts = tuple(motions.get(n).make(rng) for n in names)
    return SequenceMotion(
        variation=int(rng.integers(2**31)), parts=parts, seconds=tuple(float(s) for s in rng.uniform(2.5, 5.0, 3)),
        overlap=float(rng.uniform(0.5, 0.9)),
    )  # fmt: skip
