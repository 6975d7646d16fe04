"""Hands that meet: where two people of a group touch, solved on their real bodies, and dropped where it cannot be.

What comes out is data: world points in each person's spec. Below the spec nobody needs to know of the other.
"""

from __future__ import annotations

from collections.abc import Sequence

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
DEEPEST, FARTHEST = 0.004, 0.02
SWIVELS = np.linspace(-1.4, 1.4, 9)
# A joint this far out of its range (radians) gives the touch up.
STRAIN = 0.35
# Rounds of trying, and the widest gap between palm and what it touches that still looks like a touch, metres.
ROUNDS, WIDEST = 7, 0.075
# What is this near to the palms is a matter of the hands; farther off, of where people stand (metres).
NEAR = 0.15
# Ways that two palms may face, about the vertical, against ahead (radians).
TURNS = tuple(float(t) for t in np.radians((0, 40, 80, 140, 180, 220, 280, 320)))
# The longest step that somebody takes to be reached, metres.
STEP = 0.08


def join_hands(
    humans: list[HumanSpec], groups: Sequence[GroupSpec], formations: Sequence[Formation], place: PlaceGeometry
) -> tuple[list[HumanSpec], list[GroupSpec]]:
    """Move members of groups apart where they are inside each other, and lay hands where they touch.

    Returns:
        The people, and the groups with the contact "none" where no hand could be laid.
    """
    out, told = list(humans), []
    for group, formation in zip(groups, formations, strict=True):
        members = group.members
        # Who is embraced has an arm in the way until it is laid round.
        close = {frozenset((members[t.who], members[t.whom])) for t in formation.touches if t.at != "hand"}
        if formation.touches or len(members) <= 6:
            _part(out, members, place, close)
        laid = sum(_join(out, members[t.who], members[t.whom], t, place) for t in formation.touches)
        if close:
            _part(out, members, place, set())
        changed = getattr(group, "contact", "none") != "none" and not laid
        told.append(replace(group, contact="none") if changed else group)
    return out, told


def _part(people: list[HumanSpec], members: Sequence[int], place: PlaceGeometry, close: set[frozenset[int]]) -> None:
    """Step apart until no two bodies of a group are inside each other; those in `close` and those who touch stay."""
    for k, a in enumerate(members):
        for b in members[k + 1 :]:
            for _ in range(4):
                gap = np.subtract(people[b].position, people[a].position)
                held = people[a].touches or people[b].touches or frozenset((a, b)) in close
                if held or people[a].seat or people[b].seat or float(np.linalg.norm(gap)) > 0.85:
                    break
                depth, _, _ = overlap(_bare(people[a], place), _bare(people[b], place))
                if depth <= DEEPEST:
                    break
                people[b] = _moved(people[b], (depth + 0.006) * gap / max(float(np.linalg.norm(gap)), 1e-6))


def _moved(human: HumanSpec, step: np.ndarray) -> HumanSpec:
    x, y = np.add(human.position, step[:2])
    return replace(human, position=(float(x), float(y)))


def _bare(human: HumanSpec, place: PlaceGeometry) -> BodyState:
    """The body as it stands, eyes ahead."""
    return pose_person(replace(human, gaze=None), place, 0.0)


def _join(people: list[HumanSpec], who: int, whom: int, touch: Touch, place: PlaceGeometry) -> bool:
    """Lay one hand (both, where hands meet); the people are changed in place only if it worked."""
    pair = (people[who], people[whom])
    hands = touch.at == "hand"
    # Whoever has a hand on somebody already stays where they are.
    fixed = bool(people[whom].touches)
    gap, turns = 0.0, TURNS if hands else (0.0,)
    for _ in range(ROUNDS):
        first, second = pair
        a, b = _bare(first, place), _bare(second, place)
        # Palms that meet may face several ways; the one that the two can turn to is taken, and kept.
        tried = []
        for turn in _likely(turns, touch, a, b, _cloth(second), gap):
            goals = goals_of(touch, a, b, _cloth(second), gap, turn)
            if goals is None:
                return False
            found = _laid(touch, a, b, goals, (who, whom), SWIVELS)
            tried.append((sum(c for _, _, c in found), turn, goals, found))
        _, turn, goals, found = min(tried, key=lambda t: t[0])
        turns = (turn,)
        miss = max(m for _, m, _ in found)
        if any(t is None for t, _, _ in found):
            if fixed or miss < FARTHEST:
                return False
            toward = np.subtract(first.position, second.position)
            pair = (first, _moved(second, min(miss, STEP) * toward / max(float(np.linalg.norm(toward)), 1e-6)))
            continue
        touches = [t for t, _, _ in found if t is not None]
        one = _holding(first, touches[0])
        two = _holding(second, touches[1]) if hands else second
        depth, _, place_of = overlap(_bare(one, place), _bare(two, place))
        if depth <= DEEPEST:
            people[who], people[whom] = one, two
            return True
        if float(np.linalg.norm(place_of - goals[0].point)) < NEAR:
            # The way out is rarely straight along the palms.
            gap += 1.5 * (depth - DEEPEST) + 0.003
            if gap > WIDEST:
                return False
        elif fixed:
            return False
        else:
            away = np.subtract(second.position, first.position)
            pair = (first, _moved(second, (depth + 0.004) * away / max(float(np.linalg.norm(away)), 1e-6)))
    return False


