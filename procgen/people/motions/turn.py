"""Turning about on the spot in small steps, once around in a cycle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import motions
from ..kinematics import rotvecs, ry, rz
from ..poses.base import SIDES
from .base import Actor, Foot, Moment, Motion, ease, feet_of, place_feet, planned


@dataclass(frozen=True, kw_only=True)
class TurnMotion(Motion):
    """Turning on the spot: each foot is set anew, head and chest ahead of the pelvis."""

    kind: ClassVar[str | None] = "turn"
    verb: ClassVar[str] = "turning around"
    families: ClassVar[tuple[str, ...]] = ("stand", "contrapposto", "hands_in_pockets")
    seated: ClassVar[bool | None] = False

    way: Literal["left", "right"] = param("left", doc="Which way round.")
    steps: int = param(8, low=4, high=16, doc="Steps of a pair of feet in a full turn.")
    pace: float = param(0.85, low=0.4, high=2.0, unit="s", doc="Seconds for a step of both feet.")

    def period(self, actor: Actor) -> float:
        """Once around."""
        return self.steps * self.pace

    def at(self, actor: Actor, time: float) -> Moment:
        """Feet in turn: the outer one opens, the inner one closes."""
        sign = 1.0 if self.way == "left" else -1.0
        # The stance is stood in before it is turned in: feet below the hips, pelvis midway.
        actor = replace(actor, pose=replace(actor.stance(), stagger=0.0, shift=0.0, bend=0.012))
        still = actor.still()
        feet, pelvis = feet_of(actor, still)
        at = self.beat(actor, time) * self.steps
        step = 2.0 * np.pi / self.steps
        places: dict[str, Foot] = {}
        lifted = 0.0
        for side, begin in ((self.way, 0.06), ("right" if self.way == "left" else "left", 0.56)):
            k = np.floor(at - begin)
            share = min((at - begin - k) / 0.38, 1.0)
            angle = sign * step * (k + 1.0 if share >= 1.0 else k + ease(share))
            up = 0.05 * actor.size * np.sin(np.pi * share) ** 2 if 0.0 < share < 1.0 else 0.0
            places[side] = _turned(feet[side], angle, up)
            lifted += (1.0 if side == "left" else -1.0) * float(np.sin(np.pi * share) if 0.0 < share < 1.0 else 0.0)
        heading = sign * step * at
        # The weight goes over the foot that stays, and the pelvis drops a little on the lifted side.
        shift = -0.035 * actor.size * lifted
        # A stride of turning spreads the feet: both must stay in reach.
        low = 0.012 * actor.size
        root = np.array([shift * np.cos(heading), pelvis[1] - low, -shift * np.sin(heading)])
        pose = np.array(still)
        pose[0] = rotvecs(ry(heading) @ rz(0.03 * lifted))
        pose = place_feet(pose, actor.body, root, places)
        ahead = sign * 0.12
        pose[6], pose[15] = pose[6] + [0.0, ahead, 0.0], pose[15] + [0.0, ahead, 0.0]
        return Moment(actor.with_hands(pose), planned({s: places[s] for s in SIDES}), root)


def _turned(foot: Foot, angle: float, up: float) -> Foot:
    """A foot carried about the middle by an angle and lifted."""
    return replace(
        foot, ankle=ry(angle) @ foot.ankle + np.array([0.0, up, 0.0]), yaw=foot.yaw + angle, mode="free" if up > 0.0 else "flat",
        pitch=0.25 * min(up / 0.05, 1.0),
    )  # fmt: skip


@motions.register("turn", spec=TurnMotion)
def sample_turn(rng: np.random.Generator) -> TurnMotion:
    """Draw a turn."""
    return TurnMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)), way="left" if rng.random() < 0.5 else "right",
        steps=int(rng.integers(6, 11)), pace=float(rng.uniform(0.7, 1.1)),
    )  # fmt: skip
