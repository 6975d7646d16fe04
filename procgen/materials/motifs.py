"""Emblems printed on the chest: flat shapes from distances, in pattern coordinates, so that they bake and stay put."""

from __future__ import annotations

from typing import Any

from .shader import Color, Shader, Socket

# Middle of the chest below the base of the neck, and half the size of an emblem, on an average adult; metres.
CHEST, HALF = -0.19, 0.085
# Radius that the pattern coordinates of an average adult's trunk carry, metres: children's emblems are smaller, and higher.
TRUNK_RADIUS = 0.16


def emblem(s: Shader, motif: int, at: Socket, front: Socket, radius: Socket, ground: Color, ink: Color) -> Any:
    """The ground colour with one emblem.

    Args:
        motif: 0 waves, 1 sun over hills, 2 rings, 3 bolt, 4 heart, 5 star.
        at: Pattern coordinates, metres from the base of the neck.
        front: -1 in front of the trunk, 1 behind.
        radius: Of the trunk's pattern coordinates, metres; it grows with the person.
        ground, ink: Colours.
    """
    x, _, z = s.xyz(at)
    size = radius * (HALF / TRUNK_RADIUS)
    u, v = x / size, z / size - CHEST / HALF
    mask = _SHAPES[motif % len(_SHAPES)](s, u, v)
    # Ink wears into the cloth a little.
    grain = s.noise(at, 300.0, 2.0, 0.6)
    mask = mask * s.smoothstep(grain, 0.28, 0.4) * s.smoothstep(front, -0.35, -0.55)
    return s.mix(mask * 0.94, ground, ink)


def _within(s: Shader, d: Any) -> Socket:
    """1 where a distance is negative, with an edge of about a millimetre."""
    return s.smoothstep(d, 0.012, -0.012)


def _length(s: Shader, u: Any, v: Any) -> Socket:
    return s.math("SQRT", u * u + v * v)


def _waves(s: Shader, u: Socket, v: Socket) -> Any:
    wave = v + s.math("SINE", u * 6.0) * 0.12
    band = s.math("ABSOLUTE", s.math("FRACT", wave * 2.2) - 0.5)
    return _within(s, _length(s, u, v) - 0.95) * _within(s, band - 0.24)


def _sun(s: Shader, u: Socket, v: Socket) -> Any:
    disc = _within(s, _length(s, u, v - 0.1) - 0.62)
    hills = s.math("SINE", u * 4.2 + 0.6) * 0.16 + s.math("SINE", u * 9.0) * 0.06 - 0.18
    land = _within(s, v - hills) * _within(s, _length(s, u, v) - 0.98)
    gap = _within(s, s.math("ABSOLUTE", v - hills) - 0.035)
    return s.math("MAXIMUM", disc, land) * (1.0 - gap)


def _rings(s: Shader, u: Socket, v: Socket) -> Any:
    r = _length(s, u, v)
    return _within(s, r - 0.95) * _within(s, s.math("ABSOLUTE", s.math("FRACT", r * 3.1) - 0.5) - 0.27)


def _bolt(s: Shader, u: Socket, v: Socket) -> Any:
    lean = u - v * 0.35
    upper = _within(s, s.math("ABSOLUTE", lean + 0.14) - 0.24) * _within(s, s.math("ABSOLUTE", v - 0.42) - 0.46)
    lower = _within(s, s.math("ABSOLUTE", lean - 0.16) - (v + 1.0) * 0.26) * _within(s, s.math("ABSOLUTE", v + 0.44) - 0.56)
    return s.math("MAXIMUM", upper, lower)


def _heart(s: Shader, u: Socket, v: Socket) -> Any:
    side = s.math("ABSOLUTE", u)
    y = v - s.math("SQRT", side + 0.001) * 0.62 + 0.12
    return _within(s, _length(s, u, y) - 0.72)


def _star(s: Shader, u: Socket, v: Socket) -> Any:
    angle = s.math("ARCTAN2", u, v)
    # Five-fold: the angle within a ray, then a straight edge from tip to notch.
    ray = s.math("ABSOLUTE", s.math("FRACT", angle * (5 / 6.2832) + 0.5) - 0.5) * (6.2832 / 5)
    r = _length(s, u, v)
    edge = r * (s.math("COSINE", ray) + s.math("SINE", ray) * 1.38) - 0.92
    return _within(s, edge)


_SHAPES = (_waves, _sun, _rings, _bolt, _heart, _star)
