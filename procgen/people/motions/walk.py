"""Walking on whatever ground there is, in several styles, the standing foot locked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import motions
from ..gait import legs_at
from ..poses.locomotion import WalkSpec, walk_upper
from .base import Actor, Moment, Motion

Style = Literal["own", "stroll", "brisk", "proud", "tired", "sneak", "march", "sway"]
# What a style changes: fields of the walk multiplied, and what is added to posture; by eye.
_STYLES: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "own": ({}, {}),
    "stroll": ({"arm_swing": 0.7, "bounce": 0.9, "sway": 1.2}, {"nod": -0.03}),
    "brisk": ({"arm_swing": 1.25, "elbow": 1.5, "bounce": 1.1}, {"slouch": 0.04}),
    "proud": ({"arm_swing": 1.0, "bounce": 1.25}, {"slouch": -0.12, "nod": -0.06, "round": -0.08}),
    "tired": ({"arm_swing": 0.45, "bounce": 0.7, "sway": 1.3}, {"slouch": 0.22, "nod": 0.14, "round": 0.12}),
    "sneak": ({"arm_swing": 0.35, "bounce": 0.5, "elbow": 3.0}, {"slouch": 0.30, "nod": -0.05}),
    "march": ({"arm_swing": 1.5, "bounce": 1.3, "sway": 0.4, "elbow": 0.6}, {"slouch": -0.08}),
    "sway": ({"sway": 2.0, "arm_swing": 0.9, "width": 0.45}, {"slouch": -0.03}),
}
# How fast a style goes against the person's own speed.
_SPEED = {"stroll": 0.72, "brisk": 1.3, "tired": 0.68, "sneak": 0.5, "march": 1.05}


@dataclass(frozen=True, kw_only=True)
class WalkMotion(Motion):
    """A walk straight ahead."""

    kind: ClassVar[str | None] = "walk"
    verb: ClassVar[str] = "walking"
    families: ClassVar[tuple[str, ...]] = ("walk",)
    seated: ClassVar[bool | None] = False
    frees_hands: ClassVar[bool] = True

    speed: float = param(0.0, low=0.0, high=2.2, unit="m/s", doc="Speed; 0 = the person's own, in the style.")
    style: Style = param("own", doc="Manner of walking.")

    def walk(self, actor: Actor) -> WalkSpec:
        """The walk that is walked, as a pose spec."""
        spec = actor.pose if isinstance(actor.pose, WalkSpec) else WalkSpec(
            speed=float(np.clip(1.3 * np.sqrt(actor.size), 0.5, 1.6)), posture=getattr(actor.pose, "posture", WalkSpec().posture)
        )  # fmt: skip
        factors, posture = _STYLES[self.style]
        speed = self.speed or spec.speed * _SPEED.get(self.style, 1.0)
        spec = replace(spec, speed=float(np.clip(speed, 0.2, 2.2)))
        changes = {k: _held(spec, k, getattr(spec, k) * f) for k, f in factors.items()}
        own = {k: _held(spec.posture, k, getattr(spec.posture, k) + v) for k, v in posture.items()}
        return replace(spec, posture=replace(spec.posture, **own), **changes)

    def period(self, actor: Actor) -> float:
        """Two steps."""
        return self.walk(actor).gait().period(actor.body.leg)

    def at(self, actor: Actor, time: float) -> Moment:
        """Pelvis, legs and arms at a time; the way ahead is not brought back at the end of a cycle."""
        spec = self.walk(actor)
        gait = replace(spec.gait(), crouch=0.08) if self.style == "sneak" else spec.gait()
        phase = (spec.phase + self.beat(actor, time)) % 1.0
        legs, offset = legs_at(gait, actor.body, phase, np.zeros((55, 3)))
        pose = actor.with_hands(walk_upper(spec, phase, legs))
        contacts = replace(replace(spec, phase=phase).contacts(), base="planned")
        return Moment(pose, contacts, np.array([offset[0], offset[1], spec.speed * time]))


def _held(spec: object, name: str, value: float) -> float:
    """A value held within the range that the spec declares for a field."""
    meta = type(spec).__dataclass_fields__[name].metadata  # type: ignore[attr-defined]
    return float(np.clip(value, meta["low"], meta["high"]))


@motions.register("walk", spec=WalkMotion)
def sample_walk_motion(rng: np.random.Generator) -> WalkMotion:
    """Draw a manner of walking."""
    styles = list(_STYLES)
    weight = np.array([6.0, 1.5, 1.2, 0.5, 0.8, 0.1, 0.1, 0.5])
    return WalkMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)),
        style=styles[int(rng.choice(len(styles), p=weight / weight.sum()))],  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
