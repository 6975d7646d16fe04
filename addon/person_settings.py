# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sidebar shows of a person: fields on the person's collection, saved in the .blend and undone with it."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
)

from ..procgen.people.look_spec import EyeSpec, HairSpec, SkinSpec
from ..procgen.people.shape import Phenotype
from ..procgen.spec import GarmentSpec, HandSpec, MotionSpec, PoseSpec
from . import enum_items
from .spec_groups import changed, group_of

# The 52 actions of a face that ARKit names; the body's own list is compared with this one by a test.
_SIDES = ("Left", "Right")
_PAIRS = (
    "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide", "mouthSmile", "mouthFrown",
    "mouthDimple", "mouthStretch", "mouthPress", "mouthLowerDown", "mouthUpperUp", "browDown", "browOuterUp",
    "cheekSquint", "noseSneer",
)  # fmt: skip
_SINGLE = (
    "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "browInnerUp", "cheekPuff", "tongueOut",
)  # fmt: skip
ACTIONS = (*(p + s for p in _PAIRS for s in _SIDES), *_SINGLE)
# Regions of the face, in the order of the panel: title -> beginnings of names.
REGIONS = {"Brows": ("brow",), "Eyes": ("eye",), "Cheeks and Nose": ("cheek", "nose"), "Mouth": ("mouth", "tongue"), "Jaw": ("jaw",)}
# Parts that can be drawn anew or kept, with what they hold: (name, title, description).
PARTS = (
    ("body", "Body", "Age, sex, stature, mass and build"),
    ("face", "Face", "The face's own features"),
    ("skin", "Skin", "Skin colour and marks"),
    ("eyes", "Eyes", "Eyes"),
    ("hair", "Hair", "Head hair, brows and beard"),
    ("outfit", "Outfit", "All garments"),
    ("pose", "Pose", "Pose and hands"),
    ("expression", "Mood", "Expression of the face"),
)


AS_IS = ("as_is", "As Below", "The actions as they are set one by one")


def _sided(name: str) -> str:
    words = "".join(" " + c if c.isupper() else c for c in name)
    return words[0].upper() + words[1:]


def _face_items(self: object, context: object) -> list[tuple[str, str, str]]:
    from .people import expressions

    return enum_items.keep("expression", lambda: [AS_IS, *((n, enum_items.title(n), "") for n in expressions())])


def _expression_changed(self: Any, context: Any) -> None:
    from . import people, spec_groups

    if not spec_groups.is_quiet() and self.expression_preset != AS_IS[0]:
        people.set_expression(self.id_data, self.expression_preset, self.expression_strength)


def _target_changed(self: Any, context: Any) -> None:
    from . import people, spec_groups

    if not spec_groups.is_quiet():
        people.look_at(self.id_data, self.gaze_target)


class VivantGarment(bpy.types.PropertyGroup):
    """One garment of an outfit."""

    garment: PointerProperty(type=group_of(GarmentSpec))  # type: ignore[valid-type]


VivantFace = type(
    "VivantFace",
    (bpy.types.PropertyGroup,),
    {
        "__doc__": "Actions of the face, 0 to 1.",
        "__annotations__": {
            a: FloatProperty(name=_sided(a), description=f"Action {a} of the face", min=0.0, max=1.0, step=1, update=changed)
            for a in ACTIONS
        },
    },
)


class VivantPerson(bpy.types.PropertyGroup):
    """A person: everything that the panels edit, and the spec that it is part of."""

    by_hand: BoolProperty(  # type: ignore[valid-type]
        name="Keep My Pose",
        description="The armature's pose is yours: changes of shape and clothes keep it",
        default=False,
        update=changed,
    )
    on_place: BoolProperty(  # type: ignore[valid-type]
        name="Stand on Place", description="Feet and seat rest on the Vivant place of this scene", default=False, update=changed
    )
    body: PointerProperty(type=group_of(Phenotype))  # type: ignore[valid-type]
    skin: PointerProperty(type=group_of(SkinSpec))  # type: ignore[valid-type]
    eyes: PointerProperty(type=group_of(EyeSpec))  # type: ignore[valid-type]
    hair: PointerProperty(type=group_of(HairSpec))  # type: ignore[valid-type]
    pose: PointerProperty(type=group_of(PoseSpec))  # type: ignore[valid-type]
    left_hand: PointerProperty(type=group_of(HandSpec))  # type: ignore[valid-type]
    right_hand: PointerProperty(type=group_of(HandSpec))  # type: ignore[valid-type]
    motion: PointerProperty(type=group_of(MotionSpec))  # type: ignore[valid-type]
    outfit: CollectionProperty(type=VivantGarment)  # type: ignore[valid-type]
    garment: IntProperty(name="Garment", description="Garment that is shown below the list", min=0)  # type: ignore[valid-type]
    face: PointerProperty(type=VivantFace)  # type: ignore[valid-type]
    expression_preset: EnumProperty(  # type: ignore[valid-type]
        name="Expression", description="A ready-made expression; the sliders below refine it", items=_face_items, update=_expression_changed
    )
    expression_strength: FloatProperty(  # type: ignore[valid-type]
        name="Strength",
        description="How much of the expression is shown",
        min=0.0,
        max=1.0,
        default=1.0,
        step=1,
        update=_expression_changed,
    )
    gaze_target: PointerProperty(  # type: ignore[valid-type]
        name="Looks At", description="Object that the eyes follow; empty: straight ahead", type=bpy.types.Object, update=_target_changed
    )
    seed: IntProperty(name="Seed", description="Draws what is not locked; the same seed, the same person", min=0)  # type: ignore[valid-type]
    kept: EnumProperty(  # type: ignore[valid-type]
        name="Keep", description="Parts that Randomise leaves as they are (Shift-click for several)", items=PARTS, options={"ENUM_FLAG"}
    )


CLASSES = (VivantGarment, VivantFace, VivantPerson)


def register() -> None:
    """Register the groups and hang one on every collection."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Collection.vivant = PointerProperty(type=VivantPerson)


def unregister() -> None:
    """Take them back."""
    del bpy.types.Collection.vivant
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
