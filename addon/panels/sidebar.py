# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels of the Vivant tab in the 3D view's sidebar."""

from __future__ import annotations

import bpy

from .. import jobs
from ..properties import settings


class _Tab:
    """Where the panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Vivant"


class VIVANT_PT_main(_Tab, bpy.types.Panel):
    """Add people, make scenes."""

    bl_idname = "VIVANT_PT_main"
    bl_label = "Vivant"

    def draw(self, context: bpy.types.Context) -> None:
        """Two buttons, three settings, and the running job."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        asked = settings(context)
        layout.operator("vivant.add_person", icon="OUTLINER_OB_ARMATURE")
        layout.separator()
        column = layout.column()
        column.prop(asked, "seed")
        column.prop(asked, "place")
        people = column.column(align=True)
        people.prop(asked, "people_min")
        people.prop(asked, "people_max")
        layout.operator("vivant.new_scene", icon="SCENE_DATA")
        layout.operator("vivant.render_labels", icon="RENDER_STILL")
        draw_job(layout)


class VIVANT_PT_dataset(_Tab, bpy.types.Panel):
    """Generate datasets."""

    bl_idname = "VIVANT_PT_dataset"
    bl_label = "Dataset"
    bl_parent_id = "VIVANT_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """How many of what, and where to."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        asked = settings(context)
        column = layout.column(align=True)
        column.prop(asked, "scenes")
        column.prop(asked, "views")
        column.prop(asked, "frames")
        layout.prop(asked, "all_channels")
        layout.prop(asked, "output")
        layout.operator("vivant.generate_dataset", icon="FILE_FOLDER")


class VIVANT_PT_picture(_Tab, bpy.types.Panel):
    """Size and quality."""

    bl_idname = "VIVANT_PT_picture"
    bl_label = "Picture"
    bl_parent_id = "VIVANT_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Size and samples."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        asked = settings(context)
        column = layout.column(align=True)
        column.prop(asked, "width")
        column.prop(asked, "height")
        layout.prop(asked, "samples")


class VIVANT_PT_help(_Tab, bpy.types.Panel):
    """When something is wrong."""

    bl_idname = "VIVANT_PT_help"
    bl_label = "Help"
    bl_parent_id = "VIVANT_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """A button for bug reports."""
        self.layout.operator("vivant.copy_diagnostics", icon="COPYDOWN")


def draw_job(layout: bpy.types.UILayout) -> None:
    """The running job with its cancel button, or how the last one ended."""
    job = jobs.current()
    if job is None:
        return
    box = layout.box()
    if job.state == "running":
        box.progress(factor=job.factor, text=f"{job.title}: {job.text()}")
        box.operator("vivant.cancel_job", icon="CANCEL")
    else:
        icon = {"done": "CHECKMARK", "failed": "ERROR", "cancelled": "CANCEL"}[job.state]
        box.label(text=f"{job.title}: {job.message}", icon=icon)


CLASSES = (VIVANT_PT_main, VIVANT_PT_dataset, VIVANT_PT_picture, VIVANT_PT_help)
