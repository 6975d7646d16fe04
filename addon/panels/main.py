# SPDX-License-Identifier: GPL-3.0-or-later
"""The main panel: the first person, the first scene, the running job."""

from __future__ import annotations

import bpy

from ..properties import settings
from .tab import MAIN, Closed, Tab, draw_job, split


class VIVANT_PT_main(Tab, bpy.types.Panel):
    """Add people, make scenes."""

    bl_idname = MAIN
    bl_label = "Vivant"

    def draw(self, context: bpy.types.Context) -> None:
        """Two buttons and what they need."""
        layout = split(self.layout)
        asked = settings(context)
        draw_job(layout)
        big = layout.column()
        big.scale_y = 1.4
        big.operator("vivant.add_person", icon="OUTLINER_OB_ARMATURE")
        words = {"placeholder": "An old woman in a red coat"} if _placeholders() else {}
        layout.prop(asked, "describe", text="In Words", **words)
        column = layout.column(align=True)
        column.prop(asked, "seed")
        column.prop(asked, "place")
        row = column.row(align=True)
        row.prop(asked, "people_min", text="People")
        row.prop(asked, "people_max", text="")
        layout.operator("vivant.new_scene", icon="SCENE_DATA")


class VIVANT_PT_help(Closed, bpy.types.Panel):
    """Files, the manual, and a way to a bug report."""

    bl_idname = "VIVANT_PT_help"
    bl_label = "Files and Help"

    def draw(self, context: bpy.types.Context) -> None:
        """In, out, and what to send with a bug report."""
        layout = self.layout
        column = layout.column(align=True)
        column.operator("vivant.import_file", icon="IMPORT")
        column.operator("vivant.export_scene", icon="EXPORT")
        column.operator("vivant.export_person", icon="EXPORT")
        column.operator("vivant.export_motion", icon="EXPORT")
        layout.operator("vivant.copy_diagnostics", icon="COPYDOWN")


def _placeholders() -> bool:
    return "placeholder" in bpy.types.UILayout.bl_rna.functions["prop"].parameters


CLASSES = (VIVANT_PT_main,)
LAST = (VIVANT_PT_help,)
