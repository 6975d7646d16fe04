"""From a cut pattern to a garment that hangs on one person in the A-pose, and from there to any pose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ...keyed import Keyed
from ...vectors import largest, some, vertex_normals
from ..body_state import BodyState
from .collide import Collider, Samples, surface_samples
from .figure import ANKLE, ARM, ELBOW, FOOT, HIP, KNEE, NECK, PELVIS, SIDES, SPINE3, Canonical, Figure, smoothstep
from .pattern import TRUNK, Pattern
from .profile import Profile, girths


@dataclass(frozen=True)
class Ease:
    """How much room a garment leaves, metres over the body, and how it falls.

    Attributes:
        skin: Everywhere, before anything else.
        chest, hem: Around the trunk, at the armpits and at the hem.
        hang: Metres by which cloth may come in for every metre that it falls; 0 = a tent, 1 = follows the waist.
        arm, cuff: Around the arms, at the armhole and at the cuff.
        arm_hang: As `hang`, along the arms.
        thigh, ankle: Around the legs.
        leg_hang: As `hang`, along the legs.
        flare: Extra radius at the bottom of skirts and legs.
        waist: Around the waistband of trousers and skirts.
        trunk: Fit the trunk at all (trousers only use the part below the waist).
    """

    skin: float = 0.004
    chest: float = 0.008
    hem: float = 0.02
    hang: float = 0.15
    arm: float = 0.008
    cuff: float = 0.012
    arm_hang: float = 0.05
    thigh: float = 0.012
    ankle: float = 0.02
    leg_hang: float = 0.05
    flare: float = 0.0
    waist: float = 0.003


# Middle of the chest below the neck joint, and radius of the panel of cloth that lies on it, metres on the canonical body.
CHEST, PANEL = -0.19, 0.11
# Share of the shear of the skin that cloth does not follow.
UNSHEARED = 0.5


def _trunk_points(fig: Figure) -> np.ndarray:
    base = fig.base
    count = fig.body.count
    use = (largest(base.arm[:count]) < 0.3) & (base.weights[:count, [NECK, 15]].sum(1) < 0.5)
    return fig.skin[use]


def trunk_profile(fig: Figure, ease: Ease, bottom: float) -> Profile:
    """Girths from the armpits to `bottom` (metres down the trunk axis), hung and eased."""
    axis = fig.trunk
    armpit = axis.split(fig.joints[16][None])[0][0] + 0.10 * fig.scale
    p = girths(_trunk_points(fig), axis, armpit - 0.05 * fig.scale, max(bottom, armpit + 0.1) + 0.02)
    chest = armpit + 0.03 * fig.scale
    p = p.smoothed(1).hang(ease.hang, chest)
    t = np.clip((p.places - armpit) / max(bottom - armpit, 0.05), 0, 1)
    hip = axis.split(fig.joints[HIP[0]][None])[0][0]
    flare = ease.flare * np.clip((p.places - hip) / max(bottom - hip, 0.05), 0, 1)
    return p.widen(ease.chest + (ease.hem - ease.chest) * t + flare).smoothed(1)


def leg_profile(fig: Figure, side: int, ease: Ease, bottom: float) -> Profile:
    """Girths of one leg from the hip to `bottom` (metres down the leg axis)."""
    axis = fig.legs[side]
    base, count = fig.base, fig.body.count
    use = (base.leg[:count, side] > 0.6) & (base.weights[:count, FOOT[side]] < 0.3)
    start = 0.02 * fig.leg_scale
    p = girths(fig.skin[use], axis, start, max(bottom, 0.2))
    p = p.smoothed(1).hang(ease.leg_hang, 0.16 * fig.leg_scale)
    t = np.clip((p.places - 0.1 * axis.length) / (0.9 * axis.length), 0, 1.2)
    flare = ease.flare * np.clip((p.places / axis.length - 0.45) / 0.55, 0, 1.2)
    return p.widen(ease.thigh + (ease.ankle - ease.thigh) * t + flare).smoothed(1)


def arm_profile(fig: Figure, side: int, ease: Ease, bottom: float) -> Profile:
    """Girths of one arm from the shoulder to `bottom` (metres along the arm)."""
    axis = fig.arms[side]
    base, count = fig.base, fig.body.count
    hand = base.weights[:count, ARM[side][3:]].sum(1)
    use = (base.arm[:count, side] > 0.6) & (hand < 0.3)
    p = girths(fig.skin[use], axis, 0.0, bottom + 0.02).smoothed(1).hang(ease.arm_hang, 0.08)
    t = np.clip(p.places / max(bottom, 0.05), 0, 1)
    return p.widen(ease.arm + (ease.cuff - ease.arm) * t).smoothed(1)


def shell_points(pattern: Pattern, fig: Figure) -> np.ndarray:
    """(V, 3) the pattern on the person's own shell in the A-pose, free cloth hanging straight."""
    x = pattern.binding(fig.points)
    on = pattern.limb == TRUNK
    x[on, 2] -= pattern.drop[on] * fig.leg_scale
    for s in SIDES:
        on = pattern.limb == 1 + s
        x[on] += (pattern.drop[on] * fig.leg_scale)[:, None] * fig.legs[s].down
    return x


