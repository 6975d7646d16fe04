# SPDX-License-Identifier: GPL-3.0-or-later
"""Add people, draw parts of them anew, dress them."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from .. import enum_items, people
from ..person_settings import PARTS
from ..properties import settings
from .saying import in_plain_words, needs_person

# Skin tones by name (by eye): melanin.
MELANIN = {"very_light": 0.12, "light": 0.22, "medium": 0.36, "tan": 0.5, "brown": 0.68, "dark": 0.88}
TONES = tuple((n, enum_items.title(n), f"Melanin {v}") for n, v in MELANIN.items())


class VIVANT_OT_add_person(bpy.types.Operator):
    """Add a person, dressed, posed and rigged, at the 3D cursor"""

    bl_idname = "vivant.add_person"
    bl_label = "Add Person"
    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Who it is: the same seed gives the same person", min=0, default=0
    )
    describe: StringProperty(  # type: ignore[valid-type]
        name="Describe", description="The person in words, for example: an old woman in a red coat; empty: anybody", default=""
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
        there = sum(1 for c in bpy.data.collections if people.is_person(c))
        self.seed = settings(context).seed + there
        self.describe = settings(context).describe
        return self.execute(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Sample, build, rig, and stand it at the cursor in a collection of its own."""
        collection = people.add(context, f"Person {self.seed}", people.sample(self.seed, self.describe), self.seed)
        self.report({"INFO"}, f"{collection.name} added")
        return {"FINISHED"}


class VIVANT_OT_randomise(bpy.types.Operator):
    """Draw one part of the person anew from the seed, or everything that is not kept"""

    bl_idname = "vivant.randomise"
    bl_label = "Randomise"
    bl_options = {"REGISTER", "UNDO"}

    part: EnumProperty(  # type: ignore[valid-type]
        name="Part", description="What to draw anew", items=(("ALL", "Everything Not Kept", "All parts but the kept ones"), *PARTS)
    )
    seed: IntProperty(name="Seed", description="The same seed draws the same", min=0, default=0)  # type: ignore[valid-type]

    poll = classmethod(needs_person)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the person's next seed."""
        self.seed = people.active(context).vivant.seed + 1
        return self.execute(context)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Draw, build."""
        collection = people.active(context)
        person = collection.vivant
        parts = {name for name, *_ in PARTS} - set(person.kept) if self.part == "ALL" else {self.part}
        human = people.drawn_anew(people.spec_of(collection), parts, self.seed)
        if "pose" in parts:
            people.set_by_hand(collection, False)
        people.show(collection, human)
        person.seed = self.seed
        people.build(collection)
        return {"FINISHED"}


class VIVANT_OT_build_person(bpy.types.Operator):
    """Build the person anew now, with folds, hair and contacts; this also happens by itself a moment after a change"""

    bl_idname = "vivant.build_person"
    bl_label = "Build Now"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build."""
        people.build(people.active(context))
        return {"FINISHED"}


class VIVANT_OT_skin_tone(bpy.types.Operator):
    """Give the person a skin tone, from very light to very dark"""

    bl_idname = "vivant.skin_tone"
    bl_label = "Skin Tone"
    bl_options = {"REGISTER", "UNDO"}

    tone: EnumProperty(  # type: ignore[valid-type]
        name="Tone",
        description="Skin tone",
        items=TONES,
    )

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set melanin and build."""
        from ...procgen.spec import replace

        collection = people.active(context)
        human = people.spec_of(collection)
        people.show(collection, replace(human, skin=replace(human.skin, melanin=MELANIN[self.tone])))
        people.build(collection)
        return {"FINISHED"}


class VIVANT_OT_add_garment(bpy.types.Operator):
    """Put one more garment on, over those that are worn"""

    bl_idname = "vivant.add_garment"
    bl_label = "Add Garment"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Garment", description="Which garment", items=enum_items.registry_items("garments"))  # type: ignore[valid-type]

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Draw it, append it, build."""
        from ...procgen import registry
        from ...procgen.seeds import Seed
        from ...procgen.spec import FabricSpec, replace

        collection = people.active(context)
        human = people.spec_of(collection)
        entry = registry.garments.get(self.kind)
        rng = Seed(collection.vivant.seed).child("garment", len(human.outfit), self.kind).rng()
        color = tuple(float(v) for v in rng.uniform(0.03, 0.6, 3))
        garment = entry.make(rng, FabricSpec(color=color))  # type: ignore[arg-type]
        people.show(collection, replace(human, outfit=(*human.outfit, garment)))
        collection.vivant.garment = len(human.outfit)
        people.build(collection)
        return {"FINISHED"}


class VIVANT_OT_remove_garment(bpy.types.Operator):
    """Take the chosen garment off"""

    bl_idname = "vivant.remove_garment"
    bl_label = "Remove Garment"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs somebody who wears something."""
        if not needs_person(cls, context):
            return False
        if len(people.active(context).vivant.outfit) == 0:
            cls.poll_message_set("This person wears nothing that could be taken off")
            return False
        return True

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Drop it and build."""
        from ...procgen.spec import replace

        collection = people.active(context)
        human = people.spec_of(collection)
        index = min(collection.vivant.garment, len(human.outfit) - 1)
        people.show(collection, replace(human, outfit=human.outfit[:index] + human.outfit[index + 1 :]))
        collection.vivant.garment = max(0, index - 1)
        people.build(collection)
        return {"FINISHED"}


class VIVANT_OT_move_garment(bpy.types.Operator):
    """Wear the chosen garment further in or further out: each lies on those before it"""

    bl_idname = "vivant.move_garment"
    bl_label = "Move Garment"
    bl_options = {"REGISTER", "UNDO"}

    outwards: bpy.props.BoolProperty(name="Outwards", description="Over the next one instead of under", default=True)  # type: ignore[valid-type]

    poll = VIVANT_OT_remove_garment.poll

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Swap two garments and build."""
        from ...procgen.spec import replace

        collection = people.active(context)
        outfit = list(people.spec_of(collection).outfit)
        index = min(collection.vivant.garment, len(outfit) - 1)
        other = index + (1 if self.outwards else -1)
        if not 0 <= other < len(outfit):
            self.report({"INFO"}, "it is the outermost" if self.outwards else "it is the innermost")
            return {"CANCELLED"}
        outfit[index], outfit[other] = outfit[other], outfit[index]
        people.show(collection, replace(people.spec_of(collection), outfit=tuple(outfit)))
        collection.vivant.garment = other
        people.build(collection)
        return {"FINISHED"}


CLASSES = (
    VIVANT_OT_add_person,
    VIVANT_OT_randomise,
    VIVANT_OT_build_person,
    VIVANT_OT_skin_tone,
    VIVANT_OT_add_garment,
    VIVANT_OT_remove_garment,
    VIVANT_OT_move_garment,
)
