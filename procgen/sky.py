"""Sun and sky: sampled moods, a gradient dome with haze, sun glow and drawn clouds, and the sun as a lamp.

A Nishita sky costs 0.6 s a frame for its table; this dome costs a few noise octaves. Colours by eye.
"""

from __future__ import annotations

import numpy as np

from .frames import rigid
from .geometry import Light
from .materials.shader import Shader, Socket
from .spec import SkySpec

SHADE_LIFT = 0.55

# mood: weight, sun elevation (deg), cloudiness, warmth, share of direct sun, sun size (rad)
_MOODS = {
    "clear": (0.26, (34, 62), (0.0, 0.25), (0.1, 0.3), (0.95, 1.1), (0.012, 0.03)),
    "fair": (0.34, (28, 58), (0.3, 0.55), (0.15, 0.35), (0.8, 1.0), (0.015, 0.05)),
    "golden": (0.20, (12, 24), (0.1, 0.5), (0.7, 1.0), (0.75, 0.95), (0.02, 0.05)),
    "veiled": (0.10, (28, 55), (0.65, 0.8), (0.2, 0.45), (0.35, 0.6), (0.1, 0.3)),
    "overcast": (0.08, (30, 60), (0.9, 1.0), (0.1, 0.3), (0.03, 0.12), (0.35, 0.5)),
}


def sample_sky(rng: np.random.Generator, indoor: bool = False, mood: str | None = None) -> SkySpec:
    """Draw a time of day and weather.

    The sun favours the -Y half of the sky, the side that people face and most cameras stand on.

    Args:
        rng: Source of all randomness.
        indoor: Favour a sun that reaches into windows, softly.
        mood: clear, fair, golden, veiled or overcast; None draws one.
    """
    names = list(_MOODS)
    weight = np.array([_MOODS[n][0] for n in names])
    if indoor:
        weight = weight * np.array([1.0, 1.2, 1.0, 1.2, 0.8])
    drawn = names[int(rng.choice(len(names), p=weight / weight.sum()))]
    _, elevation, cloud, warm, direct, size = _MOODS[mood or drawn]
    clouds, share = float(rng.uniform(*cloud)), float(rng.uniform(*direct))
    up = np.radians(rng.uniform(*elevation))
    glow = float(rng.uniform(*warm))
    return SkySpec(
        sun_elevation=float(up),
        sun_azimuth=float((rng.normal(0.0, 1.15) + np.pi) % (2 * np.pi) - np.pi),
        sun_strength=float(5.4 * share * (0.55 + 0.45 * np.clip(np.sin(up) / 0.5, 0, 1))),
        sun_size=float(rng.uniform(*size)),
        ambient=float(rng.uniform(1.15, 1.45) * (1.0 + 0.25 * clouds) * (1.0 + 0.5 * glow**2)),
        cloudiness=clouds,
        warmth=glow,
    )


def sun_direction(spec: SkySpec) -> np.ndarray:
    """(3,) unit vector from the ground to the sun."""
    a, e = spec.sun_azimuth, spec.sun_elevation
    return np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])


def sun_light(spec: SkySpec) -> Light:
    """The sun as a lamp; it shines along -Z of its transform."""
    z = sun_direction(spec)
    x = np.cross([0.0, 1.0, 0.0] if abs(z[2]) > 0.9 else [0.0, 0.0, 1.0], z)
    x /= np.linalg.norm(x)
    color = _blend((1.0, 0.95, 0.88), (1.0, 0.70, 0.42), spec.warmth)
    return Light(
        "sun", spec.sun_strength, color, spec.sun_size, rigid(np.stack([x, np.cross(z, x), z], 1), np.zeros(3))
    )


def _blend(a: tuple[float, ...], b: tuple[float, ...], t: float) -> tuple[float, float, float]:
    r, g, c = ((1 - t) * np.asarray(a) + t * np.asarray(b)).tolist()
    return r, g, c


