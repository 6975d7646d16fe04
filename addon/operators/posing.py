# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses by hand: mirror, copy, paste, go back to the pose family; controls for animators; motion as keyframes."""

from __future__ import annotations

import json

import bpy
import numpy as np
from bpy.props import IntProperty

from .. import people
from .saying import in_plain_words, needs_person

CLIP = "vivant_pose"


class VIVANT_OT_mirror_pose(bpy.types.Operator):
    """Mirror the pose: left and right change places"""

    bl_idname = "vivant.mirror_pose"
    bl_label = "Mirror Pose"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read, mirror, put."""
        from ...procgen.people.kinematics import mirror_pose

        collection = people.active(context)
        people.pose_by_hand(collection, mirror_pose(people.pose_now(collection)))
        return {"FINISHED"}


class VIVANT_OT_copy_pose(bpy.types.Operator):
    """Copy the pose to the clipboard; it can be pasted onto another person, also in another Blender"""

    bl_idname = "vivant.copy_pose"
    bl_label = "Copy Pose"
    bl_options = {"REGISTER"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it as JSON."""
        pose = people.pose_now(people.active(context))
        context.window_manager.clipboard = json.dumps({CLIP: np.round(pose, 6).tolist()})
        people.clip[:] = [pose]
        self.report({"INFO"}, "pose copied")
        return {"FINISHED"}


class VIVANT_OT_paste_pose(bpy.types.Operator):
    """Give the person the pose that was copied last"""

    bl_idname = "vivant.paste_pose"
    bl_label = "Paste Pose"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """From the clipboard, or from this session's own copy (a background Blender has no clipboard)."""
        pose = _from_text(context.window_manager.clipboard)
        if pose is None and people.clip:
            pose = people.clip[0]
        if pose is None:
            self.report({"ERROR"}, "the clipboard holds no pose. Fix: select a person and press Copy Pose first")
            return {"CANCELLED"}
        people.pose_by_hand(people.active(context), pose)
        return {"FINISHED"}


class VIVANT_OT_reset_pose(bpy.types.Operator):
    """Go back to the pose that the fields describe; what was posed by hand is given up"""

    bl_idname = "vivant.reset_pose"
    bl_label = "Back to Preset"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Drop the hand-made pose and build."""
        collection = people.active(context)
        people.set_by_hand(collection, False)
        people.build(collection)
        return {"FINISHED"}


class VIVANT_OT_add_ik(bpy.types.Operator):
    """Add controls for hands, feet, elbows and knees, to pose and animate by dragging; the pose stays as it is"""

    bl_idname = "vivant.add_ik"
    bl_label = "Add IK Controls"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add them once."""
        from ...procgen.blender import limbs, live

        limbs.add_ik(live.rig_of(people.active(context)))
        return {"FINISHED"}


class VIVANT_OT_remove_ik(bpy.types.Operator):
    """Take the controls away; the limbs keep the pose that they were brought to"""

    bl_idname = "vivant.remove_ik"
    bl_label = "Remove IK Controls"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        from ...procgen.blender import limbs, live

        limbs.remove_ik(live.rig_of(people.active(context)))
        return {"FINISHED"}


class VIVANT_OT_snap_ik(bpy.types.Operator):
    """Bring the controls to where hands and feet are now, for switching between forward and inverse kinematics"""

    bl_idname = "vivant.snap_ik"
    bl_label = "Snap Controls to Limbs"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs controls."""
        from ...procgen.blender import limbs, live

        if not needs_person(cls, context):
            return False
        if not limbs.has_ik(live.rig_of(people.active(context))):
            cls.poll_message_set("Add IK controls first")
            return False
        return True

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move controls and poles."""
        from ...procgen.blender import limbs, live

        limbs.snap(live.rig_of(people.active(context)))
        return {"FINISHED"}


class VIVANT_OT_add_shape_keys(bpy.types.Operator):
    """Add the 52 face actions as shape keys, to animate expressions by hand; a rebuild of the person takes them away"""

    bl_idname = "vivant.add_shape_keys"
    bl_label = "Add Face Shape Keys"
    bl_options = {"REGISTER", "UNDO"}

    poll = classmethod(needs_person)

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build them from the body model."""
        from ...procgen.blender import live

        collection = people.active(context)
        count = live.add_face_keys(collection, people.spec_of(collection))
        self.report({"INFO"}, f"{count} shape keys")
        return {"FINISHED"}


class VIVANT_OT_bake_motion(bpy.types.Operator):
    """Write the person's motion as keyframes of the armature, from the scene's first frame on"""

    bl_idname = "vivant.bake_motion"
    bl_label = "Bake Motion"
    bl_options = {"REGISTER", "UNDO"}

    frames: IntProperty(  # type: ignore[valid-type]
        name="Frames", description="How many frames; 0: one cycle of the motion, or the scene's range", min=0, max=100000, default=0
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs somebody with a motion."""
        if not needs_person(cls, context):
            return False
        if people.spec_of(people.active(context)).motion.kind == "none":
            cls.poll_message_set("Choose a motion first")
            return False
        return True

    @in_plain_words
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Pose the body at every frame and key the bones."""
        from ...procgen.blender import keyframes

        collection = people.active(context)
        scene = context.scene
        count = self.frames or scene.frame_end - scene.frame_start + 1
        fps = scene.render.fps / scene.render.fps_base
        keyframes.bake(collection, people.spec_of(collection), scene.frame_start, count, fps, place=people.place_under(collection))
        people.set_by_hand(collection, True)
        self.report({"INFO"}, f"{count} frames keyed")
        return {"FINISHED"}


def _from_text(text: str) -> np.ndarray | None:
    try:
        pose = np.asarray(json.loads(text)[CLIP], np.float64)
    except (ValueError, TypeError, KeyError):
        return None
    return pose if pose.shape == (55, 3) and np.isfinite(pose).all() else None


CLASSES = (
    VIVANT_OT_mirror_pose,
    VIVANT_OT_copy_pose,
    VIVANT_OT_paste_pose,
    VIVANT_OT_reset_pose,
    VIVANT_OT_add_ik,
    VIVANT_OT_remove_ik,
    VIVANT_OT_snap_ik,
    VIVANT_OT_add_shape_keys,
    VIVANT_OT_bake_motion,
)
