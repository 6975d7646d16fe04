# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences of the extension: where datasets go when the scene does not say."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

from ..procgen.blender.compat import path_options

PACKAGE = __package__.rpartition(".")[0]


class VivantPreferences(bpy.types.AddonPreferences):
    """Settings of this machine; what belongs to a scene is stored in the scene."""

    bl_idname = PACKAGE

    output: StringProperty(  # type: ignore[valid-type]
        name="Output Folder",
        description="Where datasets are written when the scene names no folder",
        subtype="DIR_PATH",
        options=path_options(),
        default="",
    )
    workers: IntProperty(  # type: ignore[valid-type]
        name="Workers",
        description="Blender processes that render datasets at the same time; each needs 1 to 2 GB of memory",
        min=1,
        max=64,
        default=1,
    )

    worker_python: StringProperty(  # type: ignore[valid-type]
        name="Worker Python",
        description="A Python that has torch and diffusers, for synthesis and lift; Blender's own has neither",
        subtype="FILE_PATH",
        options=path_options(),
        default="",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Where and how; the worker; the way to a bug report."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "output")
        layout.prop(self, "workers")
        row = layout.row(align=True)
        row.prop(self, "worker_python")
        row.operator("vivant.test_worker", text="", icon="LINKED")
        layout.operator("vivant.copy_diagnostics", icon="COPYDOWN")


def preferences(context: bpy.types.Context) -> VivantPreferences | None:
    """Our preferences; None when the package runs without being installed as an extension (scripts, tests)."""
    addon = context.preferences.addons.get(PACKAGE)
    return None if addon is None else addon.preferences


def default_output(context: bpy.types.Context) -> Path:
    """The folder of the preferences, or `vivant` in the home folder."""
    found = preferences(context)
    if found is not None and found.output:
        return Path(bpy.path.abspath(found.output))
    return Path.home() / "vivant"


def register() -> None:
    """Register the class."""
    bpy.utils.register_class(VivantPreferences)


def unregister() -> None:
    """Unregister the class."""
    bpy.utils.unregister_class(VivantPreferences)
