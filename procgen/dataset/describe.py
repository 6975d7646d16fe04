"""What a file of a frame holds: its channel, dtype, shape, unit and hash."""

from __future__ import annotations

from pathlib import Path

from .. import registry
from ..errors import DatasetError
from ..files import sha256_file
from .exr import exr_parts
from .png import png_size
from .record import FileRecord

# Files that no channel generator writes: (channel, unit, frame).
_OTHERS = {
    "rgb.png": ("rgb", "sRGB", "image"),
    "rgb.exr": ("rgb_linear", "scene linear", "image"),
    "amodal.npz": ("amodal", "0/1", "image"),
    "mesh.npz": ("mesh", "m", "world"),
}


def describe_file(path: Path) -> FileRecord:
    """The `FileRecord` of a finished file; dtype and shape come from the file itself."""
    channel, unit, frame = _meaning(path.name)
    dtype, shape = _array(path)
    return FileRecord(channel, sha256_file(path), path.stat().st_size, dtype, shape, unit, frame)


def _meaning(name: str) -> tuple[str, str, str]:
    if name in _OTHERS:
        return _OTHERS[name]
    for entry in registry.channels:
        if entry.make.file == name:
            return entry.name, entry.make.unit, entry.make.frame
    return name.rsplit(".", 1)[0], "", ""


def _array(path: Path) -> tuple[str, tuple[int, ...]]:
    if path.suffix == ".png":
        width, height, channels, bits = png_size(path)
        return f"uint{bits}", (height, width) if channels == 1 else (height, width, channels)
    if path.suffix == ".exr":
        parts = exr_parts(path)
        planes = [d for p in parts for _, d in p.channels]
        if len({(p.width, p.height) for p in parts}) != 1 or len(set(planes)) != 1:
            raise DatasetError(f"{path.name} mixes sizes or types", fix="write one file a channel")
        size = (parts[0].height, parts[0].width)
        return planes[0].name, size if len(planes) == 1 else (*size, len(planes))
    return "", ()
