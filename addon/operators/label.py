# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the frame as it is, with labels: the user's own objects, camera and light, and the people among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from .. import jobs
from ..properties import settings
from .dataset import JobOperator
from .saying import in_plain_words


class VIVANT_OT_render_labels(JobOperator, bpy.types.Operator):
    """Render this frame from the active camera with every label, in the background: your scene as it is, people included"""

    bl_idname = "vivant.render_labels"
    bl_label = "Render Frame with Labels"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a camera."""
        if context.scene.camera is None:
            cls.poll_message_set("This scene has no camera: add one first")
            return False
        return super().poll(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        out = render_frame(context)
        self.report({"INFO"}, f"writing to {out}")
        return {"FINISHED"}


def render_frame(context: bpy.types.Context, then: Callable[[Path], None] | None = None) -> Path:
    """Save a copy of the file beside the result and let another Blender render this frame of that; its dataset."""
    asked = settings(context)
    out = fresh(asked.output_folder(context), f"frame_{context.scene.frame_current:04d}")
    out.parent.mkdir(parents=True, exist_ok=True)
    copy = out.with_suffix(".blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(copy), copy=True, check_existing=False)
    argv = ["label", str(copy), str(out), "--scene", context.scene.name, "--frame", str(context.scene.frame_current)]
    jobs.start("Frame", argv, out, 1, then)
    asked.dataset = str(out)
    return out


def fresh(folder: Path, name: str) -> Path:
    """`name`, or the first `name_2`, `name_3` … that is not there yet: a new picture never overwrites an old one."""
    out, number = folder / name, 1
    while out.exists() or out.with_suffix(".blend").exists():
        number += 1
        out = folder / f"{name}_{number}"
    return out


CLASSES = (VIVANT_OT_render_labels,)
