"""A furnished room by daylight: living room, café or office."""

from __future__ import annotations

import numpy as np

from ..frames import rigid
from ..geometry import Light, PlaceGeometry
from ..materials import masonry, paint, upholstery, wood
from ..materials.shader import Shader
from ..registry import places
from .arrangement import Furnished, Palette
from .interiors import SCHEMES, Scheme, Side, build_shell, floor_material, outside, sides
from .openings import Opening
from .room_layouts import cafe, living, office
from .room_spec import RoomSpec, sample_room
from .solids import Kit, box

MARGIN = 0.5  # cameras keep this far from the walls, so that they never look out of a bookcase


places.register("room", spec=RoomSpec, build=lambda spec: build_room(spec))(sample_room)


def _palette(spec: RoomSpec, rng: np.random.Generator) -> Palette:
    c = SCHEMES[spec.scheme]
    kind = (
        "leather"
        if spec.scheme == "loft"
        else "velvet"
        if spec.scheme in ("navy", "forest") and rng.random() < 0.5
        else "weave"
    )
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
        "brick": masonry.brick((0.36, 0.15, 0.09), (0.50, 0.47, 0.42))
        if spec.scheme != "nordic"
        else masonry.brick((0.62, 0.60, 0.57), (0.66, 0.64, 0.61), 0.2),
        "wallpaper": paint.wallpaper(
            c.wall, tuple(np.add(np.multiply(c.wall, 0.72), np.multiply(c.accent, 0.28)).tolist()), "stripe", 0.085
        ),
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


def _panels(side: Side, height: float, paint_: Shader, rail: float = 1.25) -> Kit:
    """Wainscot panels: stiles, rails and a cap up to `rail`."""
    kit = Kit()
    n = max(3, round(side.length / 0.62))
    for i in range(n + 1):
        x = -side.length / 2 + side.length * i / n
        kit.add(
            box(
                (0.075, 0.016, rail),
                (float(np.clip(x, -side.length / 2 + 0.0375, side.length / 2 - 0.0375)), -0.008, rail / 2),
            ),
            paint_,
        )
    for z, h in ((0.055, 0.11), (rail - 0.04, 0.08)):
        kit.add(box((side.length, 0.0165, h), (0, -0.00825, z)), paint_)
    kit.add(box((side.length, 0.036, 0.024), (0, -0.018, rail + 0.012), 0.006), paint_)
    return kit


def _daylight(spec: RoomSpec, windows: list[tuple[int, Opening]]) -> float:
    """Watts for each square metre of window, so that large and small windows light a room alike."""
    glass = sum((o[2] - o[0]) * (o[3] - o[1]) for _, o in windows)
    return 4.6 * spec.daylight * spec.width * spec.depth / max(glass, 1.0)


def _ceiling_light(spec: RoomSpec) -> Light:
    """Soft fill from the ceiling: what many bounces from white walls would add."""
    return Light(
        "area",
        2.9 * spec.daylight * spec.width * spec.depth / 4,
        (1.0, 0.97, 0.93),
        min(spec.width, spec.depth) * 0.7,
        rigid(np.eye(3), np.array([0.0, 0.0, spec.height - 0.03])),
    )


def build_room(spec: RoomSpec) -> PlaceGeometry:
    """Floor, walls, windows with daylight, furniture along the walls, a free stage in the middle."""
    rng = np.random.default_rng([spec.variation, 11])
    c = SCHEMES[spec.scheme]
    p = _palette(spec, rng)
    windows = _windows(spec, rng)
    door = (1, spec.depth / 2 - 0.80)  # at the south end of the east wall
    shell = build_shell(
        spec.width,
        spec.depth,
        spec.height,
        windows,
        door,
        c,
        floor_material(spec.floor, wood.TONES[c.tone], tuple((0.8 * np.array(c.rug[0])).tolist())),
        _walls(spec, c),
        spec.style == "living",
        spec.curtains,
        _daylight(spec, windows),
        rng,
    )
    room = Furnished()
    if spec.accent == "panels":
        side = sides(spec.width, spec.depth)[0]
        room.add(_panels(side, spec.height, paint.gloss(c.accent, 0.5)), "panels", "wall", side.T, countable=False)
    stage = {"living": living, "cafe": cafe, "office": office}[spec.style](spec, p, room, windows, rng)
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
        # Around the stage: further out a camera would stand in a counter or a bookcase.
        camera_area=np.concatenate(
            [
                np.maximum(stage[:2] - 0.3, -half),
                np.minimum(stage[2:] + (0.3, 0.9 if spec.style == "living" else 0.2), half),
            ]
        ),
        ceiling=spec.height - 0.15,
    )
