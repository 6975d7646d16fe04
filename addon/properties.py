# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the sidebar: one group on the scene, saved in the .blend, so that the same file gives the same people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..procgen.blender.compat import path_options
from ..procgen.spec import SkySpec
from . import enum_items
from .preferences import default_output
from .ranges_list import VivantRange
from .spec_groups import group_of

ANY_PLACE = ("auto", "Any", "A different place for each scene, chosen by the seed")
PREVIEWS = (
    ("OFF", "Off", "The viewport as it is"),
    ("INSTANCE", "Instances", "Every person and thing in its own colour"),
    ("SEMANTIC", "Classes", "Skin, hair, clothes and the rest by class"),
    ("PART", "Body Parts", "Parts of the body, through clothes"),
    ("NORMAL", "Normals", "Surface directions in camera axes, as the labels store them"),
    ("DEPTH", "Depth", "Planar depth, near is bright"),
)


def _method_items(self: Any, context: Any) -> list[tuple[str, str, str]]:
    from ..bridge.methods import methods

    auto = ("auto", "Auto", "What suits the model; without one, the small joint model that comes with Vivant")
    return enum_items.keep("methods", lambda: [auto, *((e.name, enum_items.title(e.name), e.doc) for e in methods)])


def _preview_changed(self: Any, context: Any) -> None:
    from . import label_preview

    label_preview.refresh(context)


