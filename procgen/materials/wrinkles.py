"""Where faces crease: lines in template coordinates, so that they run the same way over everybody's features."""

from __future__ import annotations

from .shader import Shader, Socket


def _groove(s: Shader, distance: Socket, width: float) -> Socket:
    """1 on a line, falling to 0 over `width` metres on both sides."""
    return s.smoothstep(s.math("ABSOLUTE", distance), 0.0, width, 1.0, 0.0)


def _between(s: Shader, x: Socket, low: float, high: float, soft: float) -> Socket:
    """1 inside an interval, smoothly 0 outside."""
    return s.smoothstep(x, low - soft, low + soft) * s.smoothstep(x, high + soft, high - soft)


def _rows(s: Shader, at: Socket, pitch: float, width: float) -> Socket:
    """Parallel lines `pitch` metres apart."""
    middle = s.math("PINGPONG", at, 0.5 * pitch)
    return s.smoothstep(middle, 0.0, width, 1.0, 0.0)


def face_lines(s: Shader, face: Socket, rows: Socket, fan: Socket, amount: float) -> Socket:
    """Depth of all wrinkles, about 0 to 1.

    Args:
        face: Template coordinates from between the eyes: x to the person's left, -y forward, z up, metres.
        rows, fan: Zones of the lines of the forehead and of the crow's feet, 0 to 1.
        amount: 0 = young, 1 = very old.
    """
    x, y, z = s.xyz(face)
    across = s.math("ABSOLUTE", x)
    wander = (s.noise(face, 38.0, 2.0) - 0.5) * 0.011
    broken = s.smoothstep(s.noise(face, 60.0, 2.0), 0.36, 0.58, 0.15, 1.0)
    # Forehead: the frontalis lifts the brows, so the lines arch over each of them.
    arch = s.math("MULTIPLY_ADD", s.math("POWER", across - 0.026, 2.0), -5.0, z)
    total = _rows(s, arch + wander, 0.0104, 0.0032) * rows * broken * (0.60 * amount)
    # Frown lines between the brows.
    frown = s.math("MULTIPLY_ADD", z - 0.02, 0.18, across) - 0.0090 + wander * 0.25
    frown = _groove(s, frown, 0.0030) * _between(s, z, 0.015, 0.028, 0.009)
    total = s.math("MULTIPLY_ADD", frown, 0.55 * amount, total)
    # Crow's feet fan out from the outer corner of the eye.
    angle = s.math("ARCTAN2", z + wander * 0.35 - 0.003, across - 0.037)
    rays = _rows(s, angle, 0.36, 0.11) * fan * broken
    total = s.math("MULTIPLY_ADD", rays, 0.8 * amount, total)
    # From the wings of the nose past the mouth, and from its corners to the jaw.
    fold = s.math("MULTIPLY_ADD", z, 0.45, across) + 0.0010 + wander * 0.25
    fold = _groove(s, fold, 0.0042) * _between(s, z, -0.072, -0.042, 0.007)
    total = s.math("MULTIPLY_ADD", fold, 0.95 * amount, total)
    if amount > 0.35:
        jowl = s.math("MULTIPLY_ADD", z + 0.075, 0.22, across) - 0.0262 + wander * 0.3
        jowl = _groove(s, jowl, 0.0046) * _between(s, z, -0.098, -0.080, 0.006)
        total = s.math("MULTIPLY_ADD", jowl, 0.4 * amount, total)
    # Two creases under the bag of the eye.
    below = s.math("MULTIPLY_ADD", s.math("POWER", across - 0.030, 2.0), -22.0, z)
    for depth, share in ((0.0175, 0.25), (0.0225, 0.45)):
        bag = _groove(s, below + depth + wander * 0.12, 0.0024) * _between(s, across, 0.016, 0.044, 0.005)
        total = s.math("MULTIPLY_ADD", bag, share * amount, total)
    if amount > 0.5:
        # Fine upright lines on the lips' border.
        pleats = _rows(s, x + wander * 0.3, 0.0042, 0.0011) * _between(s, z, -0.064, -0.054, 0.003)
        pleats = pleats * s.smoothstep(across, 0.022, 0.016) * s.math("LESS_THAN", y, -0.01)
        total = s.math("MULTIPLY_ADD", pleats, 0.6 * (amount - 0.4), total)
    # Rings of the neck.
    rings = _rows(s, z + wander * 0.9, 0.021, 0.0040) * _between(s, z, -0.19, -0.128, 0.008)
    return s.math("MULTIPLY_ADD", rings * broken, 0.5 * amount, total)
