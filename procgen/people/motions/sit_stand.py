"""Getting up from a seat and sitting down again: feet stay, the trunk leans ahead, the weight goes over the feet, then up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...codec import param
from ...errors import SpecError
from ...registry import motions, poses
from ..kinematics import rx
from ..poses.base import Contacts
from ..poses.sit import SitSpec
from ..poses.stand import StandSpec
from .base import BREATH, Actor, Moment, Motion, add_joint_turns, curve
from .blend import blend_poses
from .idle import alive

# Knees and hips alone are turned by contact; these joints go from the seated to the standing pose.
_LEGS = (1, 2, 4, 5, 7, 8, 10, 11)


@dataclass(frozen=True, kw_only=True)
class SitStandMotion(Motion):
    """Standing up and sitting down."""

    kind: ClassVar[str | None] = "sit_stand"
    verb: ClassVar[str] = "getting up and sitting down"
    families: ClassVar[tuple[str, ...]] = ("sit",)
    seated: ClassVar[bool | None] = True
    frees_hands: ClassVar[bool] = True

    lean: float = param(0.62, low=0.2, high=1.0, unit="rad", doc="How far the trunk leans ahead while rising.")
    tempo: float = param(1.0, low=0.4, high=2.0, doc="Cycles in eight seconds.")

    def period(self, actor: Actor) -> float:
        """Up and down once."""
        return 2.0 * BREATH / self.tempo

    def at(self, actor: Actor, time: float) -> Moment:
        """Seated, rising, standing, sinking, seated."""
        if not isinstance(actor.pose, SitSpec):
            raise SpecError(
                "the motion sit_stand starts on a seat", expected="a person whose pose is sit", got=actor.pose.kind,
                fix="use pose sit with a seat, or another motion",
            )  # fmt: skip
        beat = self.beat(actor, time)
        rise = curve(beat, (0.12, 0.0), (0.36, 1.0), (0.58, 1.0), (0.86, 0.0))
        lean = self.lean * curve(beat, (0.06, 0.0), (0.22, 1.0), (0.36, 0.0), (0.58, 0.0), (0.76, 0.9), (0.92, 0.0))
        seated = _ready(actor.pose)
        actor = replace(actor, pose=seated)
        standing = StandSpec(posture=seated.posture, left_arm=seated.left_arm, right_arm=seated.right_arm)
        down, up = actor.still(), poses.get("stand").build(standing, 0.0)  # type: ignore[misc]
        pose = blend_poses(down, up, _upper(rise))
        moment = alive(actor, pose, beat)
        # Half of the lean at the hips (the pelvis), half in the spine; the head looks ahead all the same.
        pose = add_joint_turns(
            moment.pose,
            {0: rx(0.62 * lean), 3: rx(0.22 * lean), 6: rx(0.16 * lean), 12: rx(-0.3 * lean), 15: rx(-0.3 * lean)},
        )
        return Moment(actor.with_hands(pose), Contacts(base="seat", balance=False), rise=rise)

    def seated_pose(self, actor: Actor) -> np.ndarray:
        """(55, 3) the pose on the seat, which decides where the feet are."""
        assert isinstance(actor.pose, SitSpec)
        return replace(actor, pose=_ready(actor.pose)).still()


def _ready(pose: SitSpec) -> SitSpec:
    """Seated as one who is about to get up: both feet flat and under the knees, the back off the backrest."""
    return replace(pose, manner="upright", tuck=0.10, recline=min(pose.recline, 0.12), stagger=0.0)


def _upper(rise: float) -> np.ndarray:
    """(55,) share of the standing pose in each joint: all but the legs, which follow the feet."""
    share = np.full(55, rise)
    share[list(_LEGS)] = 0.0
    return share


@motions.register("sit_stand", spec=SitStandMotion)
def sample_sit_stand(rng: np.random.Generator) -> SitStandMotion:
    """Draw a way of getting up."""
    return SitStandMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)), lean=float(rng.uniform(0.5, 0.75)),
        tempo=float(rng.uniform(0.75, 1.15)),
    )  # fmt: skip
