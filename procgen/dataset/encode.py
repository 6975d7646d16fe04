"""Channel arrays to files and back: EXR for numbers, 16-bit PNG for ids, packed bits for amodal masks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..channels.channel import Channel
from ..npz import write_npz
from .exr import write_exr
from .png import write_png


def write_channel(folder: str | os.PathLike[str], channel: Channel, array: np.ndarray) -> str:
    """Write one decoded channel; returns the file name.

    Args:
        array: As `channel.dtype` and `channel.shape` say.
    """
    path = Path(folder) / channel.file
    if channel.parts:
        planes = array[..., None] if array.ndim == 2 else array
        dtype = np.dtype(channel.dtype)
        write_exr(path, {part: np.ascontiguousarray(planes[..., i], dtype) for i, part in enumerate(channel.parts)})
    else:
        write_png(path, np.ascontiguousarray(array, np.dtype(channel.dtype)))
    return channel.file


def write_amodal(folder: str | os.PathLike[str], masks: np.ndarray) -> str:
    """Write the people's full silhouettes, (P, H, W) bool, as `amodal.npz` (packed bits, row by row)."""
    packed = np.packbits(masks, axis=-1)
    write_npz(Path(folder) / "amodal.npz", {"masks": packed, "width": np.array(masks.shape[-1], np.int64)})
    return "amodal.npz"


def unpack_amodal(packed: np.ndarray, width: int) -> np.ndarray:
    """(P, H, W) bool from the arrays of `amodal.npz`."""
    return np.unpackbits(packed, axis=-1, count=int(width)).astype(bool)
