"""Cloth that hangs from the hips around both legs: level by level a ring around all that is there, as long as it was cut.

Skinning carries a skirt along with each thigh and pinches it between them. Cloth does neither: it falls from what holds it
out, is spanned from leg to leg, and where a leg takes it out on one side it comes in on the others. Convex rings have all
of this in their support functions: the ring around two things is the greater of both, and its length is the mean.
"""

from __future__ import annotations

import numpy as np

from ...geometry import Mesh
from ...vectors import every, largest, middles
from ..body_state import BodyState
from .figure import ANKLE, ARM, FOOT, HEAD, HIP, KNEE, NECK, PELVIS, SIDES, Figure, smoothstep
from .height_field import Field, legs_field
from .pattern import TRUNK, Pattern

# Directions, metres between levels, and how far above the hip joints rings begin.
WAYS, STEP, ABOVE = 72, 0.02, 0.06
# Room around legs, and around other clothes, metres.
ROOM, OVER = 0.007, 0.006
# How far trouser legs stand off a thigh that is raised, metres.
LEGS = 0.018
# How far cloth comes in again, for every metre that it falls, below what holds it out.
RETURN = 0.22
# How steeply cloth lies at most on what it goes out over, and how far it spreads on the floor, of its length.
SLOPE, SPREAD = 0.995, 0.4
# Length down which cloth leaves the shell that it is sewn to, metres.
BLEND = 0.12
# Cloth lies on a raised thigh from here on before it comes to the edge that it hangs from, metres.
EDGE = 0.06
# Metres that it hangs lower on the shank then.
FARTHER = 0.2
# How steeply cloth goes down beside a shank that lies.
BESIDE = 2.0

_TURN = np.arange(WAYS) * (2 * np.pi / WAYS)
_DIRECTIONS = np.stack([np.cos(_TURN), np.sin(_TURN)])
_FACING = np.cos(_TURN[:, None] - _TURN[None, :])


def ringed(
    pattern: Pattern, x: np.ndarray, fitted: np.ndarray, fig: Figure, body: BodyState, below: list[Mesh], sits: float,
    raised: np.ndarray,
) -> np.ndarray:
    """The garment with what hangs free around both legs laid in rings around them.

    Args:
        pattern: Cut cloth.
        x: (V, 3) skinned, world.
        fitted: (V, 3) in the A-pose.
        fig, body: The person, in the A-pose and posed.
        below: Garments that it goes over.
        sits: 0–1: sits on the ground, legs lying or drawn up.
        raised: (2,) 0–1: which thighs lie or are drawn up.
    Returns:
        (V, 3).
    """
    hips = fig.joints[list(HIP)].mean(0)
    depth = hips[2] - fitted[:, 2]
    on = np.flatnonzero((largest(pattern.arm) < 0.3) & (depth > -ABOVE) & ((pattern.drop > 0) | (depth > 0)))
    if not (pattern.drop[(pattern.limb == TRUNK)] > 0).any() or len(on) == 0:
        return x
    levels = int(np.ceil(depth[on].max() / STEP)) + 2
    there, frame = _frame(body)
    trunk = pattern.fabric.tris[every((largest(pattern.arm) < 0.3)[pattern.fabric.tris])]
    rest = _support(np.concatenate([fitted[on], middles(fitted, trunk)]) - hips, levels)
    # Over a raised knee cloth comes farther down the shank than it was cut for.
    held = _support(_legs(fig, body, below, there, frame, float(depth[on].max() + FARTHER * raised.max())), levels + 6)
    floor = there[2] - float(body.posed[: body.count, 2].min())
    posed, fall = _fallen(rest, held, levels, floor)
    # A vertex keeps its share of the way around, so that cloth is taken from where it is not needed.
    flat = fitted[on] - hips
    level = np.clip((depth[on] + ABOVE) / STEP, 0, levels - 1.001)
    before, after = _radius(rest), _radius(posed)
    if sits > 0:
        over, down = _spread(before, legs_field(fig, body, (*HIP, *KNEE)), there, frame, floor)
        after, fall = after + sits * (over - after), fall + sits * (down - fall)
    ahead = _before_edge(after)
    if raised.any() and sits < 1:
        # Rings grow by no more than cloth goes out: what hangs from a knee is kept in front of the shank.
        knees = (np.asarray(body.joints, float)[list(KNEE)] - there)[:, :2] @ frame @ _DIRECTIONS
        under = (ahead == 0) * smoothstep(ahead.max(0), EDGE, 2 * EDGE) * (raised[:, None] * smoothstep(knees, 0.0, EDGE)).max(0)
        reach = _radius(held)
        shank = np.stack([_reach(reach, f) for f in fall])
        after = after + under * (1 - sits) * np.maximum(shank - after, 0.0)
    way = np.arctan2(flat[:, 1], flat[:, 0])
    angle = _at(_closed(_turned(before, after), 2 * np.pi), level, way)
    ratio = np.hypot(flat[:, 0], flat[:, 1]) / _at(_closed(before), level, way)
    radius = _at(_closed(after), level, angle) * np.clip(ratio, 0.85, 1.1)
    plan = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) @ frame.T
    laid = np.column_stack([plan + there[:2], there[2] - _at(_closed(fall), level, angle)])
    laid[:, 2] += _lifted(laid, body)
    if raised.any() and sits < 1:
        # What goes out along a raised thigh lies on it; what hangs from its knee does not.
        lies = smoothstep(_at(_closed(ahead), level, angle), 0.0, EDGE)
        for side in np.flatnonzero(raised):
            top = legs_field(fig, body, HIP[side : side + 1]).over(laid[:, :2]) + ROOM + (LEGS if below else 0.0)
            laid[:, 2] += raised[side] * (1 - sits) * lies * np.maximum(top - laid[:, 2], 0.0)
    out = x.copy()
    weight = smoothstep(pattern.drop[on], 0.0, BLEND * (1 - 0.8 * sits))[:, None]
    out[on] = x[on] * (1 - weight) + laid * weight
    return out


