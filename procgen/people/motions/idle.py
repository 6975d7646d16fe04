"""Standing or sitting still as living people do: breath, sway, weight shifted from leg to leg, a look around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...codec import param
from ...registry import motions
from ..kinematics import LEFT_LEG, RIGHT_LEG, aim_limb, forward, rx, ry, rz
from .base import BREATH, Actor, Moment, Motion, add_joint_turns


@dataclass(frozen=True, kw_only=True)
class IdleMotion(Motion):
    """Breathing, swaying and shifting weight in the pose that the person has."""

    kind: ClassVar[str | None] = "idle"

    tempo: float = param(1.0, low=0.2, high=3.0, doc="Breaths against 15 a minute.")
    sway: float = param(1.0, low=0.0, high=3.0, doc="Scale of sway and of the weight shifted.")
    look: float = param(0.5, low=0.0, high=1.0, doc="How far the head wanders.")

    def period(self, actor: Actor) -> float:
        """Two breaths."""
        return 2.0 * BREATH / self.tempo

    def at(self, actor: Actor, time: float) -> Moment:
        """The pose with everything that is alive about it."""
        still = actor.with_hands(actor.still())
        return alive(actor, still, self.beat(actor, time), self.sway, self.look)


def alive(actor: Actor, pose: np.ndarray, beat: float, sway: float = 1.0, look: float = 0.5) -> Moment:
    """A pose that breathes (twice in a cycle), whose head wanders and whose weight sways over feet that stay.

    Args:
        pose: (55, 3).
        beat: Where in the cycle, 0 to 1.
    """
    a = 2.0 * np.pi * beat
    breath, slow = np.sin(2.0 * a), np.sin(a + 1.1)
    out = add_joint_turns(pose, {
        9: rx(-0.010 * breath), 6: rx(-0.006 * breath), 13: rz(0.012 * breath), 14: rz(-0.012 * breath),
        12: rx(0.010 * breath) @ ry(0.07 * look * slow),
        15: ry(0.09 * look * np.sin(a - 0.7)) @ rx(0.03 * look * np.sin(2 * a)) @ rz(0.02 * look * slow),
        18: ry(-0.010 * breath), 19: ry(0.010 * breath), 20: rz(0.02 * slow), 21: rz(0.02 * np.sin(a)),
    })  # fmt: skip
    contacts = actor.contacts()
    if (
        contacts.base != "feet"
        or contacts.knees
        or contacts.lift
        or "free" in (contacts.left_foot, contacts.right_foot)
    ):
        return Moment(out, contacts)
    rest = actor.body.rest
    before = forward(out, rest, np.zeros(3))
    k = actor.size * sway
    # Twice as far sideways as ahead; the trunk leans against the pelvis so that the head stays over the feet.
    side, ahead = k * (0.011 * np.sin(a) + 0.003 * np.sin(3 * a + 0.4)), k * 0.005 * np.sin(2 * a + 0.5)
    step = np.array([side, -0.0012 * k * (1.0 - np.cos(a)), ahead])
    out = add_joint_turns(out, {0: rz(-0.8 * side / actor.size), 3: rz(0.9 * side / actor.size)})
    for limb in (LEFT_LEG, RIGHT_LEG):
        chain = forward(out, rest, step)
        out = aim_limb(out, rest, chain, limb, before.p[limb[2]], before.R[limb[2]])
    return Moment(out, contacts, step)


@motions.register("idle", spec=IdleMotion)
def sample_idle(rng: np.random.Generator) -> IdleMotion:
    """Draw a way of standing still."""
    return IdleMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)), tempo=float(rng.uniform(0.85, 1.2)),
        sway=float(rng.uniform(0.6, 1.5)), look=float(rng.beta(2.0, 2.0)),
    )  # fmt: skip
