"""A furnished room by daylight: living room, café or office."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..frames import rigid
from ..geometry import Light, PlaceGeometry, SceneObject, Seat
from ..materials import masonry, paint, upholstery, wood
from ..registry import places
from ..spec import PlaceSpec
from . import furnishing as fit
from . import furniture as fur
from .furniture import Fitment
from .interiors import SCHEMES, Scheme, Side, build_shell, floor_material, outside, sides
from .openings import Opening
from .solids import Kit, Piece, box, pose, quads

MARGIN = 0.5  # cameras keep this far from the walls, so that they never look out of a bookcase


@dataclass(frozen=True, kw_only=True)
class RoomSpec(PlaceSpec):
    """A furnished room."""

    kind: ClassVar[str | None] = "room"

    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of furnishing details.")
    style: Literal["living", "cafe", "office"] = param("living", doc="What the room is for.")
    scheme: Literal["nordic", "forest", "terracotta", "navy", "blush", "loft", "sage"] = param("nordic", doc="Colours.")
    width: float = param(6.2, low=5.6, high=8.0, unit="m", doc="Inside, along x.")
    depth: float = param(6.6, low=5.6, high=9.0, unit="m", doc="Inside, along y.")
    height: float = param(2.8, low=2.5, high=3.6, unit="m", doc="Inside.")
    floor: Literal["planks", "parquet", "tiles", "carpet", "concrete"] = param("planks", doc="Floor.")
    accent: Literal["paint", "brick", "wallpaper", "panels"] = param("paint", doc="What the wall behind the stage is made of.")
    french: bool = param(False, doc="Windows down to the floor.")
    curtains: bool = param(True, doc="Curtains at the windows.")
    sofa: Literal["box", "soft", "legs"] = param("box", doc="Shape of the sofa.")
    daylight: float = param(1.0, low=0.2, high=3.0, doc="Strength of the light from the windows.")
    lamps: bool = param(True, doc="Electric lamps are on.")


def sample_room(rng: np.random.Generator) -> RoomSpec:
    """Draw a room."""
    style = ("living", "living", "cafe", "office")[int(rng.integers(4))]
    floors = {"living": ("planks", "parquet", "planks", "carpet"), "cafe": ("tiles", "planks", "concrete", "parquet"),
              "office": ("carpet", "concrete", "planks", "parquet")}[style]  # fmt: skip
    accents = {"living": ("paint", "paint", "wallpaper", "panels"), "cafe": ("brick", "panels", "paint", "brick"),
               "office": ("paint", "paint", "brick", "panels")}[style]  # fmt: skip
    low = 6.4 if style == "cafe" else 5.8
    return RoomSpec(
        variation=int(rng.integers(0, 2**31)),
        style=style,  # type: ignore[arg-type]
        scheme=tuple(SCHEMES)[int(rng.integers(len(SCHEMES)))],  # type: ignore[arg-type]
        width=float(rng.uniform(low, 7.4)),
        depth=float(rng.uniform(6.2, 8.2)),
        height=float(rng.uniform(2.6, 3.2)),
        floor=floors[int(rng.integers(4))],
        accent=accents[int(rng.integers(4))],
        french=bool(rng.random() < 0.3),
        curtains=bool(rng.random() < (0.9 if style == "living" else 0.25)),
        sofa=("box", "soft", "legs")[int(rng.integers(3))],
        daylight=float(rng.uniform(0.8, 1.25)),
        lamps=bool(rng.random() < 0.7),
    )


places.register("room", spec=RoomSpec, build=lambda spec: build_room(spec))(sample_room)


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
        self.objects.append(SceneObject(f"{name}_{i}", kit.mesh(), semantic, self.instance if countable else 0, T_world_from_object=T))


@dataclass
class Palette:
    """Materials of one room."""

    scheme: Scheme
    wood: object
    metal: object
    cloth: object
    pillows: list
    white: object
    black: object
    shade: object


def _palette(spec: RoomSpec, rng: np.random.Generator) -> Palette:
    c = SCHEMES[spec.scheme]
    kind = "leather" if spec.scheme == "loft" else "velvet" if spec.scheme in ("navy", "forest") and rng.random() < 0.5 else "weave"
    return Palette(
        c,
        wood.board(wood.TONES[c.tone], 0.42),
        paint.metal((0.52, 0.40, 0.22), 0.3) if rng.random() < 0.4 else paint.gloss((0.025, 0.025, 0.027), 0.4),
        upholstery.cover(c.cloth, kind),
        [upholstery.cover(p, "velvet" if i == 0 else "weave") for i, p in enumerate(c.pillows)],
        paint.gloss((0.72, 0.71, 0.69), 0.4),
        paint.gloss((0.022, 0.022, 0.024), 0.38),
        paint.shade_cloth((0.74, 0.68, 0.58), 1.6 if spec.lamps else 0.0),
    )


def _walls(spec: RoomSpec, c: Scheme) -> list:
    plain = paint.wall_paint(c.wall)
    accent = {
        "paint": paint.wall_paint(c.accent),
        "brick": masonry.brick((0.36, 0.15, 0.09), (0.50, 0.47, 0.42)) if spec.scheme != "nordic" else masonry.brick((0.62, 0.60, 0.57), (0.66, 0.64, 0.61), 0.2),
        "wallpaper": paint.wallpaper(c.wall, tuple(np.add(np.multiply(c.wall, 0.72), np.multiply(c.accent, 0.28)).tolist()), "stripe", 0.085),
        "panels": paint.wall_paint(c.accent),
    }[spec.accent]
    return [accent, plain, plain, plain]


def _windows(spec: RoomSpec, rng: np.random.Generator) -> list[tuple[int, Opening]]:
    """Two or three windows on the west wall; sometimes one more on the south."""
    sill = 0.06 if spec.french else float(rng.uniform(0.78, 0.92))
    head = min(spec.height - 0.28, float(rng.uniform(2.15, 2.5)))
    n = 3 if spec.depth > 7.3 else 2
    w = min(1.75, (spec.depth - 1.2) / n - 0.75)
    step = (spec.depth - 0.6) / n
    out: list[tuple[int, Opening]] = []
    for i in range(n):
        m = (i - (n - 1) / 2) * step
        out.append((3, (m - w / 2, sill, m + w / 2, head)))
    if rng.random() < 0.6:
        m = float(rng.uniform(0.4, 1.0)) * (spec.width / 2 - 1.6)
        out.append((2, (m - 0.75, sill, m + 0.75, head)))
    return out


def _panels(side: Side, height: float, paint_: object, rail: float = 1.25) -> Kit:
    """Wainscot panels: stiles, rails and a cap up to `rail`."""
    kit = Kit()
    n = max(3, round(side.length / 0.62))
    for i in range(n + 1):
        x = -side.length / 2 + side.length * i / n
        kit.add(box((0.075, 0.016, rail), (float(np.clip(x, -side.length / 2 + 0.0375, side.length / 2 - 0.0375)), -0.008, rail / 2)), paint_)
    for z, h in ((0.055, 0.11), (rail - 0.04, 0.08)):
        kit.add(box((side.length, 0.0165, h), (0, -0.00825, z)), paint_)
    kit.add(box((side.length, 0.036, 0.024), (0, -0.018, rail + 0.012), 0.006), paint_)
    return kit


def _rug(c: Scheme, w: float, d: float, rng: np.random.Generator) -> Kit:
    kind = ("border", "lattice", "stripe", "plain")[int(rng.integers(4))]
    colors = tuple(c.rug[int(k)] for k in rng.permutation(3)) if kind != "plain" else c.rug
    t = 0.0015  # thinner than the contact tolerance, so that feet may stand on the rug or beside it
    v = np.array([[-w, -d, t], [w, -d, t], [w, d, t], [-w, d, t]]) * (0.5, 0.5, 1)
    flat = Piece(v, quads(np.array([[0, 1, 2, 3]])), v * (1, 1, 0))
    return Kit().add(flat, upholstery.rug(colors, kind, (w / 2, d / 2)))  # type: ignore[arg-type]


def _pictures(room: Furnished, side: Side, x: float, z: float, span: float, c: Scheme, frame: object, rng: np.random.Generator) -> None:
    """One large picture, a pair, or a small salon hang around (x, z)."""
    def art() -> object:
        colors = tuple(c.art[int(k)] for k in rng.permutation(len(c.art)))
        return paint.picture(float(rng.uniform(0, 50)), colors, ("blocks", "strokes", "hills")[int(rng.integers(3))])

    kind = rng.random()
    if kind < 0.35:
        spots = [(0.0, 0.0, min(span, 1.25), 0.82)]
    elif kind < 0.7:
        w = min(0.62, span / 2 - 0.08)
        spots = [(-w / 2 - 0.06, 0.0, w, 0.82), (w / 2 + 0.06, 0.0, w, 0.82)]
    else:
        spots = [(-0.50, 0.06, 0.50, 0.66), (0.06, 0.20, 0.46, 0.36), (0.06, -0.20, 0.46, 0.34), (0.56, 0.04, 0.40, 0.56)]
        spots = [s for s in spots if abs(s[0]) + s[2] / 2 < span / 2 + 0.1]
    for dx, dz, w, h in spots:
        room.add(fit.framed(rng, w, h, frame, art(), 0.05 if min(w, h) < 0.7 else 0.07), "picture", "prop", side.T @ pose(x + dx, -0.001, z + dz))  # type: ignore[arg-type]


def _plant(room: Furnished, at: tuple[float, float], rng: np.random.Generator, tall: float) -> None:
    kind = ("fig", "palm", "snake")[int(rng.integers(3))]
    pot, plant = fit.potted_plant(rng, kind, tall if kind != "snake" else 0.9)
    T = pose(*at, 0.0, float(rng.uniform(0, 6.28)))
    room.add(pot, "pot", "prop", T)
    room.add(plant, "plant", "vegetation", T)
    room.obstacles.append((*at, 0.35))


def _glow(room: Furnished, at: np.ndarray, watts: float, size: float = 0.06) -> None:
    room.lights.append(Light("point", watts, (1.0, 0.74, 0.48), size, rigid(np.eye(3), at)))


def _living(spec: RoomSpec, p: Palette, room: Furnished, rng: np.random.Generator) -> np.ndarray:
    n, e, s, _ = sides(spec.width, spec.depth)
    W, D = spec.width, spec.depth
    length = min(2.3, W - 3.4)
    left = -W / 2 + 0.55
    case_w = float(rng.uniform(0.9, 1.25))
    sofa_x = float(np.clip((left + 0.35 + W / 2 - case_w - 0.3) / 2, -0.6, 0.6))
    sofa = fur.sofa(rng, p.cloth, p.pillows, p.wood, length, spec.sofa)  # type: ignore[arg-type]
    gap = 0.10 if spec.accent == "panels" else 0.06
    room.put(sofa, n.T @ pose(sofa_x, -0.46 - gap, 0))
    _pictures(room, n, sofa_x, 1.72 if spec.accent == "panels" else 1.62, length - 0.3, p.scheme, p.wood if rng.random() < 0.5 else p.black, rng)
    room.put(fit.bookcase(rng, p.wood, case_w, float(rng.uniform(1.8, 2.25))), n.T @ pose(W / 2 - case_w / 2 - 0.12, -0.17 - gap / 2, 0))  # type: ignore[arg-type]
    lamp = fit.floor_lamp(p.metal, p.shade, "drum")  # type: ignore[arg-type]
    lx = sofa_x - length / 2 - 0.30
    room.put(lamp, n.T @ pose(lx, -0.36, 0))
    if spec.lamps:
        _glow(room, (n.T @ np.array([lx, -0.36, 1.47, 1]))[:3], 7.0)
    if lx - 0.6 > -W / 2 + 0.3:
        _plant(room, (-W / 2 + 0.42, D / 2 - 0.42), rng, float(rng.uniform(1.3, 1.8)))
    table_y = D / 2 - 0.9 - gap - 0.40 - 0.28
    rug_w, rug_d = min(length + 0.7, 2.9), 1.75
    room.add(_rug(p.scheme, rug_w, rug_d, rng), "rug", "floor", pose(sofa_x, table_y - 0.10, 0))
    low = fur.table(p.wood, p.metal, 1.05, 0.55, 0.40) if rng.random() < 0.6 else fur.table(p.wood, p.metal, 0.80, 0.80, 0.40, "round")  # type: ignore[arg-type]
    fit.ornaments(low.kit, low.size[0] * 0.7, 0.2, 0.40, rng, 2)
    room.put(low, pose(sofa_x, table_y, 0, float(rng.normal(0, 0.03))))
    arm = fur.sofa(rng, p.pillows[1], [p.pillows[0]], p.wood, 0.86, spec.sofa)  # type: ignore[arg-type]
    room.put(arm, pose(W / 2 - 0.85, table_y - 0.25, 0, -np.pi / 2 + 0.45 + float(rng.normal(0, 0.08))))
    board = fit.sideboard(rng, p.wood, p.wood if rng.random() < 0.5 else p.white, p.metal, 1.5)  # type: ignore[arg-type]
    ex = -float(np.clip(table_y - 1.7 + rng.uniform(-0.3, 0.3), -D / 2 + 1.3, D / 2 - 2.6))  # along the east wall x runs to -y
    fit.ornaments(board.kit, 1.1, 0.2, 0.75, rng, 2)
    T = e.T @ pose(ex, -0.23, 0)
    if spec.lamps:
        body = fit.table_lamp(p.metal, p.shade)  # type: ignore[arg-type]
        board.kit.add(body.moved(0.58, 0.02, 0.75), paint.glaze(p.scheme.accent)).add(fit.table_shade().moved(0.58, 0.02, 0.75), p.shade)  # type: ignore[arg-type]
        _glow(room, (T @ np.array([0.58, 0.02, 1.10, 1]))[:3], 4.0, 0.04)
    room.put(board, T)
    _pictures(room, e, ex, 1.55, 1.3, p.scheme, p.black, rng)
    seat = fur.stool(p.wood, p.wood if rng.random() < 0.5 else p.pillows[2], 0.45)  # type: ignore[arg-type]
    room.put(seat, pose(-W / 2 + 0.55, -0.1, 0))
    extra = fur.chair(rng, p.wood, p.pillows[0], ("slats", "shell", "cafe")[int(rng.integers(3))])  # type: ignore[arg-type]
    room.put(extra, pose(-W / 2 + 0.62, -D / 2 + 1.0, 0, float(rng.uniform(0.9, 1.4))))
    room.put(fit.bookcase(rng, p.wood, 1.2, 0.9), s.T @ pose(W / 2 - 0.85, -0.17, 0))  # type: ignore[arg-type]
    return np.array([-W / 2 + 0.95, -D / 2 + 0.75, W / 2 - 0.75, table_y - 0.62])


def _set(room: Furnished, p: Palette, at: tuple[float, float], turns: list[float], rng: np.random.Generator, wide: float = 0.7, style: str = "cafe") -> None:
    """A round table with chairs; a chair at angle `a` stands there and faces the table."""
    t = fur.table(p.wood, p.metal, wide, wide, 0.74, "round")  # type: ignore[arg-type]
    piece, glaze = fit.mug(rng, (0.12, 0.05, 0.74))
    t.kit.add(piece, glaze)
    fit.ornaments(t.kit, 0.1, 0.1, 0.74, rng, 1)
    room.put(t, pose(*at, 0))
    for a in turns:
        r = wide / 2 + 0.30
        x, y = at[0] + r * np.sin(a), at[1] - r * np.cos(a)
        # A chair facing -y stands behind the table (a = pi); in general it looks back along its own bearing.
        room.put(fur.chair(rng, p.wood, p.pillows[0], style), pose(x, y, 0, a + np.pi + float(rng.normal(0, 0.12))))  # type: ignore[arg-type]


def _cafe(spec: RoomSpec, p: Palette, room: Furnished, rng: np.random.Generator) -> np.ndarray:
    n, e, _, _ = sides(spec.width, spec.depth)
    W, D = spec.width, spec.depth
    wide = min(3.4, W - 2.6)
    x = float(rng.uniform(-0.3, 0.5))
    bar = Kit()
    bar.add(box((wide, 0.62, 0.045), (0, 0, 1.08), 0.008), p.wood)  # type: ignore[arg-type]
    front = paint.gloss(p.scheme.front, 0.45)
    bar.add(box((wide - 0.08, 0.50, 1.0), (0, 0.02, 0.56)), front).add(box((wide - 0.12, 0.44, 0.08), (0, 0.03, 0.04)), p.black)  # type: ignore[arg-type]
    k = round(wide / 0.16)
    slats = [((i + 0.5) / k * (wide - 0.1) - (wide - 0.1) / 2, -0.238, 0.57) for i in range(k)]
    bar.add(Piece(*_slats(np.array(slats), (0.11, 0.018, 0.96))), p.wood if rng.random() < 0.6 else front)  # type: ignore[arg-type]
    for i in range(5):
        piece, glaze = fit.mug(rng, (wide / 2 - 0.35 - 0.1 * i, 0.12, 1.1025))
        bar.add(piece, glaze)
    machine = box((0.62, 0.42, 0.40), (-wide / 2 + 0.55, 0.05, 1.32), 0.03)
    bar.add(machine, paint.metal((0.56, 0.56, 0.57), 0.25)).add(box((0.56, 0.03, 0.12), (-wide / 2 + 0.55, -0.17, 1.40), 0.008), p.black)  # type: ignore[arg-type]
    fit.ornaments(bar, wide * 0.3, 0.2, 1.1025, rng, 2)
    room.put(Fitment(bar, (wide, 0.62, 1.1), name="counter"), n.T @ pose(x, -1.30, 0))
    for z in (1.42, 1.82):
        shelf = Kit().add(box((wide, 0.24, 0.035), (0, 0, 0), 0.004), p.wood)  # type: ignore[arg-type]
        _bottles(shelf, wide, 0.0175, rng)
        room.add(shelf, "shelf", "furniture", n.T @ pose(x, -0.14, z))
    back = fit.sideboard(rng, p.wood, p.wood, p.metal, wide, 0.92)  # type: ignore[arg-type]
    room.put(back, n.T @ pose(x, -0.25, 0))
    for i in range(3):
        lamp = fit.pendant(p.black, p.shade, spec.height, spec.height - 2.15)  # type: ignore[arg-type]
        T = n.T @ pose(x + (i - 1) * wide / 3, -1.30, 0)
        room.put(lamp, T, obstacle=False)
        if spec.lamps:
            _glow(room, (T @ np.array([0, 0, 1.99, 1]))[:3], 5.0, 0.05)
    for i in range(2):
        stool = fur.stool(p.metal, p.wood, 0.72)  # type: ignore[arg-type]
        stool.seats = []  # feet do not reach the floor from a bar stool
        room.put(stool, n.T @ pose(x + (i - 0.5) * 0.8, -1.95, 0))
    style = ("cafe", "slats", "shell")[int(rng.integers(3))]
    _set(room, p, (-W / 2 + 0.75, 0.6), [0.0, np.pi], rng, 0.65, style)
    _set(room, p, (-W / 2 + 0.80, -D / 2 + 1.45), [0.35, np.pi], rng, 0.65, style)
    _banquette(room, p, e, D, rng)
    _plant(room, (W / 2 - 0.45, D / 2 - 0.5), rng, 1.6)
    _plant(room, (-W / 2 + 0.42, D / 2 - 0.5), rng, 1.4)
    return np.array([-W / 2 + 1.35, -D / 2 + 0.7, W / 2 - 2.0, D / 2 - 2.35])


def _slats(at: np.ndarray, size: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    b = box(size, (0, 0, 0), 0.004).tiled(at)
    return b.v, b.f, b.tex


def _bottles(kit: Kit, wide: float, z: float, rng: np.random.Generator) -> None:
    from .solids import lathe

    x = -wide / 2 + 0.1
    colors = ((0.02, 0.06, 0.03), (0.10, 0.05, 0.015), (0.42, 0.40, 0.36), (0.30, 0.08, 0.04), (0.05, 0.10, 0.14))
    while x < wide / 2 - 0.1:
        if rng.random() < 0.55:
            h, r = float(rng.uniform(0.22, 0.31)), float(rng.uniform(0.030, 0.040))
            b = lathe([(0, 0), (r, 0), (r, h * 0.6), (0.013, h * 0.78), (0.013, h), (0, h)], 14)
            kit.add(b.moved(x, float(rng.uniform(-0.04, 0.04)), z), paint.tinted(0.12), float(rng.uniform(0, 1)), colors[int(rng.integers(5))])
            x += rng.uniform(0.085, 0.12)
        else:
            piece, glaze = fit.mug(rng, (x + 0.03, 0.0, z))
            kit.add(piece, glaze)
            x += rng.uniform(0.12, 0.17)
        if rng.random() < 0.12:
            x += 0.2


def _banquette(room: Furnished, p: Palette, e: Side, depth: float, rng: np.random.Generator) -> None:
    """An upholstered bench along the east wall with two tables in front of it."""
    span = min(3.2, depth - 3.6)
    x0 = -0.15
    kit = Kit()
    kit.add(box((span, 0.46, 0.33), (0, 0.0, 0.165), 0.006), paint.gloss(p.scheme.front, 0.5))
    n = max(2, round(span / 0.8))
    for i in range(n):
        x = -span / 2 + (i + 0.5) * span / n
        kit.add(fur.cushion((span / n - 0.008, 0.48, 0.12), 0.018, 0.04).moved(x, -0.01, 0.332 + 0.042), p.cloth)  # type: ignore[arg-type]
        kit.add(fur.cushion((span / n - 0.008, 0.10, 0.46), 0.018, 0.04).moved(x, 0.19, 0.70), p.cloth)  # type: ignore[arg-type]
    top = 0.332 + 0.042 + 0.06 + 0.018
    seats = [(-span / 2 + (i + 0.5) * span / n, -0.05, top, 0.0, 0.55, 0.42) for i in range(n)]
    room.put(Fitment(kit, (span, 0.5, 0.93), seats, name="banquette"), e.T @ pose(x0, -0.27, 0))
    for s in (-1, 1):
        at = (e.T @ np.array([x0 + s * span * 0.27, -0.93, 0, 1]))[:2]
        _set(room, p, (float(at[0]), float(at[1])), [-np.pi / 2], rng, 0.62)


def _desk(spec: RoomSpec, p: Palette, room: Furnished, T: np.ndarray, rng: np.random.Generator, cloth: object) -> None:
    """A desk against a wall, its user facing the wall; the chair is turned out a little."""
    d = fur.table(p.wood, p.metal, 1.5, 0.72, 0.73, "trestle" if rng.random() < 0.5 else "legs")  # type: ignore[arg-type]
    display = paint.gloss((0.012, 0.014, 0.018), 0.12)
    monitor = fit.screen(p.black, display)  # type: ignore[arg-type]
    d.kit.take(monitor, pose(0.08, 0.14, 0.73, float(rng.normal(0, 0.12))))
    d.kit.add(box((0.44, 0.13, 0.016), (0.05, -0.14, 0.739), 0.004), p.black).add(box((0.06, 0.10, 0.028), (0.40, -0.14, 0.745), 0.012), p.black)  # type: ignore[arg-type]
    piece, glaze = fit.mug(rng, (-0.42, -0.05, 0.73))
    d.kit.add(piece, glaze)
    body = fit.table_lamp(p.metal, p.shade).moved(-0.58, 0.16, 0.73)  # type: ignore[arg-type]
    d.kit.add(body, p.metal).add(fit.table_shade().moved(-0.58, 0.16, 0.73), p.shade)  # type: ignore[arg-type]
    for i in range(3):
        d.kit.add(box((0.21, 0.297, 0.006)).turned(float(rng.normal(0, 0.3))).moved(-0.25 + 0.02 * i, -0.12, 0.734 + 0.006 * i), p.white)  # type: ignore[arg-type]
    room.put(d, T @ pose(0, -0.38, 0))
    chair = fur.office_chair(cloth, p.black, paint.metal())  # type: ignore[arg-type]
    room.put(chair, T @ pose(0.05, -1.15, 0, float(rng.uniform(-0.9, 0.9))))


def _office(spec: RoomSpec, p: Palette, room: Furnished, rng: np.random.Generator) -> np.ndarray:
    n, e, s, _ = sides(spec.width, spec.depth)
    W, D = spec.width, spec.depth
    cloth = upholstery.cover(p.scheme.cloth)
    a, b = float(rng.uniform(1.3, 1.8)), float(rng.uniform(1.3, 1.8))
    room.put(fit.bookcase(rng, p.wood, a, 2.1), n.T @ pose(-W / 2 + a / 2 + 0.5, -0.18, 0))  # type: ignore[arg-type]
    room.put(fit.sideboard(rng, p.white, p.white, p.metal, b), n.T @ pose(W / 2 - b / 2 - 0.6, -0.24, 0))  # type: ignore[arg-type]
    board = Kit().add(box((1.5, 0.022, 1.0), (0, -0.011, 0), 0.006), paint.metal((0.6, 0.6, 0.6), 0.35)).add(box((1.45, 0.004, 0.95), (0, -0.0235, 0)), paint.gloss((0.78, 0.78, 0.77), 0.18))
    board.add(box((0.5, 0.06, 0.02), (0, -0.045, -0.49)), p.metal)  # type: ignore[arg-type]
    room.add(board, "whiteboard", "furniture", n.T @ pose(W / 2 - b / 2 - 0.6, 0, 1.62))
    for i, x in enumerate((-D / 2 + 1.25, -D / 2 + 3.05)):
        _desk(spec, p, room, e.T @ pose(x, 0, 0), rng, cloth if i == 0 else p.pillows[2])
        _pictures(room, e, x, 1.75, 0.9, p.scheme, p.black, rng)
    _set(room, p, (-W / 2 + 1.15, D / 2 - 1.55), [-0.4, np.pi / 2 + 0.3, np.pi + 0.4], rng, 0.95, "shell")
    room.put(fit.pendant(p.black, p.shade, spec.height, spec.height - 2.0), pose(-W / 2 + 1.15, D / 2 - 1.55, 0), obstacle=False)  # type: ignore[arg-type]
    _plant(room, (W / 2 - 0.42, -D / 2 + 1.6), rng, 1.5)
    _plant(room, (0.3 * W / 2, D / 2 - 0.4), rng, 1.3)
    room.put(fur.stool(p.metal, p.pillows[0], 0.45), pose(-W / 2 + 0.5, -D / 2 + 1.7, 0))  # type: ignore[arg-type]
    room.put(fit.bookcase(rng, p.wood, 1.5, 0.85), s.T @ pose(W / 2 - 1.2, -0.17, 0))  # type: ignore[arg-type]
    return np.array([-W / 2 + 0.85, -D / 2 + 0.7, W / 2 - 1.75, D / 2 - 2.75])


def _ceiling_light(spec: RoomSpec) -> Light:
    """Soft fill from the ceiling: what many bounces from white walls would add."""
    return Light("area", 3.2 * spec.daylight * spec.width * spec.depth / 4, (1.0, 0.97, 0.93), min(spec.width, spec.depth) * 0.7,
                 rigid(np.eye(3), np.array([0.0, 0.0, spec.height - 0.03])))  # fmt: skip


def build_room(spec: RoomSpec) -> PlaceGeometry:
    """Floor, walls, windows with daylight, furniture along the walls, a free stage in the middle."""
    rng = np.random.default_rng([spec.variation, 11])
    c = SCHEMES[spec.scheme]
    p = _palette(spec, rng)
    windows = _windows(spec, rng)
    door = (1, spec.depth / 2 - 0.80)  # at the south end of the east wall
    shell = build_shell(spec.width, spec.depth, spec.height, windows, door, c,
                        floor_material(spec.floor, wood.TONES[c.tone], c.rug[0]), _walls(spec, c),
                        spec.style == "living", spec.curtains, 34.0 * spec.daylight, rng)  # fmt: skip
    room = Furnished()
    if spec.accent == "panels":
        side = sides(spec.width, spec.depth)[0]
        room.add(_panels(side, spec.height, paint.gloss(c.accent, 0.5)), "panels", "wall", side.T, countable=False)
    stage = {"living": _living, "cafe": _cafe, "office": _office}[spec.style](spec, p, room, rng)
    lights = [*shell.lights, _ceiling_light(spec), *(room.lights if spec.lamps else [])]
    half = np.array([spec.width / 2 - MARGIN, spec.depth / 2 - MARGIN])
    return PlaceGeometry(
        objects=[*shell.objects, *room.objects, *outside(spec.width, spec.depth, rng)],
        lights=lights,
        height=lambda x, y: np.zeros(np.shape(x)),
        stage=stage,
        obstacles=np.array(room.obstacles, float).reshape(-1, 3),
        seats=room.seats,
        indoor=True,
        camera_area=np.array([-half[0], -half[1], half[0], half[1]]),
        ceiling=spec.height - 0.15,
    )
