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
from .strands import clump, fill, over_face, resample, settle, taper, wander

if TYPE_CHECKING:
    from .body_state import BodyState

# Share of strands that leave the others and go their own way.
FLYAWAY = 0.03
WHITE = 0.02
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
        return np.clip(above_hairline(roots.skull, self.spec.receding) / 9.0, 0.0, 1.0)


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
    field = scalp_density(head, spec.receding)
    if thin is not None:
        field = field * thin
    seed = np.random.SeedSequence((spec.variation, 1))
    guide_rng, root_rng = (np.random.default_rng(s) for s in seed.spawn(2))
    guide_roots = scatter(head, (field > 0.02).astype(float), guides, guide_rng)
    roots = scatter(head, field, max(16, int(strands * density * _CROWD)), root_rng)
    line = above_hairline(roots.skull, spec.receding)
    front = (line < 9.0) & (roots.skull[:, 1] < 0.0)
    wanted = 1.0 + 1.4 * front
    if part is not None:
        wanted = np.maximum(wanted, 1.0 + 3.4 * np.exp(-((part(roots.skull) / 0.006) ** 2)))
    roots = roots.take(root_rng.random(len(wanted)) * _CROWD * 0.85 < wanted)
    return Groom(spec, head, collider, density, guide_roots, roots)


def pigment(spec: HairSpec, skull: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Per-strand colour: natural variation, and white strands among dark ones, temples first.

    Args:
        skull: (N, 3) skull coordinates of the roots.
    Returns:
        Strand attributes for `hair_material`.
    """
    n = len(skull)
    spread = 0.03 + 0.05 * (1 - spec.melanin)
    melanin = np.clip(spec.melanin + rng.normal(0, spread, n), 0.02, 0.995)
    redness = np.clip(spec.redness + rng.normal(0, 0.06, n), 0.0, 1.0)
    azimuth, elevation = angles(skull)
    temple = np.exp(-(((azimuth - 65) / 35) ** 2) - ((elevation - 5) / 30) ** 2)
    mixed = 4 * spec.grey * (1 - spec.grey)
    chance = spec.grey + mixed * (0.28 * temple - 0.10 * (elevation > 45))
    white = rng.random(n) < chance
    melanin = np.where(white, WHITE * rng.uniform(0.2, 2.0, n), melanin)
    redness = np.where(white, 0.0, redness)
    tint = hair_tint(melanin, redness)
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
    thick = radius * g.head.scale**0.5 * max(g.density, 0.02) ** -0.5
    return Strands(
        g.head.world(points),
        taper(len(points), points.shape[1], thick, share),
        hair_material(roughness),
        attributes=attributes,
    )


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
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fill guides in, clump, fray.

    Args:
        clumping: 0–1 pull to the guides at the tips.
        frizz: Metres by which single strands leave their clump at the tip.
        flyaway: The same for the 3 % of strands that belong to no clump.
    Returns:
        strands (N, K, 3), member (N,) nearest guide, loner (N,) bool.
    """
    rng = g.rng(3)
    points, member = fill(guides, g.guide_roots, g.roots, side=side, spread=spread, neighbours=neighbours)
    n = len(points)
    loner = rng.random(n) < FLYAWAY
    amount = np.clip(clumping * (1 + rng.normal(0, member_noise * 2, n)), 0, 1) * ~loner
    points = clump(points, guides, member, amount, start)
    if length_noise:
        points = resample(points, 1 - length_noise * rng.random(n) ** 2)
    points = wander(points, np.where(loner, flyaway, frizz) * rng.uniform(0.3, 1.4, n), 1.6, rng)
    return points, member, loner
