"""Shape keys of the face, and strands that ride on the skin as it moves."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

BASIS = "Basis"


def add_face_keys(ob: Any, keys: dict[str, np.ndarray]) -> None:
    """Give a mesh object a shape key for each action.

    Args:
        ob: Mesh object without shape keys.
        keys: Action -> (V, 3) displacement in the object's frame, metres.
    """
    ob.shape_key_add(name=BASIS, from_mix=False)
    rest = np.empty(len(ob.data.vertices) * 3, np.float32)
    ob.data.vertices.foreach_get("co", rest)
    for action, step in keys.items():
        key = ob.shape_key_add(name=action, from_mix=False)
        key.data.foreach_set("co", rest + np.ascontiguousarray(step, np.float32).ravel())
        key.slider_min, key.slider_max = 0.0, 1.0
        key.value = 0.0  # 5.0 adds new keys at full strength


def drive_together(leader: Any, follower: Any) -> None:
    """Let the keys of one object follow those of the same name of another (eyes, teeth, brows after the skin)."""
    if follower.data.shape_keys is None or leader.data.shape_keys is None:
        return
    for block in follower.data.shape_keys.key_blocks[1:]:
        drive_by_key(block, "value", leader, block.name)


def drive_by_key(owner: Any, field: str, leader: Any, key: str) -> None:
    """Let a field of anything follow the value of an object's shape key."""
    driver = owner.driver_add(field).driver
    driver.type = "AVERAGE"
    variable = driver.variables.new()
    variable.type = "SINGLE_PROP"
    target = variable.targets[0]
    target.id_type, target.id = "KEY", leader.data.shape_keys
    target.data_path = f'key_blocks["{key}"].value'


def ride_on_skin(strands: Any, skin: Any, uv_layer: str = "UVMap") -> None:
    """Attach hair curves to a mesh object: they follow its shape keys and its armature.

    Args:
        strands: Curves object in the same place as the skin.
        skin: Mesh object with a UV layer without overlaps.
        uv_layer: Name of that layer.
    """
    skin.add_rest_position_attribute = True
    strands.data.surface = skin
    strands.data.surface_uv_map = uv_layer
    strands.parent = skin
    strands.matrix_parent_inverse = skin.matrix_world.inverted()
    attribute = strands.data.attributes.get("surface_uv_coordinate") or strands.data.attributes.new(
        "surface_uv_coordinate", "FLOAT2", "CURVE"
    )
    attribute.data.foreach_set("vector", _root_uv(strands, skin, uv_layer).ravel())
    modifier = strands.modifiers.new("Follow the skin", "NODES")
    modifier.node_group = _deform_group()


def _root_uv(strands: Any, skin: Any, uv_layer: str) -> np.ndarray:
    """(N, 2) UV of the skin nearest to each root."""
    from mathutils import Vector
    from mathutils.geometry import barycentric_transform

    first = np.array([c.first_point_index for c in strands.data.curves])
    points = np.empty(len(strands.data.points) * 3, np.float32)
    strands.data.points.foreach_get("position", points)
    roots = points.reshape(-1, 3)[first]
    uv = skin.data.uv_layers[uv_layer].uv
    to_skin = skin.matrix_world.inverted() @ strands.matrix_world
    out = np.zeros((len(roots), 2), np.float32)
    for k, root in enumerate(roots):
        ok, where, _, face = skin.closest_point_on_mesh(to_skin @ Vector(root.tolist()))
        if not ok:
            continue
        polygon = skin.data.polygons[face]
        corners = list(polygon.loop_indices)
        best = None
        for a, b, c in ((0, 1, 2), (0, 2, 3))[: len(corners) - 2]:
            corner = [skin.data.vertices[skin.data.loops[corners[i]].vertex_index].co for i in (a, b, c)]
            flat = [Vector((*uv[corners[i]].vector, 0.0)) for i in (a, b, c)]
            at = barycentric_transform(where, *corner, *flat)
            inside = min(_barycentric(np.array(where), *(np.array(v) for v in corner)))
            if best is None or inside > best[0]:
                best = (inside, at)
        if best is not None:
            out[k] = best[1][:2]
    return out


def _barycentric(p: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    m = np.stack([b - a, c - a], 1)
    v, w = np.linalg.lstsq(m, p - a, rcond=None)[0]
    return np.array([1 - v - w, v, w])


def _deform_group() -> Any:
    """The node group that deforms curves with the surface they grow on."""
    name = "Vivant: strands follow the skin"
    found = bpy.data.node_groups.get(name)
    if found is not None:
        return found
    group = bpy.data.node_groups.new(name, "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    start, end = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    deform = group.nodes.new("GeometryNodeDeformCurvesOnSurface")
    group.links.new(start.outputs[0], deform.inputs[0])
    group.links.new(deform.outputs[0], end.inputs[0])
    return group
