"""Waving: the arm comes up, the hand swings to and fro, the arm goes down again; over whatever pose there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import motions
from ...spec import HandSpec
from ..poses.base import Figure
from ..poses.gesture import WaveSpec, waving_arm
from .base import BREATH, Actor, Moment, Motion, bump
from .blend import blend_poses
from .idle import alive


@dataclass(frozen=True, kw_only=True)
class WaveMotion(Motion):
    """Waving with one hand."""

    kind: ClassVar[str | None] = "wave"
    verb: ClassVar[str] = "waving"
    families: ClassVar[tuple[str, ...]] = ("stand", "contrapposto", "wave")
    frees_hands: ClassVar[bool] = True

    side: Literal["left", "right"] = param("right", doc="Which hand waves.")
    height: float = param(1.25, low=0.5, high=2.2, unit="rad", doc="Elevation of the upper arm.")
    swing: float = param(0.35, low=0.0, high=0.6, unit="rad", doc="How far the hand swings.")
    swings: int = param(7, low=2, high=20, doc="Swings in the eight seconds of a cycle that the arm is up for most of.")
    endless: bool = param(True, doc="The arm stays up; false: it goes down and comes up in every cycle.")

    def at(self, actor: Actor, time: float) -> Moment:
        """The pose with a waving arm."""
        beat = self.beat(actor, time)
        base = alive(actor, actor.still(), beat)
        swings = max(self.swings, 2) * 2
        spec = actor.pose if isinstance(actor.pose, WaveSpec) else WaveSpec(side=self.side, height=self.height)
        spec = replace(
            spec,
            swing=self.swing,
            tempo=swings / (2.0 * BREATH),
            phase=0.0,
            elbow=float(np.clip(2.45 - 0.5 * spec.height, 0.7, 2.3)),
        )
        fig = Figure()
        fig.pose = np.array(base.pose)
        fig.arm(spec.side, waving_arm(spec, 2.0 * BREATH * beat))
        up = 1.0 if self.endless else bump(beat, 0.22, 0.78, 0.12)
        pose = blend_poses(base.pose, fig.pose, up)
        hands = {
            s: (HandSpec(shape="flat", amount=0.75 * up) if s == spec.side else h)
            for s, h in zip(("left", "right"), actor.hands, strict=True)
        }
        contacts = replace(base.contacts, hands={s: g for s, g in base.contacts.hands.items() if s != spec.side})
        return replace(base, pose=actor.with_hands(pose, (hands["left"], hands["right"])), contacts=contacts)


@motions.register("wave", spec=WaveMotion)
def sample_wave_motion(rng: np.random.Generator) -> WaveMotion:
    """Draw a wave."""
    return WaveMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)), side="left" if rng.random() < 0.25 else "right",
        height=float(np.clip(rng.normal(1.25, 0.25), 0.8, 1.9)), swing=float(rng.uniform(0.22, 0.45)),
        swings=int(rng.integers(5, 10)),
    )  # fmt: skip
