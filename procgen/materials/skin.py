"""Skin: melanin and haemoglobin fields to albedo, subsurface scattering, roughness and pores."""

from __future__ import annotations

import math

import numpy as np

from .shader import Shader, Socket

# Albedo of skin without pigment or blood, and how melanin and haemoglobin absorb in linear R, G, B.
# Fitted by eye against photographs; the shape (blue absorbed most by melanin, green most by blood) is Jacques 2013.
BASE = (0.85, 0.635, 0.53)
MELANIN = (2.55, 3.1875, 3.621)
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


def _groove(s: Shader, distance: Socket, width: float) -> Socket:
    """1 on a line, falling to 0 over `width` metres on both sides."""
    return s.smoothstep(s.math("ABSOLUTE", distance), 0.0, width, 1.0, 0.0)


def _bump(s: Shader, at: Socket, fine: Socket, lips: Socket, lines: tuple[Socket, Socket], roughening: float,
          marks: float, lod: int) -> Socket | None:  # fmt: skip
    """Pores, lip creases and wrinkles as one height in millimetres (each Bump node costs three evaluations)."""
    if lod > 1:
        return None
    grain = s.noise(at, 420.0, 2.0 if lod else 3.0, 0.65)
    height = grain * (0.17 * roughening)
    height = s.math("MULTIPLY_ADD", fine, 0.10 * roughening, height)
    if lod == 0:
        pores = s.voronoi(at, 950.0)
        height = s.math("MULTIPLY_ADD", pores, 0.11 * roughening, height)
        creases = s.wave(s.mapping(at, (1.0, 0.12, 0.12)), 260.0, 2.0)
        height = s.math("MULTIPLY_ADD", creases * lips, 0.16, height)
    if marks > 0.02:
        face = s.attribute(FACE_CO, vector=True)
        x, _, z = s.xyz(face)
        wander = s.noise(face, 38.0, 2.0) * 0.011
        rows = s.math("SINE", (z + wander) * (2 * math.pi / 0.0105))
        rows = s.math("POWER", s.math("MULTIPLY_ADD", rows, 0.5, 0.5), 3.0)
        height = s.math("MULTIPLY_ADD", rows * lines[0], -1.0 * marks, height)
        # Crow's feet fan out from the outer corner of the eye.
        ax = s.math("ABSOLUTE", x) - 0.030
        fan = s.math("ARCTAN2", z + wander * 0.35 - 0.004, ax)
        rays = s.math("POWER", s.math("MULTIPLY_ADD", s.math("SINE", fan * 15.0), 0.5, 0.5), 2.5)
        height = s.math("MULTIPLY_ADD", rays * lines[1], -0.6 * marks, height)
        # Folds from the nostrils to the corners of the mouth, and the crease under the bag of the eye.
        across = s.math("ABSOLUTE", x)
        fold = s.math("MULTIPLY_ADD", z, 0.42, across) - 0.0022 + wander * 0.25
        fold = _groove(s, fold, 0.0024) * s.smoothstep(z, -0.078, -0.066) * s.smoothstep(z, -0.036, -0.046)
        height = s.math("MULTIPLY_ADD", fold, -1.1 * marks, height)
        bag = s.math("MULTIPLY_ADD", s.math("POWER", s.math("ABSOLUTE", across - 0.029), 2.0), -22.0, z) + 0.0205
        bag = (
            _groove(s, bag + wander * 0.1, 0.0018)
            * s.smoothstep(across, 0.012, 0.018)
            * s.smoothstep(across, 0.048, 0.040)
        )
        height = s.math("MULTIPLY_ADD", bag, -0.6 * marks, height)
        crepe = s.wave(at, 120.0, 9.0, 2.0, axis="DIAGONAL")
        height = s.math("MULTIPLY_ADD", crepe, 0.10 * marks, height)
    return s.bump(height, 0.001, 0.65)


