"""Pictures of a real surface in place of a material's own colour: weave, gloss and bumps of the material stay."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from .bake import UV
from .compat import node_tree


def wear_picture(ob: Any, name: str, picture: np.ndarray) -> None:
    """Let all opaque materials of an object take their colour from a picture in its UV map; they become its own.

    Args:
        ob: Mesh object with UVs.
        name: Of the image.
        picture: (S, S, 3) uint8 sRGB, first row at v = 1; (S, S, 4) with how far it replaces the material's own colour.
    """
    height, width = picture.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=picture.shape[2] == 4)
    image.alpha_mode = "CHANNEL_PACKED"  # colours are not multiplied by it
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., : picture.shape[2]] = picture[::-1] / 255.0
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    for slot in ob.material_slots:
        slot.material = slot.material.copy()
        tree = node_tree(slot.material)
        takers = [n.inputs["Base Color"] for n in tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"]
        if not takers:
            continue
        takers += [n.inputs["Color"] for n in tree.nodes if n.bl_idname == "ShaderNodeOutputAOV" and n.aov_name == "albedo"]
        at = tree.nodes.new("ShaderNodeUVMap")
        at.uv_map = UV
        texture = tree.nodes.new("ShaderNodeTexImage")
        texture.image, texture.extension = image, "EXTEND"
        tree.links.new(at.outputs[0], texture.inputs["Vector"])
        for socket in takers:
            color = texture.outputs["Color"]
            tree.links.new(_mixed(tree, socket, texture) if picture.shape[2] == 4 else color, socket)


def _mixed(tree: Any, socket: Any, texture: Any) -> Any:
    """Output of a picture over what a socket shows."""
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    amount, below, above = (next(s for s in mix.inputs if s.identifier == n) for n in ("Factor_Float", "A_Color", "B_Color"))
    tree.links.new(texture.outputs["Alpha"], amount)
    if socket.is_linked:
        tree.links.new(socket.links[0].from_socket, below)
    else:
        below.default_value = socket.default_value
    tree.links.new(texture.outputs["Color"], above)
    return next(s for s in mix.outputs if s.identifier == "Result_Color")
