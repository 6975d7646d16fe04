"""Where hair grows: hairline, beard and brows as fields over the template, the same places on every face."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..keyed import Keyed
from ..vectors import lengths, vertex_normals
from .head import Head

# Lowest elevation of the hair, degrees above the middle of the skull, by azimuth from the face (0) to the nape (180).
# Forehead, temple, sideburn, above and behind the ear, nape. By eye on the template.
_AZIMUTH = np.array([0, 12, 26, 38, 48, 56, 62, 67, 72, 80, 86, 95, 105, 125, 150, 180.0])
_ELEVATION = np.array([35, 35.5, 37, 36, 30, 20, 8, -8, -18, -21, -8, -6, -14, -27, -33, -35.0])
# What a receding line adds: temples first, then the forehead.
_RECEDE_AZIMUTH = np.array([0, 14, 30, 45, 60, 80, 180.0])
_RECEDE = np.array([6, 11, 22, 24, 14, 3, 0.0])


def angles(skull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Azimuth from the face (0–180°, both sides alike) and elevation (degrees) of skull coordinates (N, 3)."""
    azimuth = np.degrees(np.arctan2(np.abs(skull[:, 0]), -skull[:, 1]))
    return azimuth, np.degrees(np.arctan2(skull[:, 2], np.hypot(skull[:, 0], skull[:, 1])))


def above_hairline(skull: np.ndarray, receding: float = 0.0, own: float = 0.0) -> np.ndarray:
    """Degrees by which skull coordinates (N, 3) lie above the hairline; negative below it.

    Args:
        receding: 0-1.
        own: -1 to 1, what sets people apart: below 0 a straight low line, above it a higher one with a widow's peak.
    """
    azimuth, elevation = angles(skull)
    line = np.interp(azimuth, _AZIMUTH, _ELEVATION)
    shape = np.interp(azimuth, [0, 9, 24, 40, 58, 75, 180], [-3.2, 0.6, 3.4, 3.0, 1.0, 0.0, 0.0])
    side = np.sign(skull[:, 0]) * azimuth
    # No line is drawn with a ruler: two waves that are not the same left and right.
    wave = 0.9 * np.sin(0.21 * side + 5.0 * own) + 0.6 * np.sin(0.47 * side + 11.0 * own + 1.0)
    wave = wave * np.interp(azimuth, [0, 60, 100, 180], [1.0, 1.0, 0.3, 1.0])
    return elevation - line - receding * np.interp(azimuth, _RECEDE_AZIMUTH, _RECEDE) - own * shape - wave


def _step(x: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def scalp_density(head: Head, receding: float = 0.0, soft: float = 7.0, own: float = 0.0) -> np.ndarray:
    """(V,) 0–1: full on the scalp, falling to 0 over `soft` degrees at the hairline."""
    d = above_hairline(head.skull, receding, own)
    outward = np.einsum("ij,ij->i", head.skull, _template_normals(head)) > 0.1 * lengths(head.skull)
    return _step(d, -1.5, soft) * (1.0 - head.ears) * outward * (head.weight > 0.45)


def _template_normals(head: Head) -> np.ndarray:
    return _normals(Keyed(head.canon), Keyed(head.triangles))


@lru_cache(maxsize=2)
def _normals(canon: Keyed[np.ndarray], triangles: Keyed[np.ndarray]) -> np.ndarray:
    """Of a template, which all heads of a model share."""
    return vertex_normals(canon.value, triangles.value)


def beard_density(head: Head, style: str = "full") -> np.ndarray:
    """(V,) 0–1: moustache, chin, cheeks below a line from the ear to the mouth, upper throat.

    Args:
        style: "full", "moustache", "goatee" (moustache and chin) or "chin" (jaw without moustache).
    """
    x, y, z = (head.canon / head.template_eye * 0.0308).T
    x = np.abs(x)
    # Upper edge: under the nose at the middle, down across the cheek, up again to the sideburn.
    knots = [0.0, 0.010, 0.018, 0.026, 0.036, 0.048, 0.060, 0.070]
    edge = np.interp(x, knots, [-0.0440, -0.0445, -0.0480, -0.0570, -0.0600, -0.0560, -0.0420, -0.0250])
    # The moustache begins sharply; on the cheek hair thins out upwards.
    soft = np.interp(x, [0.014, 0.030], [0.004, 0.012])
    out = _step((edge - z) / soft, -0.25, 1.0)
    out *= _step(z, -0.150, -0.128)
    out *= _step(0.075 - y, -0.006, 0.010)
    # Bare patches beside the tuft under the lower lip, and the groove under the nose.
    bare = np.exp(-(((x - 0.014) / 0.006) ** 2 + ((z + 0.083) / 0.005) ** 2))
    bare = np.maximum(bare, 0.6 * np.exp(-((x / 0.003) ** 2)) * _step(z, -0.060, -0.054))
    n = _template_normals(head)
    front = _step(0.45 - n[:, 1], 0.0, 0.3)
    upper = _step(z, -0.0720, -0.0660) * _step(0.034 - x, -0.004, 0.006)
    chin = _step(-0.074 - z, -0.002, 0.004) * _step(0.027 - x, -0.006, 0.008)
    part = {"moustache": upper, "goatee": np.maximum(upper, chin), "chin": 1.0 - upper}.get(style, 1.0)
    out = out * (1.0 - _step(head.lips, 0.05, 0.4))
    return np.clip(out * part * (1.0 - 0.6 * bare) * front, 0.0, 1.0) * (head.weight > 0.2)
