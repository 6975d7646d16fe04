"""Cloth of furniture: woven covers, velvet, leather, rugs, carpet and curtains."""

from __future__ import annotations

from functools import lru_cache

from .shader import Color, Shader
from .vegetation import scaled


@lru_cache(maxsize=64)
def cover(color: Color, kind: str = "weave") -> Shader:
    """Upholstery on `tex` metres: "weave", "velvet" or "leather"."""
    s = Shader("cover")
    at = s.attribute("tex", vector=True)
    slow = s.noise(s.coords("Object"), scale=3.5, detail=2.0)
    if kind == "leather":
        grain = s.voronoi(at, scale=230.0)
        crease = s.noise(at, scale=14.0, detail=3.0, distortion=0.8)
        c = s.mix(s.smoothstep(crease, 0.3, 0.7), scaled(color, 0.72), scaled(color, 1.12))
        s.principled(
            base_color=c, roughness=0.42, specular_ior_level=0.45, normal=s.bump(grain + crease * 2.0, 0.0012, 0.5)
        )
        return s
    if kind == "velvet":
        c = s.mix(slow, scaled(color, 0.75), scaled(color, 1.1))
        s.principled(
            base_color=c,
            roughness=0.75,
            specular_ior_level=0.2,
            sheen_weight=0.7,
            sheen_roughness=0.35,
            sheen_tint=scaled(color, 1.6),
        )
        return s
    mottle = s.noise(at, scale=420.0, detail=1.0)
    slub = s.noise(s.mapping(at, scale=(1.0, 7.0, 1.0)), scale=70.0, detail=1.0)
    c = s.mix(s.smoothstep(mottle, 0.35, 0.65), scaled(color, 0.74), scaled(color, 1.16))
    c = s.mix(s.smoothstep(slub, 0.52, 0.68) * 0.3, c, scaled(color, 1.35))
    c = s.mix(slow * 0.25, c, scaled(color, 0.8))
    s.principled(
        base_color=c, roughness=0.92, specular_ior_level=0.15, sheen_weight=0.15, normal=s.bump(mottle, 0.0015, 0.45)
    )
    return s


@lru_cache(maxsize=32)
def rug(colors: tuple[Color, Color, Color], kind: str, half: tuple[float, float]) -> Shader:
    """A rug on `tex` metres centred at 0: "border", "lattice", "stripe" or "plain"; `half` = half width and depth."""
    s = Shader("rug")
    at = s.attribute("tex", vector=True)
    x, y, _ = s.xyz(at)
    a, b, c3 = colors
    pile = s.noise(at, scale=160.0, detail=2.0, roughness=0.7)
    if kind == "lattice":
        u, v = s.math("PINGPONG", x + y, 0.17), s.math("PINGPONG", x - y, 0.17)
        near = s.math("MINIMUM", u, v)
        c = s.mix(s.smoothstep(near, 0.012, 0.018, 1.0, 0.0), a, b)
    elif kind == "stripe":
        band = s.math("FRACT", y / 0.62)
        c = s.ramp(band, [(0.0, a), (0.34, b), (0.40, a), (0.62, c3), (0.70, a), (0.86, b), (0.89, a)], "CONSTANT")
    elif kind == "border":
        edge = s.math(
            "MINIMUM",
            s.math("SUBTRACT", half[0], s.math("ABSOLUTE", x)),
            s.math("SUBTRACT", half[1], s.math("ABSOLUTE", y)),
        )
        c = s.ramp(edge, [(0.0, b), (0.05, c3), (0.075, b), (0.20, c3), (0.225, a)], "CONSTANT")
        motif = s.voronoi(s.vector("ABSOLUTE", at), scale=5.5, randomness=0.0)
        c = s.mix(s.smoothstep(motif, 0.16, 0.2, 1.0, 0.0) * s.math("GREATER_THAN", edge, 0.3), c, c3)
    else:
        c = s.mix(s.smoothstep(s.noise(at, scale=2.5, detail=2.0), 0.3, 0.7), scaled(a, 0.9), scaled(a, 1.08))
    c = s.mix(s.smoothstep(pile, 0.3, 0.75), s.mix(1.0, c, (0.66, 0.66, 0.66), "MULTIPLY"), c)
    s.principled(
        base_color=c, roughness=0.95, specular_ior_level=0.1, sheen_weight=0.2, normal=s.bump(pile, 0.006, 0.7)
    )
    return s


@lru_cache(maxsize=32)
def carpet(color: Color) -> Shader:
    """Fitted carpet."""
    s = Shader("carpet")
    at = s.position()
    tuft = s.noise(at, scale=240.0, detail=1.0)
    c = s.mix(s.smoothstep(tuft, 0.32, 0.7), scaled(color, 0.6), scaled(color, 1.15))
    c = s.mix(s.noise(at, scale=1.4, detail=2.0) * 0.3, c, scaled(color, 0.8))
    s.principled(base_color=c, roughness=0.95, specular_ior_level=0.1, normal=s.bump(tuft, 0.006, 0.6))
    return s


@lru_cache(maxsize=32)
def curtain(color: Color, through: float = 0.35) -> Shader:
    """Curtain cloth that daylight shines through."""
    s = Shader("curtain")
    at = s.attribute("tex", vector=True)
    thread = s.noise(s.mapping(at, scale=(1.0, 0.2, 1.0)), scale=300.0, detail=1.0)
    c = s.mix(thread, scaled(color, 0.85), scaled(color, 1.08))
    front = s.principled(base_color=c, roughness=0.9, specular_ior_level=0.15)
    back = s.node("BsdfTranslucent", 0, {}, Color=c)
    s.surface(s.node("MixShader", 0, {}, i0=through, i1=front, i2=back), albedo=c)
    return s


@lru_cache(maxsize=16)
def awning(color: Color, color2: Color, stripe: float = 0.18) -> Shader:
    """Awning cloth with stripes along `tex` x."""
    s = Shader("awning")
    x, _, _ = s.xyz(s.attribute("tex", vector=True))
    mask = s.math("GREATER_THAN", s.math("FRACT", x / stripe), 0.5)
    c = s.mix(mask, color, color2)
    front = s.principled(base_color=c, roughness=0.85, specular_ior_level=0.2)
    back = s.node("BsdfTranslucent", 0, {}, Color=c)
    s.surface(s.node("MixShader", 0, {}, i0=0.3, i1=front, i2=back), albedo=c)
    return s
