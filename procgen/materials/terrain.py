"""Ground of open country: turf, earth and gravel paths, fields far away, and rock."""

from __future__ import annotations

from functools import lru_cache

from .shader import Color, Shader
from .vegetation import airy, scaled


@lru_cache(maxsize=32)
def turf(grass: Color, dry: Color, dryness: float, path: str) -> Shader:
    """Ground below the grass. Point attribute `path` is 1 on the path and falls to 0 beside it.

    Args:
        grass, dry: Albedo of the grass above, so that blades and ground blend.
        dryness: 0 lush to 1 dry.
        path: "mown", "earth" or "gravel".
    """
    s = Shader("turf")
    at = s.position()
    fine = s.noise(at, scale=34.0, detail=3.0, roughness=0.65)
    mid = s.noise(at, scale=2.6, detail=3.0, roughness=0.6)
    patch = s.noise(at, scale=0.16, detail=2.0)
    green = s.mix(s.smoothstep(fine, 0.36, 0.66), scaled(grass, 0.40), scaled(grass, 0.98))
    straw = s.mix(s.smoothstep(fine, 0.36, 0.66), scaled(dry, 0.5), scaled(dry, 0.95))
    turf_c = s.mix(
        s.smoothstep(patch + (mid - 0.5) * 0.5, 0.66 - 0.4 * dryness, 0.9 - 0.35 * dryness) * 0.8, green, straw
    )
    soil = s.mix(s.smoothstep(fine, 0.3, 0.7), (0.060, 0.042, 0.028), (0.15, 0.11, 0.075))
    turf_c = s.mix(s.smoothstep(mid, 0.60, 0.74) * 0.55, turf_c, soil)
    # Far fields: big cells of pasture, crop and stubble.
    cells = s.voronoi(s.mapping(at, scale=(1.0, 0.62, 0.0), rotation=(0, 0, 0.5)), scale=0.0085, output="Color")
    pick, _, other = s.xyz(cells)
    field = s.mix(pick, scaled(grass, 0.85), s.mix(other, scaled(dry, 0.9), scaled(grass, 1.25)))
    away = s.vector("LENGTH", at, output="Value")
    c = s.mix(s.smoothstep(away, 55.0, 120.0) * 0.8, turf_c, field)
    way = s.smoothstep(s.attribute("path") + (mid - 0.5) * 0.55, 0.35, 0.62)
    if path == "mown":
        track = s.mix(s.smoothstep(fine, 0.35, 0.7), scaled(grass, 0.75), scaled(s_mean(grass, dry), 1.2))
    elif path == "earth":
        track = s.mix(s.smoothstep(mid, 0.35, 0.65), (0.185, 0.138, 0.082), (0.27, 0.212, 0.130))
        track = s.mix(s.smoothstep(fine, 0.54, 0.70) * 0.6, track, (0.37, 0.31, 0.22))
        track = s.mix(s.smoothstep(fine, 0.30, 0.44, 0.6, 0.0), track, (0.09, 0.068, 0.042))
        track = s.mix(s.smoothstep(patch + mid * 0.5, 0.70, 0.90) * 0.35, track, scaled(grass, 0.9))
    else:
        stones = s.voronoi(at, scale=62.0, output="Color")
        tone, _, _ = s.xyz(stones)
        track = s.mix(tone, (0.24, 0.21, 0.175), (0.42, 0.38, 0.32))
        track = s.mix(s.smoothstep(mid, 0.45, 0.7) * 0.5, track, (0.27, 0.23, 0.18))
    c = airy(s, s.mix(way, c, track))
    s.principled(base_color=c, roughness=0.92, specular_ior_level=0.15, normal=s.bump(fine, 0.018, 0.7))
    return s


def s_mean(a: Color, b: Color) -> Color:
    """Mean of two colours."""
    r, g, c = ((x + y) / 2 for x, y in zip(a, b, strict=True))
    return r, g, c


@lru_cache(maxsize=16)
def rock(color: Color = (0.30, 0.285, 0.26), moss: float = 0.5) -> Shader:
    """Weathered stone with lichen, and moss on top."""
    s = Shader("rock")
    at = s.coords("Object")
    coarse = s.noise(at, scale=3.5, detail=4.0, roughness=0.62)
    fine = s.noise(at, scale=28.0, detail=3.0, roughness=0.7)
    c = s.mix(s.smoothstep(coarse, 0.32, 0.68), scaled(color, 0.55), scaled(color, 1.2))
    c = s.mix(s.smoothstep(fine, 0.58, 0.70) * 0.6, c, (0.46, 0.45, 0.36))
    _, _, up = s.xyz(s.node("NewGeometry", "Normal"))
    green = s.smoothstep(up + (coarse - 0.5) * 1.6, 0.62, 1.05) * moss
    c = s.mix(green, c, (0.065, 0.085, 0.022))
    s.principled(
        base_color=c, roughness=0.88, specular_ior_level=0.25, normal=s.bump(coarse * 0.6 + fine * 0.4, 0.03, 0.8)
    )
    return s
