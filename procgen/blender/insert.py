"""Put places, skies and cameras into a file that a user works in: nothing of theirs is touched, everything is undoable."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..frames import blender_matrix_from_cam
from ..geometry import PlaceGeometry
from ..sky import sky_shader, sun_light
from ..spec import CameraSpec, SceneSpec, SkySpec
from . import live, nodes, objects, settings
from .build_scene import add_objects

SUN = "Vivant Sun"


def insert_place(scene: Any, name: str, place: PlaceGeometry, collection: Any = None) -> Any:
    """A place with its lamps as a collection of its own.

    Args:
        scene: Where to link it.
        name: Name of the collection.
        place: What was built.
        collection: Fill this one anew instead of making one.
    Returns:
        The collection.
    """
    if collection is None:
        collection = bpy.data.collections.new(name)
        scene.collection.children.link(collection)
    for ob in list(collection.objects):
        objects.remove(ob)
    for ob, item in zip(add_objects(place.objects, collection, collection), place.objects, strict=True):
        ob["vivant_semantic"], ob["vivant_labelled"] = item.semantic, item.labelled
        ob["vivant_instance"] = item.instance
    for i, light in enumerate(place.lights):
        collection.objects.link(objects.make_light(f"lamp_{i}", light))
    return collection


def insert_sky(scene: Any, sky: SkySpec) -> None:
    """Give a scene the sky as its world, and its sun as a lamp; the world before is kept in the file."""
    if scene.world is not None and "vivant_sky" not in scene.world:
        scene.world.use_fake_user = True
    made = nodes.world(sky_shader(sky))
    made["vivant_sky"] = sky.to_json()
    old, scene.world = scene.world, made
    if old is not None and "vivant_sky" in old and old.users == 0:
        bpy.data.worlds.remove(old)
    for ob in [ob for ob in scene.objects if ob.name.startswith(SUN) and ob.type == "LIGHT"]:
        objects.remove(ob)
    scene.collection.objects.link(objects.make_light(SUN, sun_light(sky)))


def insert_camera(scene: Any, view: CameraSpec, name: str, *, active: bool = True) -> Any:
    """A camera of a view.

    Args:
        active: Make it the scene's camera and take over the view's image size.
    """
    camera = objects.make_camera(name)
    scene.collection.objects.link(camera)
    objects.aim_lens(camera, view)
    if active:
        objects.aim_camera(scene, camera, view)
    return camera


def insert_scene(name: str, spec: SceneSpec, place: PlaceGeometry) -> tuple[Any, Any]:
    """Place, sky and cameras of a scene as a new Blender scene with its own world and render settings; no people yet.

    Returns:
        The new scene (the first view's camera is active) and the collection of the place.
    """
    scene = bpy.data.scenes.new(name)
    scene.world = None
    collection = insert_place(scene, str(spec.place.kind).replace("_", " ").title(), place)
    insert_sky(scene, spec.sky)
    settings.picture(scene, spec.render)
    for i, view in reversed(list(enumerate(spec.cameras))):  # the first one last: it stays active
        insert_camera(scene, view, f"view_{i}")
    scene.render.fps = max(1, round(spec.fps))
    scene.frame_end = max(1, spec.frames)
    return scene, collection


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


__all__ = ["camera_spec", "insert_camera", "insert_place", "insert_scene", "insert_sky", "live"]
