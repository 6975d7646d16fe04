# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthesis and lift: what of them this version has, and what is missing on this machine."""

from __future__ import annotations

import bpy

from .. import bridging
from ..preferences import preferences
from ..properties import settings
from .tab import Closed, split, wrapped


class VIVANT_PT_synthesis(Closed, bpy.types.Panel):
    """Photographs from rendered frames."""

    bl_idname = "VIVANT_PT_synthesis"
    bl_label = "Synthesis"

    def draw(self, context: bpy.types.Context) -> None:
        """A dataset, a prompt, a button; or what is missing."""
        layout = split(self.layout)
        asked = settings(context)
        if not bridging.has_command("synthesize"):
            wrapped(layout, bridging.ABSENT["synthesize"], icon="INFO")
            return
        layout.prop(asked, "dataset")
        column = layout.column(align=True)
        column.prop(asked, "method")
        column.prop(asked, "model")
        if asked.method == "control":
            column.prop(asked, "control_network")
        column.prop(asked, "backend")
        layout.prop(asked, "prompt")
        row = layout.row(align=True)
        row.operator("vivant.synthesize", text="This Frame", icon="RENDER_STILL").which = "FRAME"
        row.operator("vivant.synthesize", text="Preview", icon="HIDE_OFF").which = "FIRST"
        layout.operator("vivant.synthesize", text="Synthesise Dataset", icon="IMAGE_RGB").which = "ALL"
        layout.operator("vivant.measure", icon="DRIVER_DISTANCE")
        _worker(layout, context)


class VIVANT_PT_lift(Closed, bpy.types.Panel):
    """People from photographs."""

    bl_idname = "VIVANT_PT_lift"
    bl_label = "Lift"

    def draw(self, context: bpy.types.Context) -> None:
        """A picture, a button; or what is missing."""
        layout = split(self.layout)
        if not bridging.has_command("lift"):
            wrapped(layout, bridging.ABSENT["lift"], icon="INFO")
            return
        layout.prop(settings(context), "photo")
        layout.prop(settings(context), "lift_parts")
        if "clothes" in settings(context).lift_parts.split(","):
            layout.prop(settings(context), "lift_wearing")
        layout.operator("vivant.lift", icon="USER")
        faces = bridging.lifted_faces(bridging.lift_folder(context)) if settings(context).photo else []
        if faces:
            layout.operator("vivant.wear_face", icon="MOD_MASK").clothes = False
            if any(faces[0].glob("clothes_*.png")):
                layout.operator("vivant.wear_face", text="Use Face and Clothes", icon="MOD_CLOTH").clothes = True
        _worker(layout, context)


def _worker(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    mine = preferences(context)
    if mine is not None and not mine.worker_python:
        wrapped(layout, "The worker's Python is not set: see Preferences > Add-ons > Vivant.", icon="INFO")
    layout.operator("vivant.test_worker", icon="LINKED")


CLASSES = (VIVANT_PT_synthesis, VIVANT_PT_lift)
