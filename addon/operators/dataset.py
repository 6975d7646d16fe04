# SPDX-License-Identifier: GPL-3.0-or-later
"""Render labelled frames and datasets in a background process, with progress and a cancel that works."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from .. import jobs
from ..preferences import preferences
from ..properties import VivantSettings, settings
from .saying import in_plain_words


def dataset_arguments(asked: VivantSettings, out: str, workers: int) -> list[str]:
    """`generate …` as a shell would say it."""
    low, high = asked.people()
    argv = ["generate", out, "--scenes", str(asked.scenes), "--views", str(asked.views), "--frames", str(asked.frames)]
    argv += ["--people", f"{low}-{high}", "--place", asked.place, "--size", f"{asked.width}x{asked.height}"]
    argv += ["--samples", str(asked.samples), "--seed", str(asked.seed), "--workers", str(workers)]
    return argv + (["--channels", "all"] if asked.all_channels else [])


class _JobOperator:
    """What operators that start a job share."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One job at a time."""
        if jobs.running():
            cls.poll_message_set("A job is running; cancel it first")  # type: ignore[attr-defined]
            return False
        return True


class VIVANT_OT_generate_dataset(_JobOperator, bpy.types.Operator):
    """Generate a labelled dataset in the background; Blender stays usable. Running it again finishes what is missing"""

    bl_idname = "vivant.generate_dataset"
    bl_label = "Generate Dataset"
    bl_options = {"REGISTER"}

    folder: StringProperty(  # type: ignore[valid-type]
        name="Folder", description="Dataset folder; empty: the sidebar's output folder", subtype="DIR_PATH", default=""
    )

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        asked = settings(context)
        out = (
            Path(bpy.path.abspath(self.folder)) if self.folder else asked.output_folder(context) / f"seed_{asked.seed}"
        )
        mine = preferences(context)
        argv = dataset_arguments(asked, str(out), mine.workers if mine else 1)
        jobs.start("Dataset", argv, out, asked.scenes * asked.views * asked.frames)
        self.report({"INFO"}, f"writing to {out}")
        return {"FINISHED"}


class VIVANT_OT_render_labels(_JobOperator, bpy.types.Operator):
    """Render the procedural scene of this file from the active camera, with every label, in the background.

    People and place are built anew from the scene's description; objects that were moved by hand are not"""

    bl_idname = "vivant.render_labels"
    bl_label = "Render Frame with Labels"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a scene that Vivant made."""
        if not settings(context).spec:
            cls.poll_message_set("Make a procedural scene first")
            return False
        return super().poll(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the scene with the active camera to a file and render that file."""
        from ...procgen.blender.insert import camera_spec
        from ...procgen.spec import SceneSpec, replace

        asked = settings(context)
        spec = SceneSpec.from_json(asked.spec)
        if context.scene.camera is not None:
            view = camera_spec(context.scene, context.scene.camera)
            spec = replace(spec, cameras=(view,), frames=1)
        out = _fresh(asked.output_folder(context), f"frame_{asked.seed}")
        out.parent.mkdir(parents=True, exist_ok=True)
        file = out.with_suffix(".scene.json")
        file.write_text(spec.to_json(), encoding="utf-8")
        jobs.start("Frame", ["generate", str(out), "--spec", str(file), "--channels", "all"], out, len(spec.cameras))
        self.report({"INFO"}, f"writing to {out}")
        return {"FINISHED"}


class VIVANT_OT_cancel_job(bpy.types.Operator):
    """Stop the running job; frames that are finished stay, and the same job continues from there"""

    bl_idname = "vivant.cancel_job"
    bl_label = "Cancel"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a job."""
        if not jobs.running():
            cls.poll_message_set("No job is running")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Stop it now."""
        jobs.cancel()
        job = jobs.current()
        self.report({"INFO"}, job.message if job else "")
        return {"FINISHED"}


def _fresh(folder: Path, name: str) -> Path:
    """`name`, or the first `name_2`, `name_3` … that is not there yet: a new picture never overwrites an old one."""
    out, number = folder / name, 1
    while out.exists():
        number += 1
        out = folder / f"{name}_{number}"
    return out


CLASSES = (VIVANT_OT_generate_dataset, VIVANT_OT_render_labels, VIVANT_OT_cancel_job)