def _to(x: np.ndarray, profile: Profile, weight: np.ndarray) -> np.ndarray:
    """Move points to the radius of a profile, by `weight` (V,)."""
    on = weight > 1e-3
    s, angle, radius = profile.axis.split(x[on])
    new = radius + (profile.at(s, angle) - radius) * weight[on]
    x = x.copy()
    x[on] = profile.axis.at(s, angle, new)
    return x


def skin_samples(body: BodyState, clearance: float, fine: bool = True) -> Samples:
    """Body samples without head and hands: cloth touches neither in a way worth resolving.

    Args:
        body, clearance: The person; metres to keep.
        fine: With the middles of faces, and not vertices alone.
    """
    return replace(_skin_of(Keyed(body), fine), clearance=clearance)


@lru_cache(maxsize=4)
def _skin_of(asked: Keyed[BodyState], fine: bool) -> Samples:
    """The same for every garment of an outfit."""
    body = asked.value
    model = body.model
    count = body.count
    w = model.full_weights[:count]
    ignore = w[:, [15, 22, 23, 24]].sum(1) + w[:, 25:].sum(1) > 0.5
    faces = model.quads if model.quads is not None else model.faces
    faces = faces[~some(ignore[faces])]
    arm = w[:, ARM[0]].sum(1) - w[:, ARM[1]].sum(1)
    return surface_samples(body.posed[:count].astype(np.float64), faces, 0.0, arm, fine)


