"""Picture formats that suit a camera: upright for one person, wide for a group, all with about as many pixels."""

from __future__ import annotations

import math

import numpy as np

# Width over height -> how often it is drawn (by eye: what photographers and phones take).
UPRIGHT = {(2, 3): 0.25, (3, 4): 0.35, (4, 5): 0.25, (9, 16): 0.15}
SQUARE = {(1, 1): 1.0}
ACROSS = {(16, 9): 0.35, (3, 2): 0.35, (4, 3): 0.30}
# Camera -> shares of upright, square and wide pictures.
SHARES = {"portrait": (0.7, 0.2, 0.1), "full_body": (0.65, 0.15, 0.2), "wide": (0.1, 0.15, 0.75)}
OTHERS = (0.3, 0.2, 0.5)
# Encoders and networks like sides that 8 divides.
STEP = 8


def draw_format(rng: np.random.Generator, camera: str, pixels: int) -> tuple[int, int]:
    """Width and height of a picture.

    Args:
        camera: Name of the camera sampler.
        pixels: Number of pixels wanted; sides are rounded to multiples of 8 where they are long enough.
    """
    families = (UPRIGHT, SQUARE, ACROSS)
    family = families[int(rng.choice(3, p=SHARES.get(camera, OTHERS)))]
    ratios, share = list(family), np.array(list(family.values()))
    across, down = ratios[int(rng.choice(len(ratios), p=share / share.sum()))]
    return sides(across / down, pixels)


def sides(ratio: float, pixels: int) -> tuple[int, int]:
    """Width and height of about a ratio and a number of pixels, each at least 8."""
    step = STEP if pixels >= (8 * STEP) ** 2 else 1
    width, height = math.sqrt(pixels * ratio), math.sqrt(pixels / ratio)
    return max(8, step * round(width / step)), max(8, step * round(height / step))
