# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthesis, lift and the worker that does them: started as jobs, with what is missing said in plain words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import bpy

from ...bridge.beside import PAGE
from ...procgen.dataset import Dataset
from ...procgen.farm.launch import command_of
from .. import bridging, jobs, people
from ..preferences import preferences
from ..properties import settings
from .dataset import JobOperator, last_dataset, show_picture
from .label import render_frame
from .saying import in_plain_words, needs_person


def worker_python(context: bpy.types.Context) -> str:
    """The Python of the preferences that loads models; empty when none is set."""
    mine = preferences(context)
    return bpy.path.abspath(mine.worker_python) if mine is not None and mine.worker_python else ""


class VIVANT_OT_test_worker(JobOperator, bpy.types.Operator):
    """Ask the worker's Python whether it has what synthesis and lift need"""

    bl_idname = "vivant.test_worker"
    bl_label = "Test Connection"
    bl_options = {"REGISTER"}

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """`worker --check` of that Python."""
        python = worker_python(context)
        if not python:
            self.report({"ERROR"}, "no worker Python is set. Fix: choose one in Preferences > Add-ons > Vivant")
            return {"CANCELLED"}
        jobs.start("Worker", ["worker", "--check", "--python", python], Path(python), 0)
        return {"FINISHED"}


class _Bridged(JobOperator):
    """Operators that need a command which may not be in this version."""

    command = ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs the command."""
        if not bridging.has_command(cls.command):
            cls.poll_message_set(bridging.ABSENT[cls.command])  # type: ignore[attr-defined]
            return False
        return super().poll(context)


class VIVANT_OT_synthesize(_Bridged, bpy.types.Operator):
    """Turn the frames of the dataset into photographs that keep their labels"""

    bl_idname = "vivant.synthesize"
    bl_label = "Synthesise"
    bl_options = {"REGISTER"}
    command = "synthesize"

    which: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Which",
        description="What is turned into photographs",
        items=(("ALL", "Dataset", "All frames of the dataset"),
               ("FIRST", "Preview", "Only its first frame; the rest goes on from it"),
               ("FRAME", "This Frame", "The frame that the scene is at, rendered with its labels first")),
    )  # fmt: skip

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        folder = last_dataset(context)
        if self.which == "FRAME" and context.scene.camera is None:
            self.report({"ERROR"}, "this scene has no camera. Fix: add one first")
            return {"CANCELLED"}
        if self.which != "FRAME" and not (folder / "dataset.json").is_file():
            self.report({"ERROR"}, f"{folder} is no dataset. Fix: generate one, or choose its folder")
            return {"CANCELLED"}
        if bridging.leaves_this_machine(settings(context).backend) and not bpy.app.online_access:
            self.report({"ERROR"}, "Blender works offline. Fix: Preferences > System > Allow Online Access, or the backend worker")
            return {"CANCELLED"}
        if self.which == "FRAME":
            render_frame(context, then=lambda out: _synthesise(bpy.context, out))
        else:
            _synthesise(context, folder, Dataset(folder).names[:1] if self.which == "FIRST" else ())
        return {"FINISHED"}


def _synthesise(context: bpy.types.Context, folder: Path, frames: Sequence[str] = ()) -> None:
    jobs.start("Synthesis", synthesis_arguments(context, folder, frames), folder, 0, then=show_beside)


class VIVANT_OT_measure(_Bridged, bpy.types.Operator):
    """Measure how far the photographs of the dataset have drifted from its labels; each is accepted, to be relabelled, or rejected"""

    bl_idname = "vivant.measure"
    bl_label = "Measure Drift"
    bl_options = {"REGISTER"}
    command = "measure"

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job, on the newest synthesis."""
        folder = last_dataset(context)
        made = sorted(folder.glob("synthesis/*/synthesis.json"), key=lambda p: p.stat().st_mtime)
        if not made:
            self.report({"ERROR"}, f"{folder} has no photographs. Fix: Synthesise first")
            return {"CANCELLED"}
        _in_worker(context, "Measure", ["measure", str(folder), "--name", made[-1].parent.name, "--quiet"], folder)
        return {"FINISHED"}


def _in_worker(context: bpy.types.Context, title: str, argv: list[str], out: Path) -> None:
    """A command with detectors: they live where the worker does; Blender's own Python has none."""
    python = worker_python(context)
    if python:
        jobs.launch(title, command_of(python, "addon.watched", "run", argv), out, 0)
    else:
        jobs.start(title, argv, out, 0)