def skin_material(
    melanin: float,
    redness: float = 0.5,
    *,
    freckles: float = 0.0,
    roughness: float = 0.5,
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
        melanin, redness, freckles, roughness, age_marks, variation: See `SkinSpec`.
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
    scalp_zone, beard_zone, freckle_zone = s.xyz(s.attribute(ZONE_C, vector=True))
    row_zone, fan_zone, gloss = s.xyz(s.attribute(ZONE_D, vector=True))

    octaves = (5.0, 3.0, 2.0)[min(lod, 2)]
    broad = s.noise(at, 11.0, octaves) - 0.5
    fine = s.noise(at, 130.0, octaves, 0.6)
    light = 1.0 - 0.55 * melanin  # blood shows less through dark skin

    # Blood: blotches, capillaries where skin is thin, flushed zones.
    blood = s.math("MULTIPLY_ADD", broad, 1.6 * light, redness)
    flushed = s.smoothstep(fine, 0.30, 0.72, 0.55, 1.15)
    blood = s.math("MULTIPLY_ADD", blood_zone * flushed, (1.45 + 0.5 * youth) * light, blood)
    blood = s.math("MULTIPLY_ADD", s.smoothstep(fine, 0.46, 0.72), 0.55 * light, blood)
    blood = s.math("MULTIPLY_ADD", socket_zone, 0.75 * light, blood)
    blood = s.math("MULTIPLY_ADD", forehead, -0.18, blood)
    blood = s.math("MULTIPLY_ADD", lips * s.smoothstep(fine, 0.2, 0.8, 0.75, 1.15), 1.15 + 0.6 * light, blood)
    blood = s.math("MULTIPLY_ADD", nails, 0.8, blood)
    blood = s.math("MULTIPLY_ADD", palms, 0.5, blood)

    # Melanin: mottling, sockets, less on palms, nails and (a little) the lower lip.
    mel = s.math("MULTIPLY_ADD", broad, 0.14 + 0.10 * melanin, melanin)
    mel = s.math("MULTIPLY_ADD", fine - 0.5, 0.10 + 0.12 * melanin, mel)
    mel = s.math("MULTIPLY_ADD", socket_zone, 0.07 + 0.04 * age_marks, mel)
    mel = s.math("MULTIPLY_ADD", lips, 0.12 - 0.22 * melanin * melanin, mel)
    pale = max(0.0, melanin - max(0.08, melanin * 0.42))
    mel = s.math("MULTIPLY_ADD", palms, -0.8 * pale, mel)
    mel = s.math("MULTIPLY_ADD", nails, -0.55 * pale, mel)
    if freckles > 0.01 and lod < 2:
        spots = s.smoothstep(s.voronoi(at, 300.0), 0.05, 0.38, 1.0, 0.0)
        gate = s.smoothstep(s.noise(at, 75.0, 1.0), 0.44, 0.60)
        mel = s.math("MULTIPLY_ADD", spots * gate * freckle_zone, 0.24 * freckles, mel)
    if age_marks > 0.3 and lod < 2:
        marks = s.smoothstep(s.voronoi(s.vector("ADD", at, (3.1, 0.0, 0.0)), 42.0), 0.06, 0.20, 1.0, 0.0)
        gate = s.smoothstep(s.noise(at, 26.0, 1.0), 0.50, 0.62)
        mel = s.math("MULTIPLY_ADD", marks * gate, 0.28 * (age_marks - 0.3), mel)
    color = _albedo_nodes(s, s.math("MAXIMUM", mel, 0.02), blood)
    if stubble > 0.0:
        shadow = s.mix(1.0, color, (0.50, 0.55, 0.60), "MULTIPLY")
        dotted = s.smoothstep(s.noise(at, 900.0, 1.0), 0.32, 0.62, 0.55, 1.0) if lod == 0 else 0.8
        color = s.mix(beard_zone * dotted * stubble, color, shadow)
    if scalp > 0.0:
        color = s.mix(scalp_zone * scalp, color, hair_color)

    # Roughness: matt cheeks, shinier forehead, nose, lips and nails.
    rough = s.math("MULTIPLY_ADD", fine - 0.5, 0.40, roughness)
    rough = s.math("MULTIPLY_ADD", gloss, -0.09 * (1.0 - youth), rough)
    rough = s.math("MULTIPLY_ADD", lips, -0.10, rough)
    rough = s.math("MULTIPLY_ADD", nails, -0.20, rough)
    normal = _bump(s, at, fine, lips, (row_zone, fan_zone), 1.0 - 0.6 * youth + 0.25 * age_marks, age_marks, lod)
    s.principled(
        **({} if normal is None else {"normal": normal}),
        base_color=color,
        roughness=rough,
        ior=1.4,
        specular_ior_level=0.44,
        subsurface_weight=1.0,
        subsurface_scale=SCATTER_SCALE * (1.0 - 0.4 * melanin),
        subsurface_radius=SCATTER_RADIUS,
        sheen_weight=0.05 * (1.0 - melanin),
        sheen_roughness=0.4,
    )
    return s
