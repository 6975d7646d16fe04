"""Hair that is drawn back and tied: ponytail and bun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import registry
from ...codec import param
from ...geometry import Mesh, Strands
from ..groom import Groom, baby_hairs, comb_out, finish, prepare
from ..look_spec import HairSpec
from ..strands import March, march, unit

if TYPE_CHECKING:
    from ..body_state import BodyState

HEAD_STEPS = 11


@dataclass(frozen=True)
class PonytailHair(HairSpec):
    """Drawn back into a tail."""

    kind: ClassVar[str | None] = "ponytail"
    worn_by: ClassVar[dict[str, float]] = {"woman": 2.2, "girl": 2.6, "man": 0.08}
    hair_types: ClassVar[tuple[float, float, float]] = (0.9, 1.1, 1.0)
    height: float = param(0.035, low=-0.05, high=0.085, unit="m", doc="Height of the tie above the eyes.")
    length: float = param(0.26, low=0.08, high=0.5, unit="m", doc="Length of the tail.")
    slack: float = param(0.3, low=0.0, high=1.0, doc="0 drawn tight … 1 loose.")
    wave: float = param(0.2, low=0.0, high=1.0, doc="Waves in the tail.")


@dataclass(frozen=True)
class BunHair(HairSpec):
    """Drawn back into a knot."""

    kind: ClassVar[str | None] = "bun"
    worn_by: ClassVar[dict[str, float]] = {"woman": 1.2, "girl": 0.8, "man": 0.12}
    hair_types: ClassVar[tuple[float, float, float]] = (1.2, 1.0, 0.9)
    height: float = param(0.045, low=-0.05, high=0.10, unit="m", doc="Height of the knot above the eyes.")
    radius: float = param(0.034, low=0.02, high=0.055, unit="m", doc="Radius of the knot.")
    slack: float = param(0.3, low=0.0, high=1.0, doc="0 drawn tight … 1 loose.")


def tie_behind(height: float, g: Groom) -> np.ndarray:
    """(3,) where the hair is tied, local: 9 mm behind the back of the head at that height."""
    z = height * g.head.scale
    p = g.head.points
    back = (np.abs(p[:, 0]) < 0.02) & (np.abs(p[:, 2] - z) < 0.012 * g.head.scale) & (g.head.weight > 0.5)
    y = p[back, 1].max() if back.any() else 0.1 * g.head.scale
    return np.array([0.0, y + 0.009, z])


def draw_back(g: Groom, tie: np.ndarray, slack: float) -> np.ndarray:
    """(G, steps, 3) guides from the roots over the head to the tie (3,), or to one for each guide (G, 3)."""
    rng, r = g.rng(4), g.guide_roots
    n = len(r.position)
    reach = np.linalg.norm(tie - r.position, axis=1)
    target = tie / g.head.scale

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        return unit(target - p)

    clear = 0.0012 + (0.002 + 0.010 * slack) * rng.uniform(0, 1, n)
    how = March(steps=HEAD_STEPS, lift=0.16 + 0.2 * slack, stiffness=0.35, gravity=0.0, hug=0.5, wobble=0.02)
    points = march(g.head, g.collider, r, reach * 1.16, clear, flow, how, g.rng(2))
    # March stops near the tie, not at it: blend the last part onto a disc of strands through the tie.
    t = np.linspace(0, 1, HEAD_STEPS)[None, :, None]
    turn = np.arctan2(r.position[:, 2] - tie[..., 2], r.position[:, 0] - tie[..., 0])
    disc = np.sqrt(rng.random(n)) * 0.008
    through = tie + np.stack([disc * np.cos(turn), 0 * disc, disc * np.sin(turn)], 1)
    w = np.clip((t - 0.25) / 0.75, 0, 1) ** 1.8
    shift = (through - points[:, -1])[:, None]
    points = points + shift * w
    for k in range(2, HEAD_STEPS - 1):
        points[:, k], _, _, _ = g.collider.push(points[:, k], clear)
    return points


def build_ponytail(
    spec: PonytailHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()
) -> Strands:
    """Hair drawn to a tie and a tail that falls from it."""
    g = prepare(spec, body, density, colliders, 11000, guides=600)
    tie = tie_behind(spec.height, g)
    head_part = draw_back(g, tie, spec.slack)
    rng = g.rng(6)
    n = len(head_part)
    p = head_part[:, -1].copy()
    steps = 12
    # A high tail springs up and back before it falls.
    spring = np.clip((spec.height + 0.02) / 0.08, 0.0, 1.0)
    d = unit(np.array([0.0, 1.0, 0.15 + 0.5 * spring]) + rng.normal(0, 0.16, (n, 3)))
    step = (spec.length / steps) * rng.uniform(0.86, 1.05, (n, 1))
    aim = np.array([rng.normal(0, 0.04), 0.18, 0.0])
    phase, tail, guess = rng.uniform(0, 6.28), [], None
    for k in range(steps):
        sway = spec.wave * 0.16 * np.array([np.sin(phase + k * 1.3), 0.4 * np.cos(phase + k * 1.1), 0.0])
        d = unit(0.66 * d + 0.36 * g.head.down + 0.06 * aim + sway + rng.normal(0, 0.03, (n, 3)))
        q, _, _, guess = g.collider.push(p + d * step, 0.006, guess)
        d = unit(q - p)
        p = p + d * step
        tail.append(p)
    guides = np.concatenate([head_part, np.stack(tail, 1)], 1)
    k = guides.shape[1]
    tie_at = HEAD_STEPS - 1
    along = np.arange(k)
    spread = np.where(
        along <= tie_at, 1.0 - 0.92 * (along / tie_at) ** 2, 0.08 + 0.5 * np.clip((along - tie_at) / 6.0, 0, 1)
    )
    points, _, loner = comb_out(g, guides, clumping=0.45, frizz=0.004 + 0.008 * spec.slack, flyaway=0.014 + 0.02 * spec.slack,
                                spread=spread, length_noise=0.08, start=0.5)  # fmt: skip
    points, soft = baby_hairs(g, points, 0.30 + 0.3 * spec.slack)
    return finish(
        g,
        points,
        0.000105,
        share=(0.5 + 0.5 * g.edge(g.roots)) * np.where(loner, 0.75, 1.0) * np.where(soft, 0.6, 1.0),
        clear=0.001,
        roughness=0.27,
    )


def build_bun(spec: BunHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Hair drawn to a tie and wound into a knot."""
    g = prepare(spec, body, density, colliders, 11000, guides=700)
    tie = tie_behind(spec.height, g)
    head_part = draw_back(g, tie, spec.slack)
    rng = g.rng(6)
    n = len(head_part)
    axis = unit(tie - np.array([0.0, 0.0, 0.0]))
    u = unit(np.cross(axis, np.array([1.0, 0.0, 0.0])))
    v = np.cross(axis, u)
    centre = tie + axis * spec.radius * 0.62
    # Strands wind round the axis of the knot in a few flat coils.
    start = np.arctan2((head_part[:, -1] - tie) @ v, (head_part[:, -1] - tie) @ u)
    shell = spec.radius * (0.45 + 0.55 * rng.random(n) ** 0.4)
    level = np.arcsin(rng.uniform(-0.80, 0.92, n))
    ring = []
    for k in range(15):
        a = start + 0.40 * k
        wobble = 1.0 + 0.05 * np.sin(2.0 * a + 5.0 * level)
        tilt = level + 0.16 * np.sin(a + 3.0 * level)
        r = (shell * np.cos(tilt) * wobble)[:, None]
        ring.append(
            centre
            + u * np.cos(a)[:, None] * r
            + v * np.sin(a)[:, None] * r
            + axis * (0.78 * shell * np.sin(tilt))[:, None]
        )
    guides = np.concatenate([head_part, np.stack(ring, 1)], 1)
    along = np.arange(guides.shape[1])
    spread = np.where(along < HEAD_STEPS, 1.0 - 0.92 * (along / (HEAD_STEPS - 1)) ** 2, 0.10)
    # Neighbouring roots go to different coils: a strand follows one guide alone.
    points, _, loner = comb_out(g, guides, clumping=0.5, frizz=0.0022, flyaway=0.006 + 0.012 * spec.slack, spread=spread,
                                length_noise=0.0, start=0.55, neighbours=1, tress=0.25)  # fmt: skip
    points, soft = baby_hairs(g, points, 0.30 + 0.3 * spec.slack)
    return finish(
        g,
        points,
        0.000105,
        share=(0.5 + 0.5 * g.edge(g.roots)) * np.where(loner, 0.75, 1.0) * np.where(soft, 0.6, 1.0),
        clear=0.001,
        roughness=0.27,
    )


def sample_ponytail(rng: np.random.Generator, base: dict[str, Any]) -> PonytailHair:
    """Draw a ponytail."""
    return PonytailHair(
        **base,
        height=float(rng.uniform(-0.03, 0.075)),
        length=float(rng.uniform(0.12, 0.38)),
        slack=float(rng.beta(1.5, 3.0)),
        wave=float(rng.beta(1.3, 2.5)),
    )


def sample_bun(rng: np.random.Generator, base: dict[str, Any]) -> BunHair:
    """Draw a bun."""
    return BunHair(
        **base,
        height=float(rng.uniform(-0.03, 0.09)),
        radius=float(rng.uniform(0.026, 0.042)),
        slack=float(rng.beta(1.5, 3.0)),
    )


registry.hair.register("ponytail", spec=PonytailHair, build=build_ponytail)(sample_ponytail)
registry.hair.register("bun", spec=BunHair, build=build_bun)(sample_bun)
