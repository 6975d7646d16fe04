"""Cloth and leather: weaves, patterns, hems, stitches, seams and fading, on the pattern coordinates of a garment.

Vertex attributes read: `rest` (pattern coordinates, metres), `around` (circle around the limb, and its radius), `edge`
(metres to the nearest border), `seam`, `seam2`, `seam3` (signed metres to seams), `fade` (0–1, worn areas), `inner` (1 on
turned-in cloth), `fold` and `fold2` (cosine and sine of the phase of folds, times their height in metres), `rib` (1 on
ribbing: necklines, cuffs, waistbands of knits).
Heights are millimetres and share one bump node, which costs three evaluations of everything below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..registry import fabrics
from ..spec import FabricSpec
from .motifs import emblem
from .shader import Color, Shader, Socket


@dataclass(frozen=True)
class Weave:
    """What a fabric adds to a plain dyed surface.

    Attributes:
        height: Relief, mm.
        color: Base colour after the weave.
        roughness, sheen, specular: Surface.
        creases: How much folds crease it, and height of fine creases, mm.
        stitch: Colour of the stitch lines, or None for the fabric's own, darker.
    """

    height: Socket
    color: Any
    roughness: Any
    sheen: float
    specular: float = 0.2
    creases: float = 1.4
    stitch: Color | None = None


# Depth that shaders add to the valleys of folds, millimetres a metre of their height.
VALLEY = 110.0

Weaver = Callable[[Shader, FabricSpec, Socket, Any], Weave]


def tint(c: Color, by: float) -> Color:
    """A colour made darker or lighter, kept within 0–1."""
    r, g, b = (min(1.0, max(0.0, x * by)) for x in c)
    return r, g, b


def _line(s: Shader, x: Any, centre: float, half: float, soft: float) -> Socket:
    """1 within `half` of `centre`, falling to 0 over `soft`."""
    return s.smoothstep(s.math("ABSOLUTE", s.math("SUBTRACT", x, centre)), half + soft, half)


@fabrics.register("jersey")
def jersey(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Fine single knit: T-shirts, leggings."""
    fine = s.noise(s.mapping(at, (1.0, 1.0, 0.45)), 900.0, 2.0, 0.6)
    return Weave(fine * 0.16, s.mix(s.smoothstep(fine, 0.3, 0.75) * 0.16, color, tint(spec.color, 0.75)), 0.85, 0.08)


