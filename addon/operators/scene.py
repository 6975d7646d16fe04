# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a whole procedural scene, in a scene of its own: the user's scene, world and render settings stay as they are."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import IntProperty

from .. import people, places, spec_groups
from ..properties import settings
from .saying import in_plain_words

COPIED = (
    "seed",
    "place",
    "people_min",
    "people_max",
    "width",
    "height",
    "samples",
    "cloth",
    "scenes",
    "views",
    "frames",
    "output",
)


class VIVANT_OT_new_scene(bpy.types.Operator):
    """Make a new scene with a place, light, camera and people, all from the seed"""

    bl_idname = "vivant.new_scene"
    bl_label = "New Procedural Scene"
    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed", description="The same seed and settings give the same scene", min=0, default=0
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs object mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave edit mode to make a scene")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the sidebar's seed."""
        self.seed = settings(context).seed
        return self.execute(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Sample, build into a new scene and show it."""
        from ...procgen.sample import sample_scene
        from ...procgen.seeds import Seed

        asked = settings(context)
        spec = sample_scene(
            Seed(self.seed).child("scene", 0),
            place=asked.place,
            people=asked.people(),
            width=asked.width,
            height=asked.height,
            views=asked.views,
            frames=asked.frames,
            samples=asked.samples,
            description=asked.describe.strip() or None,
        )
        scene = build_scene(context, f"Vivant {self.seed}", spec)
        for name in COPIED:
            setattr(scene.vivant, name, getattr(asked, name))
        scene.vivant.seed = self.seed
        self.report({"INFO"}, f"{scene.name}: {spec.place.kind}, {len(spec.people)} people")
        return {"FINISHED"}


def build_scene(context: Any, name: str, spec: Any) -> Any:
    """A SceneSpec as a new scene whose place and people stay editable; it is shown in the window, if there is one."""
    from ...procgen.assemble import build_place
    from ...procgen.blender import live
    from ...procgen.blender.insert import insert_scene

    place = build_place(spec.place)
    scene, collection = insert_scene(name, spec, place)
    places.adopt(collection, spec.place)
    spec_groups.write(scene.vivant.sky, spec.sky)
    if context.window is not None:
        context.window.scene = scene
    with context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        for number, human in enumerate(spec.people, 1):
            made = live.insert(scene, f"Person {number}", human, place=place)
            people.adopt(made, human, number)
            with spec_groups.quietly():
                made.vivant.on_place = True
    return scene


CLASSES = (VIVANT_OT_new_scene,)
