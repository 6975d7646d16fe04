# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes, people, bodies and motions as files: by menu, by button, by dropping them into the window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...procgen.errors import SpecError
from .. import people
from ..scene_spec import scene_spec
from .saying import in_plain_words, needs_person
from .scene import build_scene

if TYPE_CHECKING:
    from ...procgen.spec import HumanSpec


class VIVANT_OT_import_file(bpy.types.Operator, ImportHelper):
    """Read a Vivant scene or person (.json), or bring a motion (.bvh, .npz; with its shape if Vivant wrote it) onto the selected person"""

    bl_idname = "vivant.import_file"
    bl_label = "Import"
    bl_options = {"REGISTER", "UNDO"}

    filter_glob: StringProperty(default="*.json;*.npz;*.bvh", options={"HIDDEN"})  # type: ignore[valid-type]
    filepath: StringProperty(name="File", description="What to read", subtype="FILE_PATH", default="")  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs object or pose mode."""
        if context.mode not in ("OBJECT", "POSE"):
            cls.poll_message_set("Leave edit mode first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """A dropped file is read at once; otherwise ask which."""
        if self.filepath:
            return self.execute(context)
        return ImportHelper.invoke(self, context, event)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """By what the file is."""
        path = Path(self.filepath)
        if not path.is_file():
            raise SpecError(f"{path.name or 'nothing'} is no file that can be read", fix="choose a .json, .npz or .bvh file")
        kind = path.suffix.lower()
        if kind == ".json":
            said = _import_json(context, path)
        elif kind in (".npz", ".bvh"):
            said = _import_motion(context, path)
        else:
            raise SpecError(f"{path.name} is no file of Vivant's", expected=".json, .npz or .bvh")
        self.report({"INFO"}, said)
        return {"FINISHED"}


def _import_json(context: bpy.types.Context, path: Path) -> str:
    from ...procgen.one_person import read_person
    from ...procgen.people.looks import found
    from ...procgen.spec import SceneSpec, replace

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as e:
        raise SpecError(f"{path.name} is no JSON", got=str(e), fix="choose a scene.json or a person's file") from None
    if isinstance(data, dict) and "place" in data:
        spec = SceneSpec.from_dict(data)
        spec = replace(spec, people=tuple(found(human, path.absolute().parent) for human in spec.people))
        scene = build_scene(context, path.stem, spec)
        return f"{scene.name}: {len(spec.people)} people"
    if isinstance(data, dict) and "phenotype" in data:
        return f"{people.add(context, path.stem, read_person(path)).name} added"
    raise SpecError(f"{path.name} is neither a scene nor a person of Vivant's", expected="a file with `place` or `phenotype`")


def _import_motion(context: bpy.types.Context, path: Path) -> str:
    from ...procgen.blender import keyframes
    from ...procgen.people.motion_files.reading import content_hash, on_person
    from ...procgen.registry import motions
    from ...procgen.spec import replace

    collection = people.active(context)
    if collection is None:
        collection = people.add(context, path.stem, people.sample(context.scene.vivant.seed))
    human = people.spec_of(collection)
    human, shape = _shaped(path, human)
    found = content_hash(path)
    seconds = on_person(str(path), found, "auto", human.phenotype).seconds
    human = replace(human, motion=motions.get("file").spec(path=str(path), sha256=found), seat=None)  # type: ignore[misc]
    if getattr(human.pose, "seated", False):
        human = replace(human, pose=people.sample_pose("stand", human))
    people.show(collection, human)
    scene = context.scene
    rate = scene.render.fps / scene.render.fps_base
    count = max(1, round(seconds * rate) + 1)
    keyframes.bake(collection, human, scene.frame_start, count, rate)
    scene.frame_end = max(scene.frame_end, scene.frame_start + count - 1)
    people.set_by_hand(collection, True)
    return f"{count} frames on {collection.name}{shape}"


def _shaped(path: Path, human: HumanSpec) -> tuple[HumanSpec, str]:
    """The person in the shape that an .npz of Vivant's holds; other body models' coefficients mean other shapes."""
    from ...procgen.people.model import load_body
    from ...procgen.people.shape_inverse import phenotype_like, read_shape
    from ...procgen.spec import replace

    betas = read_shape(path) if path.suffix.lower() == ".npz" else None
    if betas is None:
        return human, ""
    model = load_body()
    if len(betas) != model.shapedirs.shape[2]:
        return human, "; its shape belongs to another body model and was left out"
    phenotype, mm = phenotype_like(model, betas)
    return replace(human, phenotype=phenotype), f", in its shape (within {mm:.1f} mm)"


class VIVANT_OT_export_scene(bpy.types.Operator, ExportHelper):
    """Write place, people, sky and cameras of this scene as scene.json; `vivant generate --spec` renders it anywhere"""

    bl_idname = "vivant.export_scene"
    bl_label = "Export scene.json"
    bl_options = {"REGISTER"}
    filename_ext = ".json"

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Collect and write."""
        path = Path(self.filepath)
        path.write_text(scene_spec(context.scene, path).to_json(), encoding="utf-8")
        self.report({"INFO"}, f"written to {path}")
        return {"FINISHED"}