def show_beside(folder: Path) -> None:
    """Show what the last synthesis of a dataset made, beside renders and skeletons."""
    pages = sorted(folder.glob(f"synthesis/*/{PAGE}"), key=lambda p: p.stat().st_mtime)
    if pages:
        show_picture(pages[-1])


def synthesis_arguments(context: bpy.types.Context, folder: Path, frames: Sequence[str] = ()) -> list[str]:
    """`synthesize …` as a shell would say it."""
    asked, python = settings(context), worker_python(context)
    argv = ["synthesize", str(folder), "--backend", asked.backend or "worker"]
    argv += ["--method", asked.method] if asked.method != "auto" else []
    argv += ["--model", asked.model] if asked.model else []
    argv += ["--prompt", asked.prompt] if asked.prompt else []
    argv += ["--frames", ",".join(frames)] if frames else []
    if asked.control_network and asked.method == "control":
        argv += ["--set", f"control_models={json.dumps([asked.control_network])}"]
    return argv + (["--python", python] if python else [])


class VIVANT_OT_lift(_Bridged, bpy.types.Operator):
    """Get rigged people out of the photograph"""

    bl_idname = "vivant.lift"
    bl_label = "Lift People"
    bl_options = {"REGISTER"}
    command = "lift"

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        photo = Path(bpy.path.abspath(settings(context).photo))
        if not settings(context).photo or not photo.exists():
            self.report({"ERROR"}, "no photograph is chosen. Fix: choose a picture or a dataset folder")
            return {"CANCELLED"}
        out = bridging.lift_folder(context)
        _in_worker(context, "Lift", lift_arguments(context, photo, out), out)
        return {"FINISHED"}


def lift_arguments(context: bpy.types.Context, photo: Path, out: Path) -> list[str]:
    """`lift …` as a shell would say it."""
    asked = settings(context)
    argv = ["lift", str(photo), "-o", str(out), "--what", asked.lift_parts]
    worn = asked.lift_wearing.strip()
    return argv + (["--set", f"wearing={worn}"] if worn and "clothes" in asked.lift_parts.split(",") else [])


class VIVANT_OT_wear_face(bpy.types.Operator):
    """Give the person the face, skin, expression and detail that were lifted from the photograph"""

    bl_idname = "vivant.wear_face"
    bl_label = "Use Lifted Face"
    bl_options = {"REGISTER", "UNDO"}

    folder: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Result", description="Folder of a lifted person; empty: the first one of the photograph", default="", subtype="DIR_PATH"
    )

    clothes: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="With Clothes", description="Wear what was lifted of their clothes and bare skin, too", default=False
    )

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Solve for the features, build."""
        from ...bridge.lift.animating import in_lifted_clothes, laid_over, lifted_pictures
        from ...bridge.lift.detail_split import relief_of
        from ...bridge.lift.face_person import face_of, like
        from ...bridge.lift.result import read_result
        from ...procgen.blender.pictured import keep_looks, kept_looks
        from ...procgen.people.looks import Looks

        found = [Path(bpy.path.abspath(self.folder))] if self.folder else bridging.lifted_faces(bridging.lift_folder(context))
        if not found:
            self.report({"ERROR"}, "no face was lifted from this photograph. Fix: Lift People first")
            return {"CANCELLED"}
        collection = people.active(context)
        made = like(face_of(found[0]), people.spec_of(collection))
        human = in_lifted_clothes(found[0], made.person) if self.clothes else made.person
        pictures = lifted_pictures(found[0], face_only=not self.clothes)
        # Garments that stay keep their pictures; skin and relief are the lifted person's alone.
        garments = {} if self.clothes else {n: p for n, p in kept_looks(collection).pictures.items() if n != "body"}
        looks = Looks(laid_over(pictures, garments), relief_of(read_result(found[0])))
        people.show(collection, human)
        keep_looks(collection, looks)
        people.build(collection)
        more = [] if looks.relief is None else ["its detail"]
        more += [f"pictures on {', '.join(sorted(pictures))}"] if pictures else []
        self.report(
            {"INFO"}, f"the face lies within {made.mm:.1f} mm of the lifted one on average" + "".join(f", with {m}" for m in more)
        )
        return {"FINISHED"}


CLASSES = (VIVANT_OT_test_worker, VIVANT_OT_synthesize, VIVANT_OT_measure, VIVANT_OT_lift, VIVANT_OT_wear_face)
