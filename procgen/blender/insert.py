"""Put people and scenes into a file that a user works in: nothing of theirs is touched, everything is undoable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ..frames import blender_matrix_from_cam
from ..geometry import SceneGeometry, SceneObject
from ..people.body_state import BodyState
from ..spec import CameraSpec, SceneSpec
from . import nodes, objects, settings
from .build_scene import add_objects
from .rig import insert_rigged


def insert_person(scene: Any, name: str, body: BodyState, parts: list[SceneObject], location: Sequence[float]) -> Any:
    """One rigged person as a collection of its own; the armature moves all of it.

    Args:
        scene: The scene of the current context.
        name: Name of the collection and the armature.
        body, parts: What `assemble_person` made, standing at the origin.
        location: (3,) where to stand, metres.
    Returns:
        The collection.
    """
    collection, rig = insert_rigged(scene, name, body, parts)
    rig.location = location
    return collection


def insert_scene(name: str, spec: SceneSpec, geometry: SceneGeometry) -> Any:
    """A whole scene as a new Blender scene with its own world, cameras and render settings.

    Returns:
        The new scene; the first view's camera is active.
    """
    scene = bpy.data.scenes.new(name)
    root = bpy.data.collections.new(name)
    scene.collection.children.link(root)
    add_objects(geometry.objects, root, root)
    for i, light in enumerate(geometry.lights):
        root.objects.link(objects.make_light(f"light_{i}", light))
    scene.world = nodes.world(geometry.world)
    settings.picture(scene, spec.render)
    for i, view in reversed(list(enumerate(spec.cameras))):  # the first one last: aiming makes it active
        camera = objects.make_camera(f"view_{i}")
        root.objects.link(camera)
        objects.aim_camera(scene, camera, view)
    scene.render.fps = max(1, round(spec.fps))
    scene.frame_end = max(1, spec.frames)
    return scene


def camera_spec(scene: Any, camera: Any) -> CameraSpec:
    """The view of a Blender camera, as a spec: the inverse of `objects.aim_camera`."""
    lens, render = camera.data, scene.render
    T_world_from_cam = blender_matrix_from_cam(np.array(camera.matrix_world, np.float64))
    rotation = T_world_from_cam[:3, :3] / np.linalg.norm(T_world_from_cam[:3, :3], axis=0)
    eye = T_world_from_cam[:3, 3]
    target = eye + 5.0 * rotation[:, 2]
    width = max(8, render.resolution_x * render.resolution_percentage // 100)
    height = max(8, render.resolution_y * render.resolution_percentage // 100)
    spec = CameraSpec(
        eye=tuple(map(float, eye)),
        target=tuple(map(float, target)),
        focal_mm=float(lens.lens),
        sensor_mm=float(lens.sensor_width),
        shift=(float(lens.shift_x), float(lens.shift_y)),
        pixel_aspect=float(render.pixel_aspect_x / render.pixel_aspect_y),
        width=int(width),
        height=int(height),
        name="active",
    )
    upright = spec.T_world_from_cam()[:3, :3]
    # look_at turns x towards y by `roll` about the view axis; read that angle off the real x axis.
    roll = float(np.arctan2(rotation[:, 0] @ upright[:, 1], rotation[:, 0] @ upright[:, 0]))
    return CameraSpec(**{**spec.__dict__, "roll": roll})
