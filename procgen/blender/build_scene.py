"""Scene geometry to Blender: a picture scene and a linked ground-truth scene that shares its objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import bpy
from mathutils import Matrix

from ..geometry import Mesh, SceneGeometry, SceneObject, Strands
from . import nodes, objects, settings
from .compat import layer_collection, node_tree

# Objects without labels (corneas, window panes) and lamps live here; the ground-truth view layer leaves it out.
UNLABELLED = "vivant_unlabelled"


@dataclass
class BlenderScene:
    """Handles to what was built.

    Attributes:
        picture: Scene of the RGB picture.
        truth: Scene of the ground-truth pass; same objects, one material, no world.
        camera: Camera object shared by both.
        objects: Blender objects, in the order of `SceneGeometry.objects`; pass_index = index + 1.
    """

    picture: Any
    truth: Any
    camera: Any
    objects: list[Any] = field(default_factory=list)


def build(geometry: SceneGeometry, *, scene: Any = None, collection_name: str = "Vivant") -> BlenderScene:
    """Put a scene into Blender.

    Args:
        geometry: What to build.
        scene: Scene to add to; None = the current one.
    """
    scene = scene or bpy.context.scene
    root = bpy.data.collections.new(collection_name)
    hidden = bpy.data.collections.new(UNLABELLED)
    scene.collection.children.link(root)
    root.children.link(hidden)
    made = add_objects(geometry.objects, root, hidden)
    for i, light in enumerate(geometry.lights):
        hidden.objects.link(objects.make_light(f"light_{i}", light))
    scene.world = nodes.world(geometry.world)
    camera = objects.make_camera("vivant_camera")
    root.objects.link(camera)
    scene.camera = camera
    _albedo_pass(scene)
    return BlenderScene(scene, truth_scene(scene, camera), camera, made)


def add_objects(items: list[SceneObject], root: Any, hidden: Any) -> list[Any]:
    """Link things into a collection; those without labels go into `hidden`. Shared geometry stays shared.

    Returns:
        Blender objects in the order of `items`; pass_index = index + 1.
    """
    data: dict[int, Any] = {}
    made = []
    for number, item in enumerate(items, 1):
        shape = item.geometry
        if id(shape) not in data:
            data[id(shape)] = make_data(item)
        ob = bpy.data.objects.new(item.name, data[id(shape)])
        ob.matrix_world = Matrix(item.T_world_from_object.tolist())
        ob.pass_index = number
        ob.visible_shadow = item.shadow
        (root if item.labelled else hidden).objects.link(ob)
        made.append(ob)
    return made


def make_data(item: SceneObject) -> Any:
    """The mesh or hair curves of a thing, not yet linked."""
    shape = item.geometry
    if isinstance(shape, Strands):
        return objects.make_strands(item.name, shape)
    return objects.make_mesh(item.name, shape, face_ids=shape.iuv is not None or item.person >= 0)


def _albedo_pass(scene: Any) -> None:
    layer = scene.view_layers[0]
    if "albedo" not in layer.aovs:
        aov = layer.aovs.add()
        aov.name, aov.type = "albedo", "COLOR"


def truth_scene(scene: Any, camera: Any) -> Any:
    """A scene that shows the same objects without materials, light or world, for exact passes."""
    truth = bpy.data.scenes.new("vivant_ground_truth")
    for child in scene.collection.children:
        truth.collection.children.link(child)
    truth.camera = camera
    truth.world = None
    layer = truth.view_layers[0]
    _exclude(layer_collection(layer), UNLABELLED)
    layer.material_override = _truth_material()
    # Every pass is declared before the first render: enabling one later gives zeros.
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_object_index = True
    aov = layer.aovs.add()
    aov.name, aov.type = objects.FACE_ID, "VALUE"
    settings.ground_truth(truth)
    return truth


def _exclude(layer: Any, name: str) -> None:
    for child in layer.children:
        if child.collection.name == name:
            child.exclude = True
        else:
            _exclude(child, name)


def _truth_material() -> Any:
    found = bpy.data.materials.get("vivant_ground_truth")
    if found is not None:
        return found
    made = bpy.data.materials.new("vivant_ground_truth")
    tree = node_tree(made)
    tree.nodes.clear()
    bsdf = tree.nodes.new("ShaderNodeBsdfDiffuse")
    end = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(bsdf.outputs[0], end.inputs[0])
    face = tree.nodes.new("ShaderNodeAttribute")
    face.attribute_name, face.attribute_type = objects.FACE_ID, "GEOMETRY"
    aov = tree.nodes.new("ShaderNodeOutputAOV")
    aov.aov_name = objects.FACE_ID
    tree.links.new(face.outputs["Fac"], aov.inputs["Value"])
    return made


def move_to(built: BlenderScene, geometry: SceneGeometry) -> None:
    """Bring a built scene to another moment: same objects, new vertex positions where they move."""
    for ob, item in zip(built.objects, geometry.objects, strict=True):
        shape = item.geometry
        moving = shape.next_vertices if isinstance(shape, Mesh) else shape.next_points
        if item.person >= 0 or moving is not None:
            objects.move_vertices(ob.data, shape)
        ob.matrix_world = Matrix(item.T_world_from_object.tolist())
