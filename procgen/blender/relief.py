"""Lifted relief in a person's skin material: heights as images that stay in the file, mixed by the actions of the face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

from ..people.skin_relief import MOST, SkinRelief
from .compat import node_tree
from .face_rig import drive_by_key

# Custom property of a person's collection: what `store` returned.
RELIEF = "vivant_relief"
# Custom property of materials that belong to one person alone.
OWN = "vivant_own"
_NODE = "vivant relief "
_CHANNELS = ("Red", "Green", "Blue")


def store(relief: SkinRelief, name: str) -> str:
    """Keep relief in the open file as packed images; returns what `wear` takes, as JSON.

    Args:
        name: Begins the names of the images.
    """
    layers = {"": relief.rest, **relief.actions}
    names = list(layers)
    h, w = relief.rest.shape
    images = []
    for k in range(0, len(names), 3):
        image = bpy.data.images.new(f"{name}_relief", w, h, float_buffer=True, is_data=True)
        pixels = np.zeros((h, w, 4), np.float32)
        pixels[..., 3] = 1.0
        for channel, layer in enumerate(names[k : k + 3]):
            pixels[..., channel] = layers[layer][::-1]
        image.pixels.foreach_set(pixels.ravel())
        image.pack()
        image.use_fake_user = True
        images.append(image.name)
    return json.dumps({"size": relief.size, "window": [relief.top, relief.left, h, w], "layers": names, "images": images})


def wear(ob: Any, stored: str, expression: Mapping[str, float], *, keys: bool = False) -> None:
    """Let an object's skin show relief; its materials become its own.

    Args:
        ob: Mesh object with the body's UV map.
        stored: See `store`; images that somebody deleted are left out.
        expression: Action -> activation that the vertices have.
        keys: Add what the object's shape keys of these names are set to, by drivers.
    """
    kept = json.loads(stored)
    for slot in ob.material_slots:
        tree = node_tree(slot.material)
        bsdf = next((n for n in tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"), None)
        if bsdf is None:
            continue
        slot.material = slot.material.copy()
        slot.material[OWN] = True
        tree = node_tree(slot.material)
        bsdf = next(n for n in tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled")
        height = _height(tree, kept, ob if keys else None)
        bump = tree.nodes.new("ShaderNodeBump")
        bump.inputs["Distance"].default_value, bump.inputs["Strength"].default_value = 1.0, 1.0
        tree.links.new(height, bump.inputs["Height"])
        normal = bsdf.inputs["Normal"]
        if normal.is_linked:
            tree.links.new(normal.links[0].from_socket, bump.inputs["Normal"])
        tree.links.new(bump.outputs["Normal"], normal)
    express(ob, expression)
    drop_unused()


def drop_unused() -> None:
    """Remove people's own materials of earlier builds."""
    for material in [m for m in bpy.data.materials if OWN in m and m.users == 0]:
        bpy.data.materials.remove(material)


def told(stored: str) -> SkinRelief:
    """The relief that `store` kept; images that somebody deleted are flat."""
    kept = json.loads(stored)
    top, left, h, w = kept["window"]
    layers: dict[str, np.ndarray] = {}
    for k, layer in enumerate(kept["layers"]):
        image = bpy.data.images.get(kept["images"][k // 3])
        pixels = np.zeros((h, w, 4), np.float32)
        if image is not None:
            flat = np.empty(h * w * 4, np.float32)
            image.pixels.foreach_get(flat)
            pixels = flat.reshape(h, w, 4)
        layers[layer] = np.ascontiguousarray(pixels[::-1, :, k % 3])
    return SkinRelief(kept["size"], top, left, layers.pop(""), layers)


def express(ob: Any, expression: Mapping[str, float]) -> None:
    """Set the activations that worn relief shows."""
    for slot in ob.material_slots:
        if OWN not in slot.material:
            continue
        for node in node_tree(slot.material).nodes:
            if node.bl_idname == "ShaderNodeMath" and node.name.startswith(_NODE):
                # The second addend is a driver's where there are keys.
                node.inputs[0].default_value = float(expression.get(node.name[len(_NODE) :], 0.0))


def _height(tree: Any, told: dict[str, Any], keyed: Any) -> Any:
    """Output socket of the height in metres."""
    top, left, h, w = told["window"]
    size = told["size"]
    uv = tree.nodes.new("ShaderNodeUVMap")
    uv.uv_map = "UVMap"
    into = tree.nodes.new("ShaderNodeMapping")
    into.inputs["Scale"].default_value = (size / w, size / h, 1.0)
    into.inputs["Location"].default_value = (-left / w, -(size - top - h) / h, 0.0)
    tree.links.new(uv.outputs[0], into.inputs["Vector"])
    total = None
    for k, layer in enumerate(told["layers"]):
        image = bpy.data.images.get(told["images"][k // 3])
        if image is None:
            continue
        if k % 3 == 0:
            texture = tree.nodes.new("ShaderNodeTexImage")
            texture.image, texture.extension, texture.interpolation = image, "CLIP", "Cubic"
            tree.links.new(into.outputs[0], texture.inputs["Vector"])
            split = tree.nodes.new("ShaderNodeSeparateColor")
            tree.links.new(texture.outputs["Color"], split.inputs[0])
        height = split.outputs[_CHANNELS[k % 3]]
        if layer:
            height = _scaled(tree, height, layer, keyed)
        total = height if total is None else _math(tree, "ADD", total, height)
    if total is None:
        return _math(tree, "ADD", 0.0, 0.0)
    return _math(tree, "MINIMUM", _math(tree, "MAXIMUM", total, -MOST), MOST)


def _scaled(tree: Any, height: Any, layer: str, keyed: Any) -> Any:
    """A layer times its action's activation: that of the vertices, and that of the shape key on top."""
    amount = _math(tree, "ADD", 0.0, 0.0)
    node = amount.node
    node.name = node.label = _NODE + layer
    blocks = keyed.data.shape_keys.key_blocks if keyed is not None and keyed.data.shape_keys is not None else {}
    if layer in blocks:
        drive_by_key(node.inputs[1], "default_value", keyed, layer)
    return _math(tree, "MULTIPLY", height, amount)


def _math(tree: Any, operation: str, a: Any, b: Any) -> Any:
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    for socket, value in zip(node.inputs, (a, b), strict=False):
        if isinstance(value, float):
            socket.default_value = value
        else:
            tree.links.new(value, socket)
    return node.outputs[0]
