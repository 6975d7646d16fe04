# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels of the chosen person: who they are, how they look, what they wear and do."""

from __future__ import annotations

import bpy

from .. import people, spec_groups
from ..person_settings import ACTIONS, REGIONS
from .tab import Closed, Tab, split, wrapped

PEOPLE = "VIVANT_PT_people"


class VIVANT_PT_people(Closed, bpy.types.Panel):
    """The person who is selected."""

    bl_idname = PEOPLE
    bl_label = "Person"
    bl_options = set()

    def draw(self, context: bpy.types.Context) -> None:
        """Name, seed, what is kept when everything else is drawn anew."""
        layout = split(self.layout)
        collection = people.active(context)
        if collection is None:
            wrapped(layout, "Select a person, or add one.", icon="INFO")
            return
        person = collection.vivant
        layout.prop(collection, "name", text="", icon="OUTLINER_OB_ARMATURE")
        row = layout.row(align=True)
        row.prop(person, "seed")
        row.operator("vivant.randomise", text="", icon="FILE_REFRESH").part = "ALL"
        layout.label(text="Keep when randomising:")
        grid = layout.grid_flow(columns=4, even_columns=True, align=True)
        grid.use_property_split = False
        grid.prop(person, "kept")
        if collection.name in people.problems:
            wrapped(layout, people.problems[collection.name], icon="ERROR")
        elif people.waiting(collection):
            layout.label(text="Clothes and hair follow in a moment …", icon="SORTTIME")


class _Part(Tab):
    """A panel of one part of the person."""

    bl_parent_id = PEOPLE
    bl_options = {"DEFAULT_CLOSED"}
    part = ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a person."""
        return people.active(context) is not None

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """A die that draws this part anew."""
        if self.part:
            self.layout.operator("vivant.randomise", text="", icon="FILE_REFRESH", emboss=False).part = self.part


class VIVANT_PT_body(_Part, bpy.types.Panel):
    """Shape."""

    bl_idname = "VIVANT_PT_body"
    bl_label = "Body"
    part = "body"

    def draw(self, context: bpy.types.Context) -> None:
        """Every measure of the phenotype."""
        spec_groups.draw(split(self.layout), people.active(context).vivant.body)


class VIVANT_PT_face(_Part, bpy.types.Panel):
    """Expression and gaze."""

    bl_idname = "VIVANT_PT_face"
    bl_label = "Expression and Gaze"
    part = "expression"

    def draw(self, context: bpy.types.Context) -> None:
        """A preset, its strength, what the eyes follow."""
        layout = split(self.layout)
        person = people.active(context).vivant
        column = layout.column(align=True)
        column.prop(person, "expression_preset")
        column.prop(person, "expression_strength", slider=True)
        layout.prop(person, "gaze_target")


class VIVANT_PT_actions(_Part, bpy.types.Panel):
    """Every action of the face."""

    bl_idname = "VIVANT_PT_actions"
    bl_label = "Face Actions"
    bl_parent_id = "VIVANT_PT_face"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Sliders by region."""
        layout = split(self.layout)
        face = people.active(context).vivant.face
        for region, beginnings in REGIONS.items():
            layout.label(text=region)
            column = layout.column(align=True)
            for action in ACTIONS:
                if action.startswith(beginnings):
                    column.prop(face, action, slider=True)


class VIVANT_PT_look(_Part, bpy.types.Panel):
    """Skin and eyes."""

    bl_idname = "VIVANT_PT_look"
    bl_label = "Skin and Eyes"
    part = "skin"

    def draw(self, context: bpy.types.Context) -> None:
        """Tones, then every field."""
        layout = split(self.layout)
        person = people.active(context).vivant
        layout.operator_menu_enum("vivant.skin_tone", "tone", text="Tone", icon="COLOR")
        spec_groups.draw(layout, person.skin, skip=("variation",))
        layout.separator()
        spec_groups.draw(layout, person.eyes)


class VIVANT_PT_hair(_Part, bpy.types.Panel):
    """Hair."""

    bl_idname = "VIVANT_PT_hair"
    bl_label = "Hair"
    part = "hair"

    def draw(self, context: bpy.types.Context) -> None:
        """Style and its fields."""
        spec_groups.draw(split(self.layout), people.active(context).vivant.hair, skip=("variation",))