@fabrics.register("knit")
def knit(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Visible stitches in columns: jumpers, cardigans."""
    # Columns of V: two slants, one each side of a column's middle.
    across, along = around(s, at).cells(s, 0.0052)
    u = s.math("FRACT", across)
    v = s.math("FRACT", s.math("MULTIPLY_ADD", s.math("ABSOLUTE", u - 0.5), 1.1, along * 1.2))
    loop = s.smoothstep(s.math("ABSOLUTE", v - 0.5), 0.48, 0.12) * s.smoothstep(s.math("ABSOLUTE", u - 0.5), 0.5, 0.3)
    fuzz = s.noise(at, 600.0, 2.0, 0.6)
    shade = s.mix((1.0 - loop) * 0.45, color, tint(spec.color, 0.45))
    return Weave(s.math("MULTIPLY_ADD", loop, 0.7, fuzz * 0.25), shade, 0.92, 0.14, creases=1.0)


@fabrics.register("woven")
def woven(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Plain weave: shirts, chinos, dresses."""
    fine = s.noise(at, 800.0, 2.0, 0.6)
    x, y, z = s.xyz(at)
    thread = s.math("SINE", (x + y) * 5200.0) * s.math("SINE", z * 5200.0)
    return Weave(
        s.math("MULTIPLY_ADD", thread, 0.035, fine * 0.10),
        s.mix(s.smoothstep(fine, 0.35, 0.7) * 0.10, color, tint(spec.color, 0.8)),
        0.78, 0.10, creases=1.6,
    )  # fmt: skip


@fabrics.register("denim")
def denim(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Twill of dyed warp and white weft; worn where it rubs."""
    x, y, z = s.xyz(at)
    fine = s.noise(at, 650.0, 2.0, 0.6)
    twill = s.math("SINE", (x + y + z) * 2600.0) * 0.5 + 0.5
    slub = s.noise(s.mapping(at, (1.0, 1.0, 0.06)), 420.0, 1.0)
    pale = tint((spec.color[0] * 1.5 + 0.05, spec.color[1] * 1.4 + 0.06, spec.color[2] * 1.2 + 0.07), 1.0)
    c = s.mix(s.smoothstep(slub, 0.42, 0.8) * 0.45, color, pale)
    c = s.mix(s.smoothstep(fine, 0.45, 0.75) * 0.3, c, pale)
    blotch = s.noise(at, 22.0, 3.0, 0.6)
    worn = s.attribute("fade") * s.smoothstep(blotch, 0.1, 0.9) * (0.25 + 0.75 * spec.wear)
    c = s.mix(worn, c, tint(pale, 1.35))
    gold = (0.36, 0.22, 0.085)
    return Weave(s.math("MULTIPLY_ADD", twill, 0.12, fine * 0.18), c, 0.88, 0.08, creases=1.8, stitch=gold)


@fabrics.register("leather")
def leather(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Grained leather: shoes, belts, jackets."""
    grain = s.voronoi(at, 520.0, feature="F1")
    patch = s.noise(at, 14.0, 3.0, 0.55)
    c = s.mix(s.smoothstep(patch, 0.35, 0.75) * (0.25 + 0.5 * spec.wear), color, tint(spec.color, 1.5))
    rough = s.math("MULTIPLY_ADD", patch, 0.22, 0.28)
    return Weave(grain * 0.14, c, rough, 0.0, specular=0.5, creases=1.2)


@fabrics.register("fleece")
def fleece(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Brushed sweatshirt cloth: hoodies, joggers."""
    fuzz = s.noise(at, 380.0, 3.0, 0.7)
    c = s.mix(s.smoothstep(fuzz, 0.35, 0.7) * 0.22, color, tint(spec.color, 1.25))
    return Weave(fuzz * 0.4, c, 0.95, 0.14, specular=0.1, creases=1.2)


@dataclass(frozen=True)
class Around:
    """Flat coordinates of the cloth: turns around the limb, radius there, and place along it in metres.

    `x` is the sine of the angle: -1 in front of the trunk, 1 behind it.
    """

    turn: Socket
    radius: Socket
    z: Socket
    x: Socket

    def cells(self, s: Shader, size: float) -> tuple[Socket, Socket]:
        """Coordinates in cells of about `size` metres; a whole number of them goes around."""
        repeats = s.math("ROUND", self.radius * (6.2832 / size))
        return self.turn * repeats, self.z / size


def around(s: Shader, at: Socket) -> Around:
    """Coordinates from the `around` attribute: x and y of a circle, and its radius."""
    x, y, r = s.xyz(s.attribute("around", vector=True))
    _, _, z = s.xyz(at)
    return Around(s.math("ARCTAN2", x, y) * (1 / 6.2832), r, z, x)


def pattern(s: Shader, spec: FabricSpec, at: Socket) -> Any:
    """Base colour with the printed or woven pattern."""
    k = spec.pattern_scale
    c1, c2 = spec.color, spec.color2
    if spec.pattern == "plain":
        return c1
    flat = around(s, at)
    if spec.pattern == "stripe":
        band = s.math("FRACT", flat.z * (26.0 / k))
        return s.mix(_line(s, band, 0.5, 0.17, 0.012), c1, c2)
    if spec.pattern == "plaid":
        c: Any = c1
        for place in flat.cells(s, 0.066 * k):
            c = s.mix(_line(s, s.math("FRACT", place), 0.5, 0.2, 0.01) * 0.55, c, c2)
            c = s.mix(_line(s, s.math("FRACT", place + 0.37), 0.5, 0.03, 0.008) * 0.6, c, (0.62, 0.58, 0.48))
        return c
    if spec.pattern == "dots":
        # Rows are staggered by half a cell.
        u, v = flat.cells(s, 0.03 * k)
        u = u + s.math("FLOOR", v) * 0.5
        du, dv = s.math("FRACT", u) - 0.5, s.math("FRACT", v) - 0.5
        d = s.math("SQRT", du * du + dv * dv)
        return s.mix(s.smoothstep(d, 0.26, 0.23), c1, c2)
    if spec.pattern == "check":
        # Gingham: both colours cross, and a mix of them where only one runs.
        u, v = (s.math("GREATER_THAN", s.math("FRACT", place), 0.5) for place in flat.cells(s, 0.016 * k))
        return s.mix((u + v) * 0.5, c1, c2)
    if spec.pattern == "graphic":
        return emblem(s, spec.motif, at, flat.x, flat.radius, c1, c2)
    if spec.pattern == "floral":
        return _floral(s, spec, flat, k)
    return s.mix(s.smoothstep(flat.z, -0.205, -0.2), c2, c1)


def _floral(s: Shader, spec: FabricSpec, flat: Around, k: float) -> Any:
    """Blossoms with five petals scattered over the ground colour, and small leaves."""
    u, v = flat.cells(s, 0.05 * k)
    place = s.combine(u, 0.0, v)
    cell = s.node("TexVoronoi", "Position", {"feature": "F1"}, Vector=place, Scale=1.0, Randomness=0.75)
    off = s.vector("SUBTRACT", place, cell)
    ox, _, oz = s.xyz(off)
    r = s.math("SQRT", ox * ox + oz * oz)
    angle = s.math("ARCTAN2", oz, ox)
    petal = s.math("MULTIPLY_ADD", s.math("ABSOLUTE", s.math("SINE", angle * 2.5)), 0.12, 0.17)
    inside = s.math("SUBTRACT", petal, r)
    leaves = s.noise(place, 3.4, 2.0, 0.5)
    c: Any = s.mix(s.smoothstep(leaves, 0.62, 0.64) * 0.7, spec.color, (0.07, 0.15, 0.06))
    c = s.mix(s.smoothstep(inside, 0.0, 0.025), c, spec.color2)
    c = s.mix(s.smoothstep(inside, 0.06, 0.17) * 0.5, c, tint(spec.color2, 1.5))
    return s.mix(s.smoothstep(r, 0.075, 0.06), c, (0.62, 0.42, 0.08))


def cloth_material(
    spec: FabricSpec,
    hem: float = 0.019,
    seams: tuple[str, ...] = (),
    ribbed: bool = False,
    stitched: bool = True,
) -> Shader:
    """The material of a garment.

    Args:
        spec: Fabric.
        hem: Width of the turned hem, metres; 0 = none.
        seams: Attributes that hold signed distances to seams, metres.
        ribbed: Draw ribs where the `rib` attribute is 1.
        stitched: Stitch lines on hems.
    """
    s = Shader(f"cloth_{spec.kind}")
    at = s.attribute("rest", vector=True)
    edge = s.attribute("edge")
    c = pattern(s, spec, at)
    big = s.noise(at, 6.0, 2.0, 0.5)
    c = s.mix(s.smoothstep(big, 0.35, 0.7) * 0.14, c, tint(spec.color, 0.8))
    w: Weave = fabrics.get(spec.kind).make(s, spec, at, c)
    c, height = w.color, w.height
    height = _creased(s, at, w.creases * (0.6 + 0.8 * spec.wear), height)
    dark = w.stitch or tint(spec.color, 0.55)
    if ribbed:
        rib = s.attribute("rib")
        across, _ = around(s, at).cells(s, 0.0042)
        ridge = s.math("SINE", across * 6.2832) * 0.5 + 0.5
        height = s.math("MULTIPLY_ADD", rib * ridge, 0.8, height)
        c = s.mix(rib * (1.0 - ridge) * 0.35, c, tint(spec.color, 0.6))
        height = s.math("MULTIPLY_ADD", s.smoothstep(rib, 0.35, 0.65), 0.9, height)
    if hem > 0:
        # A turned hem is two layers: a step where it ends, a soft roll at the very edge.
        step = s.smoothstep(edge, hem + 0.001, hem - 0.001)
        roll = s.smoothstep(edge, 0.0, 0.004)
        height = s.math("MULTIPLY_ADD", step * roll, 1.0, height)
        if stitched:
            x, y, z = s.xyz(at)
            dash = s.smoothstep(s.math("FRACT", (x + y * 0.9 + z * 0.35) * 300.0), 0.3, 0.42)
            row = _line(s, edge, hem - 0.0025, 0.0004, 0.0005) * dash
            c = s.mix(row * 0.8, c, dark)
            height = s.math("MULTIPLY_ADD", row, -0.35, height)
    if seams:
        off: Any = None
        for name in seams:
            d = s.math("ABSOLUTE", s.attribute(name))
            off = d if off is None else s.math("MINIMUM", off, d)
        if w.stitch:
            x, y, z = s.xyz(at)
            dash = s.smoothstep(s.math("FRACT", (x + y * 0.9 + z) * 300.0), 0.3, 0.42)
            c = s.mix(_line(s, off, 0.0035, 0.0005, 0.0006) * dash * 0.8, c, dark)
        groove = s.smoothstep(off, 0.0016, 0.0006)
        c = s.mix(groove * 0.5, c, tint(spec.color, 0.45))
        height = s.math("MULTIPLY_ADD", groove, -0.9, height)
    inner = s.attribute("inner")
    c = s.mix(inner * 0.35, c, tint(spec.color, 0.5))
    normal = s.bump(height, 0.001, 0.9)
    s.principled(base_color=c, roughness=w.roughness, specular_ior_level=w.specular, sheen_weight=w.sheen,
                 sheen_roughness=0.5, sheen_tint=(*tint(spec.color, 1.3), 1.0), normal=normal)  # fmt: skip
    return s


def _creased(s: Shader, at: Socket, creases: float, height: Socket) -> Socket:
    """The valleys of folds drawn sharper than vertices can, and fine creases wherever cloth folds."""
    deep: Any = None
    for name in ("fold", "fold2"):
        x, y, _ = s.xyz(s.attribute(name, vector=True))
        size = s.math("SQRT", x * x + y * y)
        valley = s.smoothstep(s.math("DIVIDE", x, size + 1e-6), -0.45, -1.0)
        height = s.math("MULTIPLY_ADD", valley * size, -VALLEY * creases, height)
        deep = size if deep is None else deep + size
    fine = s.noise(s.mapping(at, (1.0, 1.0, 0.6)), 22.0, 2.0, 0.5, 1.0)
    line = s.smoothstep(s.math("ABSOLUTE", fine - 0.5), 0.12, 0.0)
    strength = s.smoothstep(deep, 0.0, 0.012, 0.2 * creases, 0.6 * creases)
    return s.math("MULTIPLY_ADD", line * -0.15 + fine, strength, height)


def plain_material(name: str, color: Color, roughness: float, grain: float = 0.0, specular: float = 0.35) -> Shader:
    """Rubber, buttons, laces: one colour, a little grain (mm)."""
    s = Shader(name)
    if grain <= 0:
        s.principled(base_color=color, roughness=roughness, specular_ior_level=specular)
        return s
    n = s.noise(s.attribute("rest", vector=True), 350.0, 2.0, 0.6)
    c = s.mix(s.smoothstep(n, 0.35, 0.7) * 0.25, color, tint(color, 0.8))
    s.principled(base_color=c, roughness=roughness, specular_ior_level=specular, normal=s.bump(n * grain, 0.001, 0.8))
    return s