def _before_edge(radius: np.ndarray) -> np.ndarray:
    """(L, W) metres that rings still go out in each direction, before the edge from which they hang; 0 from there on down."""
    steep = np.diff(radius, axis=0, append=radius[-1:]) / STEP
    out = np.logical_or.accumulate(steep > 0.5)
    hangs = np.logical_or.accumulate(out & (steep < 0.3))
    edge = np.where(out.any(0), radius[hangs.argmax(0), np.arange(WAYS)], radius[0])
    return np.where(hangs, 0.0, np.maximum(edge - radius, 0.0))


def _frame(body: BodyState) -> tuple[np.ndarray, np.ndarray]:
    """Between the hip joints (3,), and (2, 2) columns: to the person's left and behind, level."""
    joints = np.asarray(body.joints, float)
    there = joints[list(HIP)].mean(0)
    across = np.asarray(body.T[PELVIS], float)[:2, 0]
    across = across / max(np.linalg.norm(across), 1e-9)
    return there, np.stack([across, [-across[1], across[0]]], 1)


def _legs(
    fig: Figure, body: BodyState, below: list[Mesh], there: np.ndarray, frame: np.ndarray, hem: float
) -> np.ndarray:
    """(N, 3) points of skin down to the hem, and of clothes, with their room, in the frame of the hips."""
    count = body.count
    w = body.model.full_weights[:count]
    own = w[:, ARM[0]].sum(1) + w[:, ARM[1]].sum(1) + w[:, [NECK, HEAD]].sum(1) < 0.3
    skin = np.asarray(body.posed[:count], float)
    joints = np.asarray(body.joints, float)
    for s in SIDES:
        # A shank that lies, as kneeling or at the back of a stride, is lain upon; it does not hold a ring out.
        mine = w[:, [KNEE[s], ANKLE[s], FOOT[s]]].sum(1)
        skin = skin - (shank_lies(joints, s) * mine)[:, None] * (skin - joints[KNEE[s]])
    own &= fig.joints[HIP[0], 2] - fig.skin[:, 2] < hem + 0.02
    faces = body.model.faces
    parts = [np.concatenate([skin[own], middles(skin, faces[every(own[faces])])])]
    grown = [ROOM]
    for mesh in below:
        arm = mesh.point.get("arm")
        points = np.asarray(mesh.vertices, float)
        parts.append(points if arm is None else points[np.abs(arm) < 0.3])
        grown.append(OVER)
    out = []
    for points, room in zip(parts, grown, strict=True):
        if room == OVER:
            points = _gathered(points, joints)
        points = points - there
        plan = points[:, :2] @ frame
        reach = np.linalg.norm(plan, axis=1, keepdims=True)
        out.append(np.column_stack([plan * (1 + room / np.maximum(reach, 0.02)), points[:, 2]]))
    return np.concatenate(out)


