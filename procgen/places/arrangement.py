"""Putting things into a room: what stands where, with its seats and footprint; rugs, pictures, plants, table sets."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..frames import rigid
from ..geometry import Light, SceneObject, Seat
from ..materials import paint, upholstery
from ..materials.shader import Shader
from . import furnishing as fit
from . import furniture as fur
from .furniture import Fitment
from .interiors import Scheme, Side
from .solids import Kit, Piece, pose, quads


@dataclass
class Furnished:
    """Collects what stands in the room."""

    objects: list[SceneObject] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    obstacles: list[tuple[float, float, float]] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    instance: int = 0

    def put(self, thing: Fitment, T: np.ndarray, obstacle: bool = True) -> None:
        """Stand a thing in the room; its seats and footprint come along."""
        i = self.counts.get(thing.name, 0)
        self.counts[thing.name] = i + 1
        self.instance += 1
        name = f"{thing.name}_{i}"
        self.objects.append(SceneObject(name, thing.kit.mesh(), thing.semantic, self.instance, T_world_from_object=T))
        turn = float(np.arctan2(T[1, 0], T[0, 0]))
        for k, (x, y, z, heading, w, d) in enumerate(thing.seats):
            at = T[:3, :3] @ np.array([x, y, z]) + T[:3, 3]
            self.seats.append(Seat(f"{name}/{k}", at, turn + heading, w, d))
        if obstacle:
            w, d, _ = thing.size
            r, n = min(w, d) / 2 * 1.15, max(1, int(np.ceil(max(w, d) / min(w, d))))
            for k in range(n):
                s = (k - (n - 1) / 2) * (max(w, d) - min(w, d)) / max(n - 1, 1)
                p = T[:3, :3] @ np.array([s if w >= d else 0, s if d > w else 0, 0]) + T[:3, 3]
                self.obstacles.append((float(p[0]), float(p[1]), r))

    def add(self, kit: Kit, name: str, semantic: str, T: np.ndarray, countable: bool = True) -> None:
        """Add a small thing."""
        i = self.counts.get(name, 0)
        self.counts[name] = i + 1
        self.instance += countable
        self.objects.append(
            SceneObject(f"{name}_{i}", kit.mesh(), semantic, self.instance if countable else 0, T_world_from_object=T)
        )


@dataclass
class Palette:
    """Materials of one room."""

    scheme: Scheme
    wood: Shader
    metal: Shader
    cloth: Shader
    pillows: list[Shader]
    white: Shader
    black: Shader
    shade: Shader


def lay_rug(c: Scheme, w: float, d: float, rng: np.random.Generator) -> Kit:
    kind = ("border", "lattice", "stripe", "plain")[int(rng.integers(4))]
    colors = tuple(c.rug[int(k)] for k in rng.permutation(3)) if kind != "plain" else c.rug
    t = 0.0015  # thinner than the contact tolerance, so that feet may stand on the rug or beside it
    v = np.array([[-w, -d, t], [w, -d, t], [w, d, t], [-w, d, t]]) * (0.5, 0.5, 1)
    flat = Piece(v, quads(np.array([[0, 1, 2, 3]])), v * (1, 1, 0))
    return Kit().add(flat, upholstery.rug(colors, kind, (w / 2, d / 2)))


def pictures(
    room: Furnished, side: Side, x: float, z: float, span: float, c: Scheme, frame: Shader, rng: np.random.Generator
) -> None:
    """One large picture, a pair, or a small salon hang around (x, z)."""

    def art() -> Shader:
        colors = tuple(c.art[int(k)] for k in rng.permutation(len(c.art)))
        return paint.picture(float(rng.uniform(0, 50)), colors, ("blocks", "strokes", "hills")[int(rng.integers(3))])

    kind = rng.random()
    if kind < 0.35:
        spots = [(0.0, 0.0, min(span, 1.25), 0.82)]
    elif kind < 0.7:
        w = min(0.62, span / 2 - 0.08)
        spots = [(-w / 2 - 0.06, 0.0, w, 0.82), (w / 2 + 0.06, 0.0, w, 0.82)]
    else:
        spots = [
            (-0.50, 0.06, 0.50, 0.66),
            (0.06, 0.20, 0.46, 0.36),
            (0.06, -0.20, 0.46, 0.34),
            (0.56, 0.04, 0.40, 0.56),
        ]
        spots = [s for s in spots if abs(s[0]) + s[2] / 2 < span / 2 + 0.1]
    for dx, dz, w, h in spots:
        room.add(
            fit.framed(rng, w, h, frame, art(), 0.05 if min(w, h) < 0.7 else 0.07),
            "picture",
            "prop",
            side.T @ pose(x + dx, -0.001, z + dz),
        )


def stand_plant(
    room: Furnished, at: tuple[float, float], rng: np.random.Generator, tall: float, slim: bool = False
) -> None:
    """A pot plant at (x, y); `slim` leaves out the palm, whose fronds reach 0.8 m."""
    kind = ("fig", "snake", "palm")[int(rng.integers(2 if slim else 3))]
    pot, plant = fit.potted_plant(rng, kind, tall if kind != "snake" else 0.9)
    T = pose(*at, 0.0, float(rng.uniform(0, 6.28)))
    room.add(pot, "pot", "prop", T)
    room.add(plant, "plant", "vegetation", T)
    room.obstacles.append((*at, 0.35))


def glow(room: Furnished, at: np.ndarray, watts: float, size: float = 0.06) -> None:
    room.lights.append(Light("point", watts, (1.0, 0.74, 0.48), size, rigid(np.eye(3), at)))


def table_set(
    room: Furnished,
    p: Palette,
    at: tuple[float, float],
    turns: list[float],
    rng: np.random.Generator,
    wide: float = 0.7,
    style: str = "cafe",
) -> None:
    """A round table with chairs; a chair at angle `a` stands there and faces the table."""
    t = fur.table(p.wood, p.metal, wide, wide, 0.74, "round")
    piece, glaze = fit.mug(rng, (0.12, 0.05, 0.74))
    t.kit.add(piece, glaze)
    fit.ornaments(t.kit, 0.1, 0.1, 0.74, rng, 1)
    room.put(t, pose(*at, 0))
    for a in turns:
        r = wide / 2 + 0.30
        x, y = at[0] + r * np.sin(a), at[1] - r * np.cos(a)
        # A chair facing -y stands behind the table (a = pi); in general it looks back along its own bearing.
        room.put(fur.chair(rng, p.wood, p.pillows[0], style), pose(x, y, 0, a + np.pi + float(rng.normal(0, 0.12))))
