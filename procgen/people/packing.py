"""How the shipped body keeps shape components small: fixed-point steps, differences along the vertices, byte planes.

`v[i] - v[i-1]` along the vertex order is small for smooth shapes, and deflate packs the low and the high bytes of such
numbers much better apart than together. The error is half a step a coordinate (0.01 mm by default).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP_M = 2e-5


def pack_components(components: NDArray[np.floating], step: float = STEP_M) -> dict[str, NDArray]:
    """Components (B, N, 3) as plain arrays `lo` uint8 (B, 3, N), `hi` uint8 (B, 3, N) and `step` float32 ()."""
    fixed = np.rint(np.asarray(components, np.float64).transpose(0, 2, 1) / step).astype(np.int64)
    diff = np.diff(fixed, axis=2, prepend=0)
    zigzag = (diff << 1) ^ (diff >> 63)
    if zigzag.max(initial=0) > 0xFFFF:
        raise ValueError("a component jumps by more than 16 bits of the step between neighbouring vertices")
    return {
        "lo": (zigzag & 0xFF).astype(np.uint8),
        "hi": (zigzag >> 8).astype(np.uint8),
        "step": np.asarray(step, np.float32),
    }


def unpack_components(lo: NDArray[np.uint8], hi: NDArray[np.uint8], step: float) -> NDArray[np.float32]:
    """Components (B, N, 3) float32 from `pack_components`."""
    zigzag = lo.astype(np.int32) | (hi.astype(np.int32) << 8)
    diff = (zigzag >> 1) ^ -(zigzag & 1)
    fixed = np.cumsum(diff, axis=2, dtype=np.int32)
    return np.ascontiguousarray(fixed.transpose(0, 2, 1)) * np.float32(step)
