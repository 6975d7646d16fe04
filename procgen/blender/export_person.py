"""Write one rigged person to .blend, .glb, .usd or .fbx.

A .blend keeps everything: node materials and hair curves. The other formats know neither, so colours are baked to the
vertices and hair becomes ribbons.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..errors import BuildError, SpecError
from ..geometry import Mesh, SceneObject, Strands
from ..people.body_state import BodyState
from ..people.skinning import strand_mesh
from .compat import node_tree
from .rig import insert_rigged
from .settings import no_factory_surprises

FORMATS = (".blend", ".glb", ".usd", ".usdc", ".fbx")
COLOR = "Color"


def write_person(path: str | Path, name: str, body: BodyState, parts: list[SceneObject]) -> list[str]:
    """Build a person in an empty file and write it (headless only: the open file is lost).

    Args:
        path: What to write; the ending chooses the format.
        name: Name of the character.
        body: Posed body.
        parts: Everything visible.
    Returns:
        Names of the objects written.
    Raises:
        SpecError: the ending is none of `FORMATS`.
        BuildError: this Blender lacks the exporter, or it failed.
    """
    target = Path(path).absolute()
    kind = target.suffix.lower()
    if kind not in FORMATS:
        raise SpecError(
            f"a person cannot be written to {target.name!r}", expected="a name that ends in " + ", ".join(FORMATS)
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    no_factory_surprises()
    scene = bpy.context.scene
    if kind != ".blend":
        centre = body.joints[body.joint("head")]
        parts = [_as_ribbons(p, centre) for p in parts]
    collection, _ = insert_rigged(scene, name, body, parts)
    meshes = [ob for ob in collection.all_objects if ob.type == "MESH"]
    if kind == ".blend":
        bpy.ops.wm.save_as_mainfile(filepath=str(target), compress=True)
    else:
        bake_colours(scene, meshes)
        _export(kind, str(target))
    if not target.exists():
        raise BuildError(f"Blender wrote no {target.name}", fix="try another format")
    return sorted(ob.name for ob in collection.all_objects)


def _as_ribbons(part: SceneObject, centre: np.ndarray) -> SceneObject:
    from dataclasses import replace

    if not isinstance(part.geometry, Strands):
        return part
    strands = part.geometry
    inside = np.linalg.inv(part.T_world_from_object) @ [*centre, 1.0]
    vertices, faces, owner = strand_mesh(strands, inside[:3])
    point = {key: np.asarray(values)[owner] for key, values in strands.attributes.items()}
    return replace(part, geometry=Mesh(vertices, faces, (strands.material,), point=point))


def bake_colours(scene: Any, meshes: list[Any]) -> None:
    """Base colour of every material to vertex colours, and plain materials that show them.

    Cycles evaluates each material's own albedo output, so that skin zones, patterns and dyes arrive as they are seen.
    """
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.device = "CPU"
    for ob in meshes:
        colours = ob.data.color_attributes.new(COLOR, "FLOAT_COLOR", "POINT")
        ob.data.color_attributes.active_color = colours
    before: list[tuple[Any, Any, Any]] = []
    for material in {slot.material for ob in meshes for slot in ob.material_slots if slot.material}:
        before.append(_emit_albedo(material))
    # Glass (corneas) has no colour of its own; what it shows is what lies behind.
    view = bpy.context.view_layer
    view.update()  # bases of objects that were linked just now lose their selection when they are first synced
    for ob in meshes:
        for other in view.objects:
            other.select_set(other == ob)
        view.objects.active = ob
        bpy.ops.object.bake(type="EMIT", target="VERTEX_COLORS", margin=0)
    for material, roughness, alpha in before:
        _plain(material, roughness, alpha)


def _emit_albedo(material: Any) -> tuple[Any, float, float]:
    """Let a material shine with its albedo; returns what a plain one needs to know of it."""
    tree = node_tree(material)
    output = next(n for n in tree.nodes if n.bl_idname == "ShaderNodeOutputMaterial")
    aov = next((n for n in tree.nodes if n.bl_idname == "ShaderNodeOutputAOV" and n.aov_name == "albedo"), None)
    bsdf = next((n for n in tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"), None)
    emit = tree.nodes.new("ShaderNodeEmission")
    source = aov.inputs["Color"] if aov is not None else bsdf.inputs["Base Color"] if bsdf is not None else None
    if source is not None:
        emit.inputs["Color"].default_value = source.default_value
        if source.is_linked:
            tree.links.new(source.links[0].from_socket, emit.inputs["Color"])
    tree.links.new(emit.outputs[0], output.inputs["Surface"])
    roughness = 0.6
    if bsdf is not None and not bsdf.inputs["Roughness"].is_linked:
        roughness = float(bsdf.inputs["Roughness"].default_value)
    clear = aov is None and any(n.bl_idname in ("ShaderNodeBsdfTransparent", "ShaderNodeBsdfGlass") for n in tree.nodes)
    return material, roughness, 0.08 if clear else 1.0


def _plain(material: Any, roughness: float, alpha: float) -> None:
    tree = node_tree(material)
    tree.nodes.clear()
    bsdf = tree.nodes.new("ShaderNodeBsdfPrincipled")
    bsdf.inputs["Roughness"].default_value = roughness
    bsdf.inputs["Alpha"].default_value = alpha
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(bsdf.outputs[0], output.inputs["Surface"])
    colour = tree.nodes.new("ShaderNodeVertexColor")
    colour.layer_name = COLOR
    tree.links.new(colour.outputs["Color"], bsdf.inputs["Base Color"])


def _export(kind: str, path: str) -> None:
    try:
        if kind == ".glb":
            bpy.ops.export_scene.gltf(
                filepath=path,
                export_format="GLB",
                export_skins=True,
                export_vertex_color="MATERIAL",
                export_animations=False,
            )
        elif kind in (".usd", ".usdc"):
            bpy.ops.wm.usd_export(filepath=path, export_armatures=True, export_materials=True, export_animation=False)
        else:
            bpy.ops.export_scene.fbx(
                filepath=path, object_types={"ARMATURE", "MESH"}, add_leaf_bones=False, colors_type="SRGB"
            )
    except (AttributeError, RuntimeError, TypeError) as e:
        last = str(e).strip().splitlines()[-1:] or [type(e).__name__]
        raise BuildError(
            f"Blender's {kind} exporter failed: {last[0]}", fix="try another format, for example .blend"
        ) from e
