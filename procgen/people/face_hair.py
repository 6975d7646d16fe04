"""Brows, lashes and beards as strands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Mesh, Strands
from ..materials.hair import PIGMENT, TINT, hair_material, hair_tint
from .groom import WHITE
from .hair_collider import collider_of
from .hair_zones import beard_density
from .head import Head, eye_ball, front_surface, head_of, scatter
from .look_spec import HairSpec
from .strands import March, clump, fill, march, settle, taper, unit, wander

if TYPE_CHECKING:
    from .body_state import BodyState

BROW_RADIUS = 0.000044
LASH_RADIUS = 0.000060
BEARD_RADIUS = 0.000045
# Distance between the template's eyes for which the brows' places below are given, metres.
_PLACED_IPD = 0.0615


def _rng(spec: HairSpec, stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence((spec.variation, 100 + stream)))


def _strands(
    head: Head, points: np.ndarray, radius: np.ndarray, melanin: np.ndarray, redness: np.ndarray, lash: bool = False
) -> Strands:
    attributes = {
        PIGMENT: np.stack([melanin, redness, 0 * melanin], 1).astype(np.float32),
        TINT: hair_tint(melanin, redness).astype(np.float32),
    }
    return Strands(head.world(points), radius, hair_material(0.38, coarse=lash), attributes=attributes)


def _colors(spec: HairSpec, n: int, rng: np.random.Generator, grey: float) -> tuple[np.ndarray, np.ndarray]:
    # Brows and beards are darker than fair head hair and redder than dark hair.
    melanin = np.clip(0.38 + 0.60 * spec.melanin + rng.normal(0, 0.06, n), 0.05, 0.99)
    redness = np.clip(spec.redness + 0.12 + rng.normal(0, 0.08, n), 0, 1)
    white = rng.random(n) < grey
    return np.where(white, WHITE, melanin), np.where(white, 0.0, redness)


def _brow_paths(
    spec: HairSpec, side: float, count: int, steps: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Hairs of one brow in the template's front plane: (n, steps, 2) metres, and their share of the radius (n,)."""
    # Along the brow: dense body, sparse head, tail that peters out.
    u = rng.beta(1.30, 1.62, count)
    shape_rng = _rng(spec, 20)
    arch, tilt, tail, gap = shape_rng.normal(0, 1, 4) * np.array([0.0010, 0.0010, 0.0018, 0.0008])
    own = _rng(spec, 21 + int(side > 0)).normal(0, 1, 3) * np.array([0.0005, 0.0006, 0.0004])  # left and right differ
    # From above the wing of the nose to where a line from there by the eye's outer corner meets the brow.
    x = 0.0115 + gap + (0.0450 + tail) * u
    # Strong brows are flatter, fine ones more arched.
    peak = np.exp(-(((u - 0.62) / 0.42) ** 2)) * (0.0048 - 0.0016 * (spec.brow_thickness - 1.0) + arch)
    z = 0.0158 + own[0] + peak + (tilt + own[1]) * (u - 0.4) - 0.0060 * np.clip((u - 0.68) / 0.32, 0, 1) ** 1.7
    width = np.interp(u, [0, 0.10, 0.30, 0.62, 1.0], [0.80, 1.0, 1.0, 0.70, 0.22])
    width = width * (0.0056 + own[2]) * spec.brow_thickness**0.7
    # Across: most hairs root in the lower half, the upper edge feathers out.
    v = np.clip(rng.normal(-0.10, 0.52, count), -1.1, 1.35)
    # Strays above and below the band, and gaps that differ from person to person, or it looks painted.
    v = np.where(rng.random(count) < 0.06, rng.uniform(-1.9, 2.1, count), v)
    gaps = np.sin(u * shape_rng.uniform(25, 45) + shape_rng.uniform(0, 6.28)) + np.sin(u * shape_rng.uniform(60, 90))
    start = np.stack([side * x, z + v * width], 1)
    # Direction: upright fan at the head, then outwards; upper hairs dip, lower hairs rise to meet them.
    angle = np.interp(u, [0.0, 0.08, 0.22, 0.5, 0.8, 1.0], [1.65, 1.35, 0.95, 0.50, 0.02, -0.35])
    angle = angle - v * np.interp(u, [0, 0.25, 1], [0.05, 0.26, 0.25]) + rng.normal(0, 0.20, count)
    bend = -np.interp(u, [0, 0.3, 1], [0.55, 0.50, 0.25]) + rng.normal(0, 0.20, count)
    length = 0.0078 * np.interp(u, [0, 0.12, 0.5, 1], [0.62, 0.95, 1.0, 0.62]) * rng.uniform(0.5, 1.1, count)
    length *= 0.85 + 0.15 * spec.brow_thickness
    path = [start]
    for k in range(1, steps):
        a = angle + bend * (k - 0.5) / (steps - 1)
        path.append(path[-1] + np.stack([side * np.cos(a), np.sin(a)], 1) * (length / (steps - 1))[:, None])
    share = np.clip(1.0 - 0.35 * np.abs(v), 0.45, 1.0) * rng.uniform(0.6, 1.1, count) * (1.0 + 0.14 * gaps)
    # The head of the brow and its tail are made of finer hairs than the body.
    return np.stack(path, 1), share * np.interp(u, [0.0, 0.12, 0.75, 1.0], [0.62, 1.0, 1.0, 0.6])


