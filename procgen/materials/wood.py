"""Wood: boards by their grain coordinate, plank and parquet floors."""

from __future__ import annotations

from functools import lru_cache

from .shader import Color, Shader, Socket
from .vegetation import scaled

TONES: dict[str, Color] = {
    "oak": (0.40, 0.26, 0.145),
    "pale": (0.56, 0.43, 0.29),
    "walnut": (0.155, 0.085, 0.046),
    "teak": (0.30, 0.165, 0.078),
    "grey": (0.31, 0.275, 0.235),
    "black": (0.030, 0.025, 0.022),
}


def _grain(s: Shader, at: Socket, tone: Color, shade: Socket) -> Socket:
    """Colour of straight-grained wood; x of `at` runs along the grain."""
    offset = s.vector("ADD", at, s.combine(shade * 13.7, shade * 7.1, shade * 3.3))
    figure = s.noise(s.mapping(offset, scale=(0.9, 9.0, 9.0)), scale=2.2, detail=3.0, roughness=0.55, distortion=1.1)
    fibre = s.noise(s.mapping(offset, scale=(3.0, 90.0, 90.0)), scale=2.4, detail=2.0, roughness=0.6)
    c = s.mix(s.smoothstep(figure, 0.30, 0.70), scaled(tone, 0.68), scaled(tone, 1.18))
    c = s.mix(s.smoothstep(fibre, 0.52, 0.72) * 0.42, c, scaled(tone, 0.5))
    return s.mix(shade * 0.5, c, s.mix(1.0, c, (0.72, 0.68, 0.64), "MULTIPLY"))


@lru_cache(maxsize=64)
def board(tone: Color, roughness: float = 0.42, weathered: float = 0.0) -> Shader:
    """Solid wood on pieces with `tex` (x along the grain) and `shade` (one value a board).

    Args:
        tone: Mean albedo.
        roughness: 0.3 varnished, 0.6 oiled, 0.85 raw.
        weathered: Greying outdoors, 0–1.
    """
    s = Shader("board")
    at = s.attribute("tex", vector=True)
    c = _grain(s, at, tone, s.attribute("shade"))
    if weathered:
        grey = s.noise(s.mapping(at, scale=(1.0, 8.0, 8.0)), scale=3.0, detail=2.0)
        c = s.mix(s.smoothstep(grey, 0.35, 0.65) * weathered, c, (0.27, 0.255, 0.235))
    s.principled(base_color=c, roughness=roughness, specular_ior_level=0.4)
    return s


@lru_cache(maxsize=32)
def planks(
    tone: Color, width: float = 0.14, length: float = 1.8, gap: float = 0.003, roughness: float = 0.38
) -> Shader:
    """A plank floor on `tex` metres; planks run along x."""
    s = Shader("planks")
    at = s.attribute("tex", vector=True)
    laid = {"offset": 0.37, "offset_frequency": 2, "squash": 1.0, "squash_frequency": 1}
    seam = s.brick(
        at,
        1.0,
        "Fac",
        laid,
        Brick__Width=length,
        Row__Height=width,
        Mortar__Size=gap / 2,
        Mortar__Smooth=0.1,
        Color1=(0.0, 0.0, 0.0),
        Color2=(1.0, 1.0, 1.0),
        Mortar=(0.5, 0.5, 0.5),
        Bias=0.0,
    )
    each, _, _ = s.xyz(s.out(seam, "Color"))
    c = _grain(s, at, tone, each)
    c = s.mix(seam, c, scaled(tone, 0.16))
    wear = s.noise(at, scale=1.7, detail=2.0)
    rough = s.math("ADD", s.math("MULTIPLY", wear, 0.16), roughness - 0.06)
    s.principled(base_color=c, roughness=rough, specular_ior_level=0.42, normal=s.bump(seam, -0.0015, 0.8))
    return s


@lru_cache(maxsize=16)
def herringbone(tone: Color, block: float = 0.085, roughness: float = 0.36) -> Shader:
    """Parquet in squares of five fingers, alternating in direction."""
    s = Shader("parquet")
    at = s.attribute("tex", vector=True)
    x, y, _ = s.xyz(at)
    side = block * 5
    ix, iy = s.math("FLOOR", x / side), s.math("FLOOR", y / side)
    odd = s.math("MODULO", s.math("ABSOLUTE", ix + iy), 2.0)
    turn = s.math("GREATER_THAN", odd, 0.5)
    u = s.math("ADD", s.math("MULTIPLY", turn, y), s.math("MULTIPLY", s.math("SUBTRACT", 1.0, turn), x))
    v = s.math("ADD", s.math("MULTIPLY", turn, x), s.math("MULTIPLY", s.math("SUBTRACT", 1.0, turn), y))
    finger = s.math("FLOOR", v / block)
    each = s.node("TexWhiteNoise", "Value", {"noise_dimensions": "3D"}, Vector=s.combine(ix, iy, finger))
    c = _grain(s, s.combine(u, v, each), tone, each)
    fv, fu = s.math("FRACT", v / block), s.math("FRACT", u / side)
    near = s.math(
        "MINIMUM",
        s.math("MINIMUM", fv, s.math("SUBTRACT", 1.0, fv)) * block,
        s.math("MINIMUM", fu, s.math("SUBTRACT", 1.0, fu)) * side,
    )
    seam = s.smoothstep(near, 0.0004, 0.0016, 1.0, 0.0)
    s.principled(base_color=s.mix(seam * 0.8, c, scaled(tone, 0.15)), roughness=roughness, specular_ior_level=0.42)
    return s
