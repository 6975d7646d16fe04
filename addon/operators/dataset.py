# SPDX-License-Identifier: GPL-3.0-or-later
"""Datasets in a background process, with progress and a cancel that works; what to narrow; what to do with the result."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...procgen.errors import SpecError
from .. import jobs, people, ranges_list
from ..preferences import preferences
from ..properties import VivantSettings, settings
from .saying import in_plain_words


def dataset_arguments(asked: VivantSettings, out: str, workers: int, config: str = "") -> list[str]:
    """`generate …` as a shell would say it."""
    low, high = asked.people()
    argv = ["generate", out, "--scenes", str(asked.scenes), "--views", str(asked.views), "--frames", str(asked.frames)]
    argv += ["--people", f"{low}-{high}", "--place", asked.place, "--size", f"{asked.width}x{asked.height}"]
    argv += ["--samples", str(asked.samples), "--seed", str(asked.seed), "--cloth", asked.cloth, "--workers", str(workers)]
    argv += ["--config", config] if config else []
    for person in cast_of(asked):
        argv += ["--cast", str(person)]
    return argv + (["--channels", "all"] if asked.all_channels else [])


def cast_of(asked: VivantSettings) -> list[Path]:
    """Files of the people who are in every scene.

    Raises:
        SpecError: a path that is neither a file nor a folder with any.
    """
    if not asked.cast.strip():
        return []
    path = Path(bpy.path.abspath(asked.cast))
    found = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.is_file() else []
    if not found:
        raise SpecError(f"nobody can be cast from {str(path)!r}", expected="a PERSON.json, or a folder of some", fix="press Cast My People")
    return found


class JobOperator:
    """What operators that start a job share."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One job at a time."""
        if jobs.running():
            cls.poll_message_set("A job is running; cancel it first")  # type: ignore[attr-defined]
            return False
        return True


class VIVANT_OT_generate_dataset(JobOperator, bpy.types.Operator):
    """Generate a labelled dataset in the background; Blender stays usable. Running it again finishes what is missing"""

    bl_idname = "vivant.generate_dataset"
    bl_label = "Generate Dataset"
    bl_options = {"REGISTER"}

    folder: StringProperty(  # type: ignore[valid-type]
        name="Folder", description="Dataset folder; empty: the sidebar's output folder", subtype="DIR_PATH", default=""
    )

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the ranges, start the job."""
        from ...procgen.ranges import check_ranges

        asked = settings(context)
        out = Path(bpy.path.abspath(self.folder)) if self.folder else asked.dataset_folder(context)
        ranges = ranges_list.as_ranges(asked.ranges)
        check_ranges(ranges)
        out.parent.mkdir(parents=True, exist_ok=True)
        config = ""
        if ranges:
            file = out.parent / f"{out.name}.ranges.toml"
            file.write_text(ranges_list.as_toml(ranges), encoding="utf-8")
            config = str(file)
        mine = preferences(context)
        argv = dataset_arguments(asked, str(out), mine.workers if mine else 1, config)
        jobs.start("Dataset", argv, out, asked.scenes * asked.views * asked.frames)
        asked.dataset = str(out)
        self.report({"INFO"}, f"writing to {out}")
        return {"FINISHED"}


class VIVANT_OT_cast_people(bpy.types.Operator):
    """Let everybody of this scene be in every scene of the dataset: features, hair, clothes, expression, and skin that was lifted"""

    bl_idname = "vivant.cast_people"
    bl_label = "Cast My People"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs people."""
        if not people.in_scene(context.scene):
            cls.poll_message_set("There is nobody to cast: add a person first")
            return False
        return True

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write them into a folder of their own beside the dataset."""
        asked = settings(context)
        folder = asked.output_folder(context) / "cast"
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("*.json"), *folder.glob("*.looks.npz")):
            old.unlink()
        everybody = people.in_scene(context.scene)
        for collection in everybody:
            people.write(collection, folder / f"{bpy.path.clean_name(collection.name)}.json")
        asked.cast = str(folder)
        self.report({"INFO"}, f"{len(everybody)} cast; they are in {folder}")
        return {"FINISHED"}


class VIVANT_OT_add_range(bpy.types.Operator):
    """Narrow one more field of the scenes that are drawn"""

    bl_idname = "vivant.add_range"
    bl_label = "Add Range"
    bl_options = {"REGISTER", "UNDO"}

    field: StringProperty(  # type: ignore[valid-type]
        name="Field", description="Dotted name of the field, for example people.phenotype.age_years", default=""
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Append an entry."""
        asked = settings(context)
        name = self.field or "people.phenotype.age_years"
        if name not in ranges_list.fields():
            self.report({"ERROR"}, f"no scene has a field {name!r}. Fix: choose one from the list")
            return {"CANCELLED"}
        asked.ranges.add().name = name
        asked.range_index = len(asked.ranges) - 1
        return {"FINISHED"}