def build_brows(spec: HairSpec, body: BodyState, density: float = 1.0, head: Head | None = None) -> Strands:
    """Both eyebrows: fine hairs that lie on the skin, rooted on the template, so that they move with every expression."""
    head = head or head_of(body)
    steps = 5
    count = int(640 * spec.brow_thickness**0.6 * np.clip(density, 0.15, 1.0))
    paths, shares = [], []
    for side in (1.0, -1.0):
        path, share = _brow_paths(spec, side, count, steps, _rng(spec, 30 + int(side > 0)))
        paths.append(path)
        shares.append(share)
    path, share = np.concatenate(paths), np.concatenate(shares)
    n = len(path)
    at = front_surface(head, path.reshape(-1, 2) * (2 * head.template_eye / _PLACED_IPD))
    rise = np.array([-0.0005, 0.0005, 0.0009, 0.0010, 0.0007]) * head.scale
    points = (at.position.reshape(n, steps, 3)) + at.normal.reshape(n, steps, 3) * rise[None, :, None]
    rng = _rng(spec, 32)
    melanin, redness = _colors(spec, n, rng, 0.8 * spec.grey)
    radius = taper(n, steps, BROW_RADIUS * max(density, 0.15) ** -0.5, share, tip=0.15)
    return _strands(head, points, radius, melanin, redness)


