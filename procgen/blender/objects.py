"""Meshes, strands, lights and cameras from arrays; everything goes in by `foreach_set`."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..frames import blender_matrix_from_cam
from ..geometry import Light, Mesh, Strands
from ..spec import CameraSpec
from . import nodes

# Name of the FACE attribute that the ground-truth pass reads: face index + 1 (exact in float32 up to 2**24).
FACE_ID = "vivant_face"
# Attributes of people's meshes in a user's file: body part of every face, body UV of every corner.
BODY_PART, BODY_UV = "vivant_body_part", "vivant_body_uv"


def make_mesh(name: str, mesh: Mesh, *, face_ids: bool = False) -> Any:
    """A bpy mesh from arrays.

    Args:
        face_ids: Also store each face's index + 1 for the ground-truth pass.
    """
    me = bpy.data.meshes.new(name)
    faces = np.ascontiguousarray(mesh.faces, np.int32)
    n, k = faces.shape
    me.vertices.add(len(mesh.vertices))
    me.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(mesh.vertices, np.float32).ravel())
    me.loops.add(n * k)
    me.loops.foreach_set("vertex_index", faces.ravel())
    me.polygons.add(n)
    me.polygons.foreach_set("loop_start", np.arange(0, n * k, k, dtype=np.int32))
    for shader in mesh.materials:
        me.materials.append(nodes.material(shader))
    if mesh.face_material is not None:
        me.polygons.foreach_set("material_index", np.ascontiguousarray(mesh.face_material, np.int32))
    me.update(calc_edges=True)
    me.polygons.foreach_set("use_smooth", np.full(n, mesh.smooth, bool))
    if mesh.uv is not None:
        layer = me.uv_layers.new(name="UVMap")
        layer.uv.foreach_set("vector", np.ascontiguousarray(mesh.uv, np.float32).ravel())
    for key, values in mesh.point.items():
        _attribute(me, key, values, "POINT")
    for key, values in mesh.face.items():
        _attribute(me, key, values, "FACE")
    if face_ids:
        _attribute(me, FACE_ID, np.arange(1, n + 1, dtype=np.float32), "FACE")
    return me


def store_labels(data: Any, mesh: Mesh) -> None:
    """Keep body part and body UV on a mesh that stays in somebody's file, so that it can be labelled there."""
    if mesh.part is not None:
        part = data.attributes.new(BODY_PART, "INT", "FACE")
        part.data.foreach_set("value", np.ascontiguousarray(mesh.part, np.int32))
    if mesh.iuv is not None:
        uv = data.attributes.new(BODY_UV, "FLOAT2", "CORNER")
        uv.data.foreach_set("vector", np.ascontiguousarray(mesh.iuv, np.float32).ravel())


def _attribute(data: Any, name: str, values: np.ndarray, domain: str) -> None:
    values = np.ascontiguousarray(values, np.float32)
    kind, field = ("FLOAT", "value") if values.ndim == 1 else ("FLOAT_VECTOR", "vector")
    attribute = data.attributes.get(name) or data.attributes.new(name, kind, domain)
    attribute.data.foreach_set(field, values.ravel())


def make_strands(name: str, strands: Strands) -> Any:
    """Blender hair curves from arrays."""
    count, points, _ = strands.points.shape
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([points] * count)
    curves.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(strands.points, np.float32).ravel())
    _attribute(curves, "radius", np.broadcast_to(strands.radius, (count, points)).reshape(-1), "POINT")
    for key, values in getattr(strands, "attributes", {}).items():
        _attribute(curves, key, values, "CURVE")
    curves.materials.append(nodes.material(strands.material))
    return curves


def move_vertices(data: Any, geometry: Mesh | Strands) -> None:
    """Give existing data new positions (next frame of a motion); topology must be unchanged."""
    points = geometry.vertices if isinstance(geometry, Mesh) else geometry.points
    flat = np.ascontiguousarray(points, np.float32).ravel()
    if isinstance(geometry, Mesh):
        # Not through the position attribute: that leaves the cached bounds as they were (5.0), and `scene.ray_cast`
        # then looks for the mesh where it used to be.
        data.vertices.foreach_set("co", flat)
        data.update()
    else:
        data.attributes["position"].data.foreach_set("vector", flat)
    data.update_tag()


def make_light(name: str, light: Light) -> Any:
    """A lamp object, not yet linked."""
    lamp = bpy.data.lights.new(name, light.kind.upper())
    lamp.energy = light.energy
    lamp.color = light.color
    if light.kind == "sun":
        lamp.angle = light.size
    elif light.kind == "area":
        lamp.size = light.size
    else:
        lamp.shadow_soft_size = light.size
    made = bpy.data.objects.new(name, lamp)
    made.matrix_world = Matrix(light.T_world_from_object.tolist())
    return made


def make_camera(name: str) -> Any:
    """A camera object, not yet linked; `aim_camera` sets it up for a view."""
    return bpy.data.objects.new(name, bpy.data.cameras.new(name))


def aim_lens(camera: Any, spec: CameraSpec, time: float = 0.0) -> None:
    """Set position and lens of a camera object to a view; the image format belongs to the scene, see `aim_camera`."""
    lens = camera.data
    lens.type, lens.lens_unit, lens.lens = "PERSP", "MILLIMETERS", spec.focal_mm
    lens.sensor_fit, lens.sensor_width = "AUTO", spec.sensor_mm
    lens.shift_x, lens.shift_y = spec.shift
    lens.clip_start, lens.clip_end = 0.01, 5000.0
    lens.dof.use_dof = False
    camera.matrix_world = Matrix(blender_matrix_from_cam(spec.T_world_from_cam(time)).tolist())


def remove(ob: Any) -> None:
    """Delete an object, and its data if nobody else uses it."""
    data = ob.data
    bpy.data.objects.remove(ob)
    if data is not None and data.users == 0:
        bpy.data.batch_remove([data])


def aim_camera(scene: Any, camera: Any, spec: CameraSpec, time: float = 0.0) -> None:
    """Set camera and image format of a scene to a view."""
    aim_lens(camera, spec, time)
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = spec.width, spec.height, 100
    aspect = spec.pixel_aspect
    render.pixel_aspect_x, render.pixel_aspect_y = (aspect, 1.0) if aspect >= 1.0 else (1.0, 1.0 / aspect)
    scene.camera = camera
