"""Colour schemes of rooms, and the shell: floor, walls, windows, door, skirting, curtains, the view outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..frames import rigid
from ..geometry import Light, Mesh, SceneObject
from ..materials import masonry, paint, terrain, upholstery, vegetation, wood
from ..materials.shader import Color, Shader
from .furnishing import drape, radiator
from .openings import FOUR_PANELS, Opening, casement, pane, panel_door, wall
from .plants import SPECIES, build_plant
from .solids import Kit, Piece, box, moulding, pose, quads, rod


@dataclass(frozen=True)
class Scheme:
    """Colours that go together (linear albedo)."""

    wall: Color
    accent: Color
    tone: str
    cloth: Color
    pillows: tuple[Color, Color, Color]
    rug: tuple[Color, Color, Color]
    curtain: Color
    front: Color
    art: tuple[Color, ...]


SCHEMES: dict[str, Scheme] = {
    "nordic": Scheme(
        (0.74, 0.73, 0.70),
        (0.40, 0.46, 0.46),
        "pale",
        (0.36, 0.37, 0.37),
        ((0.62, 0.45, 0.14), (0.66, 0.64, 0.60), (0.17, 0.25, 0.27)),
        ((0.62, 0.59, 0.53), (0.20, 0.22, 0.23), (0.45, 0.42, 0.37)),
        (0.74, 0.72, 0.67),
        (0.72, 0.71, 0.68),
        ((0.70, 0.67, 0.60), (0.17, 0.25, 0.27), (0.62, 0.42, 0.13), (0.44, 0.46, 0.44)),
    ),
    "forest": Scheme(
        (0.70, 0.67, 0.60),
        (0.085, 0.135, 0.105),
        "oak",
        (0.13, 0.19, 0.14),
        ((0.55, 0.33, 0.10), (0.62, 0.57, 0.47), (0.30, 0.10, 0.05)),
        ((0.46, 0.37, 0.25), (0.11, 0.15, 0.11), (0.62, 0.55, 0.42)),
        (0.55, 0.50, 0.40),
        (0.11, 0.16, 0.13),
        ((0.12, 0.18, 0.13), (0.62, 0.55, 0.42), (0.48, 0.24, 0.08), (0.30, 0.34, 0.25)),
    ),
    "terracotta": Scheme(
        (0.76, 0.70, 0.62),
        (0.48, 0.215, 0.125),
        "oak",
        (0.56, 0.46, 0.35),
        ((0.46, 0.16, 0.08), (0.22, 0.26, 0.21), (0.70, 0.63, 0.52)),
        ((0.40, 0.15, 0.085), (0.66, 0.55, 0.42), (0.11, 0.12, 0.15)),
        (0.72, 0.64, 0.53),
        (0.66, 0.60, 0.52),
        ((0.46, 0.16, 0.08), (0.72, 0.60, 0.45), (0.16, 0.20, 0.22), (0.62, 0.36, 0.14)),
    ),
    "navy": Scheme(
        (0.72, 0.73, 0.74),
        (0.055, 0.085, 0.145),
        "walnut",
        (0.075, 0.115, 0.19),
        ((0.63, 0.58, 0.50), (0.52, 0.29, 0.07), (0.30, 0.38, 0.46)),
        ((0.58, 0.56, 0.52), (0.07, 0.10, 0.17), (0.40, 0.22, 0.10)),
        (0.66, 0.66, 0.65),
        (0.20, 0.11, 0.06),
        ((0.06, 0.09, 0.16), (0.66, 0.60, 0.50), (0.56, 0.32, 0.08), (0.36, 0.44, 0.52)),
    ),
    "blush": Scheme(
        (0.77, 0.71, 0.67),
        (0.60, 0.38, 0.325),
        "pale",
        (0.55, 0.52, 0.48),
        ((0.55, 0.28, 0.24), (0.34, 0.37, 0.31), (0.70, 0.65, 0.58)),
        ((0.66, 0.55, 0.49), (0.48, 0.26, 0.22), (0.72, 0.68, 0.62)),
        (0.76, 0.70, 0.66),
        (0.70, 0.64, 0.60),
        ((0.62, 0.40, 0.34), (0.36, 0.40, 0.33), (0.74, 0.66, 0.56), (0.34, 0.19, 0.16)),
    ),
    "loft": Scheme(
        (0.66, 0.65, 0.63),
        (0.30, 0.30, 0.31),
        "walnut",
        (0.23, 0.105, 0.048),
        ((0.09, 0.09, 0.10), (0.50, 0.45, 0.37), (0.11, 0.18, 0.20)),
        ((0.22, 0.075, 0.05), (0.06, 0.07, 0.10), (0.52, 0.42, 0.30)),
        (0.42, 0.41, 0.39),
        (0.06, 0.06, 0.065),
        ((0.08, 0.08, 0.09), (0.58, 0.52, 0.44), (0.36, 0.12, 0.06), (0.16, 0.24, 0.26)),
    ),
    "sage": Scheme(
        (0.75, 0.74, 0.69),
        (0.30, 0.355, 0.27),
        "oak",
        (0.60, 0.56, 0.48),
        ((0.26, 0.32, 0.23), (0.58, 0.38, 0.17), (0.72, 0.69, 0.62)),
        ((0.58, 0.56, 0.47), (0.28, 0.33, 0.25), (0.70, 0.67, 0.60)),
        (0.73, 0.72, 0.66),
        (0.50, 0.53, 0.44),
        ((0.30, 0.36, 0.27), (0.72, 0.68, 0.58), (0.54, 0.35, 0.15), (0.46, 0.50, 0.42)),
    ),
}


@dataclass(frozen=True)
class Side:
    """One wall: its (4, 4) frame (x along it to the right, -y into the room), length and number 0 N, 1 E, 2 S, 3 W."""

    number: int
    T: np.ndarray
    length: float


def sides(width: float, depth: float) -> list[Side]:
    """The four walls of a room centred at the origin."""
    return [
        Side(0, pose(0, depth / 2, 0, 0.0), width),
        Side(1, pose(width / 2, 0, 0, -np.pi / 2), depth),
        Side(2, pose(0, -depth / 2, 0, np.pi), width),
        Side(3, pose(-width / 2, 0, 0, np.pi / 2), depth),
    ]


def plane(x0: float, y0: float, x1: float, y1: float, z: float, up: bool = True) -> Piece:
    """A rectangle; `tex` in metres."""
    v = np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]])
    f = np.array([[0, 1, 2], [0, 2, 3]]) if up else np.array([[0, 2, 1], [0, 3, 2]])
    return Piece(v, f, v * (1, 1, 0))


def floor_material(kind: str, tone: Color, color: Color) -> Shader:
    """Floor by name: planks, parquet, tiles, carpet or concrete."""
    if kind == "planks":
        return wood.planks(tone)
    if kind == "parquet":
        return wood.herringbone(tone)
    if kind == "tiles":
        return masonry.tiles(color, 0.30)
    if kind == "carpet":
        return upholstery.carpet(color)
    return masonry.concrete((0.36, 0.355, 0.345), 0.45)


@dataclass
class Shell:
    """What the room is made of, and lights at its windows."""

    objects: list[SceneObject]
    lights: list[Light]


def build_shell(
    width: float,
    depth: float,
    height: float,
    windows: Sequence[tuple[int, Opening]],
    door: tuple[int, float],
    scheme: Scheme,
    floor: Shader,
    walls: Sequence[Shader],
    cornice: bool,
    curtains: bool,
    power: float,
    rng: np.random.Generator,
) -> Shell:
    """Build floor, ceiling, walls, windows and door.

    Args:
        width, depth, height: Inside, metres.
        windows: (side, opening) with openings in the frame of the side.
        door: (side, middle of the door along it).
        walls: Material of each side.
        power: Watts of daylight for each square metre of window.
        rng: For the curtains.
    """
    out: list[SceneObject] = []
    lights: list[Light] = []
    white = paint.gloss((0.74, 0.735, 0.71), 0.42)
    reveal = 0.24
    kit = Kit().add(plane(-width / 2, -depth / 2, width / 2, depth / 2, 0.0), floor)
    out.append(SceneObject("floor", kit.mesh(), "floor"))
    top = Kit().add(
        plane(-width / 2, -depth / 2, width / 2, depth / 2, height, up=False), paint.wall_paint((0.80, 0.795, 0.78))
    )
    out.append(SceneObject("ceiling", top.mesh(), "ceiling"))
    trim, frames, glass, cloth, pipes, doors = Kit(), Kit(), Kit(), Kit(), Kit(), Kit()
    shade = upholstery.curtain(scheme.curtain)
    pole = paint.metal((0.20, 0.19, 0.18), 0.4)
    for side in sides(width, depth):
        holes = [o for k, o in windows if k == side.number]
        gaps = []
        leaf = (door[1] - 0.43, 0.0, door[1] + 0.43, 2.05) if door[0] == side.number else None
        both = holes + ([leaf] if leaf else [])
        face = wall(-side.length / 2, side.length / 2, 0.0, height, both, reveal)
        out.append(
            SceneObject(
                f"wall_{'nesw'[side.number]}", Kit().add(face.placed(side.T), walls[side.number]).mesh(), "wall"
            )
        )
        for o in holes:
            _window(o, side, frames, glass, trim, white, reveal)
            lights.append(window_light(o, side, power))
            if o[1] < 0.2:
                gaps.append((o[0] - 0.02, o[2] + 0.02))
            elif o[1] > 0.7:
                pipes.add(
                    radiator(white, min(o[2] - o[0], 1.3))
                    .kit.piece()
                    .placed(side.T @ pose((o[0] + o[2]) / 2, -0.075, 0.0)),
                    white,
                )
            if curtains:
                _curtains(o, side, height, cloth, shade, pole, rng)
        if leaf:
            gaps.append((leaf[0] - 0.09, leaf[2] + 0.09))
            _door(leaf, side, doors, trim, white, _leaf_material(scheme, rng))
        _skirting(side, gaps, trim, white, height, cornice)
    for name, k, semantic, labelled in (
        ("trim", trim, "wall", True),
        ("window_frames", frames, "window", True),
        ("window_glass", glass, "window", False),
        ("curtains", cloth, "furniture", True),
        ("radiators", pipes, "furniture", True),
        ("door", doors, "door", True),
    ):
        if k.parts:
            out.append(SceneObject(name, k.mesh(), semantic, labelled=labelled, shadow=labelled))
    return Shell(out, lights)


def _window(o: Opening, side: Side, frames: Kit, glass: Kit, trim: Kit, white: Shader, reveal: float) -> None:
    columns = max(1, round((o[2] - o[0]) / 0.75))
    frames.add(
        casement(o, reveal - 0.07, columns, 1, 0.06, 0.07, 0.72 if o[3] - o[1] > 1.7 else 0.0).placed(side.T), white
    )
    glass.add(pane(o, reveal - 0.07).placed(side.T), paint.clear_glass())
    if o[1] > 0.2:
        board = box(
            (o[2] - o[0] + 0.10, reveal - 0.08, 0.03),
            ((o[0] + o[2]) / 2, (reveal - 0.10) / 2 - 0.025, o[1] + 0.0151),
            0.006,
        )
        trim.add(board.placed(side.T), white)


def window_light(o: Opening, side: Side, power: float) -> Light:
    """Soft daylight from a window into the room."""
    w, h = o[2] - o[0], o[3] - o[1]
    # Lamps shine along -Z: out of the wall's plane into the room is -y of the side, tilted a little down.
    z = side.T[:3, :3] @ np.array([0.0, 1.0, 0.18])
    z /= np.linalg.norm(z)
    x = side.T[:3, 0]
    at = side.T[:3, :3] @ np.array([(o[0] + o[2]) / 2, -0.05, (o[1] + o[3]) / 2]) + side.T[:3, 3]
    return Light(
        "area", power * w * h, (1.0, 0.985, 0.95), float(np.sqrt(w * h)), rigid(np.stack([x, np.cross(z, x), z], 1), at)
    )


def _curtains(
    o: Opening, side: Side, height: float, cloth: Kit, shade: Shader, pole: Shader, rng: np.random.Generator
) -> None:
    top = min(o[3] + 0.16, height - 0.06)
    mid, half = (o[0] + o[2]) / 2, (o[2] - o[0]) / 2 + 0.26
    cloth.add(
        rod((mid - half - 0.08, -0.10, top + 0.02), (mid + half + 0.08, -0.10, top + 0.02), 0.013).placed(side.T), pole
    )
    for s in (-1, 1):
        w = float(rng.uniform(0.30, 0.42))
        fall = drape(rng, w, top - 0.015, int(rng.integers(5, 8)))
        x = mid - half if s < 0 else mid + half - w
        cloth.add(fall.placed(side.T @ pose(x, -0.10, 0.015)), shade)


def _leaf_material(scheme: Scheme, rng: np.random.Generator) -> Shader:
    """Doors are wood, the accent colour or off-white a shade darker than the trim, so that panels read."""
    pick = rng.random()
    if pick < 0.4:
        return wood.board(wood.TONES[scheme.tone], 0.4)
    return paint.gloss(scheme.accent if pick < 0.65 else (0.60, 0.59, 0.56), 0.38)


def _door(leaf: Opening, side: Side, doors: Kit, trim: Kit, white: Shader, leaf_material: Shader) -> None:
    inner = (leaf[0] + 0.03, 0.004, leaf[2] - 0.03, leaf[3] - 0.03)
    one = Kit()
    panel_door(one, inner, 0.02, leaf_material, paint.metal((0.5, 0.48, 0.45)), FOUR_PANELS)
    one.add(casement((leaf[0], -0.03, leaf[2], leaf[3]), 0.05, 1, 1, 0.03, 0.10), white)
    for piece, m, shade, tint in one.parts:
        doors.add(piece.placed(side.T), one.shaders[m], shade, tint)
    w, z = 0.075, leaf[3] + 0.0375
    for x in (leaf[0] - w / 2, leaf[2] + w / 2):
        trim.add(box((w, 0.02, leaf[3] + 0.075), (x, -0.01, (leaf[3] + 0.075) / 2), 0.004).placed(side.T), white)
    trim.add(box((leaf[2] - leaf[0], 0.02, w), ((leaf[0] + leaf[2]) / 2, -0.01, z), 0.004).placed(side.T), white)


def _skirting(
    side: Side, gaps: list[tuple[float, float]], trim: Kit, white: Shader, height: float, cornice: bool
) -> None:
    profile = [(0.0, 0.0), (0.0, 0.095), (-0.006, 0.095), (-0.014, 0.080), (-0.016, 0.0)]
    x = -side.length / 2
    for a, b in [*sorted(gaps), (side.length / 2, side.length / 2)]:
        if a - x > 0.02:
            trim.add(moulding(profile, a - x).moved((a + x) / 2).placed(side.T), white)
        x = b
    if cornice:
        cove = [
            (0.0, height),
            (-0.085, height),
            (-0.078, height - 0.02),
            (-0.035, height - 0.045),
            (-0.016, height - 0.085),
            (0.0, height - 0.09),
        ]
        trim.add(moulding(cove, side.length).placed(side.T), white)


def outside(width: float, depth: float, rng: np.random.Generator) -> list[SceneObject]:
    """A garden around the room, for the view through the windows."""
    green, dry = (0.11, 0.19, 0.04), (0.36, 0.30, 0.14)
    s = 160.0
    lawn = Mesh(
        np.array([[-s, -s, -0.4], [s, -s, -0.4], [s, s, -0.4], [-s, s, -0.4]], np.float32),
        quads(np.array([[0, 1, 2, 3]])).astype(np.int32),
        (terrain.turf(green, dry, 0.2, "mown"),),
        point={"path": np.zeros(4, np.float32)},
    )
    out = [SceneObject("garden", lawn, "terrain")]
    names = rng.permutation(["lime", "birch", "maple", "apple", "oak"])[:2]
    shapes: list[Mesh] = [build_plant(SPECIES[str(n)], rng, 1) for n in names]
    hedge = build_plant(SPECIES["bush"], rng, 2, vegetation.leaf(SPECIES["bush"].leaf_color))
    for i in range(14):
        a = i / 14 * 2 * np.pi + rng.uniform(-0.15, 0.15)
        r = rng.uniform(12.0, 26.0) + max(width, depth) / 2
        out.append(
            SceneObject(
                f"garden_tree_{i:02d}",
                shapes[i % 2],
                "vegetation",
                T_world_from_object=pose(
                    r * np.cos(a), r * np.sin(a), -0.45, float(rng.uniform(0, 6.28)), float(rng.uniform(0.7, 1.1))
                ),
            )
        )
    for i in range(12):
        a = i / 12 * 2 * np.pi + rng.uniform(-0.2, 0.2)
        r = rng.uniform(6.5, 10.0) + max(width, depth) / 2
        out.append(
            SceneObject(
                f"garden_bush_{i:02d}",
                hedge,
                "vegetation",
                T_world_from_object=pose(
                    r * np.cos(a), r * np.sin(a), -0.42, float(rng.uniform(0, 6.28)), float(rng.uniform(0.9, 1.6))
                ),
            )
        )
    return out
