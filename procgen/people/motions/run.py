"""Running straight ahead, with a flight between the steps and the standing foot locked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...codec import param
from ...registry import motions
from ..poses.base import Contacts
from ..poses.locomotion import RunSpec, run_upper
from ..running import run_legs
from .base import Actor, Moment, Motion


@dataclass(frozen=True, kw_only=True)
class RunMotion(Motion):
    """A run straight ahead."""

    kind: ClassVar[str | None] = "run"
    verb: ClassVar[str] = "running"
    families: ClassVar[tuple[str, ...]] = ("run",)
    seated: ClassVar[bool | None] = False
    frees_hands: ClassVar[bool] = True

    speed: float = param(0.0, low=0.0, high=7.0, unit="m/s", doc="Speed, at least 1.8; 0 = the person's own.")

    def run(self, actor: Actor) -> RunSpec:
        """The run that is run, as a pose spec."""
        spec = actor.pose if isinstance(actor.pose, RunSpec) else RunSpec(
            speed=float(np.clip(3.0 * np.sqrt(actor.size), 1.8, 4.0)), posture=getattr(actor.pose, "posture", RunSpec().posture)
        )  # fmt: skip
        return replace(spec, speed=float(np.clip(self.speed or spec.speed, 1.8, 7.0)))

    def period(self, actor: Actor) -> float:
        """Two steps."""
        return self.run(actor).run().period(actor.body.leg)

    def at(self, actor: Actor, time: float) -> Moment:
        """Pelvis, legs and arms at a time; the way ahead is not brought back at the end of a cycle."""
        spec = self.run(actor)
        phase = (spec.phase + self.beat(actor, time)) % 1.0
        legs, root, stands = run_legs(spec.run(), actor.body, phase)
        pose = actor.with_hands(run_upper(spec, phase, legs), spec.hand_specs())
        feet = ["edge" if stands[s] else "free" for s in ("left", "right")]
        contacts = Contacts(feet[0], feet[1], base="planned", balance=False)
        return Moment(pose, contacts, np.array([0.0, root[1], spec.speed * time]))


@motions.register("run", spec=RunMotion)
def sample_run_motion(rng: np.random.Generator) -> RunMotion:
    """Draw a run."""
    return RunMotion(phase=float(rng.random()), variation=int(rng.integers(2**31)))
