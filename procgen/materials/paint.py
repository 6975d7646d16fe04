"""Smooth finishes: wall paint, gloss paint, metal, plastic, glazed ware, glass, lamp shades and pictures."""

from __future__ import annotations

from functools import lru_cache

from .shader import Color, Shader
from .vegetation import scaled


@lru_cache(maxsize=64)
def wall_paint(color: Color, texture: float = 0.25) -> Shader:
    """Matt wall paint with roller texture and the faintest unevenness."""
    s = Shader("wall_paint")
    at = s.position()
    slow = s.noise(at, scale=0.9, detail=2.0)
    c = s.mix(slow, scaled(color, 0.955), scaled(color, 1.03))
    roller = s.noise(at, scale=210.0, detail=1.0)
    s.principled(base_color=c, roughness=0.86, specular_ior_level=0.25, normal=s.bump(roller, 0.0012, texture))
    return s


@lru_cache(maxsize=64)
def wallpaper(color: Color, color2: Color, kind: str = "stripe", size: float = 0.09) -> Shader:
    """Wallpaper on `tex` (x along the wall, y up): "stripe" or "leaf"."""
    s = Shader("wallpaper")
    at = s.attribute("tex", vector=True)
    if kind == "stripe":
        x, _, _ = s.xyz(at)
        f = s.math("FRACT", x / size)
        mask = s.smoothstep(s.math("ABSOLUTE", f - 0.5), 0.235, 0.255)
    else:
        cell = s.voronoi(s.mapping(at, scale=(1.0, 0.55, 1.0)), scale=1.0 / size, randomness=0.35)
        mask = s.smoothstep(cell, 0.26, 0.31)
    s.principled(base_color=s.mix(mask, color2, color), roughness=0.8, specular_ior_level=0.3)
    return s


@lru_cache(maxsize=128)
def gloss(color: Color, roughness: float = 0.34, coat: float = 0.0) -> Shader:
    """Painted wood or metal."""
    s = Shader("gloss")
    s.principled(base_color=color, roughness=roughness, coat_weight=coat, coat_roughness=0.08)
    return s


@lru_cache(maxsize=64)
def worn_paint(color: Color, roughness: float = 0.5) -> Shader:
    """Outdoor paint: a little dirt in the hollows and below."""
    s = Shader("worn_paint")
    at = s.coords("Object")
    dirt = s.noise(at, scale=3.0, detail=3.0, roughness=0.6)
    c = s.mix(s.smoothstep(dirt, 0.46, 0.78) * 0.45, color, s.mix(0.55, color, (0.09, 0.08, 0.07)))
    s.principled(base_color=c, roughness=roughness, specular_ior_level=0.4)
    return s


@lru_cache(maxsize=32)
def metal(color: Color = (0.55, 0.55, 0.56), roughness: float = 0.32) -> Shader:
    """Bare metal."""
    s = Shader("metal")
    s.principled(base_color=color, roughness=roughness, metallic=1.0)
    return s


@lru_cache(maxsize=32)
def tinted(roughness: float = 0.5) -> Shader:
    """Any small thing: colour from the point attribute `tint`, varied by `shade`."""
    s = Shader("tinted")
    c = s.attribute("tint", vector=True)
    c = s.mix(s.attribute("shade") * 0.4, c, s.mix(1.0, c, (0.7, 0.7, 0.7), "MULTIPLY"))
    s.principled(base_color=c, roughness=roughness)
    return s


@lru_cache(maxsize=32)
def glaze(color: Color) -> Shader:
    """Glazed ceramic."""
    s = Shader("glaze")
    tone = s.noise(s.coords("Object"), scale=6.0, detail=2.0)
    c = s.mix(tone, scaled(color, 0.85), scaled(color, 1.1))
    s.principled(base_color=c, roughness=0.28, coat_weight=0.4, coat_roughness=0.1)
    return s


