"""Hands that meet: where two people of a group touch, solved on their real bodies, and dropped where it cannot be.

What comes out is data: world points in each person's spec. Below the spec nobody needs to know of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ..frames import invert_rigid, smplx_from_world, transform, world_from_smplx
from ..geometry import PlaceGeometry
from ..people.body_state import BodyState
from ..people.clearance import arm_depth
from ..people.garments.wardrobe import words_of
from ..people.kinematics import forward
from ..people.overlap import overlap
from ..people.person import pose_person
from ..people.proxies import Proxy, make_proxy, torso_depth
from ..people.touching import lay_hand, reach_cost
from ..spec import GroupSpec, HandSpec, HumanSpec, TouchSpec, replace
from .formation import Formation, Touch
from .landmarks import Goal, goals_of

# How deep two bodies may be in each other, and how far a palm may stay away from its place, metres.
DEEPEST, FARTHEST = 0.004, 0.03
SWIVELS = np.linspace(-1.4, 1.4, 9)
# A joint this far out of its range (radians) gives the touch up.
STRAIN = 0.35


def join_hands(
    humans: list[HumanSpec], groups: Sequence[GroupSpec], formations: Sequence[Formation], place: PlaceGeometry
) -> tuple[list[HumanSpec], list[GroupSpec]]:
    """Move members of groups apart where they are inside each other, and lay hands where they touch.

    Returns:
        The people, and the groups with the contact "none" where no hand could be laid.
    """
    out, told = list(humans), []
    for group, formation in zip(groups, formations, strict=True):
        if formation.touches or len(group.members) <= 6:
            _part(out, group.members, place)
        laid = 0
        for touch in formation.touches:
            who, whom = group.members[touch.who], group.members[touch.whom]
            laid += _join(out, who, whom, touch, place)
        changed = getattr(group, "contact", "none") != "none" and laid == 0
        told.append(replace(group, contact="none") if changed else group)
    return out, told


def _part(people: list[HumanSpec], members: Sequence[int], place: PlaceGeometry) -> None:
    """Step apart until no two bodies of a group are inside each other."""
    for k, a in enumerate(members):
        for b in members[k + 1 :]:
            for _ in range(4):
                gap = np.subtract(people[b].position, people[a].position)
                if people[a].seat or people[b].seat or float(np.linalg.norm(gap)) > 0.85:
                    break
                depth, _ = overlap(pose_person(people[a], place, 0.0), pose_person(people[b], place, 0.0))
                if depth <= DEEPEST:
                    break
                step = (depth + 0.006) * gap / max(float(np.linalg.norm(gap)), 1e-6)
                x, y = np.add(people[b].position, step)
                people[b] = replace(people[b], position=(float(x), float(y)))


def _join(people: list[HumanSpec], who: int, whom: int, touch: Touch, place: PlaceGeometry) -> bool:
    """Lay one hand (both, where hands meet); the people are changed in place only if it worked."""
    first, second = people[who], people[whom]
    gap = 0.0
    for _ in range(5):
        a, b = pose_person(_plain(first), place, 0.0), pose_person(_plain(second), place, 0.0)
        goals = goals_of(touch, a, b, _cloth(second), gap)
        if goals is None:
            return False
        found = [_solved(a, b, goals[0], touch.hand, whom)]
        if touch.at == "hand" and len(goals) > 1:
            found.append(_solved(b, a, goals[1], touch.other_hand, who))
        if any(f is None for f in found):
            return False
        one = _holding(first, touch.hand, found[0])
        two = second if touch.at != "hand" else _holding(second, touch.other_hand, found[1])
        depth, _ = overlap(pose_person(one, place, 0.0), pose_person(two, place, 0.0))
        if depth <= DEEPEST:
            people[who], people[whom] = one, two
            return True
        gap += depth - DEEPEST + 0.0015
    return False


def _plain(human: HumanSpec) -> HumanSpec:
    return replace(human, gaze=None)


def _holding(human: HumanSpec, hand: str, touch: TouchSpec | None) -> HumanSpec:
    assert touch is not None
    shape = HandSpec(shape="flat", amount=0.75)
    return replace(human, touches=(*human.touches, touch), **{f"{hand}_hand": shape})


def _cloth(human: HumanSpec) -> float:
    """About how far cloth lies above the skin of the shoulders, metres."""
    slots = [words_of(str(g.kind)).slot for g in human.outfit]
    return 0.003 + 0.004 * sum(s in ("upper", "dress") for s in slots) + 0.008 * ("outer" in slots)


@lru_cache(maxsize=16)
def _proxy_of(key: bytes, holder: _Held) -> Proxy:
    return make_proxy(holder.body)


class _Held:
    """A body as an argument of a cached function, equal to every other: the shape is the key."""

    def __init__(self, body: BodyState) -> None:
        self.body = body

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)


def proxy_of(body: BodyState) -> Proxy:
    """The stand-in of a body; the last few shapes are kept."""
    return _proxy_of(body.betas.tobytes(), _Held(body))


def _solved(a: BodyState, b: BodyState, goal: Goal, hand: str, whom: int) -> TouchSpec | None:
    """The swivel of the elbow that brings a hand there best; None where the arm does not reach."""
    own, others = proxy_of(a), proxy_of(b)
    pose = np.asarray(a.pose, np.float64)
    best: tuple[float, TouchSpec] | None = None
    for swivel in SWIVELS:
        touch = TouchSpec(
            hand="left" if hand == "left" else "right",
            point=goal.point,
            normal=goal.normal,
            fingers=goal.fingers,
            swivel=float(swivel),
            whom=whom,
        )
        tried = lay_hand(own, pose, a.root, touch)
        miss, depth, strain = reach_cost(own, tried, a.root, touch)
        inside = _arm_inside(own, tried, a.root, hand, others, b)
        cost = (
            4.0 * miss
            + 8.0 * max(depth - 0.012, 0.0)
            + 12.0 * max(inside - 0.003, 0.0)
            + 0.5 * strain
            + 0.05 * abs(swivel)
        )
        if miss <= FARTHEST and strain <= STRAIN and inside < 0.05 and (best is None or cost < best[0]):
            best = cost, touch
    return None if best is None else best[1]


def _arm_inside(proxy: Proxy, pose: np.ndarray, root: np.ndarray, hand: str, others: Proxy, b: BodyState) -> float:
    """Deepest point of an arm inside another's trunk, head or limbs, metres."""
    points, _, _ = arm_depth(proxy, forward(pose, proxy.rest), hand)
    world = transform(root, world_from_smplx(points))
    local = smplx_from_world(transform(invert_rigid(b.root), world))
    chain = forward(np.asarray(b.pose, np.float64), others.rest)
    depth = torso_depth(others, chain, local)[0]
    for name in ("head", "left_upper_arm", "right_upper_arm", "left_thigh", "right_thigh"):
        depth = np.maximum(depth, others.tubes[name].depth(chain, local)[0])
    return float(depth.max())
