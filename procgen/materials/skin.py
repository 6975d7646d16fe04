"""Skin: melanin and haemoglobin fields to albedo, subsurface scattering, roughness and pores."""

from __future__ import annotations

import math

import numpy as np

from .shader import Shader, Socket
from .wrinkles import face_lines

# Albedo of skin without pigment or blood, and how melanin and haemoglobin absorb in linear R, G, B.
# Fitted by eye against photographs; the shape (blue absorbed most by melanin, green most by blood) is Jacques 2013.
BASE = (0.85, 0.645, 0.505)
MELANIN = (2.55, 3.13, 3.62)
BLOOD = (0.02, 0.20, 0.16)
# Relative scattering radii of red, green and blue, and the scale in metres of the lightest skin.
SCATTER_RADIUS = (1.0, 0.36, 0.20)
SCATTER_SCALE = 0.0038

# Per-vertex attributes that the shader reads; `people/skin.py` fills them.
ZONE_A = "zone_blood"  # x: more blood, y: eye sockets and bags, z: forehead (paler, glossier)
ZONE_B = "zone_part"  # x: lips, y: nails, z: palms and soles
ZONE_C = "zone_hair"  # x: scalp under hair, y: shaven beard, z: where freckles like to be
ZONE_D = "zone_line"  # x: forehead lines, y: crow's feet, z: gloss
FACE_CO = "face_co"  # template coordinates around the eyes' centre, metres: where lines run on every face


def albedo(melanin: float | np.ndarray, redness: float | np.ndarray) -> np.ndarray:
    """Linear RGB albedo of skin.

    Args:
        melanin: 0.1 (very light) to 0.95 (very dark), any shape.
        redness: Haemoglobin, about 0.5.
    Returns:
        (…, 3) float64.
    """
    m, r = np.asarray(melanin, float)[..., None], np.asarray(redness, float)[..., None]
    return np.array(BASE) * np.exp(-m * np.array(MELANIN) - r * np.array(BLOOD))


def _albedo_nodes(s: Shader, melanin: Socket, blood: Socket) -> Socket:
    channels = []
    for base, m, b in zip(BASE, MELANIN, BLOOD, strict=True):
        power = s.math("MULTIPLY_ADD", melanin, m, blood * b)
        channels.append(s.math("POWER", math.exp(-1.0), power) * base)
    return s.node("CombineColor", "Color", {"mode": "RGB"}, Red=channels[0], Green=channels[1], Blue=channels[2])


def _moles(s: Shader, at: Socket, amount: float) -> Socket:
    """Flat moles of one to two millimetres: a few of the cells of a 16 mm grid have one."""
    near = s.voronoi(at, 62.0)
    chance, size, _ = s.xyz(s.voronoi(at, 62.0, output="Color"))
    radius = s.math("MULTIPLY_ADD", size, 0.055, 0.025)
    dot = s.smoothstep(s.math("DIVIDE", near, radius), 0.65, 1.15, 1.0, 0.0)
    return dot * s.math("GREATER_THAN", chance, 1.0 - 0.10 * amount)


def _bump(s: Shader, at: Socket, fine: Socket, lips: Socket, lines: Socket | None, roughening: float, lod: int) -> Socket | None:
    """Pores, lip creases and wrinkles as one height in millimetres (each Bump node costs three evaluations)."""
    if lod > 1:
        return None
    grain = s.noise(at, 420.0, 2.0 if lod else 3.0, 0.65)
    height = grain * (0.17 * roughening)
    height = s.math("MULTIPLY_ADD", fine, 0.10 * roughening, height)
    if lod == 0:
        pores = s.voronoi(at, 950.0)
        height = s.math("MULTIPLY_ADD", pores, 0.11 * roughening, height)
        creases = s.wave(s.mapping(at, (1.0, 0.16, 0.16)), 230.0, 7.0, 2.0)
        height = s.math("MULTIPLY_ADD", creases * lips, 0.08, height)
    if lines is not None:
        height = s.math("MULTIPLY_ADD", lines, -0.95, height)
    return s.bump(height, 0.001, 0.65)


