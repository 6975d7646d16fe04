"""A person whose armature rests in the T-pose of the body model and is posed by its bones, as artists expect it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..frames import R_WORLD_FROM_SMPLX, rigid
from ..people.body_state import BodyState
from ..people.kinematics import matrices, rotvecs
from ..people.skeleton import JOINT_NAMES, PARENTS
from ..people.skinning import Skinning
from .compat import select_bone
from .rig import bone_tail

# Bones of hands, face and the rest of the body are drawn in three collections that can be hidden.
GROUPS = {
    "Fingers": ("thumb", "index", "middle", "ring", "pinky"),
    "Face": ("jaw", "eye"),
}


def make_rig(name: str, body: BodyState, lift: float, collection: Any) -> Any:
    """An armature of the body's joints in the T-pose, soles at its origin's height.

    Args:
        name: Name of the armature.
        body: The body; its rest pose is read.
        lift: Metres that the rest frame is raised by.
        collection: Where to link it.
    """
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    collection.objects.link(rig)
    _edit_bones(rig, body, lift, new=True)
    data.display_type = "STICK"
    rig.show_in_front = True
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
    _sort_bones(data)
    return rig


def fit_rig(rig: Any, body: BodyState, lift: float) -> None:
    """Move the rest bones of an armature to another body's joints; poses, constraints and actions stay."""
    heads = np.array([rig.data.bones[n].head_local for n in JOINT_NAMES])
    if np.abs(heads - _heads(body, lift)).max() > 1e-5:
        _edit_bones(rig, body, lift, new=False)


def _heads(body: BodyState, lift: float) -> np.ndarray:
    return body.joints_rest + [0.0, 0.0, lift]


def _edit_bones(rig: Any, body: BodyState, lift: float, *, new: bool) -> None:
    view = bpy.context.view_layer
    before, mode = view.objects.active, bpy.context.mode
    if before is not None and mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    view.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        edit = rig.data.edit_bones
        heads = _heads(body, lift)
        for j, joint in enumerate(JOINT_NAMES):
            bone = edit.new(joint) if new else edit[joint]
            bone.head = heads[j]
            bone.tail = bone_tail(heads, np.eye(3), j)
            bone.roll = 0.0
        if new:
            for j, joint in enumerate(JOINT_NAMES):
                if PARENTS[j] >= 0:
                    edit[joint].parent = edit[JOINT_NAMES[PARENTS[j]]]
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        view.objects.active = before
        if before is not None and mode == "POSE":
            bpy.ops.object.mode_set(mode="POSE")


def _sort_bones(data: Any) -> None:
    rest = data.collections.new("Body")
    made = {name: data.collections.new(name) for name in GROUPS}
    for bone in data.bones:
        owner = next((made[g] for g, words in GROUPS.items() if any(w in bone.name for w in words)), rest)
        owner.assign(bone)


def rest_matrices(rig: Any) -> np.ndarray:
    """(J, 4, 4) rest bones in armature space, in the order of the joints."""
    return np.array([rig.data.bones[n].matrix_local for n in JOINT_NAMES], np.float64)


def set_pose(rig: Any, G: np.ndarray) -> None:
    """Pose the bones.

    Args:
        G: (J, 4, 4) what each joint does to the rest pose, in armature space.
    """
    rest = rest_matrices(rig)
    parents = np.array(PARENTS)
    above = np.where((parents < 0)[:, None, None], np.eye(4), G[np.maximum(parents, 0)])
    basis = np.linalg.inv(rest) @ np.linalg.inv(above) @ G @ rest
    for name, matrix in zip(JOINT_NAMES, basis, strict=True):
        rig.pose.bones[name].matrix_basis = Matrix(matrix.tolist())


def deformations(rig: Any) -> np.ndarray:
    """(J, 4, 4) what each bone does to the rest pose now, constraints and animation included."""
    graph = bpy.context.evaluated_depsgraph_get()
    bones = rig.evaluated_get(graph).pose.bones
    posed = np.array([bones[n].matrix for n in JOINT_NAMES], np.float64)
    return posed @ np.linalg.inv(rest_matrices(rig))


