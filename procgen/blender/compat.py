"""Every difference between Blender 4.2, 4.5 and 5.0 that Vivant meets, in one place."""

from __future__ import annotations

from typing import Any

import bpy

VERSION: tuple[int, int, int] = tuple(bpy.app.version)  # type: ignore[assignment]


def node_tree(owner: Any) -> Any:
    """The node tree of a material, world or light; before 5.0 it appears only with `use_nodes`."""
    if VERSION < (5, 0, 0):
        owner.use_nodes = True
    return owner.node_tree


def layer_collection(layer: Any) -> Any:
    """The collections of a view layer; 5.2 makes them when the layer is updated first."""
    if layer.layer_collection is None:
        layer.update()
    return layer.layer_collection


def set_multilayer_exr(scene: Any, path: str, half: bool = False) -> None:
    """Write every pass of the next render uncompressed (we compress what we keep) into one EXR file at `path`."""
    image = scene.render.image_settings
    if VERSION >= (5, 0, 0):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format = "OPEN_EXR_MULTILAYER"
    image.color_depth = "16" if half else "32"
    image.exr_codec = "NONE"
    if hasattr(image, "use_exr_interleave"):
        # 5.0 writes multi-part files by default, and fails on them when the pixel aspect is not 1.
        image.use_exr_interleave = True
    scene.render.filepath = path
    scene.render.use_file_extension = False


def set_png(scene: Any) -> None:
    """8-bit sRGB PNG, the view transform applied."""
    image = scene.render.image_settings
    if VERSION >= (5, 0, 0):
        image.media_type = "IMAGE"
    image.file_format = "PNG"
    image.color_mode = "RGB"
    image.color_depth = "8"
    image.compression = 15


def eevee_engine() -> str:
    """Engine identifier of EEVEE."""
    return "BLENDER_EEVEE" if VERSION >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


def has_denoiser() -> bool:
    """Open Image Denoise is compiled in (Debian's Blender lacks it); what the add-on of Cycles itself asks."""
    try:
        import _cycles
    except ImportError:
        return False
    return bool(getattr(_cycles, "with_openimagedenoise", False))


def pass_names(name: str) -> tuple[str, ...]:
    """EXR layer names of a pass: 5.0 writes the display names, 4.x the short ones."""
    short = {"Object Index": "IndexOB", "Diffuse Color": "DiffCol"}
    return (name, short.get(name, name))


def select_bone(pose_bone: Any, on: bool) -> None:
    """Select a bone of an armature in pose mode: 5.0 moved the flag from the bone to the pose bone."""
    owner = pose_bone if "select" in type(pose_bone).bl_rna.properties else pose_bone.bone
    owner.select = on


def path_options() -> set[str]:
    """Options of a StringProperty whose path may begin with `//`; from 5.0 on Blender wants to be told."""
    return {"ANIMATABLE", *({"PATH_SUPPORTS_BLEND_RELATIVE"} if VERSION >= (5, 0, 0) else ())}
