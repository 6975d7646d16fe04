"""The way of every cut garment: pattern, fit, pose, drape, finish."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from ...geometry import Mesh
from ...keyed import Keyed
from ...vectors import vertex_normals
from ..body_state import BodyState
from .collide import Collider, layer_samples
from .drape import Cloth, relax
from .figure import Figure, figure_of, smoothstep
from .finish import Draped, limb_coordinates, loop_distance, pattern_coordinates
from .fitting import Ease, carry, fit, joint_weights, signed_arm, skin_samples
from .folds import Creases, Folding, folded, folds_of
from .hanging import hung
from .pattern import Pattern
from .topology import Blend, Fabric, subdivide

# "far" is "fast" on the cut pattern itself, with a quarter of the vertices: for people who are small in the picture.
Mode = Literal["fast", "drape", "far"]
# Share of the way to the skinned garment that free cloth goes in a step: without it clothes slide off.
SOFT = 0.035
# Metres under a skirt from which on a garment is lifted over it; less deep is what collisions see to.
WIDE = 0.03
# What hangs below the hem of such a garment is taken along as far down as this, metres a metre that it stands off.
TAKEN_ALONG = 10.0
# Room of cloth that gravity moves, metres, and its share that goes from where cloth lies.
HANGS, LIES = 0.03, 0.8
# What lies on the ground keeps this far above it, with its turned-in hem, metres.
FLOOR = 0.004


@dataclass(frozen=True)
class Work:
    """How one garment is made.

    Attributes:
        ease: Room.
        cloth: Behaviour of the fabric.
        clearance: Metres kept from the skin.
        soft: Pull of the skinned garment in drape mode.
        skirt: Hangs round both legs.
        steps: Coarse and fine steps in drape mode.
        folds: How it folds; None = stretched smooth.
    """

    ease: Ease = field(default_factory=Ease)
    cloth: Cloth = field(default_factory=Cloth)
    clearance: float = 0.004
    soft: float = SOFT
    skirt: bool = False
    steps: tuple[int, int] = (30, 16)
    folds: Folding | None = field(default_factory=Folding)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """What of a garment depends on the person but not on the pose."""

    coarse: np.ndarray
    weights: np.ndarray
    fine: np.ndarray
    rest: np.ndarray
    arm: np.ndarray
    around: np.ndarray
    distance: dict[str, np.ndarray]
    folds: Creases | None


@lru_cache(maxsize=24)
def _fitted(
    pattern: Pattern, fig: Figure, ease: Ease, skirt: bool, folding: Folding | None, tight: Keyed[np.ndarray], refined: bool
) -> _Fitted:
    coarse = fit(pattern, fig, ease, tight.value, refined)
    by, fabric = _fine(pattern, refined)
    # Midpoints lie on the facets of the coarse mesh: round them before the fine folds.
    fine = fabric.smooth(by(coarse), 0.5, 2) if refined else coarse
    arm = by(pattern.arm)
    legs = "leg0" in pattern.loops and pattern.arm[pattern.loops["leg0"]].max() < 0.2
    return _Fitted(
        coarse,
        joint_weights(pattern, fig, coarse, skirt),
        fine,
        pattern_coordinates(fine, arm, fig),
        arm,
        limb_coordinates(fine, arm, fig, legs),
        {k: loop_distance(fine, v) for k, v in fine_loops(pattern, fabric).items()},
        None
        if folding is None
        else folds_of(
            coarse, vertex_normals(coarse, pattern.fabric.tris), pattern.arm, pattern.drop, by, fine, fig, folding, legs, skirt
        ),
    )


@dataclass
class Folds:
    """How the cloth of an outfit lay in one pose, garment by garment, to be carried through a motion.

    Draping every frame anew would let folds jump; carried folds follow the body smoothly, and make the same mesh move.

    Attributes:
        entries: For each garment the offset of its draped cloth from the skinned garment, in the frame of the cloth.
        recording: Drape and record; otherwise replay in the same order.
        place: Number of the next garment to replay.
    """

    entries: list[np.ndarray] = field(default_factory=list)
    recording: bool = True
    place: int = 0

    def replay(self) -> Folds:
        """A copy that hands the folds out from the first garment on."""
        return Folds(self.entries, recording=False)

    def take(self) -> np.ndarray:
        """The next garment's offsets."""
        self.place += 1
        return self.entries[self.place - 1]