def fit(pattern: Pattern, fig: Figure, ease: Ease, tight: np.ndarray | None = None, fine: bool = True) -> np.ndarray:
    """Shape a pattern on the person.

    Args:
        pattern: What was cut.
        fig: The person.
        ease: Room to leave.
        tight: (V,) 0–1 where the garment stays on the skin (waistbands, necklines); None = nowhere.
        fine: Smooth and push off the body nine rounds and thrice, and not six and twice on fewer samples.
    Returns:
        (V, 3) float64 in the A-pose: the rest shape of the cloth.
    """
    x = shell_points(pattern, fig)
    n = vertex_normals(x, pattern.fabric.tris)
    x = x + n * ease.skin
    loose = np.ones(len(x)) if tight is None else 1.0 - tight
    arm = largest(pattern.arm)
    s, _, _ = fig.trunk.split(x)
    pit = fig.trunk.split(fig.joints[16][None])[0][0]
    w = loose * smoothstep(s, pit + 0.05 * fig.scale, pit + 0.14 * fig.scale) * smoothstep(arm, 0.5, 0.15)
    is_legs = any(name.startswith("leg") for name in pattern.loops)
    if is_legs:
        crotch = fig.trunk.split(fig.joints[list(HIP)])[0].mean() + 0.02 * fig.leg_scale
        w *= smoothstep(s, crotch + 0.02, crotch - 0.08 * fig.leg_scale)
    x = _to(x, trunk_profile(fig, ease, float(s[arm < 0.3].max())), w)
    for side in SIDES:
        if is_legs:
            axis = fig.legs[side]
            t = axis.split(x)[0]
            own = (pattern.points[:, 0] > 0) == (side == 0)
            w = loose * own * smoothstep(t, 0.05 * axis.length, 0.22 * axis.length)
            x = _to(x, leg_profile(fig, side, ease, float(t[own].max())), w)
        if f"cuff{side}" in pattern.loops and pattern.arm[:, side].max() > 0.8:
            axis = fig.arms[side]
            t = axis.split(x)[0]
            w = loose * smoothstep(pattern.arm[:, side], 0.55, 0.95) * smoothstep(t, 0.03, 0.14 * fig.scale)
            x = _to(x, arm_profile(fig, side, ease, float(t[pattern.arm[:, side] > 0.5].max())), w)
    collider = Collider.of([skin_samples(fig.body, 0.8 * ease.skin, fine)], x, signed_arm(pattern.arm))
    hold = None if tight is None else 0.8 * tight
    for _ in range(3 if fine else 2):
        x = collider.push(pattern.fabric.smooth(x, 0.5, 3, hold))
    if tight is not None and ease.skin < 0.005:
        # Necklines and waistbands lie on the skin: the shell that they were cut from stands off it.
        share = smoothstep(tight, 0.15, 0.95)
        ids = np.flatnonzero(share)
        part, at = collider.on(collider.worn[ids]), x.take(ids, 0)
        which = part.nearest(at)
        lower = np.clip(part.height(at, which) - 0.0025, 0.0, 0.015) * share[ids]
        x[ids] = at - part.normals.take(which, 0) * lower[:, None]
        x = pattern.fabric.smooth(x, 0.5, 2, 0.5 * tight)
    return x


def signed_arm(arm: np.ndarray) -> np.ndarray:
    """(V,) arm weight, positive on the left and negative on the right, from (V, 2)."""
    return arm[:, 0] - arm[:, 1]


def joint_weights(pattern: Pattern, fig: Figure, fitted: np.ndarray, skirt: bool = False) -> np.ndarray:
    """(V, J) float32 skinning weights of the fitted garment."""
    hanging = (pattern.drop > 0) & (pattern.limb == TRUNK)
    if not skirt and not hanging.any():
        return _shell_weights(pattern, fig.base)
    return _settled_weights(pattern, _skirt_weights(_bound_weights(pattern, fig.base), fig, fitted, skirt))


@lru_cache(maxsize=64)
def _shell_weights(pattern: Pattern, base: Canonical) -> np.ndarray:
    """Weights of a garment without cloth round both legs: the same on everybody."""
    return _settled_weights(pattern, _bound_weights(pattern, base))


def _bound_weights(pattern: Pattern, base: Canonical) -> np.ndarray:
    w = pattern.binding(base.weights)
    is_legs = any(name.startswith("leg") for name in pattern.loops)
    if is_legs:
        # Trouser legs end on the shin: feet move below them.
        for s in SIDES:
            for j in (ANKLE[s], FOOT[s]):
                w[:, KNEE[s]] += w[:, j]
                w[:, j] = 0
    return w


def _settled_weights(pattern: Pattern, w: np.ndarray) -> np.ndarray:
    for s in SIDES:
        # Sleeves do not follow the hand.
        hand = w[:, ARM[s][2:]].sum(1)
        w[:, ARM[s][2:]] = 0
        w[:, ELBOW[s]] += hand
    # Most joints have no part in it.
    w = w.astype(np.float32)
    used = np.flatnonzero(w.any(0))
    w[:, used] = pattern.fabric.smooth(w[:, used], 0.5, 6)
    return w / w.sum(1, keepdims=True)