class VIVANT_OT_remove_range(bpy.types.Operator):
    """Draw the chosen field freely again"""

    bl_idname = "vivant.remove_range"
    bl_label = "Remove Range"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an entry."""
        if len(settings(context).ranges) == 0:
            cls.poll_message_set("No field is narrowed")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        asked = settings(context)
        asked.ranges.remove(min(asked.range_index, len(asked.ranges) - 1))
        asked.range_index = max(0, asked.range_index - 1)
        return {"FINISHED"}


class _ReadsDataset(JobOperator):
    """Operators on the dataset that was made last."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a dataset."""
        if not (last_dataset(context) / "dataset.json").is_file():
            cls.poll_message_set("Generate a dataset first")  # type: ignore[attr-defined]
            return False
        return super().poll(context)


class VIVANT_OT_contact_sheet(_ReadsDataset, bpy.types.Operator):
    """Lay the pictures of the last dataset beside their labels, and show the sheet"""

    bl_idname = "vivant.contact_sheet"
    bl_label = "Contact Sheet"
    bl_options = {"REGISTER"}

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job; the sheet opens when it is there."""
        folder = last_dataset(context)
        sheet = folder / "sheet.png"
        jobs.start("Contact sheet", ["sheet", str(folder), "-o", str(sheet)], sheet, 0, then=show_picture)
        return {"FINISHED"}


class VIVANT_OT_verify_dataset(_ReadsDataset, bpy.types.Operator):
    """Prove the labels of the last dataset: rays, reprojection and the body model again, from the files alone"""

    bl_idname = "vivant.verify_dataset"
    bl_label = "Verify"
    bl_options = {"REGISTER"}

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        folder = last_dataset(context)
        jobs.start("Verify", ["verify", str(folder)], folder, 0)
        return {"FINISHED"}


class VIVANT_OT_open_folder(bpy.types.Operator):
    """Open the folder of the last dataset, or the output folder, in the file browser"""

    bl_idname = "vivant.open_folder"
    bl_label = "Open Folder"
    bl_options = {"REGISTER"}

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Hand the path to the system; without a desktop, say where it is."""
        folder = last_dataset(context)
        if not folder.is_dir():
            folder = settings(context).output_folder(context)
        folder.mkdir(parents=True, exist_ok=True)
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(folder))
        self.report({"INFO"}, str(folder))
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


class VIVANT_OT_dismiss_job(bpy.types.Operator):
    """Take the result of the last job off the panel"""

    bl_idname = "vivant.dismiss_job"
    bl_label = "Dismiss"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Forget it."""
        jobs.dismiss()
        return {"FINISHED"}


def last_dataset(context: bpy.types.Context) -> Path:
    """The dataset that was made last from this scene, or the one that its settings would make."""
    asked = settings(context)
    return Path(bpy.path.abspath(asked.dataset)) if asked.dataset else asked.dataset_folder(context)


def show_picture(path: Path) -> None:
    """Show a picture in an image editor of its own window; without windows it is only loaded."""
    image = bpy.data.images.load(str(path), check_existing=True)
    image.reload()
    manager = bpy.context.window_manager
    if bpy.app.background or not manager.windows:
        return
    with bpy.context.temp_override(window=manager.windows[0]):
        bpy.ops.wm.window_new()
    area = manager.windows[-1].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = image


CLASSES = (
    VIVANT_OT_generate_dataset,
    VIVANT_OT_cast_people,
    VIVANT_OT_add_range,
    VIVANT_OT_remove_range,
    VIVANT_OT_contact_sheet,
    VIVANT_OT_verify_dataset,
    VIVANT_OT_open_folder,
    VIVANT_OT_cancel_job,
    VIVANT_OT_dismiss_job,
)