def sky_colors(spec: SkySpec) -> dict[str, tuple[float, float, float]]:
    """Linear RGB of the parts of the dome: zenith, middle, horizon, glow, cloud, shadow (underside of clouds)."""
    w, veil = spec.warmth**1.5, max(0.0, spec.cloudiness - 0.55) / 0.45
    clear = {
        "zenith": _blend((0.075, 0.185, 0.46), (0.10, 0.17, 0.33), w),
        "middle": _blend((0.19, 0.36, 0.66), (0.30, 0.34, 0.42), w),
        "horizon": _blend((0.52, 0.63, 0.74), (0.80, 0.58, 0.40), w),
        "glow": _blend((0.55, 0.50, 0.42), (1.5, 0.72, 0.26), w),
        "cloud": _blend((0.95, 0.96, 0.98), (1.05, 0.80, 0.62), w),
        "shadow": _blend((0.50, 0.55, 0.63), (0.42, 0.37, 0.42), w),
    }
    grey = {
        "zenith": (0.42, 0.46, 0.52),
        "middle": (0.52, 0.56, 0.61),
        "horizon": (0.66, 0.69, 0.72),
        "glow": (0.30, 0.29, 0.27),
        "cloud": (0.80, 0.82, 0.85),
        "shadow": (0.44, 0.47, 0.52),
    }
    return {k: _blend(clear[k], grey[k], 0.85 * veil) for k in clear}


def sky_shader(spec: SkySpec) -> Shader:
    """World shader of the dome; ends in a Background node."""
    s = Shader("sky")
    c = sky_colors(spec)
    way = s.coords("Generated")
    _, _, z = s.xyz(way)
    sun = s.vector("DOT_PRODUCT", way, tuple(sun_direction(spec)), "Value")
    dome = s.ramp(
        z,
        [
            (0.0, c["horizon"]),
            (0.10, _blend(c["horizon"], c["middle"], 0.55)),
            (0.32, c["middle"]),
            (0.85, c["zenith"]),
        ],
    )
    dome = _clouds(s, spec, c, way, z, dome)
    # Two lobes of forward scattering: a wide one for the haze, a narrow one around the disc.
    facing = s.math("MAXIMUM", sun, 0.0)
    wide = s.math("POWER", facing, 6.0)
    narrow = s.math("POWER", facing, 90.0)
    low = s.smoothstep(z, 0.0, 0.6, 1.0, 0.35)
    glow = s.math("ADD", wide * low * 0.35, narrow * 0.9)
    dome = s.mix(s.clamp(glow), dome, s.mix(1.0, dome, c["glow"], "ADD"))
    ground = (0.16, 0.15, 0.12)
    dome = s.mix(s.smoothstep(z, -0.06, -0.005, 1.0, 0.0), dome, ground)
    # A photographer exposes for the shade: what the sky lights is brighter than the sky in the picture.
    seen = s.node("LightPath", "Is Camera Ray")
    strength = s.math("MULTIPLY", s.math("ADD", s.math("MULTIPLY", seen, -SHADE_LIFT), 1.0 + SHADE_LIFT), spec.ambient)
    # … and balances its colour, so that shade is cool but not blue.
    r, g, b = c["middle"]
    grey = 0.3 * r + 0.55 * g + 0.15 * b
    balanced = s.mix(s.math("MULTIPLY", s.math("SUBTRACT", 1.0, seen), 0.42), dome, (grey * 1.08, grey, grey * 0.94))
    s.surface(s.node("Background", "Background", {}, Color=balanced, Strength=strength))
    return s


def _clouds(s: Shader, spec: SkySpec, c: dict, way: Socket, z: Socket, dome: Socket) -> Socket:
    """Clouds on a plane above the viewer, so that they shrink and gather towards the horizon."""
    if spec.cloudiness < 0.02:
        return dome
    x, y, _ = s.xyz(way)
    far = s.math("MAXIMUM", z, 0.0) + 0.10
    shift = 17.0 * spec.sun_azimuth + 5.0 * spec.ambient  # another sky for another spec
    at = s.combine(x / far + shift, y / far, shift)
    body = s.noise(at, scale=0.55, detail=7.0, roughness=0.54, distortion=0.25)
    cut = 0.66 - 0.30 * spec.cloudiness
    cover = s.smoothstep(body, cut, cut + 0.13 + 0.1 * spec.cloudiness)
    # The same field a step towards the sun: thick there means this side is in shadow.
    d = sun_direction(spec)
    toward = s.vector("ADD", at, (0.22 * d[0], 0.22 * d[1], 0.0))
    thick = s.noise(toward, scale=0.55, detail=3.0, roughness=0.5, distortion=0.25)
    lit = s.smoothstep(thick, cut - 0.02, cut + 0.24, 1.0, 0.0)
    tone = s.mix(lit, c["shadow"], c["cloud"])
    haze = s.smoothstep(z, 0.01, 0.22)
    tone = s.mix(haze, s.mix(0.7, tone, c["horizon"]), tone)
    return s.mix(cover * s.smoothstep(z, 0.0, 0.12) * (0.92 if spec.cloudiness < 0.8 else 1.0), dome, tone)