def pose_of(G: np.ndarray) -> np.ndarray:
    """(J, 3) axis-angle in SMPL-X axes of (J, 4, 4) joint transforms; row 0 turns the whole body in the armature's frame."""
    turn = G[:, :3, :3] / np.cbrt(np.linalg.det(G[:, :3, :3]))[:, None, None]
    parents = np.array(PARENTS)
    above = np.where((parents < 0)[:, None, None], np.eye(3), turn[np.maximum(parents, 0)])
    C = R_WORLD_FROM_SMPLX
    return rotvecs(C.T @ np.swapaxes(above, 1, 2) @ turn @ C)


def transforms_of(pose: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """(J, 4, 4) joint transforms of a pose, the inverse of `pose_of`; the root turns about its own joint.

    Args:
        pose: (J, 3) axis-angle in SMPL-X axes.
        heads: (J, 3) joints at rest, in the armature's frame.
    """
    C = R_WORLD_FROM_SMPLX
    local = C @ matrices(np.asarray(pose, np.float64)) @ C.T
    G = np.tile(np.eye(4), (len(heads), 1, 1))
    at = np.array(heads)
    for j, parent in enumerate(PARENTS):
        turn = local[j] if parent < 0 else G[parent, :3, :3] @ local[j]
        at[j] = heads[j] if parent < 0 else at[parent] + G[parent, :3, :3] @ (heads[j] - heads[parent])
        G[j, :3, :3], G[j, :3, 3] = turn, at[j] - turn @ heads[j]
    return G


def transform_each(G: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(J, 3): each point moved by its own transform."""
    return np.einsum("jab,jb->ja", G[:, :3, :3], points) + G[:, :3, 3]


def joint_transforms(body: BodyState, W: np.ndarray, lift: float) -> np.ndarray:
    """(J, 4, 4) what each joint of a posed body does to the rest pose of its armature.

    Args:
        W: (4, 4) world from armature.
        lift: Metres that the armature's rest pose is raised by.
    """
    return np.linalg.inv(W) @ body.T @ rigid(np.eye(3), np.array([0.0, 0.0, -lift]))


def write_weights(ob: Any, skinning: Skinning) -> None:
    """Vertex groups of a mesh object, one a joint; whatever was there is replaced."""
    import bmesh

    for joint in JOINT_NAMES:
        if joint not in ob.vertex_groups:
            ob.vertex_groups.new(name=joint)
    order = [ob.vertex_groups[joint].index for joint in JOINT_NAMES]
    mesh = bmesh.new()
    mesh.from_mesh(ob.data)
    layer = mesh.verts.layers.deform.verify()
    groups = np.array(order)[skinning.joints].tolist()
    weights = skinning.weights.tolist()
    for vertex, joints, shares in zip(mesh.verts, groups, weights, strict=True):
        held = vertex[layer]
        for joint, weight in zip(joints, shares, strict=True):
            if weight > 1e-4:
                held[joint] = weight
    mesh.to_mesh(ob.data)
    mesh.free()


def hang_on_bone(ob: Any, rig: Any, bone: str) -> None:
    """Parent an object whose data is in the armature's rest frame to a bone that carries it."""
    ob.parent, ob.parent_type, ob.parent_bone = rig, "BONE", bone
    rest = rig.data.bones[bone]
    tail = rest.matrix_local @ Matrix.Translation((0.0, rest.length, 0.0))
    ob.matrix_parent_inverse = tail.inverted()
    ob.matrix_basis = Matrix.Identity(4)


def show_selected(rig: Any, names: Sequence[str]) -> None:
    """Select exactly these bones of an armature in pose mode."""
    for bone in rig.pose.bones:
        select_bone(bone, bone.name in names)
