"""Inverse kinematics for artists: a hand or foot that is dragged, an elbow or knee that points where its pole is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

NAME = "Vivant IK"
COLLECTION = "Controls"


@dataclass(frozen=True)
class Limb:
    """One chain: upper bone, lower bone, end bone; `bend` points where the middle joint goes, in the armature's frame."""

    title: str
    upper: str
    lower: str
    end: str
    bend: tuple[float, float, float]

    @property
    def control(self) -> str:
        return f"ik_{self.end}"

    @property
    def pole(self) -> str:
        return f"pole_{self.lower}"


LIMBS = tuple(
    limb
    for side in ("left", "right")
    for limb in (
        Limb(f"{side.title()} Arm", f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist", (0.0, 1.0, 0.0)),
        Limb(f"{side.title()} Leg", f"{side}_hip", f"{side}_knee", f"{side}_ankle", (0.0, -1.0, 0.0)),
    )
)


def has_ik(rig: Any) -> bool:
    """True if the armature has the controls."""
    return LIMBS[0].control in rig.data.bones


def add_ik(rig: Any) -> None:
    """Add a control and a pole for each limb; the pose stays as it is."""
    if has_ik(rig):
        return
    heads = {b.name: np.array(b.head, np.float64) for b in rig.pose.bones}
    _make_bones(rig)
    _group_bones(rig)
    for limb in LIMBS:
        _constrain(rig, limb)
    snap(rig, heads)


def remove_ik(rig: Any) -> None:
    """Take controls and constraints away; the limbs keep the pose that they were brought to."""
    if not has_ik(rig):
        return
    posed = {n: rig.pose.bones[n].matrix.copy() for limb in LIMBS for n in (limb.upper, limb.lower, limb.end)}
    for limb in LIMBS:
        for name in (limb.lower, limb.end):
            bone = rig.pose.bones[name]
            for constraint in [c for c in bone.constraints if c.name == NAME]:
                bone.constraints.remove(constraint)
    with _Editing(rig):
        for limb in LIMBS:
            for name in (limb.control, limb.pole):
                rig.data.edit_bones.remove(rig.data.edit_bones[name])
    for limb in LIMBS:
        for name in (limb.upper, limb.lower, limb.end):
            rig.pose.bones[name].matrix = posed[name]
            bpy.context.view_layer.update()


def influence(rig: Any, limb: Limb) -> Any:
    """The constraint whose influence blends from forward (0) to inverse (1) kinematics."""
    return next((c for c in rig.pose.bones[limb.lower].constraints if c.name == NAME), None)


def snap(rig: Any, heads: dict[str, np.ndarray] | None = None) -> None:
    """Bring controls and poles to where the limbs are, so that switching to them moves nothing.

    Args:
        heads: Joint positions in the armature's frame, if they are known; None reads them off the posed bones.
    """
    pose = rig.pose.bones
    heads = heads or {b.name: np.array(b.head, np.float64) for b in pose}
    for limb in LIMBS:
        pose[limb.control].matrix = pose[limb.end].matrix
        a, b, c = (heads[n] for n in (limb.upper, limb.lower, limb.end))
        along = (c - a) / max(float(np.linalg.norm(c - a)), 1e-9)
        out = (b - a) - ((b - a) @ along) * along
        if np.linalg.norm(out) < 5e-3:  # a straight limb bends where limbs do
            out = np.array(limb.bend) - (np.array(limb.bend) @ along) * along
        reach = 0.6 * float(np.linalg.norm(b - a) + np.linalg.norm(c - b))
        matrix = pose[limb.pole].matrix.copy()
        matrix.translation = Vector(b + reach * out / np.linalg.norm(out))
        pose[limb.pole].matrix = matrix
    bpy.context.view_layer.update()


def _make_bones(rig: Any) -> None:
    with _Editing(rig):
        edit = rig.data.edit_bones
        for limb in LIMBS:
            control = edit.new(limb.control)
            end = edit[limb.end]
            control.head, control.tail, control.roll = end.head, end.tail, end.roll
            pole = edit.new(limb.pole)
            pole.head = edit[limb.lower].head + 0.45 * Vector(limb.bend)
            pole.tail = pole.head + Vector((0.0, 0.0, 0.06))
            control.use_deform = pole.use_deform = False


def _group_bones(rig: Any) -> None:
    group = rig.data.collections.new(COLLECTION)
    for limb in LIMBS:
        for name in (limb.control, limb.pole):
            group.assign(rig.data.bones[name])
            rig.data.bones[name].color.palette = "THEME09" if name == limb.control else "THEME04"


def _constrain(rig: Any, limb: Limb) -> None:
    pose = rig.pose.bones
    ik = pose[limb.lower].constraints.new("IK")
    ik.name, ik.target, ik.subtarget, ik.chain_count = NAME, rig, limb.control, 2
    ik.pole_target, ik.pole_subtarget = rig, limb.pole
    ik.pole_angle = _pole_angle(rig, limb)
    turn = pose[limb.end].constraints.new("COPY_ROTATION")
    turn.name, turn.target, turn.subtarget = NAME, rig, limb.control


def _pole_angle(rig: Any, limb: Limb) -> float:
    """Angle between the upper bone's X axis and the side that the pole is on, about the bone, at rest."""
    bones = rig.data.bones
    upper = bones[limb.upper]
    axis = (upper.tail_local - upper.head_local).normalized()
    towards = bones[limb.pole].head_local - upper.head_local
    chain = bones[limb.lower].tail_local - upper.head_local
    normal = chain.cross(towards)
    side = normal.cross(axis)
    x = upper.matrix_local.to_3x3().col[0]
    angle = x.angle(side)
    return float(-angle if x.cross(side).angle(axis) < 1.0 else angle)


class _Editing:
    """Within `with _Editing(rig):` the armature is in edit mode; mode and active object are restored."""

    def __init__(self, rig: Any) -> None:
        self.rig = rig

    def __enter__(self) -> None:
        view = bpy.context.view_layer
        self.before, self.mode = view.objects.active, bpy.context.mode
        if self.before is not None and self.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        view.objects.active = self.rig
        bpy.ops.object.mode_set(mode="EDIT")

    def __exit__(self, *_: object) -> None:
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.context.view_layer.objects.active = self.before
        if self.before is not None and self.mode == "POSE":
            bpy.ops.object.mode_set(mode="POSE")
