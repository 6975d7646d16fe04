"""Walls and paving: brick, render, ashlar, tiles, roofs, concrete, slabs, setts, asphalt. `tex` is in metres."""

from __future__ import annotations

from functools import lru_cache

from .shader import Color, Shader, Socket
from .vegetation import scaled

_RUNNING = {"offset": 0.5, "offset_frequency": 2, "squash": 1.0, "squash_frequency": 1}
_STACKED = {"offset": 0.0, "offset_frequency": 2, "squash": 1.0, "squash_frequency": 1}


def _courses(
    s: Shader, at: Socket, width: float, height: float, joint: float, running: bool = True
) -> tuple[Socket, Socket]:
    """Joint mask (1 in the joint) and a random number for each stone."""
    mask = s.brick(
        at,
        1.0,
        "Fac",
        _RUNNING if running else _STACKED,
        Brick__Width=width,
        Row__Height=height,
        Mortar__Size=joint / 2,
        Mortar__Smooth=0.15,
        Color1=(0.0, 0.0, 0.0),
        Color2=(1.0, 1.0, 1.0),
        Mortar=(0.5, 0.5, 0.5),
        Bias=0.0,
    )
    each, _, _ = s.xyz(s.out(mask, "Color"))
    return mask, each


def _weather(s: Shader, color: Socket, amount: float) -> Socket:
    """Streaks and soot: darker in slow vertical patches."""
    at = s.position()
    streak = s.noise(s.mapping(at, scale=(1.0, 1.0, 0.18)), scale=0.9, detail=3.0, roughness=0.62)
    return s.mix(s.smoothstep(streak, 0.48, 0.75) * amount, color, s.mix(1.0, color, (0.60, 0.57, 0.53), "MULTIPLY"))


@lru_cache(maxsize=32)
def brick(color: Color = (0.33, 0.115, 0.065), mortar: Color = (0.47, 0.43, 0.37), spread: float = 1.0) -> Shader:
    """Brickwork, 240 × 71 mm stones with 10 mm joints."""
    s = Shader("brick")
    at = s.attribute("tex", vector=True)
    joint, each = _courses(s, at, 0.25, 0.0812, 0.0105)
    grit = s.noise(at, scale=55.0, detail=2.0, roughness=0.6)
    c = s.ramp(
        each,
        [
            (0.0, scaled(color, 1 - 0.45 * spread)),
            (0.35, color),
            (0.7, scaled(color, 1 + 0.25 * spread)),
            (1.0, tuple(k * f for k, f in zip(color, (1.05, 1.35, 1.5), strict=True))),  # pyright: ignore[reportArgumentType]
        ],
    )
    c = s.mix(s.smoothstep(grit, 0.45, 0.75) * 0.45, c, scaled(color, 0.55))
    c = _weather(s, s.mix(joint, c, mortar), 0.45)
    s.principled(
        base_color=c,
        roughness=0.9,
        specular_ior_level=0.2,
        normal=s.bump(s.math("SUBTRACT", 1.0, joint) + grit * 0.25, 0.006, 0.7),
    )
    return s


@lru_cache(maxsize=64)
def render(color: Color, rough: float = 0.5, dirt: float = 0.5) -> Shader:
    """Painted render (stucco)."""
    s = Shader("render")
    at = s.attribute("tex", vector=True)
    sand = s.noise(at, scale=140.0, detail=2.0, roughness=0.7)
    slow = s.noise(at, scale=0.55, detail=3.0, roughness=0.6)
    c = s.mix(s.smoothstep(slow, 0.3, 0.7), scaled(color, 0.90), scaled(color, 1.06))
    c = _weather(s, c, dirt)
    _, _, up = s.xyz(s.position())
    foot = s.smoothstep(up + slow * 0.5, 0.25, 1.0, 1.0, 0.0)
    c = s.mix(foot * 0.5 * dirt, c, (0.20, 0.18, 0.155))
    s.principled(base_color=c, roughness=0.9, specular_ior_level=0.2, normal=s.bump(sand, 0.004, rough))
    return s


@lru_cache(maxsize=32)
def ashlar(color: Color = (0.50, 0.44, 0.35), width: float = 0.62, height: float = 0.31) -> Shader:
    """Cut stone in courses."""
    s = Shader("ashlar")
    at = s.attribute("tex", vector=True)
    joint, each = _courses(s, at, width, height, 0.010)
    grain = s.noise(at, scale=22.0, detail=3.0, roughness=0.65)
    c = s.mix(each, scaled(color, 0.80), scaled(color, 1.12))
    c = s.mix(s.smoothstep(grain, 0.4, 0.7) * 0.5, c, scaled(color, 0.72))
    c = _weather(s, s.mix(joint * 0.8, c, scaled(color, 0.45)), 0.5)
    s.principled(
        base_color=c,
        roughness=0.85,
        specular_ior_level=0.25,
        normal=s.bump(s.math("SUBTRACT", 1.0, joint) + grain * 0.15, 0.008, 0.7),
    )
    return s


