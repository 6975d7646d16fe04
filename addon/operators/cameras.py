# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras by sampler, and light: skies with their sun."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty

from .. import enum_items, people, places, spec_groups
from ..properties import settings
from .saying import in_plain_words

# Looks of the light by name (by eye): changes against the default sky.
SKIES: dict[str, dict[str, float]] = {
    "noon": {"sun_elevation": 1.05, "warmth": 0.1, "cloudiness": 0.15},
    "golden_hour": {"sun_elevation": 0.16, "sun_strength": 2.6, "warmth": 0.95, "cloudiness": 0.25},
    "overcast": {"sun_elevation": 0.8, "sun_strength": 0.4, "sun_size": 0.4, "ambient": 1.5, "cloudiness": 0.95, "warmth": 0.2},
    "dusk": {"sun_elevation": 0.02, "sun_strength": 0.5, "ambient": 0.45, "warmth": 0.8},
    "studio": {"sun_elevation": 0.75, "sun_azimuth": 0.6, "sun_size": 0.45, "sun_strength": 2.2, "ambient": 0.8, "cloudiness": 1.0},
}


LOOKS = (
    ("fields", "As Set Below", "The sky that the fields describe"),
    ("random", "Random", "Drawn from the seed"),
    *((n, enum_items.title(n), f"The light of {enum_items.title(n).lower()}") for n in SKIES),
)


class VIVANT_OT_add_camera(bpy.types.Operator):
    """Add a camera that a sampler places around the people; it becomes the scene's camera if there is none, or if asked"""

    bl_idname = "vivant.add_camera"
    bl_label = "Add Camera"
    bl_options = {"REGISTER", "UNDO"}

    sampler: EnumProperty(  # type: ignore[valid-type]
        name="Sampler", description="How the camera is placed", items=enum_items.registry_items("cameras")
    )
    seed: IntProperty(name="Seed", description="The same seed gives the same view", min=0, default=0)  # type: ignore[valid-type]
    make_active: BoolProperty(  # type: ignore[valid-type]
        name="Make Active", description="Use it as the scene's camera, with the image size of the Dataset panel", default=False
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs somebody to look at."""
        if not people.in_scene(context.scene):
            cls.poll_message_set("Add people first: the samplers look for them")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the sidebar's sampler; count on, so that every click gives another view."""
        asked = settings(context)
        self.sampler = asked.camera
        self.seed = sum(1 for ob in context.scene.objects if ob.type == "CAMERA") + asked.seed
        return self.execute(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Draw the view, add the camera."""
        from ...procgen import registry
        from ...procgen.blender import live
        from ...procgen.blender.insert import insert_camera
        from ...procgen.one_person import level_ground
        from ...procgen.sample import subject
        from ...procgen.seeds import Seed

        asked, scene = settings(context), context.scene
        bodies = [live.body_of(c, people.spec_of(c)) for c in people.in_scene(scene) if live.rig_of(c) is not None]
        ground = places.geometry_in(scene) or level_ground()
        rng = Seed(self.seed).child("camera", self.sampler).rng()
        view = registry.cameras.get(self.sampler).make(rng, [subject(b) for b in bodies], ground, asked.width, asked.height)
        camera = insert_camera(scene, view, f"Camera {enum_items.title(self.sampler)}", active=self.make_active or scene.camera is None)
        self.report({"INFO"}, f"{camera.name} added")
        return {"FINISHED"}


class VIVANT_OT_set_sky(bpy.types.Operator):
    """Give this scene a sky and a sun; the world that it had is kept in the file"""

    bl_idname = "vivant.set_sky"
    bl_label = "Set Sky"
    bl_options = {"REGISTER", "UNDO"}

    look: EnumProperty(  # type: ignore[valid-type]
        name="Look",
        description="Which light",
        items=LOOKS,
    )
    seed: IntProperty(name="Seed", description="Draws a random sky", min=0, default=0)  # type: ignore[valid-type]

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build the world and the sun."""
        from ...procgen.blender.insert import insert_sky
        from ...procgen.seeds import Seed
        from ...procgen.sky import sample_sky
        from ...procgen.spec import SkySpec

        group = settings(context).sky
        if self.look == "random":
            sky = sample_sky(Seed(self.seed).child("sky").rng(), False)
        elif self.look == "fields":
            sky = spec_groups.read(group, SkySpec())
        else:
            sky = SkySpec(**SKIES[self.look])
        spec_groups.write(group, sky)
        insert_sky(context.scene, sky)
        return {"FINISHED"}


CLASSES = (VIVANT_OT_add_camera, VIVANT_OT_set_sky)
