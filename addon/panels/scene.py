# SPDX-License-Identifier: GPL-3.0-or-later
"""Place, camera and light."""

from __future__ import annotations

import bpy

from .. import places, spec_groups
from ..properties import settings
from .tab import Closed, split


class VIVANT_PT_place(Closed, bpy.types.Panel):
    """Generated places."""

    bl_idname = "VIVANT_PT_place"
    bl_label = "Place"

    def draw(self, context: bpy.types.Context) -> None:
        """Add one, or change the one that is there."""
        layout = split(self.layout)
        collection = places.in_scene(context.scene)
        if collection is None:
            layout.operator_menu_enum("vivant.add_place", "kind", text="Add Place", icon="WORLD")
            return
        row = layout.row(align=True)
        row.operator("vivant.randomise_place", icon="FILE_REFRESH")
        row.operator("vivant.people_on_place", icon="COMMUNITY")
        spec_groups.draw(layout, collection.vivant_place.place, skip=("variation",))


class VIVANT_PT_camera(Closed, bpy.types.Panel):
    """Cameras that samplers place, and light."""

    bl_idname = "VIVANT_PT_camera"
    bl_label = "Camera and Light"

    def draw(self, context: bpy.types.Context) -> None:
        """A sampler, a size, a sky."""
        layout = split(self.layout)
        asked = settings(context)
        column = layout.column(align=True)
        column.prop(asked, "camera")
        column.prop(asked, "width")
        column.prop(asked, "height")
        layout.operator("vivant.add_camera", icon="OUTLINER_DATA_CAMERA")
        layout.separator()
        layout.operator_menu_enum("vivant.set_sky", "look", text="Set Sky", icon="LIGHT_SUN")
        spec_groups.draw(layout, asked.sky)


CLASSES = (VIVANT_PT_place, VIVANT_PT_camera)
