"""Pictures: albedo within range, RGB that shows something."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..registry import checks
from ..report import Result
from ..subject import Subject

_ROUNDING = 1e-3


@checks.register("picture")
def check_picture(frame: Subject) -> Iterator[Result]:
    """Albedo and RGB of one frame."""
    if frame.has("albedo"):
        albedo = frame.channel("albedo").astype(np.float32)
        bad = ~((albedo >= -_ROUNDING) & (albedo <= 1 + _ROUNDING)).all(-1)
        yield frame.measure("albedo.range", int(bad.sum()), got=frame.where(bad, albedo))
    if frame.has("rgb"):
        grey = frame.channel("rgb").astype(np.float64).mean(-1)
        yield frame.measure("rgb.contrast", float(grey.std()))
        yield frame.measure("rgb.exposure", float(((grey >= 4) & (grey <= 251)).mean()))
