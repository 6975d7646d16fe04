"""Base colour, filtered like the picture."""

from __future__ import annotations

import numpy as np

from ..registry import channels
from .channel import Channel
from .view import View


def decode_albedo(view: View) -> np.ndarray | None:
    """(H, W, 3) float32 linear base colour with the picture's pixel filter, or None without a picture."""
    return None if view.raw.albedo is None else view.raw.albedo.astype(np.float32)


channels.register("albedo")(
    Channel(
        "albedo",
        "albedo.exr",
        "float16",
        "H,W,3",
        "linear",
        "image",
        "AOV albedo",
        decode_albedo,
        ("R", "G", "B"),
        True,
        "Base colour before light, filtered like the picture; 0 on the sky.",
    )
)
