# SPDX-License-Identifier: GPL-3.0-or-later
"""Ground truth: the preview in the viewport, one labelled frame, datasets."""

from __future__ import annotations

import bpy

from .. import ranges_list
from ..properties import settings
from .tab import Closed, Tab, split, wrapped


class VIVANT_PT_truth(Closed, bpy.types.Panel):
    """Labels, live and rendered."""

    bl_idname = "VIVANT_PT_truth"
    bl_label = "Ground Truth"

    def draw(self, context: bpy.types.Context) -> None:
        """What is drawn over the viewport; the button that renders."""
        layout = split(self.layout)
        asked = settings(context)
        layout.prop(asked, "preview")
        layout.prop(asked, "skeleton")
        layout.operator("vivant.render_labels", icon="RENDER_STILL")
        if context.scene.camera is None:
            wrapped(layout, "This scene has no camera: add one above, or with Shift-A.", icon="INFO")


class VIVANT_PT_dataset(Closed, bpy.types.Panel):
    """Generate datasets."""

    bl_idname = "VIVANT_PT_dataset"
    bl_label = "Dataset"

    def draw(self, context: bpy.types.Context) -> None:
        """How many of what, and where to."""
        layout = split(self.layout)
        asked = settings(context)
        column = layout.column(align=True)
        column.prop(asked, "scenes")
        column.prop(asked, "views")
        column.prop(asked, "frames")
        column = layout.column(align=True)
        column.prop(asked, "width")
        column.prop(asked, "height")
        column.prop(asked, "samples")
        row = layout.row(align=True)
        row.prop(asked, "cast")
        row.operator("vivant.cast_people", text="", icon="COMMUNITY")
        layout.prop(asked, "cloth")
        layout.prop(asked, "all_channels")
        layout.prop(asked, "output")
        layout.operator("vivant.generate_dataset", icon="FILE_FOLDER")
        row = layout.row(align=True)
        row.operator("vivant.contact_sheet", icon="IMAGE_DATA")
        row.operator("vivant.verify_dataset", icon="CHECKMARK")
        layout.operator("vivant.open_folder", icon="FILEBROWSER")


class VIVANT_UL_ranges(bpy.types.UIList):
    """Narrowed fields."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        """On or off, and the name."""
        row = layout.row()
        row.prop(item, "active", text="")
        row.label(text=item.name)


class VIVANT_PT_ranges(Tab, bpy.types.Panel):
    """What is narrowed."""

    bl_idname = "VIVANT_PT_ranges"
    bl_label = "Ranges"
    bl_parent_id = "VIVANT_PT_dataset"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """The list, and the limits of the chosen field."""
        layout = split(self.layout)
        asked = settings(context)
        row = layout.row()
        row.template_list("VIVANT_UL_ranges", "", asked, "ranges", asked, "range_index", rows=3)
        column = row.column(align=True)
        column.operator("vivant.add_range", text="", icon="ADD")
        column.operator("vivant.remove_range", text="", icon="REMOVE")
        if not 0 <= asked.range_index < len(asked.ranges):
            wrapped(layout, "Everything is drawn over its full range. Add a field to narrow it.")
            return
        item = asked.ranges[asked.range_index]
        layout.prop(item, "name")
        field = ranges_list.field_of(item)
        if field is None:
            wrapped(layout, "No scene has a field of this name: type a part of one and choose.", icon="ERROR")
            return
        wrapped(layout, field.doc)
        if field.kind == "choice":
            column = layout.column()
            column.use_property_split = False
            column.prop(item, "choices")
        else:
            column = layout.column(align=True)
            column.prop(item, "low")
            column.prop(item, "high")
            layout.label(text=f"Possible: {field.low:g} to {field.high:g} {field.unit}")


CLASSES = (VIVANT_PT_truth, VIVANT_PT_dataset, VIVANT_UL_ranges, VIVANT_PT_ranges)