def skin_material(
    melanin: float,
    redness: float = 0.5,
    *,
    freckles: float = 0.0,
    roughness: float = 0.5,
    moles: float = 0.0,
    age_marks: float = 0.0,
    youth: float = 0.0,
    variation: float = 0.0,
    hair_color: tuple[float, float, float] = (0.02, 0.012, 0.008),
    scalp: float = 0.0,
    stubble: float = 0.0,
    lod: int = 0,
) -> Shader:
    """Skin of one person.

    Args:
        melanin, redness, freckles, moles, roughness, age_marks, variation: See `SkinSpec`.
        youth: 1 for small children: finer pores, rosier.
        hair_color: Linear RGB of the hair, for the scalp under it.
        scalp: How much the hair tints the scalp.
        stubble: How much a shaven beard shows.
        lod: 0 close-up, 1 full body, 2 far away (fewer octaves, no bump).
    """
    s = Shader("skin")
    at = s.attribute("rest", vector=True)
    at = s.vector("ADD", at, (variation * 0.37, variation * 0.11, -variation * 0.23))
    blood_zone, socket_zone, forehead = s.xyz(s.attribute(ZONE_A, vector=True))
    lips, nails, palms = s.xyz(s.attribute(ZONE_B, vector=True))
    # The red of the lips ends within two millimetres, where the mesh would let it fade over five.
    red = s.smoothstep(lips, 0.18, 0.72)
    scalp_zone, beard_zone, freckle_zone = s.xyz(s.attribute(ZONE_C, vector=True))
    row_zone, fan_zone, gloss = s.xyz(s.attribute(ZONE_D, vector=True))

    lines = None if lod > 0 or age_marks <= 0.03 else face_lines(s, s.attribute(FACE_CO, vector=True), row_zone, fan_zone, age_marks)

    octaves = (5.0, 3.0, 2.0)[min(lod, 2)]
    broad = s.noise(at, 11.0, octaves) - 0.5
    fine = s.noise(at, 130.0, octaves, 0.6)
    light = 1.0 - 0.55 * melanin  # blood shows less through dark skin

    grain = None
    if lod == 0:
        # Two millimetres: what makes skin granular from near, in colour and in gloss.
        grain = s.noise(at, 420.0, 3.0, 0.65) - 0.5

    # Blood: blotches, capillaries where skin is thin, flushed zones.
    blood = s.math("MULTIPLY_ADD", broad, (0.7 + 0.5 * age_marks) * light, redness)
    flushed = s.smoothstep(fine, 0.30, 0.72, 0.55, 1.15)
    blood = s.math("MULTIPLY_ADD", blood_zone * flushed, (1.05 + 0.6 * youth) * light, blood)
    blood = s.math("MULTIPLY_ADD", s.smoothstep(fine, 0.46, 0.72), 0.26 * light, blood)
    blood = s.math("MULTIPLY_ADD", socket_zone, 0.75 * light, blood)
    blood = s.math("MULTIPLY_ADD", forehead, -0.18, blood)
    blood = s.math("MULTIPLY_ADD", red * s.smoothstep(fine, 0.2, 0.8, 0.75, 1.15), 1.7 + 0.8 * light, blood)
    blood = s.math("MULTIPLY_ADD", nails, 0.8, blood)
    blood = s.math("MULTIPLY_ADD", palms, 0.5, blood)

    # Melanin: mottling, sockets, less on palms, nails and (a little) the lower lip.
    mel = s.math("MULTIPLY_ADD", broad, 0.09 + 0.10 * melanin + 0.08 * age_marks, melanin)
    mel = s.math("MULTIPLY_ADD", fine - 0.5, 0.07 + 0.10 * melanin, mel)
    mel = s.math("MULTIPLY_ADD", socket_zone, 0.07 + 0.04 * age_marks, mel)
    mel = s.math("MULTIPLY_ADD", red, 0.02 - 0.12 * melanin * melanin, mel)
    pale = max(0.0, melanin - max(0.08, melanin * 0.42))
    mel = s.math("MULTIPLY_ADD", palms, -0.8 * pale, mel)
    mel = s.math("MULTIPLY_ADD", nails, -0.55 * pale, mel)
    if grain is not None:
        mel = s.math("MULTIPLY_ADD", grain, 0.13 + 0.14 * melanin, mel)
        blood = s.math("MULTIPLY_ADD", grain, -0.8 * light, blood)
    if freckles > 0.01 and lod < 2:
        spots = s.smoothstep(s.voronoi(at, 300.0), 0.05, 0.38, 1.0, 0.0)
        gate = s.smoothstep(s.noise(at, 75.0, 1.0), 0.44, 0.60)
        mel = s.math("MULTIPLY_ADD", spots * gate * freckle_zone, 0.24 * freckles, mel)
    if moles > 0.01 and lod == 0:
        mel = s.math("MULTIPLY_ADD", _moles(s, at, moles), 0.42, mel)
    if age_marks > 0.3 and lod < 2:
        marks = s.smoothstep(s.voronoi(s.vector("ADD", at, (3.1, 0.0, 0.0)), 42.0), 0.06, 0.20, 1.0, 0.0)
        gate = s.smoothstep(s.noise(at, 26.0, 1.0), 0.50, 0.62)
        mel = s.math("MULTIPLY_ADD", marks * gate, 0.28 * (age_marks - 0.3), mel)
    if lines is not None:
        # Light that enters a fold comes out redder and darker than the bump alone makes it.
        mel = s.math("MULTIPLY_ADD", lines, 0.05 + 0.04 * age_marks, mel)
        blood = s.math("MULTIPLY_ADD", lines, 0.55 * light, blood)
    color = _albedo_nodes(s, s.math("MAXIMUM", mel, 0.02), blood)
    if stubble > 0.0:
        shadow = s.mix(1.0, color, (0.50, 0.55, 0.60), "MULTIPLY")
        dotted = s.smoothstep(s.noise(at, 900.0, 1.0), 0.32, 0.62, 0.55, 1.0) if lod == 0 else 0.8
        color = s.mix(beard_zone * dotted * stubble, color, shadow)
    shine: float | Socket = 0.38
    if scalp > 0.0:
        color = s.mix(scalp_zone * scalp, color, hair_color)
        # Hair keeps light off the skin below it, which would glitter where strands are few.
        shine = s.math("MULTIPLY_ADD", scalp_zone, -0.36 * scalp, shine)

    # Roughness: matt cheeks, shinier forehead, nose, lips and nails.
    # Dark skin shows its gloss most, having little light of its own: as rough as light skin it would look wet.
    rough = s.math("MULTIPLY_ADD", fine - 0.5, 0.24, roughness + 0.06 * melanin)
    if grain is not None:
        rough = s.math("MULTIPLY_ADD", grain, 0.42 * (1.0 - 0.6 * youth), rough)
    rough = s.math("MULTIPLY_ADD", gloss, -0.09 * (1.0 - youth), rough)
    rough = s.math("MULTIPLY_ADD", lips, -0.10, rough)
    rough = s.math("MULTIPLY_ADD", nails, -0.20, rough)
    normal = _bump(s, at, fine, lips, lines, 1.0 - 0.6 * youth + 0.25 * age_marks, lod)
    s.principled(
        **({} if normal is None else {"normal": normal}),
        base_color=color,
        roughness=rough,
        ior=1.4,
        specular_ior_level=shine,
        # Light spreads by a few millimetres: less than a pixel where heads are small, and two thirds more to pay for.
        subsurface_weight=1.0 if lod == 0 else 0.0,
        subsurface_scale=SCATTER_SCALE * (1.0 - 0.4 * melanin),
        subsurface_radius=SCATTER_RADIUS,
        sheen_weight=0.05 * (1.0 - melanin),
        sheen_roughness=0.4,
    )
    return s
