"""Motion as keyframes of a person's armature."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..geometry import PlaceGeometry
from ..one_person import level_ground
from ..people.body_state import BodyState
from ..people.person import pose_person
from ..people.skeleton import JOINT_NAMES
from ..spec import HumanSpec, replace
from . import live
from .posable import joint_transforms, set_pose


def bake(
    collection: Any, human: HumanSpec, first: int, count: int, fps: float, *, place: PlaceGeometry | None = None
) -> None:
    """Key every bone of a person at consecutive frames; the armature stays where it is and the pelvis travels.

    Args:
        collection: The person.
        human: Who, with a motion.
        first: Number of the first frame.
        count: How many.
        fps: Frames a second.
        place: What they walk on; None = level ground at the armature's height.
    """
    rig = live.rig_of(collection)
    W = live.upright(rig)
    human = replace(human, position=(float(W[0, 3]), float(W[1, 3])), heading=float(np.arctan2(W[1, 0], W[0, 0])))
    ground = place or level_ground()
    bodies = (pose_person(human, ground, i / fps) for i in range(count))
    lift = np.zeros(4)[:3] if place is not None else np.array([0.0, 0.0, W[2, 3]])
    for number, body in enumerate(bodies):
        key_body(rig, body, W, lift, first + number)


def moving(scene: Any, collection: Any, human: HumanSpec) -> list[BodyState]:
    """A person at every frame of a scene's range, as keyframes, constraints and drivers move the armature.

    The scene is at the frame where it was when this returns.
    """
    before = scene.frame_current, scene.frame_subframe
    try:
        bodies = []
        for frame in range(scene.frame_start, scene.frame_end + 1):
            scene.frame_set(frame)
            bodies.append(live.body_of(collection, human))
    finally:
        scene.frame_set(before[0], subframe=before[1])
    return bodies


def key_body(rig: Any, body: BodyState, W: np.ndarray, shift: np.ndarray, frame: int) -> None:
    """Pose a rig as a body is and key all bones.

    Args:
        W: (4, 4) world from armature.
        shift: (3,) metres that the body is moved by in the world first.
        frame: Where the keys go.
    """
    raised = -float(body.rest[: body.count, 2].min())
    root = np.array(body.root)
    root[:3, 3] += shift
    set_pose(rig, joint_transforms(body.moved(root), W, raised))
    key_bones(rig, frame)


def key_bones(rig: Any, frame: int) -> None:
    """Key the rotation of every bone, and where the pelvis is."""
    for name in JOINT_NAMES:
        bone = rig.pose.bones[name]
        bone.keyframe_insert("rotation_quaternion", frame=frame)
        if name == "pelvis":
            bone.keyframe_insert("location", frame=frame)


def pose_asset(rig: Any, name: str) -> Any:
    """The pose of an armature as an action that is marked as an asset.

    Returns:
        The action; the armature's own action, if it has one, stays assigned.
    """
    data = rig.animation_data or rig.animation_data_create()
    before = data.action
    slot = getattr(data, "action_slot", None)
    action = bpy.data.actions.new(name)
    data.action = action
    key_bones(rig, 1)
    action.use_fake_user = True
    action.asset_mark()
    data.action = before
    if before is not None and slot is not None:
        data.action_slot = slot
    return action
