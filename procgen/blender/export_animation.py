"""Write one rigged person with a motion to .blend, .glb, .usd or .fbx: bones and shape keys keyed at every frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..geometry import SceneObject
from ..people.face_keys import face_keys
from ..people.performance import Performance
from ..people.skeleton import JOINT_NAMES
from ..people.skin_relief import SkinRelief
from ..progress import NoProgress, Progress
from ..spec import HumanSpec
from .export_person import build_character, export, written_whole
from .posable import set_pose


def write_animation(
    path: str | Path,
    name: str,
    human: HumanSpec,
    performance: Performance,
    parts: list[SceneObject],
    hidden: np.ndarray | None,
    *,
    texture: int = 1024,
    relief: SkinRelief | None = None,
    pictures: Mapping[str, np.ndarray] | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Build a person in an empty file, key the motion and write it (headless only: the open file is lost).

    Args:
        path: What to write; the ending chooses the format. It appears whole or not at all.
        name: Name of the character.
        human: Who it is, as rigged (`rest_person`).
        performance: The motion; `parts` are built on its rest body.
        hidden: (Q,) bool, skin left out under clothes.
        texture: Texels of the largest texture.
        relief: Of the skin: mixed by the keys in a .blend, at rest in the normal map of other formats.
        pictures: Part -> (S, S, 3) uint8 sRGB in its UV map, in place of its own colour.
        progress: Told of every step.
    Returns:
        Names of the objects written.
    Raises:
        SpecError, DatasetError: see `written_whole`. BuildError: Blender's exporter failed.
    """
    progress = progress or NoProgress()
    with written_whole(path, texture) as (file, size):
        progress.start(3 + (len(parts) if size else 0), "steps")
        keys = face_keys(human, performance.rest, parts, hidden)
        progress.step(text="shape keys")
        collection = build_character(
            bpy.context.scene, name, human, performance.rest, parts, hidden, keys, texture=size, relief=relief,
            pictures=pictures, progress=progress,
        )  # fmt: skip
        animate(collection, performance)
        progress.step(text="keyframes")
        export(file, animated=True)
        progress.step(text=file.name)
        progress.close()
    return sorted(ob.name for ob in collection.all_objects)


def animate(collection: Any, performance: Performance) -> None:
    """Key bones and shape keys of a character at frames 1 to T, and set the scene's range and rate."""
    scene = bpy.context.scene
    fps = performance.fps
    scene.render.fps = max(round(fps), 1)
    scene.render.fps_base = scene.render.fps / fps
    scene.frame_start, scene.frame_end = 1, performance.frames
    rig = next(ob for ob in collection.all_objects if ob.type == "ARMATURE")
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
    _key_bones(rig, performance)
    for ob in collection.all_objects:
        blocks = ob.data.shape_keys.key_blocks if ob.type == "MESH" and ob.data.shape_keys is not None else ()
        for block in blocks:
            if block.name in performance.actions:
                # Exporters read keys and not drivers: each object is given its own.
                block.driver_remove("value")
                for frame, value in enumerate(performance.actions[block.name], 1):
                    block.value = float(value)
                    block.keyframe_insert("value", frame=frame)
    scene.frame_set(1)


def _key_bones(rig: Any, performance: Performance) -> None:
    last: dict[str, np.ndarray] = {}
    # Bones that never turn need no keys: hands and toes of most motions.
    still = _still(performance)
    for frame, turns in enumerate(performance.turns, 1):
        set_pose(rig, turns)
        for j, name in enumerate(JOINT_NAMES):
            if still[j] and frame > 1:
                continue
            bone = rig.pose.bones[name]
            q = np.array(bone.rotation_quaternion)
            if name in last and float(q @ last[name]) < 0.0:
                q = -q  # the same rotation, the short way from the last one
                bone.rotation_quaternion = q.tolist()
            last[name] = q
            bone.keyframe_insert("rotation_quaternion", frame=frame)
            if j == 0:
                bone.keyframe_insert("location", frame=frame)


def _still(performance: Performance) -> np.ndarray:
    from ..people.skeleton import PARENTS

    turn = performance.turns[..., :3, :3]
    above = np.maximum(np.array(PARENTS), 0)
    local = np.swapaxes(turn[:, above], -1, -2) @ turn
    moving = np.abs(local - local[:1]).max((0, 2, 3)) > 1e-7
    moving[0] = True
    return ~moving