@lru_cache(maxsize=32)
def stone(color: Color = (0.48, 0.44, 0.37)) -> Shader:
    """Plain dressed stone for sills, cornices and kerbs."""
    s = Shader("stone")
    at = s.position()
    grain = s.noise(at, scale=30.0, detail=3.0, roughness=0.7)
    c = s.mix(s.smoothstep(grain, 0.3, 0.7), scaled(color, 0.82), scaled(color, 1.08))
    c = _weather(s, c, 0.55)
    s.principled(base_color=c, roughness=0.86, specular_ior_level=0.25, normal=s.bump(grain, 0.003, 0.6))
    return s


@lru_cache(maxsize=32)
def tiles(color: Color, size: float = 0.30, gloss: float = 0.30) -> Shader:
    """Square floor or wall tiles."""
    s = Shader("tiles")
    at = s.attribute("tex", vector=True)
    joint, each = _courses(s, at, size, size, 0.004, running=False)
    cloud = s.noise(at, scale=7.0, detail=3.0)
    c = s.mix(each, scaled(color, 0.86), scaled(color, 1.08))
    c = s.mix(s.smoothstep(cloud, 0.35, 0.7) * 0.35, c, scaled(color, 0.78))
    c = s.mix(joint, c, (0.34, 0.33, 0.31))
    s.principled(
        base_color=c, roughness=s.math("ADD", s.math("MULTIPLY", joint, 0.5), gloss), normal=s.bump(joint, -0.0015, 0.8)
    )
    return s


@lru_cache(maxsize=8)
def chequer(a: Color, b: Color, size: float = 0.33) -> Shader:
    """Two-coloured floor tiles laid alternately."""
    s = Shader("chequer")
    at = s.attribute("tex", vector=True)
    joint, each = _courses(s, at, size, size, 0.003, running=False)
    x, y, _ = s.xyz(at)
    odd = s.math("MODULO", s.math("ABSOLUTE", s.math("FLOOR", x / size) + s.math("FLOOR", y / size)), 2.0)
    vein = s.noise(at, scale=5.0, detail=4.0, distortion=1.5)
    c = s.mix(s.math("GREATER_THAN", odd, 0.5), a, b)
    c = s.mix(s.smoothstep(vein, 0.45, 0.6) * 0.25, c, s.mix(each, scaled(a, 0.7), scaled(b, 1.4)))
    s.principled(base_color=s.mix(joint, c, (0.2, 0.19, 0.18)), roughness=0.26, normal=s.bump(joint, -0.001, 0.7))
    return s


@lru_cache(maxsize=16)
def roof_tiles(color: Color = (0.30, 0.105, 0.060)) -> Shader:
    """Pantiles on a slope: `tex` x along the eaves, y up the slope."""
    s = Shader("roof_tiles")
    at = s.attribute("tex", vector=True)
    joint, each = _courses(s, at, 0.22, 0.30, 0.012)
    x, y, _ = s.xyz(at)
    roll = s.math("SINE", x * (2 * 3.14159 / 0.22)) * 0.5 + 0.5
    step = s.math("FRACT", y / 0.30)
    c = s.mix(each, scaled(color, 0.6), scaled(color, 1.35))
    c = s.mix(s.smoothstep(s.noise(s.position(), scale=0.8, detail=3.0), 0.5, 0.72) * 0.5, c, (0.10, 0.095, 0.07))
    c = s.mix(joint, c, scaled(color, 0.25))
    s.principled(
        base_color=c,
        roughness=0.85,
        specular_ior_level=0.25,
        normal=s.bump(roll * 0.6 + s.math("SUBTRACT", 1.0, step) * 0.8, 0.03, 0.9),
    )
    return s


@lru_cache(maxsize=16)
def slate(color: Color = (0.085, 0.092, 0.105)) -> Shader:
    """Slates."""
    s = Shader("slate")
    at = s.attribute("tex", vector=True)
    joint, each = _courses(s, at, 0.25, 0.20, 0.006)
    c = s.mix(joint, s.mix(each, scaled(color, 0.7), scaled(color, 1.4)), scaled(color, 0.3))
    s.principled(base_color=c, roughness=0.55, specular_ior_level=0.4, normal=s.bump(joint, -0.006, 0.8))
    return s


@lru_cache(maxsize=16)
def concrete(color: Color = (0.40, 0.39, 0.375), roughness: float = 0.8) -> Shader:
    """Cast or polished concrete."""
    s = Shader("concrete")
    at = s.position()
    cloud = s.noise(at, scale=1.3, detail=4.0, roughness=0.6)
    pore = s.noise(at, scale=70.0, detail=2.0)
    c = s.mix(s.smoothstep(cloud, 0.3, 0.7), scaled(color, 0.78), scaled(color, 1.12))
    c = s.mix(s.smoothstep(pore, 0.60, 0.72) * 0.4, c, scaled(color, 0.6))
    s.principled(base_color=c, roughness=roughness, specular_ior_level=0.35, normal=s.bump(pore, 0.001, 0.4))
    return s


