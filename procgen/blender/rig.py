"""A person as a rigged character: armature, vertex groups, hair on the head bone."""

from __future__ import annotations

from typing import Any

import bmesh
import bpy
import numpy as np
from mathutils import Vector

from ..people.body_state import BodyState
from ..people.skeleton import JOINT_NAMES, PARENTS
from ..people.skinning import Skinning

# Where the tail of a bone points when it has several children.
TOWARDS = {
    "pelvis": "spine1",
    "spine3": "neck",
    "left_wrist": "left_middle1",
    "right_wrist": "right_middle1",
    "head": None,
}
# Length of bones that end a chain, metres; only how they are drawn.
LEAF = {"head": 0.18, "jaw": 0.08, "left_foot": 0.07, "right_foot": 0.07}


def make_armature(name: str, body: BodyState, collection: Any) -> Any:
    """An armature with a bone for each joint, standing as the body does."""
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    collection.objects.link(rig)
    before = bpy.context.view_layer.objects.active
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bones = [data.edit_bones.new(joint) for joint in JOINT_NAMES]
        for j, bone in enumerate(bones):
            bone.head = Vector(body.joints[j])
            bone.tail = Vector(bone_tail(body.joints, body.T[:, :3, :3], j))
            if PARENTS[j] >= 0:
                bone.parent = bones[PARENTS[j]]
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.context.view_layer.objects.active = before
    data.display_type = "STICK"
    rig.show_in_front = True
    return rig


def bind(ob: Any, rig: Any, skinning: Skinning) -> None:
    """Vertex groups and an armature modifier for a mesh whose rest pose is the armature's."""
    for joint in JOINT_NAMES:
        ob.vertex_groups.new(name=joint)
    mesh = bmesh.new()
    mesh.from_mesh(ob.data)
    layer = mesh.verts.layers.deform.verify()
    joints, weights = skinning.joints.tolist(), skinning.weights.tolist()
    for vertex in mesh.verts:
        groups = vertex[layer]
        for joint, weight in zip(joints[vertex.index], weights[vertex.index], strict=True):
            if weight > 1e-4:
                groups[joint] = weight
    mesh.to_mesh(ob.data)
    mesh.free()
    matrix = ob.matrix_world.copy()
    ob.parent = rig
    ob.matrix_world = matrix
    modifier = ob.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig


def follow_head(ob: Any, rig: Any) -> None:
    """Hang an object on the head bone where it is now (hair curves take no armature)."""
    matrix = ob.matrix_world.copy()
    ob.parent, ob.parent_type, ob.parent_bone = rig, "BONE", "head"
    bpy.context.view_layer.update()
    ob.matrix_world = matrix


def bone_tail(joints: np.ndarray, turns: np.ndarray, joint: int) -> np.ndarray:
    """Where a bone points: to its child, or on along its own axis.

    Args:
        joints: (J, 3) heads of all bones.
        turns: (3, 3) rotation of this joint from the rest pose, or (J, 3, 3) of all.
        joint: Which bone.
    Returns:
        (3,) its tail.
    """
    name = JOINT_NAMES[joint]
    head = joints[joint]
    children = [j for j, parent in enumerate(PARENTS) if parent == joint]
    towards = TOWARDS.get(name, JOINT_NAMES[children[0]] if len(children) == 1 else None)
    if towards is not None:
        tail = joints[JOINT_NAMES.index(towards)]
        if np.linalg.norm(tail - head) > 1e-3:
            return tail
    # A leaf goes on as its own rest axis does, turned by the pose: up for the head, ahead for jaw and eyes.
    forward = name in ("jaw", "left_eye_smplhf", "right_eye_smplhf", "left_foot", "right_foot")
    turn = turns[joint] if turns.ndim == 3 else turns
    length = LEAF.get(name, 0.025)
    if name == "head":
        axis = turn @ np.array([0.0, 0.0, 1.0])
    elif forward:
        axis = turn @ np.array([0.0, -1.0, 0.0])
    else:
        axis = head - joints[PARENTS[joint]]
        axis = axis / max(float(np.linalg.norm(axis)), 1e-9)
    return head + length * axis
