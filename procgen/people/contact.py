"""A pose brought to rest on what is really below it: soles, seat, knees, back; balanced, hands where they belong.

All sums are done in the person's own frame (SMPL-X axes: Y up, facing +Z) with the ground looked up in the world.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..frames import world_from_smplx
from ..geometry import Seat
from ..spec import PoseSpec
from .balance import centre_of_mass, hull, outside, shrunk
from .body_state import BodyState, root_transform
from .clearance import clear_arm, clear_legs, leg_depth, turn_joint, worst_arm
from .hand_goals import place_hand
from .joint_limits import LIMITS, clamp_pose, excess
from .kinematics import LEFT_LEG, RIGHT_LEG, Chain, aim_limb, between, forward, matrices, rot, rotvecs, unit
from .poses.base import SIDES, Contacts
from .proxies import Points, Proxy, make_proxy

Height = Callable[[np.ndarray, np.ndarray], np.ndarray]
LEG = {"left": LEFT_LEG, "right": RIGHT_LEG}
UP = np.array([0.0, 1.0, 0.0])
SEAT_SINK, GROUND_SINK = 0.015, 0.008
MAX_SLOPE = 0.55
# How far the pelvis may be moved for balance before the trunk leans, metres on an adult.
MAX_SHIFT = 0.09
# Clothes and air between hanging arms and the trunk, metres.
ARM_GAP = 0.014
# How deep a hand that rests on the body may press into it, metres.
HAND_SINK = 0.008


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


class _Ground:
    """Heights below a person, in the person's frame: x left, z ahead, pelvis' ground point at the origin."""

    def __init__(self, height: Height, position: tuple[float, float], heading: float) -> None:
        self.height, self.position = height, np.asarray(position, float)
        c, s = np.cos(heading), np.sin(heading)
        self.turn = np.array([[c, -s], [s, c]])
        self.base = float(np.asarray(height(self.position[:1], self.position[1:2]))[0])

    def below(self, points: np.ndarray) -> np.ndarray:
        """(n,) ground height under (n, 3) points, relative to that under the origin."""
        flat = np.stack([points[:, 0], -points[:, 2]], 1) @ self.turn.T + self.position
        return np.asarray(self.height(flat[:, 0], flat[:, 1]), np.float64) - self.base

    def normal(self, x: float, z: float, reach: float) -> np.ndarray:
        """(3,) upward normal of the ground about (x, z), over the size of a foot."""
        q = np.array([[x - reach, 0, z], [x + reach, 0, z], [x, 0, z - reach], [x, 0, z + reach]])
        y = self.below(q)
        n = unit(np.array([-(y[1] - y[0]) / (2 * reach), 1.0, -(y[3] - y[2]) / (2 * reach)]))
        tilt = float(np.arccos(np.clip(n[1], -1, 1)))
        return n if tilt <= MAX_SLOPE else unit(UP + (n - UP) * (MAX_SLOPE / tilt))

    def gap(self, points: np.ndarray) -> np.ndarray:
        """(n,) height of points above the ground."""
        return points[:, 1] - self.below(points)


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
    Returns:
        The settled pose and the root translation.
    """
    from ..registry import poses

    if pose is None:
        pose = poses.get(spec.kind).build(spec, 0.0)  # type: ignore[arg-type, misc]
    c = contacts if contacts is not None else spec.contacts()  # type: ignore[attr-defined]
    if seat is not None and c.base == "seat":
        position, heading = (float(seat.position[0]), float(seat.position[1])), float(seat.heading)
    solver = _Solver(make_proxy(body), c, _Ground(height, position, heading), sole)
    pose, clamped = clamp_pose(pose)
    if c.balance or c.base != "feet":
        # Walkers and runners place each foot on purpose; moving a leg would make it slide.
        pose = clear_legs(solver.proxy, pose)
    for side in SIDES:
        if side not in c.hands:
            pose = clear_arm(solver.proxy, pose, side, arm_gap)
    solver.pose = pose
    solver.rest_on(seat)
    # "cross_in" comes before "cross_out": the outer arm is laid over the inner one.
    for side, goal in sorted(c.hands.items(), key=lambda item: (item[1].target, item[0])):
        placed = place_hand(solver.proxy, solver.pose, solver.root, side, goal)
        solver.pose = clear_arm(solver.proxy, placed, side, -HAND_SINK, steps=6)
    for side in SIDES:
        solver.lift_hand(side)
    return solver.result(clamped, position, heading)


