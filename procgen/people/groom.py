"""What all hair styles share: where strands start, how they are finished, what colour each one has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Mesh, Strands
from ..materials.hair import PIGMENT, TINT, hair_material, hair_tint
from .hair_collider import Collider, collider_of
from .hair_zones import above_hairline, angles, scalp_density
from .head import Head, Roots, head_of, scatter
from .look_spec import HairSpec
from .nearest import NearestPoints
from .strands import ROOT_DEPTH, apart, clump, fill, over_face, resample, settle, taper, unit, wander

if TYPE_CHECKING:
    from .body_state import BodyState

# Share of strands that leave the others and go their own way.
FLYAWAY = 0.03
WHITE = 0.02
# Few strands are thicker, so that they cover nearly what many did.
THICKEN = 0.85
# Strands of a tress within a lock.
_TRESS = 24
# Melanin that bleaching leaves before a dye goes on, and its redness.
_DYED = {"copper": (0.42, 1.0), "burgundy": (0.86, 1.0), "platinum": (0.09, 0.1)}
# How much denser than elsewhere roots can be drawn.
_CROWD = 4.5


@dataclass
class Groom:
    """A head ready to be groomed; every random stream has its own generator, seeded by the spec.

    Attributes:
        guide_roots: Guides are the same at every density, so that a style keeps its shape from portrait to crowd.
    """

    spec: HairSpec
    head: Head
    collider: Collider
    density: float
    guide_roots: Roots
    roots: Roots

    def rng(self, stream: int) -> np.random.Generator:
        """Independent generator of one purpose."""
        return np.random.default_rng(np.random.SeedSequence((self.spec.variation, stream)))

    def edge(self, roots: Roots) -> np.ndarray:
        """(N,) 0 at the hairline, 1 from 9° above it: fine short hairs give way to full ones."""
        return np.clip(above_hairline(roots.skull, self.spec.receding, self.spec.hairline) / 9.0, 0.0, 1.0)


def prepare(
    spec: HairSpec,
    body: BodyState,
    density: float,
    colliders: Sequence[Mesh],
    strands: int,
    guides: int = 700,
    thin: np.ndarray | None = None,
    head: Head | None = None,
    part: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Groom:
    """Head, collider and roots of a style.

    Where no hair falls over the roots from behind (along the parting, at the hairline) the scalp would shine through,
    because a head here has a fifth of the strands of a real one; so the roots crowd there.

    Args:
        strands: Count at density 1.
        thin: (V,) factor on the root density, for bald patches and fades.
        part: (N, 3) skull coordinates -> (N,) distance to the parting, metres.
    """
    head = head or head_of(body)
    collider = collider_of(head, body, colliders)
    field = scalp_density(head, spec.receding, own=spec.hairline)
    if thin is not None:
        field = field * thin
    seed = np.random.SeedSequence((spec.variation, 1))
    guide_rng, root_rng = (np.random.default_rng(s) for s in seed.spawn(2))
    guide_roots = scatter(head, (field > 0.02).astype(float), guides, guide_rng)
    share = 1.0 - 0.45 * spec.fineness
    roots = scatter(head, field, max(16, int(strands * share * density * _CROWD)), root_rng)
    line = above_hairline(roots.skull, spec.receding, spec.hairline)
    front = (line < 9.0) & (roots.skull[:, 1] < 0.0)
    wanted = 1.0 + 1.4 * front
    if part is not None:
        wanted = np.maximum(wanted, 1.0 + 3.4 * np.exp(-((part(roots.skull) / 0.006) ** 2)))
    roots = roots.take(root_rng.random(len(wanted)) * _CROWD * 0.85 < wanted)
    return Groom(spec, head, collider, density, guide_roots, roots)


def streaks(skull: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) smooth noise over the scalp, about ±1: locks that differ in shade from those beside them."""
    waves = rng.normal(0.0, 1.0, (10, 3))
    waves *= (2 * np.pi / rng.uniform(0.009, 0.040, 10) / np.linalg.norm(waves, axis=1))[:, None]
    return np.sin(skull @ waves.T + rng.uniform(0.0, 2 * np.pi, 10)).sum(1) / np.sqrt(5.0)