@lru_cache(maxsize=16)
def slabs(color: Color = (0.36, 0.34, 0.31), width: float = 0.60, height: float = 0.40, joint: float = 0.008) -> Shader:
    """Paving slabs on `tex`, with stains and worn joints."""
    s = Shader("slabs")
    at = s.attribute("tex", vector=True)
    seam, each = _courses(s, at, width, height, joint)
    grain = s.noise(at, scale=60.0, detail=3.0, roughness=0.7)
    stain = s.noise(at, scale=0.9, detail=4.0, roughness=0.62)
    c = s.mix(each, scaled(color, 0.80), scaled(color, 1.16))
    c = s.mix(s.smoothstep(grain, 0.42, 0.70) * 0.4, c, scaled(color, 0.62))
    c = s.mix(s.smoothstep(stain, 0.50, 0.72) * 0.45, c, scaled(color, 0.52))
    c = s.mix(seam, c, (0.085, 0.08, 0.068))
    s.principled(
        base_color=c,
        roughness=0.82,
        specular_ior_level=0.3,
        normal=s.bump(s.math("SUBTRACT", 1.0, seam) + grain * 0.12, 0.005, 0.8),
    )
    return s


@lru_cache(maxsize=16)
def setts(color: Color = (0.23, 0.215, 0.20), size: float = 0.11) -> Shader:
    """Stone setts (cobbles) with domed heads."""
    s = Shader("setts")
    at = s.attribute("tex", vector=True)
    wobble = s.noise(at, scale=5.0, detail=1.0, output="Color")
    moved = s.vector("ADD", at, s.vector("MULTIPLY", wobble, (0.035, 0.035, 0.0)))
    seam, each = _courses(s, moved, size * 1.25, size, 0.017)
    soft = s.brick(
        moved, 1.0, "Fac", _RUNNING, Brick__Width=size * 1.25, Row__Height=size, Mortar__Size=0.02, Mortar__Smooth=1.0
    )
    grain = s.noise(at, scale=45.0, detail=3.0, roughness=0.65)
    stain = s.noise(at, scale=0.7, detail=3.0)
    c = s.mix(each, scaled(color, 0.62), scaled(color, 1.5))
    c = s.mix(s.smoothstep(grain, 0.42, 0.7) * 0.35, c, scaled(color, 0.55))
    c = s.mix(s.smoothstep(stain, 0.48, 0.72) * 0.35, c, (0.20, 0.17, 0.13))
    c = s.mix(seam, c, (0.075, 0.07, 0.055))
    rough = s.math("SUBTRACT", 0.80, s.math("MULTIPLY", each, 0.25))
    s.principled(
        base_color=c,
        roughness=rough,
        specular_ior_level=0.4,
        normal=s.bump(s.math("SUBTRACT", 1.0, soft) + grain * 0.1, 0.014, 0.9),
    )
    return s


@lru_cache(maxsize=8)
def asphalt(color: Color = (0.095, 0.094, 0.093), lane: float = 3.0) -> Shader:
    """Asphalt with wheel tracks; `tex` x along the road, y across from its middle."""
    s = Shader("asphalt")
    at = s.attribute("tex", vector=True)
    _, y, _ = s.xyz(at)
    chip = s.voronoi(at, scale=130.0, output="Color")
    tone, _, _ = s.xyz(chip)
    slow = s.noise(at, scale=0.5, detail=4.0, roughness=0.6)
    c = s.mix(tone, scaled(color, 0.6), scaled(color, 1.55))
    c = s.mix(s.smoothstep(slow, 0.35, 0.7) * 0.6, c, scaled(color, 1.35))
    track = s.math(
        "ABSOLUTE", s.math("SUBTRACT", s.math("ABSOLUTE", s.math("SUBTRACT", s.math("ABSOLUTE", y), lane / 2)), 0.75)
    )
    c = s.mix(s.smoothstep(track, 0.0, 0.35, 0.35, 0.0), c, scaled(color, 0.75))
    crack = s.voronoi(
        s.vector("ADD", at, s.vector("MULTIPLY", s.noise(at, scale=2.0, output="Color"), (0.7, 0.7, 0.0))),
        scale=0.35,
        feature="DISTANCE_TO_EDGE",
    )
    c = s.mix(s.smoothstep(crack, 0.002, 0.008, 0.8, 0.0), c, (0.03, 0.03, 0.03))
    s.principled(base_color=c, roughness=0.78, specular_ior_level=0.35, normal=s.bump(tone, 0.004, 0.6))
    return s
