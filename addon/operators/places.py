# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a place into the open scene, draw it anew, and stand people on it."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, IntProperty

from .. import enum_items, people, places
from ..properties import settings
from .saying import in_plain_words


def _in_object_mode(cls: type, context: bpy.types.Context) -> bool:
    if context.mode != "OBJECT":
        cls.poll_message_set("Leave edit mode first")  # type: ignore[attr-defined]
        return False
    return True


class VIVANT_OT_add_place(bpy.types.Operator):
    """Add a generated place around the origin: ground, things, lamps; your own objects, world and camera stay"""

    bl_idname = "vivant.add_place"
    bl_label = "Add Place"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Place", description="Which place", items=enum_items.registry_items("places"))  # type: ignore[valid-type]
    seed: IntProperty(name="Seed", description="The same seed gives the same place", min=0, default=0)  # type: ignore[valid-type]

    poll = classmethod(_in_object_mode)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the sidebar's seed and place."""
        asked = settings(context)
        self.seed = asked.seed
        if asked.place != "auto":
            self.kind = asked.place
        return self.execute(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Sample and build."""
        from ...procgen.assemble import build_place
        from ...procgen.blender.insert import insert_place

        spec = places.sample(self.kind, self.seed)
        collection = insert_place(context.scene, enum_items.title(self.kind), build_place(spec))
        places.adopt(collection, spec)
        self.report({"INFO"}, f"{collection.name}: {len(collection.objects)} objects")
        return {"FINISHED"}


class VIVANT_OT_randomise_place(bpy.types.Operator):
    """Draw the place of this scene anew"""

    bl_idname = "vivant.randomise_place"
    bl_label = "Randomise Place"
    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(name="Seed", description="The same seed gives the same place", min=0, default=0)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a place."""
        return _in_object_mode(cls, context) and _has_place(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Count on, so that every click shows another one."""
        asked = settings(context)
        asked.seed += 1
        self.seed = asked.seed
        return self.execute(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Sample the same kind and build."""
        collection = places.in_scene(context.scene)
        places.adopt(collection, places.sample(str(places.spec_of(collection).kind), self.seed))
        places.build(collection)
        _settle_everybody(context.scene)
        return {"FINISHED"}


class VIVANT_OT_people_on_place(bpy.types.Operator):
    """Stand the people of this scene on its place, where there is room, facing each other or the viewer"""

    bl_idname = "vivant.people_on_place"
    bl_label = "Place People"
    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(name="Seed", description="The same seed places them the same", min=0, default=0)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a place and people."""
        if not (_in_object_mode(cls, context) and _has_place(cls, context)):
            return False
        if not people.in_scene(context.scene):
            cls.poll_message_set("Add people first")
            return False
        return True

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Draw placements and build everybody where they stand."""
        from mathutils import Matrix

        from ...procgen.blender import live
        from ...procgen.layout import place_people
        from ...procgen.people.body_state import root_transform
        from ...procgen.seeds import Seed

        everybody = people.in_scene(context.scene)
        rng = Seed(self.seed).child("layout").rng()
        ground = places.geometry_in(context.scene)
        assert ground is not None
        for collection, where in zip(everybody, place_people(rng, ground, [False] * len(everybody)), strict=True):
            rig = live.rig_of(collection)
            if rig is None:
                continue
            rig.matrix_world = Matrix(root_transform(where.heading, (*where.position, 0.0)).tolist())  # type: ignore[arg-type]
            _stand(collection)
        return {"FINISHED"}


def _has_place(cls: type, context: bpy.types.Context) -> bool:
    if places.in_scene(context.scene) is None:
        cls.poll_message_set("Add a place first")  # type: ignore[attr-defined]
        return False
    return True


def _settle_everybody(scene: bpy.types.Scene) -> None:
    for collection in people.in_scene(scene):
        if collection.vivant.on_place:
            people.build(collection)


def _stand(collection: bpy.types.Collection) -> None:
    from .. import spec_groups

    with spec_groups.quietly():
        collection.vivant.on_place = True
    bpy.context.view_layer.update()
    people.build(collection)


CLASSES = (VIVANT_OT_add_place, VIVANT_OT_randomise_place, VIVANT_OT_people_on_place)