def pigment(spec: HairSpec, skull: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Per-strand colour: natural variation by lock and by strand, and white strands among dark ones, temples first.

    Args:
        skull: (N, 3) skull coordinates of the roots.
    Returns:
        Strand attributes for `hair_material`.
    """
    n = len(skull)
    base, red = _DYED.get(spec.dye, (spec.melanin if spec.dye == "none" else 0.16, spec.redness if spec.dye == "none" else 0.1))
    # Melanin acts through log(1 - m), so that is what varies by a share.
    amount = -np.log(np.maximum(1.0 - base, 0.002)) * np.exp(0.16 * streaks(skull, rng) + rng.normal(0, 0.16, n))
    melanin = np.clip(1.0 - np.exp(-amount), 0.01, 0.997)
    redness = np.clip(red + rng.normal(0, 0.06, n), 0.0, 1.0)
    azimuth, elevation = angles(skull)
    temple = np.exp(-(((azimuth - 65) / 35) ** 2) - ((elevation - 5) / 30) ** 2)
    grey = spec.grey if spec.dye == "none" else 0.0
    mixed = 4 * grey * (1 - grey)
    # White comes in patches and temples first; a strand is white or it is not.
    chance = grey + mixed * (0.28 * temple - 0.10 * (elevation > 45) + 0.07 * streaks(skull, rng))
    white = rng.random(n) < chance
    melanin = np.where(white, WHITE * rng.uniform(0.2, 2.0, n), melanin)
    redness = np.where(white, 0.0, redness)
    tint = hair_tint(melanin, redness, spec.dye)
    coarse = np.where(white, 0.06, 0.0) + rng.normal(0, 0.02, n)
    return {
        PIGMENT: np.stack([melanin, redness, coarse], 1).astype(np.float32),
        TINT: tint.astype(np.float32),
    }


def finish(
    g: Groom,
    points: np.ndarray,
    radius: float,
    *,
    share: np.ndarray | float = 1.0,
    clear: np.ndarray | float = 0.0006,
    roots: Roots | None = None,
    roughness: float = 0.32,
    face: bool = False,
    keep_first: int = 1,
) -> Strands:
    """Last pass of every style: out of the head, away from the face, into the world.

    Args:
        points: (N, K, 3) local.
        radius: Metres at density 1.
        share: (N,) factor on the radius.
        clear: Least height above the skin.
        face: Strands may hang over the face (fringes).
        keep_first: Points that stay where they are.
    """
    roots = roots or g.roots
    points = settle(points, g.collider, clear, keep_first)
    share = np.broadcast_to(np.asarray(share, float), (len(points),))
    attributes = pigment(g.spec, roots.skull, g.rng(9))
    if not face:
        # Strands that would hang over the face are cut to stubs and not dropped: the count must not depend on the pose,
        # or frames of a motion would not pair up.
        hanging = over_face(points, g.head)
        points[hanging] = resample(points[hanging], np.full(int(hanging.sum()), 0.08))
    thick = radius * (1.0 - 0.2 * g.spec.fineness) * g.head.scale**0.5 * max(g.density, 0.02) ** -THICKEN
    return Strands(
        g.head.world(points),
        taper(len(points), points.shape[1], thick, share),
        # Glints of thick strands would stand alone instead of adding up to a sheen. Rounded, so that people share materials.
        hair_material(round(roughness + 0.25 * (1.0 - round(min(g.density, 1.0), 1)), 2), bleach=round(g.spec.bleach, 1), dye=g.spec.dye),
        attributes=attributes,
    )


def baby_hairs(g: Groom, points: np.ndarray, share: float = 0.35) -> tuple[np.ndarray, np.ndarray]:
    """Turn some strands at the hairline into short, soft, bent ones, so that it has no edge.

    Args:
        points: (N, K, 3) local.
        share: Of the strands right at the line.
    Returns:
        Points, and (N,) which strands were turned.
    """
    rng, r = g.rng(11), g.roots
    n, k, _ = points.shape
    around = 0.35 + 0.65 * (r.skull[:, 1] < 0.0)
    chosen = rng.random(n) < share * around * (1.0 - g.edge(r)) ** 0.8
    m = int(chosen.sum())
    ahead = unit(points[chosen, min(2, k - 1)] - points[chosen, 0])
    normal = r.normal[chosen]
    bend = rng.normal(0.0, 0.55, (m, 3))
    bend -= normal * np.einsum("ij,ij->i", bend, normal)[:, None]
    length = (rng.uniform(0.006, 0.020, m) * g.head.scale)[:, None, None]
    t = np.linspace(0.0, 1.0, k)[None, :, None]
    start = (r.position - r.normal * ROOT_DEPTH)[chosen][:, None]
    lift = normal[:, None] * (0.42 * t - 0.22 * t**2)
    points = points.copy()
    points[chosen] = start + length * ((ahead[:, None] + 0.4 * bend[:, None]) * t * 0.8 + 0.6 * bend[:, None] * t**2 + lift)
    return points, chosen


def comb_out(
    g: Groom,
    guides: np.ndarray,
    *,
    clumping: float,
    member_noise: float = 0.12,
    frizz: float = 0.002,
    flyaway: float = 0.012,
    side: Callable[[np.ndarray], np.ndarray] | None = None,
    spread: np.ndarray | float = 1.0,
    length_noise: float = 0.12,
    start: float = 0.15,
    neighbours: int = 3,
    tress: float = 0.45,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fill guides in, clump, fray.

    Args:
        clumping: 0–1 pull to the guides at the tips.
        frizz: Metres by which single strands leave their clump at the tip.
        flyaway: The same for the 3 % of strands that belong to no clump.
        tress: 0–1 pull together of the couple of dozen strands next to each other.
    Returns:
        strands (N, K, 3), member (N,) nearest guide, loner (N,) bool.
    """
    rng = g.rng(3)
    points, member = fill(guides, g.guide_roots, g.roots, side=side, spread=spread, neighbours=neighbours)
    n = len(points)
    loner = rng.random(n) < FLYAWAY
    amount = np.clip(clumping * (1 + rng.normal(0, member_noise * 2, n)), 0, 1) * ~loner
    points = clump(points, guides, member, amount, start)
    if tress:
        # Within a lock strands stick together in tresses of a millimetre or two.
        key = apart(g.roots, side)
        centre = rng.choice(n, max(1, n // _TRESS), replace=False)
        _, nearest = NearestPoints(key[centre]).query(key)
        bound = np.clip(tress * (1 + rng.normal(0, 0.25, n)), 0, 0.95) * ~loner
        points = clump(points, points[centre], nearest, bound, start)
    if length_noise:
        points = resample(points, 1 - length_noise * rng.random(n) ** 2)
    points = wander(points, np.where(loner, flyaway, frizz) * rng.uniform(0.3, 1.4, n), 1.6, rng)
    return points, member, loner