def _lid_edge(head: Head, body: BodyState, side: int, upper: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Lid's edge where lashes root, ordered from the nose outwards (n, 3), the eyeball's centre and radius; local."""
    name = ("eyelashes_l", "eyelashes_r")[side]
    quads = body.model.shell_faces[name]
    # The shell holds the lower lashes first (44 quads), then the upper ones (48).
    ids = np.unique(quads[44:] if upper else quads[:44])
    centre, radius = eye_ball(body.posed, np.unique(body.model.shell_faces[("eye_l", "eye_r")[side]]))
    p = head.local(body.posed[ids])
    c = head.local(centre[None])[0]
    distance = np.linalg.norm(p - c, axis=1)
    # Root row of the shell: in bins across the eye, the vertex nearest to the ball.
    order = np.argsort(np.abs(p[:, 0]))
    bins = np.array_split(order, 11)
    edge = np.stack([p[b[distance[b].argmin()]] for b in bins])
    # Beyond the corner of the eye the shell runs on over the skin.
    edge = edge[np.linalg.norm(edge - c, axis=1) < 1.17 * radius]
    return edge, c, radius


def build_lashes(
    spec: HairSpec, body: BodyState, density: float = 1.0, head: Head | None = None, lush: float = 1.0
) -> Strands:
    """Upper and lower lashes along the edges of the lids.

    Args:
        lush: Length factor.
    """
    head = head or head_of(body)
    rng = _rng(spec, 40)
    steps = 5
    points, radius = [], []
    for side in (0, 1):
        for upper in (True, False):
            edge, c, ball = _lid_edge(head, body, side, upper)
            count = int((165 if upper else 75) * np.clip(density, 0.3, 1.0))
            along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(edge, axis=0), axis=1))])
            t = np.clip((np.arange(count) + rng.random(count)) / count, 0.06, 0.985)
            root = np.stack([np.interp(t * along[-1], along, edge[:, k]) for k in range(3)], 1)
            out = unit(root - c)
            sign = 1.0 if side == 0 else -1.0
            fan = np.stack([sign * (t - 0.42) * 1.1, 0 * t, 0 * t], 1) + rng.normal(0, 0.09, (count, 3))
            up = np.array([0.0, 0.0, 1.0 if upper else -1.0])
            size = ball / 0.015
            length = (0.0082 if upper else 0.0046) * size * lush * rng.uniform(0.6, 1.1, count)
            length = length * np.interp(t, [0, 0.25, 0.75, 1], [0.55, 0.9, 1.0, 0.75])
            d0 = unit(out + fan - 0.10 * up)
            d1 = unit(0.55 * out + 1.1 * fan + (0.85 if upper else 0.45) * up)
            path = [root - out * 0.0004]
            for k in range(1, steps):
                d = unit(d0 + (d1 - d0) * ((k - 0.5) / (steps - 1)))
                path.append(path[-1] + d * (length / (steps - 1))[:, None])
            points.append(np.stack(path, 1))
            radius.append(
                taper(count, steps, LASH_RADIUS * (1.0 if upper else 0.8), rng.uniform(0.8, 1.1, count), tip=0.12)
            )
    all_points = np.concatenate(points)
    n = len(all_points)
    melanin = np.full(n, min(0.99, 0.55 + 0.45 * spec.melanin))
    return _strands(head, all_points, np.concatenate(radius), melanin, np.full(n, 0.3), lash=True)


def build_beard(
    spec: HairSpec, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = (), head: Head | None = None
) -> Strands | None:
    """Stubble to full beard; None where there is none."""
    if spec.beard <= 0.0:
        return None
    head = head or head_of(body)
    field = beard_density(head, spec.beard_style) ** 1.2
    rng = _rng(spec, 50)
    long = spec.beard_length > 0.006
    count = int((5200 if long else 6500) * spec.beard * np.clip(density, 0.1, 1.0))
    roots = scatter(head, field, max(count, 8), rng)
    n = len(roots.position)
    canon = roots.canon * (_PLACED_IPD / (2 * head.template_eye))
    chin = np.exp(-((canon[:, 0] / 0.035) ** 2)) * (canon[:, 2] < -0.076)
    lip = canon[:, 2] > -0.066
    fullness = np.where(lip & (np.abs(canon[:, 0]) < 0.03), 0.45, 0.62 + 0.38 * chin)
    length = spec.beard_length * (fullness if long else 1.0) * rng.uniform(0.6, 1.1, n)
    if not long:
        d = unit(0.55 * roots.normal + np.array([0.0, 0.05, -0.8]) + rng.normal(0, 0.22, (n, 3)))
        p = roots.position
        mid = p + d * (0.5 * length)[:, None] + roots.normal * (0.10 * length)[:, None]
        points = np.stack([p - roots.normal * 0.0004, mid, p + d * length[:, None]], 1)
    else:
        points = _full_beard(spec, head, body, colliders, roots, length)
    melanin, redness = _colors(spec, n, rng, min(1.0, spec.grey * 1.15))
    radius = taper(
        n, points.shape[1], BEARD_RADIUS * np.clip(density, 0.1, 1.0) ** -0.5, rng.uniform(0.8, 1.2, n), tip=0.3
    )
    return _strands(head, points, radius, melanin, redness)


def _full_beard(spec, head, body, colliders, roots, length) -> np.ndarray:  # type: ignore[no-untyped-def]
    rng = _rng(spec, 51)
    guide_rng = _rng(spec, 52)
    guides_at = scatter(head, beard_density(head, spec.beard_style), 380, guide_rng)
    collider = collider_of(head, body, colliders)

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        outward = np.sign(p[:, 0]) * np.clip(np.abs(p[:, 0]) / 0.02, 0, 1)
        moustache = np.clip((p[:, 2] * head.scale + 0.071) / 0.006, 0, 1) * (np.abs(p[:, 0]) < 0.04)
        return unit(np.stack([outward * (0.15 + 0.8 * moustache), -0.15 + 0 * outward, -1.0 + 0 * outward], 1))

    how = March(steps=8, lift=0.45, stiffness=0.6, gravity=0.15, hug=0.3, wobble=0.10)
    guides = march(
        head,
        collider,
        guides_at,
        np.full(380, spec.beard_length),
        0.002 + 0.004 * guide_rng.random(380),
        flow,
        how,
        guide_rng,
    )
    points, member = fill(guides, guides_at, roots)
    points = clump(points, guides, member, np.full(len(points), 0.35), 0.2)
    from .strands import resample

    points = resample(points, np.clip(length / spec.beard_length, 0.1, 1.0))
    points = wander(points, 0.08 * length, 1.5, rng)
    return settle(points, collider, 0.0006)


def build_face_hair(
    spec: HairSpec, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = (), lashes: bool = True
) -> dict[str, Strands]:
    """Everything that grows on the face: "brows", "lashes" and, if there is one, "beard"."""
    head = head_of(body)
    out = {"brows": build_brows(spec, body, density, head)}
    if lashes:
        out["lashes"] = build_lashes(spec, body, density, head)
    beard = build_beard(spec, body, density, colliders, head)
    if beard is not None:
        out["beard"] = beard
    return out
