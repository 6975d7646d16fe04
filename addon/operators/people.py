# SPDX-License-Identifier: GPL-3.0-or-later
"""Add a dressed, posed person to the scene that is open."""

from __future__ import annotations

import bpy
from bpy.props import IntProperty

from ..properties import settings
from .saying import in_plain_words


class VIVANT_OT_add_person(bpy.types.Operator):
    """Add a person, dressed, posed and rigged, at the 3D cursor"""

    bl_idname = "vivant.add_person"
    bl_label = "Add Person"
    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Who it is: the same seed gives the same person", min=0, default=0
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs object mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave edit mode to add a person")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the next free seed after the scene's, so that every click adds somebody else."""
        there = sum(1 for c in bpy.data.collections if c.get("vivant_person") is not None)
        self.seed = settings(context).seed + there
        return self.execute(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Sample, build, rig, and stand it at the cursor in a collection of its own."""
        from ...procgen.blender.insert import insert_person
        from ...procgen.one_person import assemble_person, sample_person
        from ...procgen.seeds import Seed

        spec = sample_person(Seed(self.seed).child("person"))
        body, parts = assemble_person(spec)
        collection = insert_person(context.scene, f"Person {self.seed}", body, parts, context.scene.cursor.location)
        collection["vivant_person"] = spec.to_json()
        self.report({"INFO"}, f"{collection.name}: {len(parts)} objects")
        return {"FINISHED"}


CLASSES = (VIVANT_OT_add_person,)
