"""Eyes and mouth: sclera and iris, cornea, tear film, teeth, tongue."""

from __future__ import annotations

from .shader import Shader

# Linear RGB of the dark ground and of the light fibres of the iris; by eye.
IRIS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "brown": ((0.075, 0.034, 0.014), (0.20, 0.100, 0.042)),
    "dark": ((0.026, 0.012, 0.006), (0.075, 0.034, 0.015)),
    "hazel": ((0.080, 0.046, 0.018), (0.19, 0.130, 0.050)),
    "green": ((0.055, 0.066, 0.036), (0.17, 0.17, 0.085)),
    "blue": ((0.045, 0.080, 0.125), (0.19, 0.26, 0.33)),
    "grey": ((0.085, 0.105, 0.12), (0.26, 0.29, 0.31)),
}
# Per-vertex attributes of the eye mesh (`people/eyes.py`).
EYE_POLAR = "eye_polar"  # cos (1 towards the nose), sin of the angle around the axis; radius over iris radius
EYE_AXIS = "eye_axis"  # height along the axis over the eyeball's radius
EYE_SHADE = "eye_shade"  # 0–1: how deep under the upper lid and its lashes
TOOTH = "tooth"  # of the teeth: metres from the incisors' edge towards the root; from the middle of the row (`people/teeth.py`)
# Where one tooth ends and the next begins, metres beside the middle.
_TOOTH_EDGES = (0.0, 0.0082, 0.0146, 0.0208, 0.0262)


def eye_material(
    iris: str, pupil: float = 0.36, veins: float = 0.3, age: float = 0.0, variation: float = 0.0, lod: int = 0
) -> Shader:
    """Eyeball: iris with fibres, collarette and limbal ring; sclera that reddens towards the corners.

    Args:
        iris: Key of `IRIS`.
        pupil: Pupil radius over iris radius.
        veins: Redness of the sclera.
        age: 0–1, yellows the sclera a little, and greys the rim of the cornea.
        variation: Offset into the fibres.
        lod: 2 drops fibres and veins.
    """
    s = Shader("eye")
    polar = s.attribute(EYE_POLAR, vector=True)
    c, sn, r = s.xyz(polar)
    axis = s.attribute(EYE_AXIS)
    dark, light = IRIS[iris]
    if lod < 2:
        # Fibres run from the pupil to the rim; the collarette a third of the way out divides two layers of them.
        ring = s.math("MULTIPLY_ADD", s.noise(s.combine(c, sn, variation), 2.6, 2.0), 0.16, pupil + 0.05)
        fine = s.noise(s.combine(c, sn, s.math("MULTIPLY_ADD", r, 0.22, variation)), 15.0, 4.0, 0.70)
        coarse = s.noise(s.combine(c, sn, s.math("MULTIPLY_ADD", r, 0.55, variation + 7.0)), 5.0, 2.0, 0.6)
        blend = s.smoothstep(s.math("MULTIPLY_ADD", coarse, 0.45, fine * 0.62), 0.40, 0.66)
        zone = s.smoothstep(r - ring, -0.05, 0.05)
        crypt = s.smoothstep(coarse, 0.36, 0.46, 0.55, 1.0)
        blend = blend * s.math("MULTIPLY_ADD", zone, -0.18, 1.0) * crypt
        color = s.mix(blend, dark, light)
        amber = (light[0] * 1.05, light[1] * 0.78, light[2] * 0.5)
        color = s.mix(s.math("MULTIPLY_ADD", zone, -0.55, 0.62), color, amber)
        color = s.mix(s.smoothstep(s.math("ABSOLUTE", r - ring), 0.0, 0.035, 0.35, 0.0), color, light)
    else:
        color = s.mix(0.45, dark, light)
    limbus = (dark[0] * 0.22, dark[1] * 0.22, dark[2] * 0.25)
    color = s.mix(s.smoothstep(r, 0.78, 1.0, 0.0, 0.90), color, limbus)
    if age > 0.3:
        # Arcus senilis: a grey ring in the rim.
        arcus = s.smoothstep(r, 0.80, 0.92) * s.smoothstep(r, 1.04, 0.96)
        color = s.mix(arcus * (0.45 * (age - 0.3)), color, (0.30, 0.31, 0.31))
    color = s.mix(s.smoothstep(r, pupil - 0.015, pupil + 0.02, 1.0, 0.0), color, (0.002, 0.002, 0.002))

    white = (0.42 - 0.03 * age, 0.385 - 0.04 * age, 0.355 - 0.08 * age)
    corner = s.smoothstep(axis, 0.34, 0.74, 0.45 + 0.35 * veins, 0.0)
    sclera = s.mix(corner, white, (0.50, 0.27, 0.22))
    if lod < 2:
        at = s.coords("Object")
        threads = s.noise(at, 260.0, 5.0, 0.65, 1.2)
        thin = s.ramp(threads, [(0.468, 0.0), (0.50, 1.0), (0.532, 0.0)])
        amount = s.smoothstep(axis, 0.42, 0.93, 0.35 + 0.6 * veins, 0.02)
        sclera = s.mix(thin * amount, sclera, (0.55, 0.16, 0.12))
    # The caruncle and the fold beside it fill the corner towards the nose.
    side = c * s.math("SQRT", s.math("MAXIMUM", 1.0 - axis * axis, 0.0))
    sclera = s.mix(s.smoothstep(side, 0.70, 0.86), sclera, (0.46, 0.19, 0.15))
    front = s.math("GREATER_THAN", axis, 0.0)
    inside = s.smoothstep(r, 0.955, 1.07, 1.0, 0.0) * front
    whole = s.mix(inside, sclera, color)
    if lod < 2:
        # Lids and lashes keep light off; the mesh alone leaves the white bright up to the very edge.
        shade = s.attribute(EYE_SHADE)
        whole = s.mix(shade, whole, s.mix(1.0, whole, (0.34, 0.25, 0.22), "MULTIPLY"))
    s.principled(
        base_color=whole,
        roughness=s.math("MULTIPLY_ADD", inside, 0.35, 0.17),
        specular_ior_level=s.math("MULTIPLY_ADD", inside, -0.35, 0.5),
        subsurface_weight=0.2,
        subsurface_scale=0.002,
    )
    return s


