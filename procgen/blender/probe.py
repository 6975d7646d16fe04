"""What this Blender is and what it can render on: the facts behind `vivant doctor`."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import bpy
import numpy as np

from .compat import has_denoiser


def probe() -> dict[str, Any]:
    """Version, denoiser and the GPUs that Cycles can use, as plain JSON values."""
    return {
        "version": bpy.app.version_string,
        "numpy": np.__version__,
        "denoiser": has_denoiser(),
        "devices": cycles_devices(),
        "background": bool(bpy.app.background),
    }


def cycles_devices() -> list[str]:
    """Names of the GPUs that Cycles sees, with the interface that reaches them."""
    addon = bpy.context.preferences.addons.get("cycles")
    if addon is None:
        return []
    found: list[str] = []
    for kind in addon.preferences.get_device_types(bpy.context):
        name = kind[0]
        if name == "NONE":
            continue
        devices = addon.preferences.get_devices_for_type(name) or ()
        found += [f"{d.name} ({name})" for d in devices if d.type != "CPU"]
    return found


def main() -> None:
    """Print the facts as one line of JSON and leave without Blender's own clean-up, which can hang."""
    sys.stdout.write("\n" + json.dumps(probe()) + "\n")
    sys.stdout.flush()
    os._exit(0)
