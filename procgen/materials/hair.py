"""Hair: Principled Hair whose pigment comes with every strand, so that grey is a mixture of white and dark strands."""

from __future__ import annotations

import numpy as np

from .shader import Shader

PIGMENT = "pigment"  # per strand: melanin (Blender's 0–1), melanin redness, roughness offset
TINT = "tint"  # per strand: linear RGB for the albedo channel

# Pigment of a strand over that of a real hair, by eye: brown hair lit from behind must not glow orange.
STRAND_SCALE = 2.0

# Absorption of eumelanin and pheomelanin per unit (d'Eon et al. 2011, as in Blender's Principled Hair).
_EUMELANIN = np.array([0.506, 0.841, 1.653])
_PHEOMELANIN = np.array([0.343, 0.733, 1.924])


# Linear transmission colour of dyes over bleached hair (by eye); the warm and light ones are pigment alone.
DYES = {
    "blue": (0.10, 0.25, 0.75),
    "pink": (0.85, 0.18, 0.42),
    "green": (0.12, 0.50, 0.25),
    "violet": (0.38, 0.12, 0.60),
}


def hair_tint(melanin: np.ndarray | float, redness: np.ndarray | float, dye: str = "none") -> np.ndarray:
    """Linear RGB that a mass of such hair shows in diffuse light.

    Args:
        melanin: 0–1, Blender's Principled Hair scale. Any shape.
        redness: 0–1, pheomelanin share.
        dye: One of `DYES`; any other name colours nothing.
    Returns:
        (…, 3) float64.
    Source: Chiang et al. 2016, eq. 9 at azimuthal roughness 0.45, exponent halved (by eye) for light that
        leaves a head of hair before it has crossed many fibres.
    """
    m = np.asarray(melanin, float)[..., None]
    r = np.asarray(redness, float)[..., None]
    amount = -np.log(np.maximum(1.0 - m, 1e-4))
    sigma = amount * ((1 - r) * _EUMELANIN + r * _PHEOMELANIN)
    return 0.92 * np.exp(-2.4 * np.sqrt(sigma)) * np.array(DYES.get(dye, (1.0, 1.0, 1.0)))


def hair_material(
    roughness: float = 0.32,
    *,
    radial: float = 0.45,
    bleach: float = 0.2,
    dye: str = "none",
    coarse: bool = False,
    lod: int = 0,
) -> Shader:
    """Head hair, brows or beard.

    Args:
        roughness: Along the strand; 0.25 silky, 0.45 dry or tightly curled.
        radial: Around the strand.
        bleach: 0–1, how much lighter tips are than roots.
        dye: One of `DYES`, or none of them.
        coarse: Plain Principled instead of the fibre model: for eyelashes, or strands far away.
        lod: 2 uses the plain model too.
    """
    s = Shader("hair")
    tint = s.attribute(TINT, vector=True)
    if coarse or lod >= 2:
        s.principled(base_color=tint, roughness=0.5, specular_ior_level=0.25)
        return s
    melanin, redness, rough = s.xyz(s.attribute(PIGMENT, vector=True))
    along = s.node("HairInfo", "Intercept")
    # Sun and washing bleach the tips a little. Melanin acts through log(1 - m): a power of (1 - m) scales the pigment;
    # a head has fewer and thicker strands than life, so each must absorb more for the same colour.
    amount = s.math("MULTIPLY_ADD", along, -(0.15 + 0.9 * bleach), STRAND_SCALE * (1.0 + 0.05 + 0.2 * bleach))
    melanin = 1.0 - s.math("POWER", s.math("MAXIMUM", 1.0 - melanin, 0.0005), amount)
    hair = s.node(
        "BsdfHairPrincipled",
        0,
        {"model": "CHIANG", "parametrization": "MELANIN"},
        Melanin=s.clamp(melanin),
        Melanin__Redness=redness,
        Tint=DYES.get(dye, (1.0, 1.0, 1.0)),
        Roughness=rough + roughness,
        Radial__Roughness=radial,
        Coat=0.0,
        IOR=1.55,
        Random__Color=0.0,
        Random__Roughness=0.1,
    )
    s.surface(hair, albedo=tint)
    return s
