"""Shader records to Blender node trees."""

from __future__ import annotations

from typing import Any

import bpy

from ..errors import BuildError
from ..materials.plain_color import plain_color
from ..materials.shader import Shader
from .compat import node_tree

# Width of the sky's importance map, texels.
SKY_MAP = 256
_SOCKET_TYPES = {"FLOAT": "VALUE", "RGBA": "RGBA", "VECTOR": "VECTOR"}
# 5.0 renamed the factor outputs and inputs of textures; both spellings are tried.
_ALIASES = {"Fac": "Factor", "Factor": "Fac"}


def material(shader: Shader) -> Any:
    """The Blender material of a record; equal records share one material."""
    name = f"vivant_{shader.name}_{shader.key()}"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    made = bpy.data.materials.new(name)
    _fill(node_tree(made), shader, "ShaderNodeOutputMaterial")
    for key, value in shader.settings.items():
        setattr(made, key, value)
    plain = plain_color(shader)
    if plain is not None:
        made.diffuse_color = (*plain, 1.0)
    return made


def world(shader: Shader) -> Any:
    """A Blender world of a record."""
    made = bpy.data.worlds.new(f"vivant_{shader.name}")
    _fill(node_tree(made), shader, "ShaderNodeOutputWorld")
    # The automatic importance map evaluates the sky's noise at full resolution: 7 CPU seconds a frame, against 0.1 s
    # for this one. The sun is a lamp, so what the map must resolve is smooth.
    made.cycles.sampling_method = "MANUAL"
    made.cycles.sample_map_resolution = SKY_MAP
    return made


def _socket(sockets: Any, key: str, node: Any) -> Any:
    if key.isdigit():
        return sockets[int(key)]
    name, _, kind = key.partition(":")
    for wanted in (name, _ALIASES.get(name)):
        for s in sockets:
            if s.name == wanted and (not kind or s.type == _SOCKET_TYPES[kind]) and s.enabled:
                return s
        for s in sockets:
            if s.name == wanted and (not kind or s.type == _SOCKET_TYPES[kind]):
                return s
    raise BuildError(
        f"{node.bl_idname} has no socket {key!r}", expected=", ".join(s.name for s in sockets), fix="mend the material"
    )


def _assign(tree: Any, nodes: list[Any], node: Any, socket: Any, value: Any) -> None:
    if isinstance(value, dict):
        source = nodes[value["node"]]
        tree.links.new(_socket(source.outputs, value["output"], source), socket)
    elif isinstance(value, list):
        if socket.type == "RGBA" and len(value) == 3:
            value = [*value, 1.0]
        socket.default_value = value
    elif socket.type in ("RGBA", "VECTOR") and isinstance(value, int | float):
        socket.default_value = [value] * 3 + [1.0] * (socket.type == "RGBA")
    else:
        socket.default_value = value


def _set_props(node: Any, props: dict[str, Any]) -> None:
    for key, value in props.items():
        if key == "ramp":
            elements = node.color_ramp.elements
            while len(elements) < len(value):
                elements.new(0.5)
            for element, (position, color) in zip(elements, value, strict=True):
                element.position = position
                element.color = (*color, 1.0)
        elif key == "interpolation" and node.bl_idname == "ShaderNodeValToRGB":
            node.color_ramp.interpolation = value
        else:
            setattr(node, key, value)


def _fill(tree: Any, shader: Shader, output_type: str) -> None:
    tree.nodes.clear()
    nodes: list[Any] = []
    for record in shader.nodes:
        node = tree.nodes.new("ShaderNode" + record["type"])
        _set_props(node, record["props"])
        nodes.append(node)
        for key, value in record["inputs"].items():
            _assign(tree, nodes, node, _socket(node.inputs, key, node), value)
    end = tree.nodes.new(output_type)
    if "surface" not in shader.outputs:
        raise BuildError(f"material {shader.name!r} has no surface", fix="call principled() or surface() on its Shader")
    _assign(tree, nodes, end, end.inputs[0], shader.outputs["surface"])
    if "albedo" in shader.outputs and output_type == "ShaderNodeOutputMaterial":
        aov = tree.nodes.new("ShaderNodeOutputAOV")
        aov.aov_name = "albedo"
        _assign(tree, nodes, aov, aov.inputs["Color"], shader.outputs["albedo"])
