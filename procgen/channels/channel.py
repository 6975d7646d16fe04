"""The type of a ground-truth channel; each file of this package registers one or a few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .view import View


@dataclass(frozen=True)
class Channel:
    """A ground-truth channel.

    Attributes:
        name: What users type and what `frame[name]` reads.
        file: File in the frame folder.
        dtype: numpy dtype name of the decoded array.
        shape: Axes in words, e.g. "H,W,3".
        unit: Unit in words.
        frame: Coordinate frame in words.
        source: The pass or data that it comes from.
        parts: EXR channel names, empty for PNG.
        decode: Pure function of a `View`; None = not defined for this view (flow of a last frame).
        default: Written when the user does not choose.
    """

    name: str
    file: str
    dtype: str
    shape: str
    unit: str
    frame: str
    source: str
    decode: Callable[[View], np.ndarray | None]
    parts: tuple[str, ...] = ()
    default: bool = True
    doc: str = ""