class _Solver:
    """The state of one settling: pose and pelvis position (person's frame, heights relative to the ground point)."""

    def __init__(self, proxy: Proxy, contacts: Contacts, ground: _Ground, sole: float) -> None:
        self.proxy, self.contacts, self.ground, self.sole = proxy, contacts, ground, sole
        self.pose = np.zeros((55, 3))
        self.root = np.array([0.0, 0.0, 0.0])
        self.gaps: dict[str, float] = {}
        self.imbalance = 0.0

    # -- pieces ------------------------------------------------------------------------------------------------------
    def chain(self) -> Chain:
        return forward(self.pose, self.proxy.rest, self.root)

    def feet_modes(self) -> dict[str, str]:
        return {"left": self.contacts.left_foot, "right": self.contacts.right_foot}

    def lower_to(self, points: Points, sink: float) -> None:
        """Move the pelvis up or down until the lowest of the points is `sink` in the ground."""
        self.root[1] -= float(self.ground.gap(points.at(self.chain())).min()) + sink

    def rest_on(self, seat: Seat | None) -> None:
        base = self.contacts.base
        if base == "seat":
            self._sit(seat)
        elif base == "ground":
            self._tilt_to_slope()
            self.lower_to(self.proxy.base, GROUND_SINK)
            for side in SIDES:
                self._drop_leg(side)
            self._report("base", self.proxy.base)
        elif base == "lie":
            self._lie()
        elif self.contacts.knees:
            self._kneel()
        else:
            self._stand()

    def lift_hand(self, side: str) -> None:
        """Raise an arm whose hand is below the ground."""
        shoulder = 16 if side == "left" else 17
        for _ in range(5):
            chain = self.chain()
            p = np.concatenate([self.proxy.hands[side].at(chain), self.proxy.arms[side].at(chain)])
            gap = self.ground.gap(p)
            k = int(gap.argmin())
            if gap[k] > -0.003:
                return
            axis = np.cross(p[k] - chain.p[shoulder], UP)
            size = max(float(np.linalg.norm(axis)), 0.08)
            if np.linalg.norm(axis) < 1e-3:
                axis = chain.R[0] @ np.array([-1.0, 0.0, 0.0])
            self.pose = turn_joint(self.pose, chain, shoulder, rot(axis, min(float(-gap[k] + 0.002) / size, 0.3)))

    # -- standing ----------------------------------------------------------------------------------------------------
    def _stand(self) -> None:
        modes = {s: m for s, m in self.feet_modes().items() if m != "free"}
        if not modes or self.contacts.lift > 0:
            self.lower_to(self.proxy.all, -self.contacts.lift - self.sole)
            return
        # The foot that is lowest against its ground keeps its leg as posed; the other bends.
        chain = self.chain()
        self.root[1] -= min(float(self.ground.gap(self.proxy.feet[s].at(chain)).min()) for s in modes) - self.sole
        targets = self._foot_targets(modes)
        self._reach(targets)
        if self.contacts.balance:
            self._balance(modes, targets)
        for side in modes:
            self._report(f"{side}_foot", self.proxy.feet[side])

    def _foot_targets(self, modes: dict[str, str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Side -> ankle (3,) and foot frame (3, 3) that touch the ground below where the foot is now."""
        out = {}
        chain = self.chain()
        for side, mode in modes.items():
            ankle = LEG[side][2]
            p, R = chain.p[ankle].copy(), chain.R[ankle]
            reach = 0.07 * self.proxy.size
            normal = self.ground.normal(p[0], p[2] + 0.03, reach)
            if mode == "flat":
                ahead = R @ np.array([0.0, 0.0, 1.0])
                yaw = float(np.arctan2(ahead[0], ahead[2]))
                R = between(UP, normal) @ rot(UP, yaw)
                self.pose[ankle + 3] = 0.0
            else:
                R = between(UP, normal) @ R
            feet = self.proxy.feet[side]
            toe = R @ _small(self.pose[ankle + 3])
            for _ in range(3):
                points = _rigid_foot(feet, self.proxy.rest, ankle, p, R, toe)
                p[1] -= float(self.ground.gap(points).min()) - self.sole
            out[side] = (p, R)
        return out

    def _reach(self, targets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Bend the legs to their targets; the pelvis sinks while a leg is too short."""
        for _ in range(8):
            lack = 0.0
            for side, (ankle, foot) in targets.items():
                a, b, c = LEG[side]
                self.pose = aim_limb(self.pose, self.proxy.rest, self.chain(), LEG[side], ankle, foot)
                reached = self.chain().p[c]
                lack = max(lack, float(np.linalg.norm(reached - ankle)))
            if lack < 5e-4:
                break
            self.root[1] -= 1.15 * lack + 3e-4

    def _polygon(self, sides: list[str]) -> np.ndarray:
        chain = self.chain()
        points = []
        for side in sides:
            p = np.concatenate([self.proxy.soles[side].at(chain), self.proxy.feet[side].at(chain)])
            gap = self.ground.gap(p) - self.sole
            points.append(p[gap < gap.min() + 0.012][:, [0, 2]])
        return hull(np.concatenate(points))

    def _balance(self, modes: dict[str, str], targets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Move the pelvis over the feet, which stay (the body leans from the ankles), then lean the trunk."""
        polygon = self._polygon(list(modes))
        moved = np.zeros(2)
        for _ in range(10):
            step = outside(shrunk(polygon, 0.35), centre_of_mass(self.proxy, self.chain())[[0, 2]])
            if np.linalg.norm(step) < 0.002:
                break
            room = MAX_SHIFT * self.proxy.size - float(np.linalg.norm(moved))
            if room > 0.002:
                step *= min(1.0, room / np.linalg.norm(step))
                moved += step
                self.root += np.array([step[0], 0.0, step[1]])
                self._reach(targets)
            else:
                self._lean(step)
        self.imbalance = float(np.linalg.norm(outside(polygon, centre_of_mass(self.proxy, self.chain())[[0, 2]])))

    # -- sitting -----------------------------------------------------------------------------------------------------
    def _sit(self, seat: Seat | None) -> None:
        top, depth = 0.45 * self.proxy.size, 0.42
        if seat is not None:
            top, depth = float(seat.position[2]) - self.ground.base, float(seat.depth)
        # As far back as the buttocks allow, but not ahead of the seat's middle.
        z = min(-depth / 2 + self.proxy.back + 0.03, 0.04)
        # Short legs: the knees have to come over the front edge.
        rest = self.proxy.rest
        z = max(z, depth / 2 + 0.035 - float(np.linalg.norm(rest[4] - rest[1])) * 0.97)
        self.root = np.array([0.0, top + 0.1, z])
        for _ in range(3):
            chain = self.chain()
            bottom = self.proxy.base.at(chain)
            self.root[1] -= float(bottom[:, 1].min()) - (top - SEAT_SINK)
            for side in SIDES:
                self._foot_to_floor(side, depth / 2)
                self._thigh_over_seat(side, top, -depth / 2, depth / 2)
        for side in SIDES:
            lifted = float(self.ground.gap(self.proxy.feet[side].at(self.chain())).min()) - self.sole
            if 0.003 < lifted < 0.07 * self.proxy.size:
                # Nearly down: the toes reach the floor.
                self._drop(LEG[side][2], [self.proxy.feet[side]], -self.sole, 0.6)
        chain = self.chain()
        self.gaps["base"] = float(self.proxy.base.at(chain)[:, 1].min()) - top
        for side in SIDES:
            self._report(f"{side}_foot", self.proxy.feet[side])

    def _foot_to_floor(self, side: str, front: float) -> None:
        ankle = LEG[side][2]
        chain = self.chain()
        p = chain.p[ankle].copy()
        shank = float(np.linalg.norm(self.proxy.rest[LEG[side][1]] - self.proxy.rest[ankle]))
        floor = float(self.ground.below(p[None])[0]) + self.proxy.ankle + self.sole
        hip = chain.p[LEG[side][0]]
        if hip[1] - floor > shank + 0.30 * shank:
            self._dangle(side)
            return
        # Keep where the foot is against the knee, but ahead of a solid seat and no further than the leg reaches.
        p[2] = max(p[2], front + 0.42 * float(self.proxy.rest[ankle + 3, 2] - self.proxy.rest[ankle, 2]) + 0.02)
        thigh = float(np.linalg.norm(self.proxy.rest[LEG[side][0]] - self.proxy.rest[LEG[side][1]]))
        rise = hip[1] - floor
        p[2] = min(p[2], hip[2] + 0.97 * np.sqrt(max((thigh + shank) ** 2 - rise**2, 0.01)))
        self.pose[ankle + 3] = 0.0
        ahead = chain.R[ankle] @ np.array([0.0, 0.0, 1.0])
        frame = between(UP, self.ground.normal(p[0], p[2], 0.07)) @ rot(UP, float(np.arctan2(ahead[0], max(ahead[2], 0.2))))
        for _k in range(2):
            points = _rigid_foot(self.proxy.feet[side], self.proxy.rest, ankle, p, frame, frame)
            p[1] -= float(self.ground.gap(points).min()) - self.sole
        self.pose = aim_limb(self.pose, self.proxy.rest, chain, LEG[side], p, frame)

    def _dangle(self, side: str) -> None:
        """Too high a seat: the thigh lies on it, the shank hangs and the toes droop."""
        hip, knee, ankle = LEG[side]
        chain = self.chain()
        thigh = chain.p[knee] - chain.p[hip]
        level = unit(np.array([thigh[0], 0.0, max(thigh[2], 0.1)]))
        self.pose = turn_joint(self.pose, chain, hip, between(thigh, level + 0.03 * UP))
        chain = self.chain()
        down = self.chain().p[ankle] - chain.p[knee]
        self.pose = turn_joint(self.pose, chain, knee, between(down, np.array([0.0, -1.0, 0.10])))
        self.pose[ankle] = rotvecs(rot((1.0, 0.0, 0.0), 0.35))

    def _thigh_over_seat(self, side: str, top: float, back: float, front: float) -> None:
        """Lift a thigh that is inside the seat; the foot follows as far as it can."""
        for _ in range(4):
            chain = self.chain()
            p = self.proxy.thighs[side].at(chain)
            on = (p[:, 2] > back) & (p[:, 2] < front + 0.01)
            if not on.any():
                return
            sunk = top - SEAT_SINK - 0.012 - p[on, 1]
            k = int(sunk.argmax())
            if sunk[k] <= 0.002:
                return
            hip, knee, ankle = LEG[side]
            lever = max(float(p[on][k][2] - chain.p[hip][2]), 0.12)
            axis = np.cross(chain.p[knee] - chain.p[hip], UP)
            shank = chain.R[knee]
            self.pose = turn_joint(self.pose, chain, hip, rot(axis, min(float(sunk[k]) / lever, 0.3)))
            after = self.chain()
            # The shank keeps its direction, so the foot leaves the floor rather than swinging ahead.
            self.pose = turn_joint(self.pose, after, knee, shank @ after.R[knee].T)

    # -- low poses ---------------------------------------------------------------------------------------------------
    def _tilt_to_slope(self) -> None:
        n = self.ground.normal(0.0, 0.0, 0.3 * self.proxy.size)
        self.pose[0] = rotvecs(between(UP, n) @ forward(self.pose, self.proxy.rest).R[0])

    def _drop_leg(self, side: str) -> None:
        """Turn a leg at the hip until its lowest point touches the ground."""
        points = self.proxy.feet[side]
        self._drop(LEG[side][0], [points, self.proxy.shanks[side]], 0.0, 0.6)
        self._report(f"{side}_leg", points)

    def _drop(self, joint: int, parts: list[Points], sink: float, most: float) -> None:
        total = 0.0
        for _ in range(8):
            chain = self.chain()
            p = np.concatenate([q.at(chain) for q in parts])
            gap = self.ground.gap(p) + sink
            lever = np.hypot(p[:, 0] - chain.p[joint][0], p[:, 2] - chain.p[joint][2])
            k = int(np.argmin(gap - 0.02 * lever))
            if abs(gap[k]) < 0.002:
                return
            axis = np.cross(p[k] - chain.p[joint], -UP)
            if np.linalg.norm(axis) < 0.03:
                return
            step = float(np.clip(gap[k] / np.linalg.norm(axis), -0.25, 0.25))
            step = float(np.clip(step, -most - total, most - total))
            total += step
            if abs(step) < 1e-4:
                return
            self.pose = turn_joint(self.pose, chain, joint, rot(axis, step))

    def _kneel(self) -> None:
        if len(self.contacts.knees) == 2:
            self._tilt_to_slope()
        down = [s for s in SIDES if s in self.contacts.knees]
        for _ in range(2):
            chain = self.chain()
            knees = [self.proxy.shanks[s] for s in down]
            low = min(float(self.ground.gap(k.at(chain)[_near_knee(k, self.proxy, s)]).min()) for k, s in zip(knees, down, strict=True))
            self.root[1] -= low + 0.004
            for side in down:
                self._drop(LEG[side][1], [self.proxy.feet[side]], 0.002, 0.5)
        modes = {s: m for s, m in self.feet_modes().items() if m != "free"}
        self._reach_keep_root(self._foot_targets(modes))
        for side in down:
            self._report(f"{side}_knee", self.proxy.shanks[side])
        for side in modes:
            self._report(f"{side}_foot", self.proxy.feet[side])
        if self.contacts.balance:
            self._balance_kneeling(down, list(modes))

    def _reach_keep_root(self, targets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        for side, (ankle, foot) in targets.items():
            self.pose = aim_limb(self.pose, self.proxy.rest, self.chain(), LEG[side], ankle, foot)

    def _lean(self, step: np.ndarray) -> None:
        """Bend the spine so that the centre of mass goes about `step` (x, z), within the joints' ranges."""
        axis = np.cross(UP, np.array([step[0], 0.0, step[1]]))
        # The trunk's centre is about 0.3 m above the lumbar joint and trunk, arms and head are over half of the mass.
        angle = min(float(np.linalg.norm(step)) / (0.16 * self.proxy.size), 0.2)
        for joint, share in ((3, 0.5), (6, 0.3), (9, 0.2)):
            turned = turn_joint(self.pose, self.chain(), joint, rot(axis, share * angle))
            limit = LIMITS[joint]
            turned[joint] = rotvecs(limit.clamp(matrices(turned[joint]))[0])  # type: ignore[union-attr]
            self.pose = turned
        # The head stays level.
        turned = turn_joint(self.pose, self.chain(), 12, rot(axis, -0.6 * angle))
        if LIMITS[12].clamp(matrices(turned[12]))[1] == 0.0:  # type: ignore[union-attr]
            self.pose = turned

    def _balance_kneeling(self, down: list[str], feet: list[str]) -> None:
        """Lean the trunk at the lowest spine joint until the weight is over knees and toes."""
        for _ in range(5):
            chain = self.chain()
            points = [self.proxy.shanks[s].at(chain) for s in down] + [self.proxy.feet[s].at(chain) for s in (*down, *feet)]
            p = np.concatenate(points)
            polygon = hull(p[self.ground.gap(p) < 0.025][:, [0, 2]])
            step = outside(shrunk(polygon, 0.1), centre_of_mass(self.proxy, chain)[[0, 2]])
            self.imbalance = float(np.linalg.norm(outside(polygon, centre_of_mass(self.proxy, chain)[[0, 2]])))
            if np.linalg.norm(step) < 0.003:
                return
            self._lean(step)

    def _lie(self) -> None:
        self._tilt_to_slope()
        self.lower_to(self.proxy.all, 0.012)
        flat = abs(self.chain().R[0][1, 2]) > 0.5
        for side in SIDES:
            if flat:
                self._drop(LEG[side][0], [self.proxy.feet[side], self.proxy.shanks[side]], 0.0, 0.35)
                self._drop(16 if side == "left" else 17, [self.proxy.arms[side], self.proxy.hands[side]], 0.0, 0.25)
        self._drop(12, [self.proxy.head], 0.004, 0.4)
        self._report("body", self.proxy.all)

    # -- the end -----------------------------------------------------------------------------------------------------
    def _report(self, name: str, points: Points) -> None:
        self.gaps[name] = float(self.ground.gap(points.at(self.chain())).min()) - (self.sole if "foot" in name else 0.0)

    def result(self, clamped: dict[str, float], position: tuple[float, float], heading: float) -> Settled:
        chain = self.chain()
        penetration = max(max(worst_arm(self.proxy, chain, s) for s in SIDES), leg_depth(self.proxy, chain))
        # Pelvis joint at rest + translation = where it has to be.
        local = world_from_smplx(self.root - self.proxy.rest[0])
        c, s = np.cos(heading), np.sin(heading)
        x, y = c * local[0] - s * local[1], s * local[0] + c * local[1]
        translation = np.array([position[0] + x, position[1] + y, self.ground.base + local[2]])
        return Settled(self.pose, translation, heading, self.gaps, self.imbalance, penetration, clamped, excess(self.pose))


def _small(rotvec: np.ndarray) -> np.ndarray:
    return rot(rotvec, float(np.linalg.norm(rotvec))) if np.linalg.norm(rotvec) > 1e-9 else np.eye(3)


def _rigid_foot(feet: Points, rest: np.ndarray, ankle: int, p: np.ndarray, R: np.ndarray, toe: np.ndarray) -> np.ndarray:
    """Foot points with the ankle at `p` turned by R and the toes by `toe`; what hangs on the shank is taken along."""
    at_toe = np.where(feet.joints == ankle + 3, feet.weights, 0.0).sum(1)[:, None]
    base = rest[ankle + 3] - rest[ankle]
    rigid = (feet.rest - rest[ankle]) @ R.T
    bent = (feet.rest - rest[ankle + 3]) @ toe.T + R @ base
    return p + (1.0 - at_toe) * rigid + at_toe * bent


def _near_knee(points: Points, proxy: Proxy, side: str) -> np.ndarray:
    knee = proxy.rest[LEG[side][1]]
    return np.abs(points.rest[:, 1] - knee[1]) < 0.07 * proxy.size