def _skirt_weights(w: np.ndarray, fig: Figure, x: np.ndarray, wide: bool) -> np.ndarray:
    """Cloth that hangs round both legs: pelvis above, thighs below the hips, shins below the knees, mixed across."""
    hip = fig.joints[list(HIP)].mean(0)
    knee = fig.joints[list(KNEE)].mean(0)
    length = hip[2] - knee[2]
    below = smoothstep(x[:, 2], hip[2] + 0.02, hip[2] - 0.35 * length)
    shin = smoothstep(x[:, 2], knee[2] + 0.12 * length, knee[2] - 0.12 * length)
    half = 0.17 * fig.scale if wide else 0.06 * fig.scale
    left = smoothstep(x[:, 0], -half, half)
    out = np.zeros_like(w)
    out[:, PELVIS] = 1 - below
    for s, share in zip(SIDES, (left, 1 - left), strict=True):
        out[:, HIP[s]] = below * share * (1 - shin)
        out[:, KNEE[s]] = below * share * shin
    # From the waist down; above it the shell's own weights stand.
    top = fig.joints[SPINE3][2] * 0.35 + hip[2] * 0.65
    mix = smoothstep(x[:, 2], top, hip[2])[:, None]
    return (w * (1 - mix) + out * mix).astype(np.float32)


def carry(
    pattern: Pattern, fitted: np.ndarray, weights: np.ndarray, fig: Figure, body: BodyState
) -> tuple[np.ndarray, np.ndarray]:
    """The fitted garment in the body's pose: what it stands off the shell turns with the body and is put back there.

    The shell follows the body through every pose, armpits included, where skinning the garment itself from the A-pose
    would sink in; only free-hanging cloth has no shell and is skinned directly.

    Returns:
        (V, 3) float64, world, and (V, 3, 3) how the cloth turned on the way.
    """
    T = (body.T @ fig.from_fit)[:, :3].reshape(-1, 12)
    M = (weights.astype(np.float64) @ T).reshape(-1, 3, 4)
    skinned = np.einsum("vij,vj->vi", M[:, :, :3], fitted) + M[:, :, 3]
    shell = pattern.binding(fig.points)
    on_shell = pattern.binding(body.posed.astype(np.float64)) + np.einsum("vij,vj->vi", M[:, :, :3], fitted - shell)
    free = smoothstep(pattern.drop, 0.0, 0.06)[:, None]
    x = on_shell * (1 - free) + skinned * free
    return (_unsheared(x, fitted, fig) if pattern.arm.max() > 0.5 else x), M[:, :, :3]


def _unsheared(x: np.ndarray, fitted: np.ndarray, fig: Figure) -> np.ndarray:
    """The garment with less shear over the chest: skin shears there under a raised arm, and cloth resists it."""
    flat = (fitted - fig.joints[NECK])[:, [0, 2]] / fig.scale - [0.0, CHEST]
    far = np.sqrt(np.einsum("ij,ij->i", flat, flat))
    weight = smoothstep(far, 2 * PANEL, PANEL) * smoothstep(fig.trunk.origin[1] - fitted[:, 1], 0.0, 0.05 * fig.scale)
    on = np.flatnonzero(weight)
    if len(on) < 3:
        return x
    w, flat = weight[on], flat[on]
    basis = np.column_stack([flat, np.ones(len(on))])
    right, up, _ = np.linalg.solve(basis.T @ (basis * w[:, None]), basis.T @ (x[on] * w[:, None]))
    a, b = np.linalg.norm(right), np.linalg.norm(up)
    turn = 0.5 * UNSHEARED * float(right @ up) / (a * b)
    move = -turn * (flat[:, :1] * up * (a / b) + flat[:, 1:] * right * (b / a))
    out = x.copy()
    out[on] += move * w[:, None]
    return out
