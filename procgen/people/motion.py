"""Where a person is in their motion at a moment; what each family does is in `motions/`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..spec import HumanSpec
from .motions.base import Actor, Moment, Motion, skeleton

__all__ = ["actor_of", "moment_at", "period", "skeleton"]
# Seconds that a blink takes, and about how long the eyes stay open between two (Bentivoglio 1997: 17 a minute).
BLINK, OPEN = 0.24, 3.6


def actor_of(human: HumanSpec) -> Actor:
    """The person as motions see one."""
    return Actor(human.phenotype, human.pose, (human.left_hand, human.right_hand))


def period(human: HumanSpec) -> float:
    """Seconds after which the motion repeats; 0 for none. A walk repeats in pose and goes on in place."""
    motion = human.motion
    return motion.period(actor_of(human)) if isinstance(motion, Motion) else 0.0


def moment_at(human: HumanSpec, time: float) -> Moment:
    """A person at a moment.

    Args:
        human: The person; `motion` says how the pose moves.
        time: Seconds since the first frame.
    Returns:
        The moment, not yet settled on the ground; its expression holds blinks too.
    """
    motion = human.motion
    assert isinstance(motion, Motion)
    actor = actor_of(human)
    moment = motion.at(actor, time)
    cycle = motion.period(actor)
    if cycle <= 0.0:
        return moment
    lids = blink(motion.variation, time, cycle)
    if lids < 1e-3:
        return moment
    face = dict(moment.expression)
    for action in ("eyeBlinkLeft", "eyeBlinkRight"):
        face[action] = max(face.get(action, 0.0), lids)
    return replace(moment, expression=face)


def blink(variation: int, time: float, cycle: float) -> float:
    """How far a blink has closed the lids, 0 to 1; open at every multiple of the cycle, so that loops close."""
    count = max(round(4.0 * OPEN / cycle), 1)
    length = count * cycle
    rng = np.random.default_rng(variation)
    slots = np.arange(4) + rng.uniform(0.15, 0.85, 4)
    starts = slots / 4.0 * length
    at = time % length
    # Away from the seams between cycles.
    seams = np.round(starts / cycle) * cycle
    starts = (
        np.where(np.abs(starts - seams) < 1.2 * BLINK, seams + 0.5 * cycle, starts) if cycle > 3.0 * BLINK else starts
    )
    u = (at - starts) / BLINK
    u = u[(u > 0.0) & (u < 1.0)]
    # Closing takes a third of the time that opening does.
    return 0.0 if len(u) == 0 else float(np.sin(np.pi * u[0] ** 0.6) ** 2)


def expression_at(human: HumanSpec, moment: Moment) -> dict[str, float]:
    """Activations of a moment: the person's own, less what the moment mutes, plus the moment's."""
    own = {k: v * (0.3 if k in moment.mute else 1.0) for k, v in human.expression.items()}
    return {
        k: float(np.clip(own.get(k, 0.0) + moment.expression.get(k, 0.0), 0.0, 1.0))
        for k in sorted({*own, *moment.expression})
    }


def rising(human: HumanSpec, moment: Moment) -> tuple[np.ndarray, float] | None:
    """For a sitter who gets up: the seated pose (55, 3), which decides where the feet are, and how far up they are."""
    if moment.rise is None:
        return None
    seated = getattr(human.motion, "seated_pose", None)
    return None if seated is None else (seated(actor_of(human)), moment.rise)
