"""Eyes of an armature that follow an object, within what eyes can turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..people.eyes import LIMIT

NAME = "Vivant Gaze"
EYES = ("left_eye_smplhf", "right_eye_smplhf")


def follow(rig: Any, target: Any) -> None:
    """Let both eyes track an object; None lets them rest."""
    for bone in (rig.pose.bones[n] for n in EYES):
        for constraint in [c for c in bone.constraints if c.name.startswith(NAME)]:
            bone.constraints.remove(constraint)
        if target is None:
            continue
        track = bone.constraints.new("DAMPED_TRACK")
        track.name, track.target, track.track_axis = NAME, target, "TRACK_Y"
        limit = bone.constraints.new("LIMIT_ROTATION")
        limit.name, limit.owner_space = NAME + " Limit", "LOCAL"
        for axis in "xyz":
            setattr(limit, f"use_limit_{axis}", True)
            setattr(limit, f"min_{axis}", -float(LIMIT))
            setattr(limit, f"max_{axis}", float(LIMIT))


def target_of(rig: Any) -> Any:
    """The object that the eyes follow, or None."""
    found = (c for c in rig.pose.bones[EYES[0]].constraints if c.name == NAME)
    constraint = next(found, None)
    return None if constraint is None else constraint.target


def direction(rig: Any) -> np.ndarray:
    """(3,) world direction of the left eye, of the evaluated armature."""
    import bpy

    bone = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones[EYES[0]]
    return np.array((rig.matrix_world @ bone.matrix).col[1][:3])