def _laid(
    touch: Touch, a: BodyState, b: BodyState, goals: Sequence[Goal], pair: tuple[int, int], swivels: np.ndarray
) -> list[tuple[TouchSpec | None, float, float]]:
    """The hand, or both where hands meet, brought to their goals."""
    found = [_solved(a, b, goals[0], touch.hand, pair[1], swivels)]
    if touch.at == "hand":
        found.append(_solved(b, a, goals[1], touch.other_hand, pair[0], swivels))
    return found


def _likely(
    turns: tuple[float, ...], touch: Touch, a: BodyState, b: BodyState, cloth: float, gap: float
) -> tuple[float, ...]:
    """Of many ways to face, the two that a few swivels of the elbows reach best; all where they reach none."""
    if len(turns) <= 2:
        return turns
    cost: dict[float, float] = {}
    for turn in turns:
        goals = goals_of(touch, a, b, cloth, gap, turn)
        if goals is None:
            return turns
        cost[turn] = sum(c for _, _, c in _laid(touch, a, b, goals, (0, 0), SWIVELS[1::3]))
    best = sorted(turns, key=lambda t: cost[t])[:2]
    return tuple(best) if np.isfinite(cost[best[0]]) else turns


def _holding(human: HumanSpec, touch: TouchSpec) -> HumanSpec:
    """Somebody with a hand laid on somebody else; fingers as their own habit has them would not fit."""
    shape = HandSpec(shape="flat", amount=1.0)
    posture = getattr(human.pose, "posture", None)
    pose = human.pose
    if posture is not None:
        pose = replace(pose, posture=replace(posture, **{f"fingers_{touch.hand}": (0.0,) * 5}))
    return replace(human, pose=pose, touches=(*human.touches, touch), **{f"{touch.hand}_hand": shape})


def _cloth(human: HumanSpec) -> float:
    """About how far cloth lies above the skin of the shoulders, metres."""
    slots = [words_of(str(g.kind)).slot for g in human.outfit]
    return 0.003 + 0.004 * sum(s in ("upper", "dress") for s in slots) + 0.008 * ("outer" in slots)


def _solved(
    a: BodyState, b: BodyState, goal: Goal, hand: str, whom: int, swivels: np.ndarray
) -> tuple[TouchSpec | None, float, float]:
    """The swivel of the elbow that brings a hand there best, or None; metres that are missing at best; and its cost."""
    own, others = make_proxy(a), make_proxy(b)
    pose = np.asarray(a.pose, np.float64)
    best: tuple[float, TouchSpec] | None = None
    least = np.inf
    for swivel in swivels:
        touch = TouchSpec(
            hand="left" if hand == "left" else "right",
            point=goal.point,
            normal=goal.normal,
            fingers=goal.fingers,
            swivel=float(swivel),
            whom=whom,
        )
        tried = lay_hand(own, pose, a.root, touch)
        miss, depth, strain, tilt = reach_cost(own, tried, a.root, touch)
        inside = _arm_inside(own, tried, a.root, hand, others, b)
        least = min(least, miss)
        cost = 4.0 * miss + 8.0 * max(depth - 0.012, 0.0) + 12.0 * max(inside - 0.003, 0.0) + 0.5 * strain
        cost += 0.05 * abs(swivel) + 0.4 * max(tilt - 0.1, 0.0)
        if miss <= FARTHEST and strain <= STRAIN and (best is None or cost < best[0]):
            best = cost, touch
    return (None, float(least), np.inf) if best is None else (best[1], float(least), best[0])


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
