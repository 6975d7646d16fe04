"""Arrays of methods to files and back: PNG for what is seen and for masks, EXR for what is measured."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from ..procgen.dataset.exr import read_exr, write_exr
from ..procgen.dataset.png import encode_png, read_png
from ..procgen.errors import BridgeError

MAX_PIXELS = 1 << 26
_PLANES = {"depth": ("Z",), "normal": ("X", "Y", "Z")}


def encode_array(name: str, array: np.ndarray) -> tuple[bytes, str]:
    """Bytes and suffix of an output.

    Args:
        name: "depth" and "normal" become EXR, everything else PNG.
        array: (H, W) or (H, W, C); uint8 or uint16 for PNG, floats for EXR.
    Raises:
        BridgeError: an array that no file of that kind can hold, or numbers that are not finite.
    """
    if name not in _PLANES:
        if array.dtype not in (np.uint8, np.uint16):
            raise BridgeError(f"the output {name!r} is no picture", expected="uint8 or uint16", got=str(array.dtype))
        return encode_png(array), ".png"
    planes = _PLANES[name]
    values = np.asarray(array, np.float32)
    values = values[..., None] if values.ndim == 2 else values
    if values.shape[-1] != len(planes):
        raise BridgeError(
            f"the output {name!r} has the wrong shape", expected=f"(H, W, {len(planes)})", got=values.shape
        )
    if np.isnan(values).any():
        raise BridgeError(
            f"the output {name!r} holds NaN", fix="another --dtype (fp32 always works), or another model; see the log"
        )
    descriptor, path = tempfile.mkstemp(suffix=".exr")
    os.close(descriptor)
    try:
        write_exr(path, {p: np.ascontiguousarray(values[..., i]) for i, p in enumerate(planes)})
        return Path(path).read_bytes(), ".exr"
    finally:
        os.unlink(path)


def read_picture(path: str | os.PathLike[str]) -> np.ndarray:
    """(H, W, 3) uint8 of a PNG in any of its kinds (grey, alpha dropped, 16 bit reduced).

    Raises:
        DatasetError: no PNG, or a damaged or enormous one.
    """
    pixels = read_png(path, max_bytes=MAX_PIXELS * 8)
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[-1] in (2, 4):
        pixels = pixels[..., :-1]
    return np.repeat(pixels, 3, -1) if pixels.shape[-1] == 1 else pixels


def read_mask(path: str | os.PathLike[str]) -> np.ndarray:
    """(H, W) bool: where a PNG is brighter than half."""
    return read_picture(path)[..., 0] > 127


def read_output(name: str, path: str | os.PathLike[str]) -> np.ndarray:
    """An output as its method made it: depth (H, W), normal (H, W, 3) float32; others as the PNG holds them."""
    if name not in _PLANES:
        return read_png(path, max_bytes=MAX_PIXELS * 8)
    found = read_exr(path, max_bytes=MAX_PIXELS * 16)
    planes = [found[p] for p in _PLANES[name]]
    return planes[0] if len(planes) == 1 else np.stack(planes, -1)


def as_picture(kind: str, array: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of an output for people to look at: inverse depth, near = white; normals as ControlNet has them."""
    if kind == "depth":
        inverse = 1.0 / np.maximum(array, 1e-6)
        array = np.rint(255 * inverse / max(float(inverse.max()), 1e-6)).astype(np.uint8)
        return np.repeat(array[..., None], 3, -1)
    if kind == "normal":
        return np.rint((array * (0.5, -0.5, -0.5) + 0.5) * 255).clip(0, 255).astype(np.uint8)
    return array
