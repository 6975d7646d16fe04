"""Cloth of coats, suits and evening wear, and what hats and frames are made of: wool, corduroy, satin, nylon, felt, straw, plastic."""

from __future__ import annotations

from typing import Any

from ..registry import fabrics
from ..spec import FabricSpec
from .cloth import Weave, around, tint
from .shader import Shader, Socket


@fabrics.register("wool")
def wool(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Milled wool: suits, coats, tweed. Twill shows faintly through a nap of mixed fibres."""
    x, y, z = s.xyz(at)
    twill = s.math("SINE", (x + y + z * 0.9) * 1900.0) * 0.5 + 0.5
    nap = s.noise(s.mapping(at, (1.0, 1.0, 0.6)), 520.0, 3.0, 0.65)
    fleck = s.noise(at, 260.0, 1.0)
    c = s.mix(s.smoothstep(nap, 0.35, 0.7) * 0.22, color, tint(spec.color, 1.5))
    r, g, b = spec.color
    c = s.mix(s.smoothstep(fleck, 0.62, 0.72) * 0.22, c, (0.6 * r + 0.07, 0.6 * g + 0.066, 0.6 * b + 0.06))
    return Weave(s.math("MULTIPLY_ADD", twill, 0.08, nap * 0.22), c, 0.9, 0.22, specular=0.12, creases=0.9)


@fabrics.register("corduroy")
def corduroy(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Cut pile in ribs along the cloth, dark between them."""
    across, _ = around(s, at).cells(s, 0.0034)
    rib = s.math("SINE", across * 6.2832) * 0.5 + 0.5
    pile = s.noise(s.mapping(at, (1.0, 1.0, 0.4)), 700.0, 2.0, 0.6)
    worn = s.attribute("fade") * 0.35 * spec.wear
    c = s.mix((1.0 - rib) * 0.55, color, tint(spec.color, 0.42))
    c = s.mix(s.smoothstep(pile, 0.4, 0.75) * 0.18 + worn, c, tint(spec.color, 1.45))
    return Weave(s.math("MULTIPLY_ADD", rib, 0.55, pile * 0.12), c, 0.88, 0.3, specular=0.12, creases=1.2)


@fabrics.register("satin")
def satin(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Long floats that shine along folds: silk blouses, evening dresses."""
    fine = s.noise(s.mapping(at, (1.0, 1.0, 0.2)), 900.0, 2.0, 0.5)
    cloud = s.noise(at, 12.0, 2.0, 0.5)
    rough = s.math("MULTIPLY_ADD", cloud, 0.10, 0.27)
    c = s.mix(s.smoothstep(fine, 0.35, 0.7) * 0.08, color, tint(spec.color, 0.8))
    return Weave(fine * 0.03, c, rough, 0.12, specular=0.55, creases=0.9)


@fabrics.register("nylon")
def nylon(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Coated ripstop: raincoats, windbreakers, backpacks. A fine grid of thicker threads and a low, broad shine."""
    flat = around(s, at)
    u, v = flat.cells(s, 0.006)
    du = s.math("ABSOLUTE", s.math("FRACT", u) - 0.5)
    dv = s.math("ABSOLUTE", s.math("FRACT", v) - 0.5)
    grid = s.math("MAXIMUM", s.smoothstep(du, 0.40, 0.47), s.smoothstep(dv, 0.40, 0.47))
    crinkle = s.noise(at, 46.0, 3.0, 0.6, 0.6)
    rough = s.math("MULTIPLY_ADD", crinkle, 0.16, 0.34)
    c = s.mix(grid * 0.10, color, tint(spec.color, 0.75))
    return Weave(s.math("MULTIPLY_ADD", grid, 0.04, crinkle * 0.5), c, rough, 0.0, specular=0.5, creases=1.9)


@fabrics.register("felt")
def felt(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Pressed wool: hats."""
    fuzz = s.noise(at, 620.0, 3.0, 0.7)
    cloud = s.noise(at, 18.0, 2.0, 0.5)
    c = s.mix(s.smoothstep(fuzz, 0.35, 0.7) * 0.16, color, tint(spec.color, 1.3))
    c = s.mix(s.smoothstep(cloud, 0.4, 0.75) * 0.18, c, tint(spec.color, 0.8))
    return Weave(fuzz * 0.16, c, 0.93, 0.3, specular=0.1, creases=0.0)


@fabrics.register("straw")
def straw(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Plaited straw in rings round a hat."""
    across, along = around(s, at).cells(s, 0.0065)
    over = s.math("FRACT", s.math("FLOOR", along) * 0.5 + across * 0.5)
    round_u = s.math("SINE", s.math("FRACT", across) * 3.1416)
    round_v = s.math("SINE", s.math("FRACT", along) * 3.1416)
    height = s.math("MULTIPLY", round_u, round_v)
    fibre = s.noise(s.mapping(at, (1.0, 1.0, 0.3)), 420.0, 2.0, 0.6)
    c = s.mix((1.0 - height) * 0.6, color, tint(spec.color, 0.38))
    c = s.mix(s.smoothstep(over, 0.45, 0.55) * 0.16, c, tint(spec.color, 0.75))
    c = s.mix(s.smoothstep(fibre, 0.45, 0.75) * 0.2, c, tint(spec.color, 1.25))
    return Weave(height * 0.7, c, 0.66, 0.0, specular=0.3, creases=0.0)


@fabrics.register("plastic")
def plastic(s: Shader, spec: FabricSpec, at: Socket, color: Any) -> Weave:
    """Polished acetate: frames of glasses. With a second colour it is mottled as tortoiseshell."""
    cloud = s.noise(at, 130.0, 2.0, 0.5, 1.2)
    mottled = 0.0 if spec.pattern == "plain" else 0.9
    c = s.mix(s.smoothstep(cloud, 0.45, 0.6) * mottled, color, spec.color2)
    return Weave(cloud * 0.0, c, 0.14, 0.0, specular=0.5, creases=0.0)