def cornea_material() -> Shader:
    """Clear shell over the iris: reflects, lets everything else through unbent, so that ground truth stays exact."""
    s = Shader("cornea")
    fresnel = s.node("Fresnel", 0, {}, IOR=1.376)
    gloss = s.node("BsdfGlossy", 0, {}, Color=(1.0, 1.0, 1.0), Roughness=0.03)
    clear = s.node("BsdfTransparent", 0, {}, Color=(1.0, 1.0, 1.0))
    s.surface(s.node("MixShader", 0, {}, i0=fresnel, i1=clear, i2=gloss), albedo=(0.0, 0.0, 0.0))
    return s


def tear_material() -> Shader:
    """Tear film along the lower lid: mostly clear, bright where it catches a light."""
    s = Shader("tear")
    gloss = s.node("BsdfGlossy", 0, {}, Color=(1.0, 0.97, 0.95), Roughness=0.06)
    clear = s.node("BsdfTransparent", 0, {}, Color=(0.97, 0.93, 0.91))
    fresnel = s.node("Fresnel", 0, {}, IOR=1.5)
    s.surface(s.node("MixShader", 0, {}, i0=fresnel, i1=clear, i2=gloss), albedo=(0.0, 0.0, 0.0))
    return s


def teeth_material(yellow: float = 0.3) -> Shader:
    """Enamel that yellows towards the gum, and the gum; `yellow` 0–1."""
    s = Shader("teeth")
    enamel = (0.70, 0.65 - 0.06 * yellow, 0.56 - 0.16 * yellow)
    height, across, _ = s.xyz(s.attribute(TOOTH, vector=True))
    neck = (enamel[0] * 0.86, enamel[1] * 0.76, enamel[2] * 0.60)
    color = s.mix(s.smoothstep(height, 0.003, 0.0088), enamel, neck)
    near = s.math("ABSOLUTE", across - _TOOTH_EDGES[0])
    for edge in _TOOTH_EDGES[1:]:
        near = s.math("MINIMUM", near, s.math("ABSOLUTE", across - edge))
    color = s.mix(s.smoothstep(near, 0.00015, 0.0009, 0.75, 0.0), color, (0.20, 0.13, 0.09))
    # The gum reaches down between the teeth.
    gum = s.smoothstep(height + s.smoothstep(near, 0.0, 0.0028, 0.0020, 0.0), 0.0090, 0.0102)
    color = s.mix(gum, color, (0.40, 0.13, 0.12))
    s.principled(
        base_color=color,
        roughness=s.math("MULTIPLY_ADD", gum, 0.12, 0.2),
        specular_ior_level=0.5,
        subsurface_weight=0.3,
        subsurface_scale=0.002,
    )
    return s


def tongue_material() -> Shader:
    """Tongue and gums: wet, red, granular."""
    s = Shader("tongue")
    grain = s.noise(s.attribute("rest", vector=True), 600.0, 2.0)
    s.principled(base_color=(0.42, 0.13, 0.12), roughness=0.38, normal=s.bump(grain, 0.0004, 0.5), subsurface_weight=0.3,
                 subsurface_scale=0.003)  # fmt: skip
    return s