def make(
    pattern: Pattern,
    body: BodyState,
    below: list[Mesh],
    work: Work,
    mode: Mode | Folds,
    tight: np.ndarray,
    hold: np.ndarray,
) -> Draped:
    """Make a garment.

    Args:
        pattern: Cut cloth.
        body: The person in the final pose.
        below: Finished garments that this one lies on.
        work: Measures and behaviour.
        mode: "fast" skins and pushes out, "drape" relaxes as cloth too, "far" leaves out the last subdivision; `Folds`
            records or replays a drape.
        tight: (V,) 0–1 where it stays on the skin.
        hold: (V,) 0–1 where draping keeps it with the skinned garment.
    """
    fig = figure_of(body)
    f = _fitted(pattern, fig, work.ease, work.skirt, work.folds, Keyed(tight, tight.tobytes()), mode != "far")
    target, turned = carry(pattern, f.coarse, f.weights, fig, body)
    if work.skirt:
        target = hung(pattern, target, f.coarse, f.weights, turned, fig, body, below)
    by, fine = _fine(pattern, mode != "far")
    layers = [layer_samples(m) for m in below]
    wide = []
    for layer, mesh in zip(layers, below, strict=True):
        if "wide" not in mesh.point:
            continue
        over = Collider.of([layer], target, signed_arm(pattern.arm))
        taken = _over(pattern, target, over, float(mesh.point["wide"][0]), 8 if mode == "far" else 20)
        if taken is not target:
            wide.append((over.on(signed_arm(f.arm)), TAKEN_ALONG * float(mesh.point["wide"][0])))
        target = taken
    samples = [skin_samples(body, work.clearance, mode != "far"), *layers]
    coarse_collider = Collider.of(samples, target, signed_arm(pattern.arm))
    collider = coarse_collider.on(signed_arm(f.arm))
    loose = 1 - by(tight)
    # Hems of trousers may lie on shoes, whose soles are lower than any skin.
    floor = float(body.posed[: body.count, 2].min()) + FLOOR if work.skirt else -np.inf
    height, shown = (None, {}) if f.folds is None else folded(f.folds, by, pattern.fabric, f.coarse, target, body)
    height = None if height is None else height * loose
    if mode in ("fast", "far"):
        x = fine.smooth(by(coarse_collider.push(target)), 0.5, 3 if mode == "fast" else 1)
        gap, n = collider.gap(x), vertex_normals(x, fine.tris)
        if not work.skirt:
            x, gap = _rested(x, n, fine, gap, loose)
        x = _folded(x, n, height, gap)
    else:
        goal = fine.smooth(by(target), 0.5, 2)
        goal = _folded(goal, vertex_normals(goal, fine.tris), height, None)
        turn = by(turned.reshape(-1, 9)).reshape(-1, 3, 3)
        if isinstance(mode, Folds) and not mode.recording:
            x = goal + np.einsum("vij,vj->vi", turn, mode.take())
        else:
            x = _drape(pattern, f, height, target, goal, (coarse_collider, collider), work, hold, loose, floor)
            if isinstance(mode, Folds):
                mode.entries.append(np.einsum("vij,vj->vi", _unturn(turn), x - goal))
    if mode == "far":
        x = collider.clear(x, 2)
    else:
        # What had to give way takes the cloth around along: a waistband below is a ridge in it, and not a row of teeth.
        x = collider.clear(x + fine.smooth(collider.clear(x, 2) - x, 0.5, 4), 4)
    for over, lower in wide:
        x = x + over.cover(x, lower)
    x[:, 2] = np.maximum(x[:, 2], floor)
    distance = dict(f.distance)
    border = np.minimum.reduce(list(distance.values()))
    return Draped(
        fine, x, f.fine, f.rest, f.arm, fine_loops(pattern, fine), distance, border, _cut_edge(pattern, mode != "far"), f.around,
        {**shown, **({"wide": np.full(len(x), WIDE)} if work.skirt else {})},
    )


def _over(pattern: Pattern, x: np.ndarray, layer: Collider, least: float, rounds: int = 20) -> np.ndarray:
    """The skinned garment taken over one that stands further off the body, and the cloth around along with it.

    Collisions do not see to that: between skin and a wide skirt, or in a shoe, a vertex is nearest to the skin, and outside
    of it. What is less than `least` metres deep they do see to.
    """
    for _ in range(2):
        asked = layer.cover(x, TAKEN_ALONG * least)
        deep = np.sqrt(np.einsum("ij,ij->i", asked, asked))
        share = smoothstep(deep.max(initial=0.0), least, 2 * least)
        if share == 0:
            break
        x = x + share * pattern.fabric.smooth(asked, 0.5, rounds, (deep > 0).astype(float))
    return x


