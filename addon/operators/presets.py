# SPDX-License-Identifier: GPL-3.0-or-later
"""People saved for later: presets in the extension's own folder, and assets for the Asset Browser."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...procgen.errors import unknown_name
from .. import people
from ..preferences import PACKAGE
from .saying import in_plain_words, needs_person


def folder() -> Path:
    """Where presets lie: the extension's user folder, never the add-on itself."""
    if PACKAGE.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(PACKAGE, path="people", create=True))
    path = Path(bpy.utils.user_resource("CONFIG", path="vivant/people", create=True))
    return path


def names() -> list[str]:
    """Saved people, in order of their names."""
    return sorted(p.stem for p in folder().glob("*.json"))


def _search(self: object, context: object, text: str) -> list[str]:
    return [n for n in names() if text.lower() in n.lower()]


class VIVANT_OT_save_person_preset(bpy.types.Operator):
    """Save the person under a name, to load it in any file; `vivant person --spec` reads it too"""

    bl_idname = "vivant.save_person_preset"
    bl_label = "Save Person"
    bl_options = {"REGISTER"}

    name: StringProperty(name="Name", description="Name of the preset", default="")  # type: ignore[valid-type]

    poll = classmethod(needs_person)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for the name."""
        self.name = people.active(context).name
        return context.window_manager.invoke_props_dialog(self)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the spec."""
        name = bpy.path.clean_name(self.name or people.active(context).name)
        people.write(people.active(context), folder() / f"{name}.json")
        self.report({"INFO"}, f"saved as {name}")
        return {"FINISHED"}


class VIVANT_OT_load_person_preset(bpy.types.Operator):
    """Add a saved person at the 3D cursor"""

    bl_idname = "vivant.load_person_preset"
    bl_label = "Load Person"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(name="Name", description="Name of the preset", default="")  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs object mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave edit mode to add a person")
            return False
        return True

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read it, build it."""
        from ...procgen.one_person import read_person

        if self.name not in names():
            raise unknown_name("saved person", self.name, names())
        human = read_person(folder() / f"{self.name}.json")
        people.add(context, self.name, human)
        return {"FINISHED"}


class VIVANT_OT_delete_person_preset(bpy.types.Operator):
    """Delete a saved person"""

    bl_idname = "vivant.delete_person_preset"
    bl_label = "Delete Saved Person"
    bl_options = {"REGISTER"}

    name: StringProperty(name="Name", description="Which one", default="", search=_search)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a preset."""
        if not names():
            cls.poll_message_set("No person is saved")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask which."""
        return context.window_manager.invoke_props_dialog(self)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Delete the file."""
        if self.name not in names():
            raise unknown_name("saved person", self.name, names())
        (folder() / f"{self.name}.json").unlink()
        (folder() / f"{self.name}.looks.npz").unlink(missing_ok=True)
        self.report({"INFO"}, f"{self.name} deleted")
        return {"FINISHED"}


class VIVANT_OT_mark_person_asset(bpy.types.Operator):
    """Mark the person as an asset: save this file into an asset library, and drag the person from the Asset Browser"""

    bl_idname = "vivant.mark_person_asset"
    bl_label = "Mark Person as Asset"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Mark the collection, and say who it is."""
        collection = people.active(context)
        collection.asset_mark()
        years = round(people.spec_of(collection).phenotype.age_years)
        collection.asset_data.description = f"A dressed, rigged person of {years} years, made by Vivant"
        for tag in ("person", "vivant"):
            if tag not in collection.asset_data.tags:
                collection.asset_data.tags.new(tag)
        if not bpy.app.background:
            collection.asset_generate_preview()
        return {"FINISHED"}


class VIVANT_OT_mark_pose_asset(bpy.types.Operator):
    """Save the pose as an action that is marked as a pose asset"""

    bl_idname = "vivant.mark_pose_asset"
    bl_label = "Mark Pose as Asset"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Key all bones into an action of its own."""
        from ...procgen.blender import keyframes, live

        collection = people.active(context)
        action = keyframes.pose_asset(live.rig_of(collection), f"{collection.name} Pose")
        self.report({"INFO"}, f"{action.name} is a pose asset")
        return {"FINISHED"}


class VIVANT_MT_person_presets(bpy.types.Menu):
    """Saved people."""

    bl_idname = "VIVANT_MT_person_presets"
    bl_label = "Load Person"

    def draw(self, context: bpy.types.Context) -> None:
        """One entry a preset."""
        saved = names()
        for name in saved:
            self.layout.operator("vivant.load_person_preset", text=name).name = name
        if not saved:
            self.layout.label(text="None saved yet")


CLASSES = (
    VIVANT_OT_save_person_preset,
    VIVANT_OT_load_person_preset,
    VIVANT_OT_delete_person_preset,
    VIVANT_OT_mark_person_asset,
    VIVANT_OT_mark_pose_asset,
    VIVANT_MT_person_presets,
)
