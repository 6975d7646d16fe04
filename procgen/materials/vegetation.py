"""Leaves, blades, petals and bark. Colours are linear albedo; leaves let light through."""

from __future__ import annotations

from functools import lru_cache

from .shader import Color, Shader, Socket

# Far foliage fades towards the colour of the air (aerial perspective); lit by the sky, so it follows the mood.
AIR: Color = (0.40, 0.49, 0.60)


def scaled(c: Color, k: float) -> Color:
    """A colour times a number, within 0–1."""
    r, g, b = (min(1.0, max(0.0, x * k)) for x in c)
    return r, g, b


def airy(s: Shader, color: Socket | Color, near: float = 70.0, far: float = 900.0, most: float = 0.62) -> Socket:
    """`color` fading to air with the distance from the world's origin, metres."""
    away = s.vector("LENGTH", s.position(), output="Value")
    return s.mix(s.math("POWER", s.smoothstep(away, near, far), 0.7) * most, color, AIR)


def _thin(s: Shader, color: Socket, roughness: float, through: float, specular: float = 0.4) -> None:
    """End in a thin leaf: glossy above, translucent."""
    front = s.principled(base_color=color, roughness=roughness, specular_ior_level=specular)
    back = s.node("BsdfTranslucent", 0, {}, Color=s.mix(1.0, color, (1.25, 1.2, 0.55), "MULTIPLY"))
    s.surface(s.node("MixShader", 0, {}, i0=through, i1=front, i2=back), albedo=color)


@lru_cache(maxsize=64)
def leaf(color: Color, autumn: Color | None = None, hazy: bool = False, through: float = 0.48) -> Shader:
    """Foliage: `shade` varies leaf by leaf, the object's random number tree by tree.

    Args:
        color: Mean albedo.
        autumn: Colour of some of the leaves, or None.
        hazy: Fade with distance.
    """
    s = Shader("leaf")
    each = s.attribute("shade")
    tree = s.node("ObjectInfo", "Random")
    c = s.mix(each, scaled(color, 0.62), scaled(color, 1.35))
    c = s.mix(tree * 0.5, c, s.mix(1.0, c, (1.18, 1.0, 0.62), "MULTIPLY"))
    if autumn is not None:
        c = s.mix(s.smoothstep(each, 0.62, 0.95) * 0.7, c, autumn)
    if hazy:
        c = airy(s, c)
    _thin(s, c, 0.48, through)
    return s


@lru_cache(maxsize=32)
def blade(color: Color, dry: Color, dryness: float, hazy: bool = False) -> Shader:
    """Grass: `tip` runs 0–1 from root to tip, `shade` varies blade by blade, patches of the meadow are drier."""
    s = Shader("blade")
    each, along = s.attribute("shade"), s.attribute("tip")
    at = s.position()
    patch = s.noise(at, scale=0.16, detail=2.0)
    c = s.mix(each, scaled(color, 0.65), scaled(color, 1.30))
    c = s.mix(s.smoothstep(patch + each * 0.35, 0.80 - 0.5 * dryness, 1.0 - 0.35 * dryness) * 0.85, c, dry)
    c = s.mix(s.smoothstep(along, 0.0, 0.55, 0.62, 0.0), c, scaled(color, 0.38))
    c = s.mix(s.smoothstep(along, 0.6, 1.0) * 0.22, c, dry)
    if hazy:
        c = airy(s, c)
    _thin(s, c, 0.42, 0.30)
    return s


@lru_cache(maxsize=32)
def petal(through: float = 0.3) -> Shader:
    """Petals and other small parts: colour from the point attribute `tint`."""
    s = Shader("petal")
    c = s.attribute("tint", vector=True)
    c = s.mix(s.attribute("shade") * 0.35, c, s.mix(1.0, c, (0.72, 0.68, 0.7), "MULTIPLY"))
    _thin(s, c, 0.55, through, 0.2)
    return s


@lru_cache(maxsize=16)
def bark(color: Color = (0.115, 0.085, 0.06), kind: str = "rough") -> Shader:
    """Bark on tubes whose `tex` runs along the axis; kind "rough", "smooth" or "birch"."""
    s = Shader("bark")
    at = s.coords("Object")
    if kind == "birch":
        bands = s.noise(s.mapping(at, scale=(2.2, 2.2, 11.0)), scale=1.6, detail=3.0, roughness=0.6)
        dark = s.smoothstep(bands, 0.58, 0.66)
        c = s.mix(dark, (0.62, 0.58, 0.52), (0.045, 0.04, 0.035))
        thin = s.smoothstep(s.attribute("shade"), 0.5, 0.9)
        c = s.mix(thin, c, (0.07, 0.05, 0.04))
        s.principled(base_color=c, roughness=0.7, normal=s.bump(dark, -0.006, 0.5))
        return s
    stretch = (1.0, 1.0, 0.16) if kind == "rough" else (1.0, 1.0, 2.5)
    ridge = s.noise(
        s.mapping(at, scale=stretch), scale=26.0 if kind == "rough" else 9.0, detail=3.0, roughness=0.62, distortion=0.4
    )
    patch = s.noise(at, scale=3.0, detail=2.0)
    c = s.mix(s.smoothstep(ridge, 0.36, 0.64), scaled(color, 0.42), scaled(color, 1.25))
    c = s.mix(s.smoothstep(patch, 0.54, 0.70) * 0.55, c, (0.10, 0.115, 0.06))
    s.principled(
        base_color=c,
        roughness=0.85,
        specular_ior_level=0.2,
        normal=s.bump(ridge, 0.02 if kind == "rough" else 0.006, 0.8),
    )
    return s
