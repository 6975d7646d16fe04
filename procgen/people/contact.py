"""A pose brought to rest on what is really below it: soles, seat, knees, back; balanced, hands where they belong."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..frames import world_from_smplx
from ..geometry import Seat
from ..spec import PoseSpec
from .body_state import BodyState, root_transform
from .clearance import OTHER, clear_arm, clear_belly, clear_legs, hand_depth, leg_depth, worst_arm
from .finger_fit import fit_fingers
from .footing import Ground, Height
from .hand_goals import place_hand
from .joint_limits import clamp_pose, excess
from .kinematics import forward
from .leaning import Backrest
from .poses.base import SIDES, Contacts, HandGoal
from .proxies import make_proxy
from .resting import Resting

# Clothes and air between hanging arms and the trunk, metres.
ARM_GAP = 0.009
# How deep a hand that rests on the body may press into it, metres.
HAND_SINK = 0.008
# How far a hand is lifted off its landmark, metres on an adult, until it is clear of what is there.
HAND_LIFTS = (0.0, 0.008, 0.016, 0.03, 0.045, 0.06)


@dataclass(frozen=True)
class Settled:
    """A pose that stands, sits or lies.

    Attributes:
        pose: (55, 3) axis-angle.
        translation: (3,) world; `root_transform(heading, translation)` puts the body there.
        heading: Radians about Z (of the seat, for a sitter).
        gaps: Support name -> metres between it and what is below (negative = sunk in).
        imbalance: Metres from the centre of mass to the support polygon; 0 = balanced, or not asked for.
        penetration: Deepest place where one limb is inside another part, metres; negative = clear.
        clamped: Joint name -> radians cut off by the joint limits.
        excess: What is outside the limits after all, radians.
    """

    pose: np.ndarray
    translation: np.ndarray
    heading: float = 0.0
    gaps: dict[str, float] = field(default_factory=dict)
    imbalance: float = 0.0
    penetration: float = -1.0
    clamped: dict[str, float] = field(default_factory=dict)
    excess: float = 0.0

    @property
    def root(self) -> np.ndarray:
        """(4, 4) world from body."""
        return root_transform(self.heading, self.translation)


def ground(body: BodyState, height: Height) -> np.ndarray:
    """Translation (3,) that lets a posed body's lowest vertex touch the ground where it is; the pose is left alone."""
    v = body.posed[: body.count].astype(np.float64)
    drop = float((v[:, 2] - np.asarray(height(v[:, 0], v[:, 1]))).min())
    return body.root[:3, 3] - np.array([0.0, 0.0, drop])


def settle(
    body: BodyState,
    spec: PoseSpec,
    height: Height,
    *,
    pose: np.ndarray | None = None,
    position: tuple[float, float] = (0.0, 0.0),
    heading: float = 0.0,
    seat: Seat | None = None,
    sole: float = 0.0,
    arm_gap: float = ARM_GAP,
    contacts: Contacts | None = None,
    pelvis: float = 0.0,
    rising: tuple[np.ndarray, float] | None = None,
    backrest: Backrest | None = None,
) -> Settled:
    """Bring a pose to rest on the ground or on a seat, on this body.

    Args:
        body: The person, in any pose; only shape and skeleton are read.
        spec: Pose spec: tells what touches what, and gives the pose if none is passed.
        height: Vectorised ground height (x (N,), y (N,)) -> z (N,), world.
        pose: (55, 3) to settle, e.g. of a motion; None builds the spec's.
        position: World (x, y) below the pelvis.
        heading: About world Z; 0 faces -Y.
        seat: What a seated pose sits on; its position and heading replace the two above.
        sole: Thickness of the shoes' soles, metres.
        arm_gap: Room between arms and trunk, metres.
        contacts: Replaces the spec's own.
        pelvis: Height of the pelvis joint above the ground, metres, for contacts whose base is "planned".
        rising: A seated pose (55, 3) that decides where the feet are, and how far from the seat to the feet the body is.
        backrest: What is behind the seat, see `leaning.find_backrest`.
    Returns:
        The settled pose and the root translation.
    """
    from ..registry import poses

    if pose is None:
        pose = poses.get(spec.kind).build(spec, 0.0)  # type: ignore[arg-type, misc]
    c = contacts if contacts is not None else spec.contacts()  # type: ignore[attr-defined]
    if seat is not None and c.base == "seat":
        position, heading = (float(seat.position[0]), float(seat.position[1])), float(seat.heading)
    # A motion that walks off leaves the pose's steps behind.
    steps = spec.steps() if c.treads else None  # type: ignore[attr-defined]
    solver = Resting(make_proxy(body), c, Ground(height, position, heading, steps), sole)
    pose, clamped = clamp_pose(pose)  # pyright: ignore[reportArgumentType]
    if c.balance or c.base not in ("feet", "planned"):
        # Walkers and runners place each foot on purpose; moving a leg would make it slide.
        pose = clear_belly(solver.proxy, clear_legs(solver.proxy, pose))
    for side in SIDES:
        if side not in c.hands:
            pose = clear_arm(solver.proxy, pose, side, arm_gap)
    solver.pose = pose
    if rising is not None:
        solver.pose = clear_legs(solver.proxy, clamp_pose(rising[0])[0])
        solver.rest_on(seat, backrest)
        solver.rise(pose, rising[1])
    elif c.base == "planned":
        solver.keep_height(pelvis)
    else:
        solver.rest_on(seat, backrest)
    # What lies below comes first: "cross_in" before "cross_out", and the right hand where the left one lies on it.
    for side, goal in sorted(c.hands.items(), key=lambda item: (item[1].target, item[0] == "left")):
        solver.pose = lay_hand(solver, side, goal)
    for side in c.hands:
        solver.pose = fit_fingers(solver.proxy, solver.pose, solver.root, side)
    for side in SIDES:
        solver.lift_hand(side)
    return _result(solver, clamped, position, heading)


def lay_hand(solver: Resting, side: str, goal: HandGoal) -> np.ndarray:
    """(55, 3) pose with a hand on its landmark, as much higher as it takes to lie on what is there and not in it."""
    best, least = solver.pose, np.inf
    for lift in HAND_LIFTS:
        placed = place_hand(solver.proxy, solver.pose, solver.root, side, goal, lift * solver.proxy.size)
        pose = clear_arm(solver.proxy, placed, side, -HAND_SINK, steps=6)
        chain = forward(pose, solver.proxy.rest, solver.root)
        # Flesh gives way by HAND_SINK, and bony hands by much less.
        bony = hand_depth(solver.proxy, chain, OTHER[side], solver.proxy.hands[side].at(chain))[0].max() + HAND_SINK
        depth = max(worst_arm(solver.proxy, chain, side), float(bony))
        if depth < least - 0.001:
            best, least = pose, depth
        if depth <= HAND_SINK + 0.001:
            break
    return best


def _result(solver: Resting, clamped: dict[str, float], position: tuple[float, float], heading: float) -> Settled:
    chain = solver.chain()
    penetration = max(max(worst_arm(solver.proxy, chain, s) for s in SIDES), leg_depth(solver.proxy, chain))
    # Pelvis joint at rest + translation = where it has to be.
    local = world_from_smplx(solver.root - solver.proxy.rest[0])
    c, s = np.cos(heading), np.sin(heading)
    x, y = c * local[0] - s * local[1], s * local[0] + c * local[1]
    translation = np.array([position[0] + x, position[1] + y, solver.ground.base + local[2]])
    return Settled(
        solver.pose, translation, heading, solver.gaps, solver.imbalance, penetration, clamped, excess(solver.pose)
    )