class VIVANT_OT_export_person(bpy.types.Operator, ExportHelper):
    """Write the person as a file: .json (a spec that is read again) or .npz (SMPL-X format: shape, expression and pose)"""

    bl_idname = "vivant.export_person"
    bl_label = "Export Person"
    bl_options = {"REGISTER"}
    filename_ext = ".json"
    check_extension = None  # both endings are good

    filter_glob: StringProperty(default="*.json;*.npz", options={"HIDDEN"})  # type: ignore[valid-type]

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """By the ending."""
        from ...procgen.blender import live
        from ...procgen.npz import write_npz
        from ...procgen.people.parameters import smplx_parameters

        path = Path(self.filepath)
        collection = people.active(context)
        human = people.spec_of(collection)
        if path.suffix.lower() == ".json":
            people.write(collection, path)
        elif path.suffix.lower() == ".npz":
            write_npz(path, smplx_parameters([live.body_of(collection, human)], context.scene.render.fps))
        else:
            raise SpecError(f"a person cannot be written to {path.name}", expected="a name that ends in .json or .npz")
        self.report({"INFO"}, f"written to {path}")
        return {"FINISHED"}


class VIVANT_OT_export_motion(bpy.types.Operator, ExportHelper):
    """Write how the person moves over the scene's frames: .bvh (centimetres, Y up) or .npz (AMASS style, metres, Z up)"""

    bl_idname = "vivant.export_motion"
    bl_label = "Export Motion"
    bl_options = {"REGISTER"}
    filename_ext = ".bvh"
    check_extension = None  # both endings are good

    filter_glob: StringProperty(default="*.bvh;*.npz", options={"HIDDEN"})  # type: ignore[valid-type]

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the armature frame by frame, write by the ending."""
        from ...procgen.blender import keyframes
        from ...procgen.people.motion_files.baking import WRITES, baked_from, write_motion

        path, scene = Path(self.filepath), context.scene
        if path.suffix.lower() not in WRITES:
            raise SpecError(f"a motion cannot be written to {path.name}", expected=f"a name that ends in {' or '.join(WRITES)}")
        collection = people.active(context)
        bodies = keyframes.moving(scene, collection, people.spec_of(collection))
        write_motion(path, baked_from(bodies, scene.render.fps / scene.render.fps_base))
        self.report({"INFO"}, f"{len(bodies)} frames written to {path}")
        return {"FINISHED"}


class VIVANT_FH_files(bpy.types.FileHandler):
    """Files that are dropped into the 3D view or the outliner."""

    bl_idname = "VIVANT_FH_files"
    bl_label = "Vivant"
    bl_import_operator = "vivant.import_file"
    bl_export_operator = "vivant.export_scene"
    bl_file_extensions = ".json;.npz;.bvh"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Where people and scenes are seen."""
        return context.area is not None and context.area.type in ("VIEW_3D", "OUTLINER")


def _import_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator("vivant.import_file", text="Vivant (.json, .npz, .bvh)")


def _export_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator("vivant.export_scene", text="Vivant Scene (.json)")
    self.layout.operator("vivant.export_person", text="Vivant Person (.json, .npz)")
    self.layout.operator("vivant.export_motion", text="Vivant Motion (.bvh, .npz)")


def register_menus() -> None:
    """Add the entries to File > Import and File > Export."""
    bpy.types.TOPBAR_MT_file_import.append(_import_menu)
    bpy.types.TOPBAR_MT_file_export.append(_export_menu)


def unregister_menus() -> None:
    """Take them back."""
    bpy.types.TOPBAR_MT_file_import.remove(_import_menu)
    bpy.types.TOPBAR_MT_file_export.remove(_export_menu)


CLASSES = (VIVANT_OT_import_file, VIVANT_OT_export_scene, VIVANT_OT_export_person, VIVANT_OT_export_motion, VIVANT_FH_files)