class VivantSettings(bpy.types.PropertyGroup):
    """What the sidebar's operators are asked to make."""

    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed", description="The same seed makes the same people and scenes, on any machine", min=0, default=7
    )
    describe: StringProperty(  # type: ignore[valid-type]
        name="Describe",
        description="The next person or scene in words, for example: an old woman in a red coat; empty: anybody, anywhere",
        default="",
    )
    place: EnumProperty(  # type: ignore[valid-type]
        name="Place", description="Where the scene is", items=enum_items.registry_items("places", ANY_PLACE)
    )
    people_min: IntProperty(  # type: ignore[valid-type]
        name="People, Fewest", description="Fewest people in a scene", min=0, max=64, default=1
    )
    people_max: IntProperty(  # type: ignore[valid-type]
        name="Most", description="Most people in a scene", min=0, max=64, default=3
    )
    camera: EnumProperty(  # type: ignore[valid-type]
        name="Sampler", description="How the camera is placed around the people", items=enum_items.registry_items("cameras")
    )
    sky: PointerProperty(type=group_of(SkySpec))  # type: ignore[valid-type]
    width: IntProperty(  # type: ignore[valid-type]
        name="Width", description="Width of the pictures", min=8, max=16384, default=512, subtype="PIXEL"
    )
    height: IntProperty(  # type: ignore[valid-type]
        name="Height", description="Height of the pictures", min=8, max=16384, default=512, subtype="PIXEL"
    )
    samples: IntProperty(  # type: ignore[valid-type]
        name="Samples",
        description="Most samples a pixel of the picture; labels do not need more than one",
        min=1,
        default=24,
    )
    cloth: EnumProperty(  # type: ignore[valid-type]
        name="Cloth",
        description="How the clothes of datasets are made",
        items=(("fast", "Fast", "Skinned to the pose"), ("drape", "Draped", "Relaxed as cloth, with real folds; slower")),
    )
    scenes: IntProperty(  # type: ignore[valid-type]
        name="Scenes", description="Number of scenes in the dataset", min=1, default=10
    )
    views: IntProperty(  # type: ignore[valid-type]
        name="Views", description="Cameras in each scene", min=1, max=1000, default=1
    )
    frames: IntProperty(  # type: ignore[valid-type]
        name="Frames", description="Consecutive frames of each view; two or more give optical flow", min=1, default=1
    )
    all_channels: BoolProperty(  # type: ignore[valid-type]
        name="All Labels", description="Write every channel there is, not only the usual ones", default=False
    )
    cast: StringProperty(  # type: ignore[valid-type]
        name="Cast",
        description="PERSON.json of somebody who is in every scene of the dataset, or a folder of several; empty: nobody in particular",
        subtype="FILE_PATH",
        options=path_options(),
        default="",
    )
    ranges: CollectionProperty(type=VivantRange)  # type: ignore[valid-type]
    range_index: IntProperty(name="Range", description="Range that is shown below the list", min=0)  # type: ignore[valid-type]
    output: StringProperty(  # type: ignore[valid-type]
        name="Output",
        description="Folder that datasets and frames are written to; empty: the folder of the preferences",
        subtype="DIR_PATH",
        options=path_options(),
        default="",
    )
    preview: EnumProperty(  # type: ignore[valid-type]
        name="Show",
        description="Labels drawn over the viewport, live; nothing of the scene is changed",
        items=PREVIEWS,
        update=_preview_changed,
    )
    skeleton: BoolProperty(  # type: ignore[valid-type]
        name="Skeleton", description="Draw the joints of every person over the viewport", default=False, update=_preview_changed
    )
    dataset: StringProperty(  # type: ignore[valid-type]
        name="Dataset",
        description="Dataset that pictures are synthesised from; empty: the last one made here",
        subtype="DIR_PATH",
        options=path_options(),
        default="",
    )
    method: EnumProperty(name="Method", description="How frames become photographs", items=_method_items)  # type: ignore[valid-type]
    model: StringProperty(  # type: ignore[valid-type]
        name="Model",
        description="Folder, .safetensors file or hub name of the image model; empty: the small one that comes with Vivant",
        default="",
    )
    control_network: StringProperty(  # type: ignore[valid-type]
        name="Network", description="Control network or refiner of yours: folder, file or hub name; empty: the published ones", default=""
    )
    backend: StringProperty(  # type: ignore[valid-type]
        name="Backend", description="worker (this machine), http://HOST:PORT or comfyui://HOST:PORT", default="worker"
    )
    prompt: StringProperty(  # type: ignore[valid-type]
        name="Prompt", description="What the photograph shows; empty: each frame's own caption", default=""
    )
    photo: StringProperty(  # type: ignore[valid-type]
        name="Photo", description="Photograph, or dataset, that people are lifted from", subtype="FILE_PATH",
        options=path_options(), default="",
    )
    lift_parts: EnumProperty(  # type: ignore[valid-type]
        name="What",
        description="What is lifted",
        items=(("face", "Face", "Face and expression"),
               ("face,skin", "Face with Skin", "And a picture of the skin, without the light on it"),
               ("face,detail,skin", "Face with Skin and Detail", "Folds and wrinkles too, where depth or normals are known"),
               ("face,body", "Face and Body", "Pose and shape as well"),
               ("face,detail,skin,body,clothes", "Everything", "Pose, shape, skin, and clothes with pictures of their own")),
    )  # fmt: skip
    lift_wearing: StringProperty(  # type: ignore[valid-type]
        name="Wearing",
        description="What the person of a photograph wears, in words; empty: what the frames of a dataset say",
        default="",
    )

    def output_folder(self, context: bpy.types.Context) -> Path:
        """Where to write: the scene's folder, or the preferences'; `//` needs a saved file."""
        if self.output.startswith("//") and not bpy.data.filepath:
            return default_output(context)
        return Path(bpy.path.abspath(self.output)) if self.output else default_output(context)

    def dataset_folder(self, context: bpy.types.Context) -> Path:
        """The dataset that this scene's settings make."""
        return self.output_folder(context) / f"seed_{self.seed}"

    def people(self) -> tuple[int, int]:
        """Fewest and most, in order whatever the sliders say."""
        return min(self.people_min, self.people_max), max(self.people_min, self.people_max)


def settings(context: bpy.types.Context) -> VivantSettings:
    """The scene's settings."""
    return context.scene.vivant


def register() -> None:
    """Register the group and hang it on the scene."""
    bpy.utils.register_class(VivantRange)
    bpy.utils.register_class(VivantSettings)
    bpy.types.Scene.vivant = PointerProperty(type=VivantSettings)


def unregister() -> None:
    """Take it back."""
    del bpy.types.Scene.vivant
    bpy.utils.unregister_class(VivantSettings)
    bpy.utils.unregister_class(VivantRange)
