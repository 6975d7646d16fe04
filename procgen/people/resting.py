"""How a pose is brought to rest: on its feet, on a seat, on knees, on the ground, on its back.

All sums are done in the person's own frame (SMPL-X axes: Y up, facing +Z) with the ground looked up in the world.
"""

from __future__ import annotations

import numpy as np

from ..geometry import Seat
from .balance import centre_of_mass, hull, outside, shrunk
from .clearance import turn_joint
from .footing import LEG, UP, Ground, near_knee, rigid_foot, small_rotation
from .gait import ease
from .joint_limits import LIMITS
from .kinematics import Chain, aim_limb, between, cross, forward, matrices, rot, rotvecs, unit
from .leaning import Backrest, back_skin, lean_back
from .poses.base import SIDES, Contacts
from .proxies import Points, Proxy

SEAT_SINK, GROUND_SINK = 0.015, 0.008
# How far the pelvis may be moved for balance before the trunk leans, metres on an adult.
MAX_SHIFT = 0.09


class Resting:
    """The state of one settling: pose and pelvis position (person's frame, heights relative to the ground point)."""

    def __init__(self, proxy: Proxy, contacts: Contacts, ground: Ground, sole: float) -> None:
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

    def rest_on(self, seat: Seat | None, backrest: Backrest | None = None) -> None:
        base = self.contacts.base
        if base == "seat":
            self._sit(seat, backrest)
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

    def keep_height(self, height: float) -> None:
        """A motion says where the pelvis is: feet are brought to the ground below them, and nothing else moves."""
        # Uneven ground is smoothed over about a step, as a walker's body does.
        reach = 0.25 * self.proxy.size
        around = np.array([[0.0, 0.0, z] for z in (-reach, 0.0, reach)])
        self.root = np.array([0.0, height + self.sole + float(self.ground.below(around).mean()), 0.0])
        modes = {s: m for s, m in self.feet_modes().items() if m != "free"}
        self._reach(self._foot_targets(modes))
        for side in SIDES:
            if side in modes:
                self._report(f"{side}_foot", self.proxy.feet[side])
            else:
                self._clear_ground(side)

    def _clear_ground(self, side: str) -> None:
        """A foot that swings is lifted over ground that rises in its way."""
        chain = self.chain()
        low = float(self.ground.gap(self.proxy.feet[side].at(chain)).min()) - self.sole
        if low < 0.0:
            ankle = LEG[side][2]
            p = chain.p[ankle] + np.array([0.0, -low, 0.0])
            self.pose = aim_limb(self.pose, self.proxy.rest, chain, LEG[side], p, chain.R[ankle])

    def rise(self, pose: np.ndarray, share: float) -> None:
        """From the seat, where the solver has just put the body, to the feet; these stay.

        Args:
            pose: (55, 3) trunk, arms and pelvis of the moment.
            share: 0 = on the seat, 1 = standing.
        """
        chain = self.chain()
        targets = {s: (chain.p[LEG[s][2]], chain.R[LEG[s][2]]) for s in SIDES}
        rest = self.proxy.rest
        leg = float(np.linalg.norm(rest[4] - rest[1]) + np.linalg.norm(rest[7] - rest[4]))
        ankles = np.mean([p for p, _ in targets.values()], axis=0)
        up = np.array([ankles[0], ankles[1] + 0.985 * leg - rest[1, 1] + rest[0, 1], ankles[2] + 0.015 * self.proxy.size])
        # The weight goes over the feet before the legs straighten.
        ahead, high = ease(min(1.25 * share, 1.0)), ease(max((share - 0.15) / 0.85, 0.0))
        self.root = self.root + np.array([ahead, high, ahead]) * (up - self.root)
        legs = self.pose
        self.pose = np.array(pose)
        for side in SIDES:
            rows = [*LEG[side], LEG[side][2] + 3]
            self.pose[rows] = legs[rows]
        self._reach_keep_root(targets)

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
            axis = cross(p[k] - chain.p[shoulder], UP)
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
            level = rot(UP, float(np.arctan2(R[0, 2], R[2, 2])))
            p[2] += self._onto_tread(side, p, level, level)
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
            toe = R @ small_rotation(self.pose[ankle + 3])
            p[2] += self._onto_tread(side, p, R, toe)
            for _ in range(3):
                points = rigid_foot(feet, self.proxy.rest, ankle, p, R, toe)
                p[1] -= float(self.ground.gap(points).min()) - self.sole
            out[side] = (p, R)
        return out

    def _onto_tread(self, side: str, ankle: np.ndarray, R: np.ndarray, toe: np.ndarray) -> float:
        """How far ahead a foot, as `rigid_foot` has it, goes to be on its step; 0 where there are none."""
        if self.ground.steps is None:
            return 0.0
        z = rigid_foot(self.proxy.feet[side], self.proxy.rest, LEG[side][2], ankle, R, toe)[:, 2]
        return self.ground.steps.onto(self.contacts.treads[side], float(z.min()), float(z.max()))

    def _reach(self, targets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Bend the legs to their targets; the pelvis sinks while a leg is too short."""
        for _ in range(8):
            lack = 0.0
            for side, (ankle, foot) in targets.items():
                c = LEG[side][2]
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
    def _sit(self, seat: Seat | None, backrest: Backrest | None) -> None:
        top, depth = 0.45 * self.proxy.size, 0.42
        if seat is not None:
            top, depth = float(seat.position[2]) - self.ground.base, float(seat.depth)
        # As far back as the buttocks allow, but not ahead of the seat's middle.
        z = min(-depth / 2 + self.proxy.back + 0.03, 0.04)
        if backrest is not None:
            z = max(z, self.proxy.back + 0.015 - float(backrest.behind(np.array(0.15))))
            if self.contacts.leans:
                z = self.proxy.back + 0.015 - float(backrest.behind(np.array(0.15)))
        # Short legs: the knees have to come over the front edge.
        rest = self.proxy.rest
        z = max(z, depth / 2 + 0.035 - float(np.linalg.norm(rest[4] - rest[1])) * 0.97)
        self.root = np.array([0.0, top + 0.1, z])
        grounded = [s for s, m in self.feet_modes().items() if m != "free"]
        skin = back_skin(self.proxy) if backrest is not None else None
        for _ in range(3):
            if backrest is not None and skin is not None:
                self.pose = lean_back(self.proxy, self.pose, self.root, skin, backrest, top, self.contacts.leans)
            chain = self.chain()
            bottom = self.proxy.base.at(chain)
            self.root[1] -= float(bottom[:, 1].min()) - (top - SEAT_SINK)
            for side in SIDES:
                if side in grounded:
                    self._foot_to_floor(side, depth / 2)
                self._thigh_over_seat(side, top, -depth / 2, depth / 2)
        for side in grounded:
            lifted = float(self.ground.gap(self.proxy.feet[side].at(self.chain())).min()) - self.sole
            if 0.003 < lifted < 0.07 * self.proxy.size:
                # Nearly down: the toes reach the floor.
                self._drop(LEG[side][2], [self.proxy.feet[side]], -self.sole, 0.6)
        chain = self.chain()
        self.gaps["base"] = float(self.proxy.base.at(chain)[:, 1].min()) - top
        for side in grounded:
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
        frame = between(UP, self.ground.normal(p[0], p[2], 0.07)) @ rot(
            UP, float(np.arctan2(ahead[0], max(ahead[2], 0.2)))
        )
        for _k in range(2):
            points = rigid_foot(self.proxy.feet[side], self.proxy.rest, ankle, p, frame, frame)
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
            hip, knee, _ = LEG[side]
            lever = max(float(p[on][k][2] - chain.p[hip][2]), 0.12)
            axis = cross(chain.p[knee] - chain.p[hip], UP)
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
            axis = cross(p[k] - chain.p[joint], -UP)
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
            low = min(
                float(self.ground.gap(k.at(chain)[near_knee(k, self.proxy, s)]).min())
                for k, s in zip(knees, down, strict=True)
            )
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
        axis = cross(UP, np.array([step[0], 0.0, step[1]]))
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
            points = [self.proxy.shanks[s].at(chain) for s in down] + [
                self.proxy.feet[s].at(chain) for s in (*down, *feet)
            ]
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

    # -- report -----------------------------------------------------------------------------------------------------
    def _report(self, name: str, points: Points) -> None:
        self.gaps[name] = float(self.ground.gap(points.at(self.chain())).min()) - (self.sole if "foot" in name else 0.0)