class VIVANT_UL_garments(bpy.types.UIList):
    """Garments from the skin outwards."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        """Name and colour."""
        kind = item.garment.kind
        row = layout.row()
        row.label(text=spec_groups.title(kind), icon="MOD_CLOTH")
        row.prop(spec_groups.inner(item.garment).fabric, "color", text="")


class VIVANT_PT_outfit(_Part, bpy.types.Panel):
    """Clothes."""

    bl_idname = "VIVANT_PT_outfit"
    bl_label = "Outfit"
    part = "outfit"

    def draw(self, context: bpy.types.Context) -> None:
        """The list, and the fields of the chosen garment."""
        layout = split(self.layout)
        person = people.active(context).vivant
        row = layout.row()
        row.template_list("VIVANT_UL_garments", "", person, "outfit", person, "garment", rows=4)
        column = row.column(align=True)
        column.operator_menu_enum("vivant.add_garment", "kind", text="", icon="ADD")
        column.operator("vivant.remove_garment", text="", icon="REMOVE")
        column.operator("vivant.move_garment", text="", icon="TRIA_UP").outwards = False
        column.operator("vivant.move_garment", text="", icon="TRIA_DOWN").outwards = True
        if 0 <= person.garment < len(person.outfit):
            spec_groups.draw(layout, person.outfit[person.garment].garment)


class VIVANT_PT_pose(_Part, bpy.types.Panel):
    """Pose and hands."""

    bl_idname = "VIVANT_PT_pose"
    bl_label = "Pose"
    part = "pose"

    def draw(self, context: bpy.types.Context) -> None:
        """Tools, the pose family with its fields, both hands."""
        layout = split(self.layout)
        person = people.active(context).vivant
        row = layout.row(align=True)
        row.operator("vivant.copy_pose", text="Copy", icon="COPYDOWN")
        row.operator("vivant.paste_pose", text="Paste", icon="PASTEDOWN")
        row.operator("vivant.mirror_pose", text="Mirror", icon="MOD_MIRROR")
        if person.by_hand:
            box = layout.box()
            box.label(text="Posed by hand: fields do not apply", icon="VIEW_PAN")
            box.operator("vivant.reset_pose", icon="LOOP_BACK")
        layout.prop(person, "on_place")
        column = layout.column()
        column.active = not person.by_hand
        hands = column.column(align=True)
        hands.prop(person.left_hand, "shape", text="Left Hand")
        hands.prop(person.left_hand, "amount", slider=True)
        hands = column.column(align=True)
        hands.prop(person.right_hand, "shape", text="Right Hand")
        hands.prop(person.right_hand, "amount", slider=True)
        spec_groups.draw(column, person.pose)


class VIVANT_PT_rig(_Part, bpy.types.Panel):
    """Animation."""

    bl_idname = "VIVANT_PT_rig"
    bl_label = "Rig and Motion"

    def draw(self, context: bpy.types.Context) -> None:
        """Controls, shape keys, motion."""
        from ...procgen.blender import limbs, live

        layout = split(self.layout)
        collection = people.active(context)
        rig = live.rig_of(collection)
        if rig is None:
            wrapped(layout, "This person has lost the armature: undo, or add a person anew.", icon="ERROR")
            return
        if limbs.has_ik(rig):
            column = layout.column(align=True)
            for limb in limbs.LIMBS:
                constraint = limbs.influence(rig, limb)
                if constraint is not None:
                    column.prop(constraint, "influence", text=limb.title + " IK", slider=True)
            row = layout.row(align=True)
            row.operator("vivant.snap_ik", text="Snap", icon="SNAP_ON")
            row.operator("vivant.remove_ik", text="Remove", icon="X")
        else:
            layout.operator("vivant.add_ik", icon="CON_KINEMATIC")
        layout.operator("vivant.add_shape_keys", icon="SHAPEKEY_DATA")
        layout.separator()
        spec_groups.draw(layout, collection.vivant.motion, skip=("variation",))
        layout.operator("vivant.bake_motion", icon="ACTION")


class VIVANT_PT_presets(_Part, bpy.types.Panel):
    """Save people for later."""

    bl_idname = "VIVANT_PT_presets"
    bl_label = "Presets and Assets"

    def draw(self, context: bpy.types.Context) -> None:
        """Own presets; assets for the Asset Browser; build now."""
        layout = self.layout
        row = layout.row(align=True)
        row.menu("VIVANT_MT_person_presets", text="Load Person")
        row.operator("vivant.save_person_preset", text="", icon="ADD")
        row.operator("vivant.delete_person_preset", text="", icon="REMOVE")
        row = layout.row(align=True)
        row.operator("vivant.mark_person_asset", text="Person as Asset", icon="ASSET_MANAGER")
        row.operator("vivant.mark_pose_asset", text="Pose as Asset", icon="ASSET_MANAGER")
        layout.operator("vivant.build_person", icon="FILE_REFRESH")


CLASSES = (
    VIVANT_UL_garments,
    VIVANT_PT_people,
    VIVANT_PT_body,
    VIVANT_PT_face,
    VIVANT_PT_actions,
    VIVANT_PT_look,
    VIVANT_PT_hair,
    VIVANT_PT_outfit,
    VIVANT_PT_pose,
    VIVANT_PT_rig,
    VIVANT_PT_presets,
)
