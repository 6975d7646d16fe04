# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels of the tab share."""

from __future__ import annotations

from typing import Any

import bpy

from .. import jobs

MAIN = "VIVANT_PT_main"


class Tab:
    """Where the panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Vivant"


class Closed(Tab):
    """A sub-panel of the main panel, closed until it is wanted."""

    bl_parent_id = MAIN
    bl_options = {"DEFAULT_CLOSED"}


def split(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    """A layout with labels left and fields right, without animation dots."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    return layout


def wrapped(layout: bpy.types.UILayout, text: str, width: int = 38, **first: Any) -> None:
    """A longer text as lines that fit the sidebar."""
    import textwrap

    column = layout.column(align=True)
    for number, line in enumerate(textwrap.wrap(text, width)):
        column.label(text=line, **(first if number == 0 else {}))


def draw_job(layout: bpy.types.UILayout) -> None:
    """The running job with its cancel button, or how the last one ended."""
    job = jobs.current()
    if job is None:
        return
    box = layout.box()
    if job.state == "running":
        box.label(text=job.title, icon="TIME")
        box.progress(factor=job.factor, text=job.text())
        box.operator("vivant.cancel_job", text="Cancel (Esc)", icon="CANCEL")
        return
    icon = {"done": "CHECKMARK", "failed": "ERROR", "cancelled": "CANCEL"}[job.state]
    row = box.row()
    row.label(text=f"{job.title}: {job.state}", icon=icon)
    row.operator("vivant.dismiss_job", text="", icon="X", emboss=False)
    wrapped(box, job.message)
    if job.state == "failed":
        box.operator("vivant.copy_diagnostics", icon="COPYDOWN")
