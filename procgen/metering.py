"""Exposure as a photographer's incident meter would set it: from the light that falls on things, not from their colour.

A reflected-light meter would make dark skin grey; the ratio of picture to albedo is the light itself.
"""

from __future__ import annotations

import numpy as np

# Light on the subject that the view transform shows as well lit (by eye, on sunny and overcast scenes).
WELL_LIT = 0.95
LIMITS = (-1.2, 2.0)
# How far the correction goes: evening may stay a little darker than noon.
STRENGTH = 0.8
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def exposure(rgb: np.ndarray, albedo: np.ndarray, people: np.ndarray | None = None) -> float:
    """Exposure correction in EV.

    Args:
        rgb: (H, W, 3) scene linear picture; albedo: (H, W, 3) base colour, 0 on the sky.
        people: (H, W) bool, pixels on people; they count half of the whole, if there are enough.
    """
    base = albedo @ _LUMINANCE
    seen = base > 0.01
    if not seen.any():
        return 0.0
    light = np.log2(np.maximum(rgb @ _LUMINANCE, 1e-4) / np.where(seen, base, 1.0))
    level = float(np.median(light[seen]))
    if people is not None:
        on = seen & people
        if on.mean() > 0.004:
            level = 0.5 * level + 0.5 * float(np.median(light[on]))
    return float(np.clip(STRENGTH * (np.log2(WELL_LIT) - level), *LIMITS))