def _rested(
    x: np.ndarray, n: np.ndarray, fine: Fabric, gap: np.ndarray, loose: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cloth lies on what is below it and hangs away from what is above: room on shoulders and raised arms goes to their undersides.

    Args:
        x, n: (V, 3) places and normals.
        fine: Mesh.
        gap: (V,) room inwards, metres.
        loose: (V,) 0–1 where cloth may leave its place.
    Returns:
        (V, 3) places and (V,) the room that is left.
    """
    room = np.clip(gap, 0.0, HANGS) * loose
    lies, sinks = LIES * room * smoothstep(n[:, 2], 0.05, 0.75), 0.7 * room * smoothstep(-n[:, 2], 0.15, 0.8)
    lies, sinks = fine.smooth(np.stack([lies, sinks], 1), 0.5, 3).T
    return x - n * lies[:, None] - np.outer(sinks, [0.0, 0.0, 1.0]), gap - lies


def _folded(x: np.ndarray, n: np.ndarray, height: np.ndarray | None, gap: np.ndarray | None) -> np.ndarray:
    """The cloth with its folds along its normals; where it has no room inwards, they stand out only."""
    if height is None:
        return x
    if gap is not None:
        height = np.maximum(height, -np.maximum(0.0, gap))
    return x + n * height[:, None]


def _unturn(turn: np.ndarray) -> np.ndarray:
    """(V, 3, 3) inverses of blended rotations; transposes where blending has flattened them (armpits)."""
    flat = np.abs(np.linalg.det(turn)) < 0.3
    safe = np.where(flat[:, None, None], np.eye(3), turn)
    return np.where(flat[:, None, None], np.swapaxes(turn, 1, 2), np.linalg.inv(safe))


def _drape(
    pattern: Pattern,
    f: _Fitted,
    height: np.ndarray | None,
    target: np.ndarray,
    goal: np.ndarray,
    colliders: tuple[Collider, Collider],
    work: Work,
    hold: np.ndarray,
    loose: np.ndarray,
    floor: float,
) -> np.ndarray:
    """Coarse folds on the cut pattern, then fine ones on its subdivision; (V, 3) of the fine mesh."""
    by, fine = _fine(pattern)
    # What hangs free is pulled less the lower it is: gravity shapes it.
    soft = work.soft * (1 - 0.85 * smoothstep(pattern.drop, 0.0, 0.25))
    pull = np.clip(np.maximum(soft, hold), 0, 1)
    x = colliders[0].push(target)
    x = relax(pattern.fabric, x, f.coarse, target, pull, colliders[0], work.cloth, work.steps[0], floor=floor)
    cloth = replace(work.cloth, bend=min(0.9, 0.15 + work.cloth.bend * 3.0), slack=1 + 0.4 * (work.cloth.slack - 1))
    # The cloth is cut with its folds in it: they are what it wants to be, and gravity and the body change them.
    x = fine.smooth(by(x), 0.5, 1)
    still = None if f.folds is None else folded(f.folds, by, pattern.fabric, f.coarse, f.coarse, None)[0] * loose
    rest = _folded(f.fine, vertex_normals(f.fine, fine.tris), still, None)
    start = x + (goal - fine.smooth(by(target), 0.5, 2)) * 0.8
    x = relax(fine, start, rest, goal, by(pull) * 0.7, colliders[1], cloth, work.steps[1], floor=floor)
    # Jacobi leaves ripples of one mesh width, which read as wood grain; smoothing them takes some of the folds with them.
    x = fine.smooth(x, 0.4, 3)
    return _folded(x, vertex_normals(x, fine.tris), None if height is None else 0.5 * height, colliders[1].gap(x))


@lru_cache(maxsize=64)
def _fine(pattern: Pattern, refined: bool = True) -> tuple[Blend, Fabric]:
    """The last subdivision of a pattern, or the pattern as it is; kept with it."""
    if not refined:
        return Blend.none(pattern.fabric.count), pattern.fabric
    by, tris = subdivide(pattern.fabric.tris, pattern.fabric.count)
    return by, Fabric(tris, len(by.a))


@lru_cache(maxsize=64)
def _cut_edge(pattern: Pattern, refined: bool) -> np.ndarray:
    """(V,) canonical distance to the nearest border of the mesh."""
    by, fine = _fine(pattern, refined)
    x = by(pattern.points)
    return np.minimum.reduce([loop_distance(x, lo) for lo in fine_loops(pattern, fine).values()])


def fine_loops(pattern: Pattern, fine: Fabric) -> dict[str, np.ndarray]:
    """Borders of the subdivided mesh by the names of the coarse ones: they start at the same vertices."""
    start = {int(lo.min()): name for name, lo in pattern.loops.items()}
    return {start[int(lo.min())]: lo for lo in fine.loops if int(lo.min()) in start}
