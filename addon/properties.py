# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the sidebar: one group on the scene, saved in the .blend, so that the same file gives the same people."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from .preferences import default_output

# Blender keeps no reference to the strings of a dynamic enum; without this list they are freed under it.
_places: list[tuple[str, str, str]] = []


def _place_items(self: object, context: object) -> list[tuple[str, str, str]]:
    from ..procgen.registry import places

    if not _places:
        _places.append(("auto", "Any", "A different place for each scene, chosen by the seed"))
        _places.extend((e.name, e.name.replace("_", " ").title(), e.doc) for e in places)
    return _places


class VivantSettings(bpy.types.PropertyGroup):
    """What the sidebar's operators are asked to make."""

    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed", description="The same seed makes the same people and scenes, on any machine", min=0, default=7
    )
    place: EnumProperty(  # type: ignore[valid-type]
        name="Place", description="Where the scene is", items=_place_items
    )
    people_min: IntProperty(  # type: ignore[valid-type]
        name="People, Fewest", description="Fewest people in a scene", min=0, max=64, default=1
    )
    people_max: IntProperty(  # type: ignore[valid-type]
        name="Most", description="Most people in a scene", min=0, max=64, default=3
    )
    width: IntProperty(  # type: ignore[valid-type]
        name="Width", description="Width of the pictures", min=8, max=16384, default=512, subtype="PIXEL"
    )
    height: IntProperty(  # type: ignore[valid-type]
        name="Height", description="Height of the pictures", min=8, max=16384, default=512, subtype="PIXEL"
    )
    samples: IntProperty(  # type: ignore[valid-type]
        name="Samples",
        description="Most samples a pixel of the picture; labels do not need more than one",
        min=1,
        default=24,
    )
    scenes: IntProperty(  # type: ignore[valid-type]
        name="Scenes", description="Number of scenes in the dataset", min=1, default=10
    )
    views: IntProperty(  # type: ignore[valid-type]
        name="Views", description="Cameras in each scene", min=1, max=1000, default=1
    )
    frames: IntProperty(  # type: ignore[valid-type]
        name="Frames", description="Consecutive frames of each view; two or more give optical flow", min=1, default=1
    )
    all_channels: BoolProperty(  # type: ignore[valid-type]
        name="All Labels", description="Write every channel there is, not only the usual ones", default=False
    )
    output: StringProperty(  # type: ignore[valid-type]
        name="Output",
        description="Folder that datasets and frames are written to; empty: the folder of the preferences",
        subtype="DIR_PATH",
        default="",
    )
    spec: StringProperty(  # type: ignore[valid-type]
        name="Scene Description",
        description="What the procedural scene in this file was made from (JSON)",
        default="",
        options={"HIDDEN"},
    )

    def output_folder(self, context: bpy.types.Context) -> Path:
        """Where to write: the scene's folder, or the preferences'."""
        return Path(bpy.path.abspath(self.output)) if self.output else default_output(context)

    def people(self) -> tuple[int, int]:
        """Fewest and most, in order whatever the sliders say."""
        return min(self.people_min, self.people_max), max(self.people_min, self.people_max)


def settings(context: bpy.types.Context) -> VivantSettings:
    """The scene's settings."""
    return context.scene.vivant


def register() -> None:
    """Register the group and hang it on the scene."""
    bpy.utils.register_class(VivantSettings)
    bpy.types.Scene.vivant = PointerProperty(type=VivantSettings)


def unregister() -> None:
    """Take it back."""
    del bpy.types.Scene.vivant
    bpy.utils.unregister_class(VivantSettings)
    _places.clear()
