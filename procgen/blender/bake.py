"""Bake node materials to textures, for programs that know no shader nodes.

One set of images an object: albedo (sRGB), occlusion-roughness-metal (glTF's packing, linear) and a tangent-space normal
map. Cycles evaluates each material's own nodes, so skin zones, weaves, prints and bumps arrive as they are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..color_names import srgb_from_linear
from .compat import node_tree

UV = "UVMap"
# Texels around islands that repeat their edge, so that mip maps do not bleed; a share of the image's width.
MARGIN = 1 / 128
# What glass (corneas, lenses) becomes: nearly clear.
CLEAR_ALPHA = 0.08


@dataclass(frozen=True)
class TextureSizes:
    """Width of square images in texels by what they cover."""

    skin: int = 2048
    cloth: int = 1024
    small: int = 512

    @staticmethod
    def of(largest: int) -> TextureSizes:
        """Sizes whose largest is `largest` texels (a power of two)."""
        return TextureSizes(largest, max(largest // 2, 64), max(largest // 4, 64))

    def width(self, part: str, semantic: str) -> int:
        """Texels for a part of a person."""
        if part == "body":
            return self.skin
        return self.small if semantic in ("eyes", "teeth", "skin") else self.cloth


def bake_textures(scene: Any, ob: Any, prefix: str, width: int) -> None:
    """Replace the materials of one object by a plain one with baked images (and one for what is clear).

    Args:
        scene: Scene in the context, with the object linked and visible; its render engine becomes Cycles.
        ob: Mesh object.
        prefix: Begins the names of the images.
        width: Texels of each image.
    """
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.device = "CPU"
    view = bpy.context.view_layer
    view.update()  # bases of objects that were linked just now lose their selection when they are first synced
    others = [other for other in scene.objects if other != ob and not other.hide_render]
    for other in others:
        other.hide_render = True  # out of the ray tracer's tree
    try:
        _bake(view, ob, f"{prefix}_{ob.name}", width)
    finally:
        for other in others:
            other.hide_render = False


def hair_texture(ob: Any, prefix: str, texture: np.ndarray) -> None:
    """Give an object of hair cards its material.

    Args:
        texture: (W, W, 4) float32, linear RGB and coverage, first row at v = 0.
    """
    width = len(texture)
    image = bpy.data.images.new(f"{prefix}_{ob.name}", width, width, alpha=True)
    encoded = np.array(texture, np.float32)
    encoded[..., :3] = srgb_from_linear(encoded[..., :3])
    image.pixels.foreach_set(encoded.ravel())
    image.pack()
    made = bpy.data.materials.new(ob.name)
    tree = node_tree(made)
    tree.nodes.clear()
    bsdf = tree.nodes.new("ShaderNodeBsdfPrincipled")
    bsdf.inputs["Roughness"].default_value = 0.5
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(bsdf.outputs[0], output.inputs["Surface"])
    colour = tree.nodes.new("ShaderNodeTexImage")
    colour.image = image
    tree.links.new(colour.outputs["Color"], bsdf.inputs["Base Color"])
    if texture[..., 3].min() < 1:
        # Rounded: exporters write it as a cut-out, which needs no sorting of a thousand cards.
        cut = tree.nodes.new("ShaderNodeMath")
        cut.operation = "ROUND"
        tree.links.new(colour.outputs["Alpha"], cut.inputs[0])
        tree.links.new(cut.outputs[0], bsdf.inputs["Alpha"])
    ob.data.materials.clear()
    ob.data.materials.append(made)


def unwrap(ob: Any) -> None:
    """Give a mesh object without UVs some, by angle; islands are packed without overlap."""
    if ob.data.uv_layers:
        return
    ob.data.uv_layers.new(name=UV)
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=np.radians(66.0), island_margin=0.004)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


def _bake(view: Any, ob: Any, prefix: str, width: int) -> None:
    for other in view.objects:
        other.select_set(other == ob)
    view.objects.active = ob
    unwrap(ob)
    clear = [_is_clear(slot.material) for slot in ob.material_slots]
    for k, slot in enumerate(ob.material_slots):
        # Copies, because materials are shared with objects that are baked on their own.
        slot.material = _clear_material() if clear[k] else slot.material.copy()
    solid = [slot.material for k, slot in enumerate(ob.material_slots) if not clear[k]]
    if not solid:
        ob.data.materials.clear()
        ob.data.materials.append(_clear_material())
        return
    margin = max(int(width * MARGIN), 1)
    sockets = [_sockets(m) for m in solid]
    normal = _image(f"{prefix}_normal", width, linear=True)
    for material in solid:
        _no_scattering(material)
    _bake_into(solid, normal, "NORMAL", margin)
    albedo = _image(f"{prefix}_albedo", width, linear=False)
    for material, found in zip(solid, sockets, strict=True):
        _shine(material, found["albedo"])
    _bake_into(solid, albedo, "EMIT", margin)
    orm = _image(f"{prefix}_orm", width, linear=True)
    for material, found in zip(solid, sockets, strict=True):
        _shine(material, _pack(material, found["roughness"], found["metallic"]))
    _bake_into(solid, orm, "EMIT", margin)
    final = _textured(ob.name, albedo, orm, normal, float(np.mean([f["subsurface"] for f in sockets])))
    _one_material(ob, clear, final)
    for material in solid:
        bpy.data.materials.remove(material)


def _one_material(ob: Any, clear: list[bool], final: Any) -> None:
    """All solid faces in one slot, all clear ones in a second: other programs draw each slot on its own."""
    index = np.zeros(len(ob.data.polygons), np.int32)
    ob.data.polygons.foreach_get("material_index", index)
    ob.data.materials.clear()
    ob.data.materials.append(final)
    if any(clear):
        ob.data.materials.append(_clear_material())
    ob.data.polygons.foreach_set("material_index", np.array(clear, np.int32)[index])


def _image(name: str, width: int, *, linear: bool) -> Any:
    image = bpy.data.images.new(name, width, width, alpha=False)
    image.colorspace_settings.name = "Non-Color" if linear else "sRGB"
    if name.endswith("_normal"):
        image.generated_color = (0.5, 0.5, 1.0, 1.0)
    return image


def _bake_into(materials: list[Any], image: Any, kind: str, margin: int) -> None:
    targets = []
    for material in materials:
        tree = node_tree(material)
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        for other in tree.nodes:
            other.select = False
        node.select = True
        tree.nodes.active = node
        targets.append((tree, node))
    bpy.ops.object.bake(type=kind, margin=margin, use_clear=True, target="IMAGE_TEXTURES", normal_space="TANGENT")
    for tree, node in targets:
        tree.nodes.remove(node)
    image.pack()


def _is_clear(material: Any) -> bool:
    """Glass and corneas: light goes through, and no opaque layer is mixed in."""
    kinds = {n.bl_idname for n in node_tree(material).nodes}
    through = {"ShaderNodeBsdfTransparent", "ShaderNodeBsdfGlass", "ShaderNodeBsdfRefraction"}
    return bool(kinds & through) and "ShaderNodeBsdfPrincipled" not in kinds


def _clear_material() -> Any:
    found = bpy.data.materials.get("clear")
    if found is not None:
        return found
    made = bpy.data.materials.new("clear")
    tree = node_tree(made)
    tree.nodes.clear()
    bsdf = tree.nodes.new("ShaderNodeBsdfPrincipled")
    bsdf.inputs["Base Color"].default_value = (0.0, 0.0, 0.0, 1.0)  # what is reflected shows, and no milk
    bsdf.inputs["Roughness"].default_value = 0.03
    bsdf.inputs["Alpha"].default_value = CLEAR_ALPHA
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(bsdf.outputs[0], output.inputs["Surface"])
    if hasattr(made, "surface_render_method"):
        made.surface_render_method = "BLENDED"
    return made


def _sockets(material: Any) -> dict[str, Any]:
    """Where a material keeps its albedo, roughness and metal: an input socket each, or a number."""
    tree = node_tree(material)
    aov = next((n for n in tree.nodes if n.bl_idname == "ShaderNodeOutputAOV" and n.aov_name == "albedo"), None)
    bsdf = next((n for n in tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"), None)
    return {
        "albedo": aov.inputs["Color"]
        if aov is not None
        else bsdf.inputs["Base Color"]
        if bsdf is not None
        else (0.8, 0.8, 0.8, 1.0),
        "roughness": 0.6 if bsdf is None else bsdf.inputs["Roughness"],
        "metallic": 0.0 if bsdf is None else bsdf.inputs["Metallic"],
        "subsurface": 0.0 if bsdf is None else float(bsdf.inputs["Subsurface Weight"].default_value),
    }


def _no_scattering(material: Any) -> None:
    """Normals do not depend on it, and walking through the skin for them takes five times as long."""
    tree = node_tree(material)
    for node in tree.nodes:
        socket = node.inputs.get("Subsurface Weight")
        if socket is not None:
            for link in list(socket.links):
                tree.links.remove(link)
            socket.default_value = 0.0


def _feed(tree: Any, value: Any, socket: Any) -> None:
    """Let a socket show what another input socket shows, or a number."""
    if not hasattr(value, "is_linked"):
        socket.default_value = value
    elif value.is_linked:
        tree.links.new(value.links[0].from_socket, socket)
    else:
        socket.default_value = value.default_value


def _pack(material: Any, roughness: Any, metallic: Any) -> Any:
    """Red 1 (no occlusion), green roughness, blue metal; returns the input socket that shows it."""
    tree = node_tree(material)
    pack = tree.nodes.new("ShaderNodeCombineColor")
    pack.inputs[0].default_value = 1.0
    _feed(tree, roughness, pack.inputs[1])
    _feed(tree, metallic, pack.inputs[2])
    holder = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(pack.outputs[0], holder.inputs["Color"])
    return holder.inputs["Color"]


def _shine(material: Any, value: Any) -> None:
    tree = node_tree(material)
    output = next(n for n in tree.nodes if n.bl_idname == "ShaderNodeOutputMaterial")
    emit = tree.nodes.new("ShaderNodeEmission")
    _feed(tree, value, emit.inputs["Color"])
    tree.links.new(emit.outputs[0], output.inputs["Surface"])


def _textured(name: str, albedo: Any, orm: Any, normal: Any, subsurface: float) -> Any:
    """A Principled material in the one arrangement of nodes that glTF, USD and FBX exporters understand."""
    made = bpy.data.materials.new(name)
    tree = node_tree(made)
    tree.nodes.clear()
    bsdf = tree.nodes.new("ShaderNodeBsdfPrincipled")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(bsdf.outputs[0], output.inputs["Surface"])
    colour = tree.nodes.new("ShaderNodeTexImage")
    colour.image = albedo
    tree.links.new(colour.outputs["Color"], bsdf.inputs["Base Color"])
    packed = tree.nodes.new("ShaderNodeTexImage")
    packed.image = orm
    split = tree.nodes.new("ShaderNodeSeparateColor")
    tree.links.new(packed.outputs["Color"], split.inputs[0])
    tree.links.new(split.outputs[1], bsdf.inputs["Roughness"])
    tree.links.new(split.outputs[2], bsdf.inputs["Metallic"])
    if subsurface > 0:
        bsdf.inputs["Subsurface Weight"].default_value = 0.1 * subsurface
        bsdf.inputs["Subsurface Radius"].default_value = (0.01, 0.0036, 0.002)
    bumps = tree.nodes.new("ShaderNodeTexImage")
    bumps.image = normal
    turn = tree.nodes.new("ShaderNodeNormalMap")
    tree.links.new(bumps.outputs["Color"], turn.inputs["Color"])
    tree.links.new(turn.outputs["Normal"], bsdf.inputs["Normal"])
    return made
