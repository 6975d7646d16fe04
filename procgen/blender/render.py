"""Rendering: the ground-truth pass to arrays, the picture to files."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..channels.view import RawPasses
from ..dataset.exr import read_exr
from ..dataset.png import strip_png
from ..errors import BuildError
from . import compat, objects


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder for pass files, in memory where the system has one."""
    base = "/dev/shm" if sys.platform == "linux" and os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="vivant_", dir=base) as folder:
        yield Path(folder)


def _pass(channels: dict[str, np.ndarray], name: str, axes: str) -> np.ndarray | None:
    """One pass (H, W) or (H, W, len(axes)) from EXR channels named `[part.]layer.pass.axis`."""
    found = []
    for axis in axes:
        hits = [k for k in channels for n in compat.pass_names(name) if k.endswith(f".{n}.{axis}")]
        if not hits:
            return None
        found.append(channels[hits[0]])
    return found[0] if len(axes) == 1 else np.stack(found, -1)


def _need(channels: dict[str, np.ndarray], name: str, *axes: str) -> np.ndarray:
    for option in axes:
        found = _pass(channels, name, option)
        if found is not None:
            return found
    raise BuildError(f"Blender rendered no {name!r} pass", got=", ".join(sorted(channels)), fix="report this Blender version")


def render_truth(scene: Any, folder: Path) -> RawPasses:
    """Render the ground-truth scene as it stands (camera set) and read its passes."""
    path = folder / "truth.exr"
    compat.set_multilayer_exr(scene, str(path))
    bpy.ops.render.render(write_still=True, scene=scene.name)
    channels = read_exr(path)
    path.unlink()
    depth = _need(channels, "Depth", "Z", "V", "X")
    face = _need(channels, objects.FACE_ID, "X", "V")
    return RawPasses(
        depth=depth.astype(np.float32),
        normal=_need(channels, "Normal", "XYZ").astype(np.float32),
        object=np.rint(_need(channels, "Object Index", "X", "V")).astype(np.int32),
        face=np.rint(face).astype(np.int32) - 1,
    )


def render_picture(scene: Any, folder: Path) -> dict[str, np.ndarray]:
    """Render the picture; `develop` then saves the same render for display.

    Returns:
        "rgb" (H, W, 3) float32 scene linear; "albedo" (H, W, 3) float32 if the engine made one.
    """
    path = folder / "picture.exr"
    compat.set_multilayer_exr(scene, str(path))
    bpy.ops.render.render(write_still=True, scene=scene.name)
    channels = read_exr(path)
    path.unlink()
    out = {"rgb": _need(channels, "Combined", "RGB").astype(np.float32)}
    albedo = _pass(channels, "albedo", "RGB")
    if albedo is not None:
        out["albedo"] = albedo.astype(np.float32)
    return out


def develop(scene: Any, png: Path, exposure: float) -> None:
    """Save the last render through the view transform.

    Args:
        png: File to write, 8-bit sRGB.
        exposure: EV.
    """
    scene.view_settings.exposure = exposure
    compat.set_png(scene)
    bpy.data.images["Render Result"].save_render(str(png), scene=scene)
    strip_png(png)