def _gathered(points: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Points of clothes; those along a shank that lies are taken to its knee."""
    for s in SIDES:
        lies = shank_lies(joints, s)
        if lies > 0:
            along = joints[ANKLE[s]] - joints[KNEE[s]]
            off = points - joints[KNEE[s]]
            t = off @ along / (along @ along)
            far = np.linalg.norm(off - np.clip(t, 0, 1.5)[:, None] * along, axis=1)
            points = points - (lies * smoothstep(t, 0.0, 0.25) * (far < 0.14))[:, None] * off
    return points


def shank_lies(joints: np.ndarray, side: int) -> float:
    """0–1: how much a shank lies."""
    shank = joints[ANKLE[side]] - joints[KNEE[side]]
    return float(smoothstep(-shank[2] / np.linalg.norm(shank), 0.7, 0.35))


def _lifted(x: np.ndarray, body: BodyState) -> np.ndarray:
    """(V,) metres that cloth is too low to lie on shanks that lie."""
    joints = np.asarray(body.joints, float)
    w = body.model.full_weights[: body.count]
    lift = np.zeros(len(x))
    for s in SIDES:
        lies = shank_lies(joints, s)
        if lies == 0:
            continue
        skin = np.asarray(body.posed[: body.count], float)[w[:, [KNEE[s], ANKLE[s], FOOT[s]]].sum(1) > 0.3]
        along = joints[ANKLE[s]] - joints[KNEE[s]]
        size = np.linalg.norm(along[:2])
        ahead = along[:2] / max(size, 1e-9)
        beside = np.array([-ahead[1], ahead[0]])
        # Its upper side as a roof: highest along its middle line, and as high as that line as far out as it is thick.
        t, u = (skin[:, :2] - joints[KNEE[s], :2]) @ ahead, (skin[:, :2] - joints[KNEE[s], :2]) @ beside
        rows = np.round(t / STEP).astype(int)
        first, count = rows.min(), int(np.ptp(rows)) + 1
        top, half = np.full(count, -np.inf), np.zeros(count)
        np.maximum.at(top, rows - first, skin[:, 2])
        np.maximum.at(half, rows - first, np.abs(u))
        known = np.flatnonzero(np.isfinite(top))
        place = (x[:, :2] - joints[KNEE[s], :2]) @ ahead / STEP - first
        high, wide = np.interp(place, known, top[known]), np.interp(place, known, half[known]) + ROOM
        out = np.abs((x[:, :2] - joints[KNEE[s], :2]) @ beside)
        # From there it is let down to the ground beside it.
        off = np.hypot(np.maximum(out - wide, 0.0), STEP * np.maximum(np.maximum(-place, place - known[-1]), 0.0))
        roof = high + ROOM - wide * (1 - np.sqrt(np.clip(1 - (out / wide) ** 2, 0, 1))) - BESIDE * off
        lift = np.maximum(lift, lies * (roof - x[:, 2]))
    return np.maximum(lift, 0.0)


def _support(points: np.ndarray, levels: int) -> np.ndarray:
    """(L, W) how far points (N, 3) about the hips reach in each direction, level by level downwards; -inf where none are."""
    row = np.round((-points[:, 2] + ABOVE) / STEP).astype(int)
    near = (row >= -1) & (row <= levels)
    points, row = points[near], row[near]
    out = np.full((levels + 2, WAYS), -np.inf)
    if len(row):
        order = np.argsort(row, kind="stable")
        used, first = np.unique(row[order], return_index=True)
        out[used + 1] = np.maximum.reduceat((points[order, :2] @ _DIRECTIONS), first, axis=0)
    # A level sees its neighbours too: mesh rings are farther apart than levels.
    return np.maximum(np.maximum(out[:-2], out[2:]), out[1:-1])


def _fallen(rest: np.ndarray, held: np.ndarray, levels: int, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Rings of the hanging cloth: (L, W) their support, and (L, W) metres that they are below the hips."""
    known = np.flatnonzero(np.isfinite(rest[:, 0]))
    grid = np.arange(len(rest))
    rest[:] = np.stack([np.interp(grid, known, rest[known, k]) for k in range(WAYS)], 1)
    rings, fall = rest.copy(), np.empty_like(rest)
    fall[0] = -ABOVE
    for i in range(1, levels):
        cut = rest[i] - rest[i - 1]
        length = np.sqrt(STEP**2 + cut**2)
        # Where it would come down on something it goes out along it first.
        least = np.maximum(_reach(held, fall[i - 1] + STEP), rings[i - 1] - RETURN * STEP)
        long, low, high = rest[i].mean(), 0.0, 1.0
        for _ in range(10):
            middle = 0.5 * (low + high)
            if np.maximum(least, middle * rest[i]).mean() > long:
                high = middle
            else:
                low = middle
        out = np.clip(np.maximum(least, high * rest[i]) - rings[i - 1], -length, SLOPE * length)
        drop = np.sqrt(np.maximum(length**2 - out**2, 0.0))
        lain = fall[i - 1] + drop > floor
        out[lain] = np.maximum(out, SPREAD * length)[lain]
        rings[i] = rings[i - 1] + out
        fall[i] = np.minimum(fall[i - 1] + drop, np.maximum(floor, fall[i - 1]))
    smooth = (np.roll(rings, 1, 1) + 2 * rings + np.roll(rings, -1, 1)) / 4
    fall = (np.roll(fall, 1, 1) + 2 * fall + np.roll(fall, -1, 1)) / 4
    return np.maximum(smooth, rings), fall


def _spread(rest: np.ndarray, field: Field, there: np.ndarray, frame: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """As `_fallen`, of somebody who sits on the ground: in each direction over what lies there, and down to the floor."""
    rings, fall = rest.copy(), np.empty_like(rest)
    fall[0] = -ABOVE
    ways = _DIRECTIONS.T @ frame.T
    steps = np.array([0.05, 0.2, 0.35, 0.5, 0.62, 0.74, 0.84, 0.92, 0.97, 1.0])
    for i in range(1, len(rest)):
        length = np.hypot(STEP, rest[i] - rest[i - 1])
        out = length[:, None] * steps
        place = there[:2] + (rings[i - 1][:, None] + out)[..., None] * ways[:, None]
        top = field.over(place.reshape(-1, 2)).reshape(out.shape) + ROOM - there[2]
        lowest = np.maximum(top, -floor)
        # The steepest way down that stays above; where there is none, up along what is in the way.
        down = -fall[i - 1][:, None] - np.sqrt(np.maximum(length[:, None] ** 2 - out**2, 0.0))
        free = down >= lowest
        steepest = np.where(free.any(1), free.argmax(1), 3)
        pick = np.arange(WAYS), steepest
        rings[i] = rings[i - 1] + out[pick] * np.where(lowest[pick] <= -floor + 1e-6, SPREAD, 1.0)
        fall[i] = -np.maximum(down, lowest)[pick]
    for _ in range(2):
        rings = (np.roll(rings, 1, 1) + 2 * rings + np.roll(rings, -1, 1)) / 4
        fall = (np.roll(fall, 1, 1) + 2 * fall + np.roll(fall, -1, 1)) / 4
    return rings, fall


def _reach(held: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(W,) how far what holds cloth out reaches in each direction, at depths (W,)."""
    row = np.clip((depth + ABOVE) / STEP, 0, len(held) - 1.001)
    a = row.astype(int)
    u, ways = row - a, np.arange(WAYS)
    lower, upper = held[a, ways], held[a + 1, ways]
    both = np.isfinite(lower) & np.isfinite(upper)
    mixed = np.where(both, lower, 0.0) * (1 - u) + np.where(both, upper, 0.0) * u
    return np.where(both, mixed, np.maximum(lower, upper))


def _radius(support: np.ndarray) -> np.ndarray:
    """(L, W) distance of the convex rings from their middle in each direction."""
    out = np.empty_like(support)
    for k in range(WAYS):
        ok = _FACING[k] > 0.17
        out[:, k] = (support[:, ok] / _FACING[k, ok]).min(1)
    return np.maximum(out, 0.01)


def _ways(radius: np.ndarray) -> np.ndarray:
    """(L, W + 1) share of the way around each ring at which each direction is reached, from the first one on to itself."""
    points = radius[..., None] * _DIRECTIONS.T
    steps = np.linalg.norm(np.roll(points, -1, 1) - points, axis=2)
    ways = np.cumsum(steps, 1) / steps.sum(1, keepdims=True)
    return np.concatenate([np.zeros((len(ways), 1)), ways], 1)


def _at(values: np.ndarray, level: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(V,) bilinear between levels and directions (L, W + 1)."""
    a = np.floor(level).astype(int)
    u = level - a
    place = (angle / (2 * np.pi) % 1.0) * WAYS
    j = np.minimum(place.astype(int), WAYS - 1)
    v = place - j
    upper = values[a, j] + (values[a, j + 1] - values[a, j]) * v
    return upper * (1 - u) + (values[a + 1, j] + (values[a + 1, j + 1] - values[a + 1, j]) * v) * u


def _turned(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(L, W) the angle that each direction of the rings as cut comes to; on the whole no ring turns."""
    old, new = _ways(before), _ways(after)
    twice, turn = np.empty((len(new), 2 * WAYS + 1)), np.append(_TURN, 2 * np.pi)
    twice[:, : WAYS + 1], twice[:, WAYS:] = new, new + 1
    angles = np.append(turn[:-1], turn + 2 * np.pi)
    out = np.empty_like(before)
    start = 0.0
    for i in range(len(old)):
        for _ in range(3):
            out[i] = np.interp(old[i, :-1] + start % 1.0, twice[i], angles)
            off = float(((out[i] - _TURN + np.pi) % (2 * np.pi) - np.pi).mean())
            start -= off / (2 * np.pi)
        out[i] = _TURN + (out[i] - _TURN + np.pi) % (2 * np.pi) - np.pi
    return out


def _closed(values: np.ndarray, more: float = 0.0) -> np.ndarray:
    """(L, W + 1) with the first direction again as the last."""
    return np.concatenate([values, values[:, :1] + more], 1)