@lru_cache(maxsize=4)
def clear_glass() -> Shader:
    """A window pane without refraction: mostly let through, mirror-like at grazing angles."""
    s = Shader("clear_glass")
    through = s.node("BsdfTransparent", 0, {}, Color=(0.96, 0.98, 0.97))
    mirror = s.node("BsdfGlossy", 0, {}, Color=(1.0, 1.0, 1.0), Roughness=0.03)
    s.surface(
        s.node("MixShader", 0, {}, i0=s.node("Fresnel", 0, {}, IOR=1.35), i1=through, i2=mirror),
        albedo=(0.05, 0.05, 0.05),
    )
    return s


@lru_cache(maxsize=16)
def facade_glass(curtain: Color = (0.62, 0.60, 0.55)) -> Shader:
    """A window seen from the street: dark room, curtains at the sides or a blind, and the sky mirrored in it.

    `tex` x, y run 0–1 over the window; `shade` picks what hangs in it.
    """
    s = Shader("facade_glass")
    x, y, _ = s.xyz(s.attribute("tex", vector=True))
    pick = s.attribute("shade")
    side = s.math("ABSOLUTE", x - 0.5)
    folds = s.math("SINE", x * 95.0) * 0.5 + 0.5
    cloth = s.mix(folds, scaled(curtain, 0.62), curtain)
    # Below 0.45: curtains drawn to the sides; 0.45–0.7: a blind part of the way; above: bare.
    drape = s.smoothstep(side, 0.30 + 0.0, 0.33) * s.math("LESS_THAN", pick, 0.45)
    drop = s.math("SUBTRACT", 1.0, s.math("MULTIPLY", s.math("FRACT", pick * 17.0), 0.6))
    blind = s.math("GREATER_THAN", y, drop) * s.math("GREATER_THAN", pick, 0.45) * s.math("LESS_THAN", pick, 0.72)
    depth = s.smoothstep(y, 0.0, 1.0)
    room = s.mix(depth, (0.030, 0.028, 0.026), (0.012, 0.013, 0.015))
    c = s.mix(s.math("ADD", drape, blind, clamp=True) * 0.55, room, cloth)
    ripple = s.noise(s.position(), scale=1.3, detail=1.0)
    s.principled(base_color=c, roughness=0.06, specular_ior_level=0.9, ior=1.52, normal=s.bump(ripple, 0.004, 0.5))
    return s


@lru_cache(maxsize=16)
def shade_cloth(color: Color, glow: float) -> Shader:
    """A lamp shade, lit from within by `glow` (emission strength)."""
    s = Shader("shade_cloth")
    s.principled(base_color=color, roughness=0.9, emission_color=(1.0, 0.72, 0.42), emission_strength=glow)
    return s


@lru_cache(maxsize=64)
def picture(variation: float, colors: tuple[Color, ...], kind: str = "blocks") -> Shader:
    """An abstract painting or print on `tex` (metres): "blocks", "strokes" or "hills"."""
    s = Shader("picture")
    at = s.vector("ADD", s.attribute("tex", vector=True), (variation * 7.3, variation * 3.1, variation))
    n = len(colors)
    if kind == "blocks":
        pick, _, _ = s.xyz(
            s.voronoi(s.mapping(at, scale=(1.0, 1.6, 0.0)), scale=4.5, randomness=0.7, feature="F1", output="Color")
        )
    elif kind == "strokes":
        pick = s.noise(s.mapping(at, scale=(1.0, 2.2, 0.0)), scale=3.2, detail=3.0, distortion=1.6)
        pick = s.smoothstep(pick, 0.28, 0.72)
    else:
        x, y, _ = s.xyz(at)
        rise = s.noise(s.combine(x, variation, 0.0), scale=3.0, detail=3.0)
        pick = s.math("FRACT", y * 1.9 + rise * 0.55)
    c = s.ramp(pick, [(i / n, k) for i, k in enumerate(colors)], "CONSTANT" if kind != "strokes" else "EASE")
    s.principled(base_color=c, roughness=0.55, specular_ior_level=0.3)
    return s
