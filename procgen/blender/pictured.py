"""Pictures of a real surface in place of a material's own colour, and relief: weave, gloss and bumps of the material stay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import bpy
import numpy as np

from ..geometry import Mesh, SceneObject
from ..people.garments.unwrap import unwrapped
from ..people.looks import Looks
from .bake import UV
from .compat import node_tree
from .relief import OWN, RELIEF, drop_unused, store, told, wear

# Custom property of a person's collection: part -> name of its image, as JSON.
PICTURES = "vivant_pictures"


def store_picture(name: str, picture: np.ndarray) -> Any:
    """An image of the open file, packed, from a picture (S, S, 3) or (S, S, 4) uint8 sRGB, first row at v = 1."""
    height, width = picture.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=picture.shape[2] == 4)
    image.alpha_mode = "CHANNEL_PACKED"  # colours are not multiplied by it
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., : picture.shape[2]] = picture[::-1] / 255.0
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image


def picture_of(image: Any) -> np.ndarray:
    """What `store_picture` was given, always with alpha."""
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return np.rint(pixels.reshape(height, width, 4)[::-1] * 255.0).astype(np.uint8)


def wear_image(ob: Any, image: Any) -> None:
    """Let all opaque materials of an object take their colour from an image in its UV map; they become its own.

    Args:
        ob: Mesh object with UVs.
        image: Made by `store_picture`; its alpha says how far it replaces the material's own colour.
    """
    for slot in ob.material_slots:
        slot.material = slot.material.copy()
        slot.material[OWN] = True
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
            tree.links.new(_mixed(tree, socket, texture) if image.depth == 32 else color, socket)


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


def with_map(part: SceneObject) -> SceneObject:
    """Clothes with their own UV map; other parts as they are."""
    if not isinstance(part.geometry, Mesh) or part.semantic in ("skin", "eyes", "teeth"):
        return part
    return replace(part, geometry=unwrapped(part.geometry))


def wear_looks(parts: Mapping[str, Any], looks: Looks, name: str, expression: Mapping[str, float]) -> None:
    """Put pictures and relief on the objects of a person who was just built.

    Args:
        parts: Part -> object, clothes with their maps (see `with_map`).
        name: Begins the names of the images.
        expression: Action -> activation that the skin shows.
    """
    for part, picture in looks.pictures.items():
        if part in parts:
            wear_image(parts[part], store_picture(f"{name}_{part}", picture))
    if looks.relief is not None and "body" in parts:
        wear(parts["body"], store(looks.relief, name), expression)


def keep_looks(collection: Any, looks: Looks) -> None:
    """Let a person of an open file keep looks, in images that are saved with it; whoever builds the person puts them on."""
    for image in [*pictures_of(collection).values(), *_relief_images(collection)]:
        image.use_fake_user = False  # of earlier looks
    for key in (PICTURES, RELIEF):
        collection.pop(key, None)
    if looks.pictures:
        images = {n: store_picture(f"{collection.name}_{n}", p) for n, p in looks.pictures.items()}
        for image in images.values():
            image.use_fake_user = True
        collection[PICTURES] = json.dumps({n: image.name for n, image in images.items()})
    if looks.relief is not None:
        collection[RELIEF] = store(looks.relief, collection.name)


def kept_looks(collection: Any) -> Looks:
    """What `keep_looks` was given; images that somebody deleted are left out."""
    pictures = {n: picture_of(image) for n, image in pictures_of(collection).items()}
    return Looks(pictures, told(collection[RELIEF]) if RELIEF in collection else None)


def pictures_of(collection: Any) -> dict[str, Any]:
    """Part -> image of a person of an open file."""
    names = json.loads(collection[PICTURES]) if PICTURES in collection else {}
    images = {part: bpy.data.images.get(name) for part, name in names.items()}
    return {part: image for part, image in images.items() if image is not None}


def wear_kept(collection: Any, parts: Mapping[str, Any], expression: Mapping[str, float]) -> None:
    """Put the looks that a person keeps on their objects."""
    for part, image in pictures_of(collection).items():
        if part in parts:
            wear_image(parts[part], image)
    if RELIEF in collection:
        wear(parts["body"], collection[RELIEF], expression)
    drop_unused()


def _relief_images(collection: Any) -> list[Any]:
    names = json.loads(collection[RELIEF])["images"] if RELIEF in collection else []
    return [i for i in map(bpy.data.images.get, names) if i is not None]
