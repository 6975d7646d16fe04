"""Write one rigged person to .blend, .glb, .usd or .fbx.

A .blend keeps node materials and hair curves. The other formats know neither, so materials are baked to textures and hair
becomes cards. All have the armature, and the 52 ARKit actions as shape keys of the same names.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..errors import BuildError, SpecError
from ..files import disk
from ..frames import transform
from ..geometry import SceneObject, Strands
from ..people.body_state import BodyState
from ..people.face_keys import face_keys, in_object_frame, keys_of_cards
from ..people.hair_atlas import textured_hair
from ..people.skin_relief import SkinRelief
from ..people.skinning import Skinner, skin_weights
from ..progress import NoProgress, Progress
from ..spec import HumanSpec
from .bake import TextureSizes, bake_textures, hair_texture
from .build_scene import add_objects
from .face_rig import add_face_keys, drive_together, ride_on_skin
from .pictured import store_picture, wear_image, with_map
from .relief import store, wear
from .rig import bind, follow_head, make_armature
from .settings import no_factory_surprises

FORMATS = (".blend", ".glb", ".usd", ".usdc", ".usdz", ".fbx")
# Texels of the largest texture (skin); clothes have half, eyes and teeth a quarter.
TEXTURE = 2048

# All objects' actions become one animation, sampled at every frame and not thinned out.
_GLTF_ANIMATION: dict[str, Any] = {
    "export_animation_mode": "ACTIVE_ACTIONS",
    "export_force_sampling": True,
    "export_frame_range": True,
    "export_morph_animation": True,
    "export_optimize_animation_size": False,
    "export_anim_slide_to_zero": True,
}


def write_person(
    path: str | Path,
    name: str,
    human: HumanSpec,
    body: BodyState,
    parts: list[SceneObject],
    hidden: np.ndarray | None,
    *,
    texture: int = TEXTURE,
    relief: SkinRelief | None = None,
    pictures: Mapping[str, np.ndarray] | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Build a person in an empty file and write it (headless only: the open file is lost).

    Args:
        path: What to write; the ending chooses the format. It appears whole or not at all.
        name: Name of the character.
        human: Who it is.
        body: Posed body; its pose becomes the armature's rest pose.
        parts: Everything visible.
        hidden: (Q,) bool, skin left out under clothes (see `assemble_person`).
        texture: Texels of the largest texture.
        relief: Of the skin. Baked into the normal map with the expression that the person has; a .blend mixes it by its keys.
        pictures: Part -> (S, S, 3) uint8 sRGB in its UV map, in place of its own colour (see `unwrapped` for clothes).
        progress: Told of every part that is done.
    Returns:
        Names of the objects written.
    Raises:
        SpecError: the ending is none of `FORMATS`, or the texture size is out of range.
        BuildError: this Blender lacks the exporter, or it failed.
        DatasetError: the file cannot be written.
    """
    with written_whole(path, texture) as (file, texture):
        progress = progress or NoProgress()
        progress.start(2 + (len(parts) if texture else 0), "steps")
        keys = face_keys(human, body, parts, hidden)
        progress.step(text="shape keys")
        collection = build_character(
            bpy.context.scene, name, human, body, parts, hidden, keys, texture=texture, relief=relief,
            pictures=pictures, progress=progress,
        )  # fmt: skip
        export(file)
        progress.step(text=file.name)
        progress.close()
    return sorted(ob.name for ob in collection.all_objects)


@contextlib.contextmanager
def written_whole(path: str | Path, texture: int) -> Generator[tuple[Path, int]]:
    """A file beside `path` to export to, which takes its place with its companions if the block ends well; factory settings.

    Args:
        texture: Texels of the largest texture.
    Returns:
        The file to write, and the texels: 0 for formats that keep node materials.
    Raises:
        SpecError: the ending is none of `FORMATS`, or the texture size is out of range. DatasetError: cannot be written.
    """
    target = Path(path).absolute()
    kind = target.suffix.lower()
    if kind not in FORMATS:
        raise SpecError(
            f"a person cannot be written to {target.name!r}", expected="a name that ends in " + ", ".join(FORMATS)
        )
    if not 64 <= texture <= 8192:
        raise SpecError(f"textures of {texture} texels", expected="64 to 8192", fix="choose for example 2048")
    with disk("write", target):
        target.parent.mkdir(parents=True, exist_ok=True)
        # Exporters write in place and some write companions: what failed half way must not stay, nor a good file be lost.
        beside = tempfile.TemporaryDirectory(prefix=".vivant-", dir=target.parent)
    with beside as folder:
        no_factory_surprises()
        yield Path(folder) / target.name, 0 if kind == ".blend" else texture
        land(Path(folder), target)


def build_character(
    scene: Any,
    name: str,
    human: HumanSpec,
    body: BodyState,
    parts: list[SceneObject],
    hidden: np.ndarray | None,
    keys: dict[str, dict[str, np.ndarray]],
    *,
    texture: int = 0,
    relief: SkinRelief | None = None,
    pictures: Mapping[str, np.ndarray] | None = None,
    progress: Progress | None = None,
) -> Any:
    """A rigged person with face keys in a scene.

    Args:
        hidden: (Q,) bool, skin left out under clothes.
        keys: See `face_keys`.
        texture: 0 keeps node materials and hair curves; otherwise texels of the largest baked texture, hair as cards.
        relief: Of the skin.
        pictures: Part -> picture, see `write_person`.
    Returns:
        The collection that holds everything.
    """
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    rig = make_armature(name, body, collection)
    skinner = Skinner(body)
    cards: dict[str, _Cards] = {}
    if texture:
        centre = body.joints[body.joint("head")]
        cards = {p.name: _cards(p, centre, texture // 2) for p in parts if isinstance(p.geometry, Strands)}
    shown = [cards[p.name].part if p.name in cards else with_map(p) for p in parts]
    made = dict(zip([p.name for p in parts], add_objects(shown, collection, collection), strict=True))
    for part in parts:
        ob = made[part.name]
        own = {action: in_object_frame(part, step) for action, step in keys.get(part.name, {}).items()}
        if part.name in cards:
            owner = cards[part.name].owner
            bind(ob, rig, skinner.hair(_roots(part)[owner], part.name))
            own = keys_of_cards(own, owner)
        elif isinstance(part.geometry, Strands):
            if part.name == "hair":
                follow_head(ob, rig)
            else:
                ride_on_skin(ob, made["body"])
            continue
        else:
            own_weights = part.name == "body"
            bind(ob, rig, skin_weights(body, hidden, human.detail) if own_weights else skinner.skin(part))
        if own:
            add_face_keys(ob, own)
    _wear(made, name, human, relief, pictures or {}, keyed=not texture)
    if texture:
        sizes = TextureSizes.of(texture)
        for part in parts:
            if part.name in cards:
                hair_texture(made[part.name], name, cards[part.name].texture)
            else:
                bake_textures(scene, made[part.name], name, sizes.width(part.name, part.semantic))
            if progress is not None:
                progress.step(text=f"textures of {part.name}")
    return collection


@dataclass(frozen=True)
class _Cards:
    """Hair as a mesh: the part with it, (V,) the strand of each vertex, and (W, W, 4) the texture."""

    part: SceneObject
    owner: np.ndarray
    texture: np.ndarray


def _wear(
    made: dict[str, Any], name: str, human: HumanSpec, relief: SkinRelief | None, pictures: Mapping[str, np.ndarray], *, keyed: bool
) -> None:
    """Drive the keys of all parts by those of the skin, and put pictures and relief on."""
    for part_name, ob in made.items():
        if part_name != "body" and ob.type == "MESH":
            drive_together(made["body"], ob)
        if part_name in pictures:
            wear_image(ob, store_picture(f"{name}_{part_name}", pictures[part_name]))
    if relief is not None:
        wear(made["body"], store(relief, name), human.expression, keys=keyed)


def _cards(part: SceneObject, centre: np.ndarray, width: int) -> _Cards:
    inside = transform(np.linalg.inv(part.T_world_from_object), centre[None])[0]
    mesh, owner, texture = textured_hair(part.geometry, inside, width)  # type: ignore[arg-type]
    return _Cards(replace(part, geometry=mesh), owner, texture)


def _roots(part: SceneObject) -> np.ndarray:
    """(N, 3) world positions of the roots of a part's strands."""
    return transform(part.T_world_from_object, np.asarray(part.geometry.points[:, 0], np.float64))  # type: ignore[union-attr]


def land(folder: Path, target: Path) -> None:
    """Move what an exporter wrote, companions (textures) first, the file itself last."""
    made = folder / target.name
    if not made.exists():
        raise BuildError(f"Blender wrote no {target.name}", fix="try another format")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != made:
            there = target.parent / path.relative_to(folder)
            with disk("write", there):
                there.parent.mkdir(parents=True, exist_ok=True)
                path.replace(there)
    with disk("write", target):
        made.replace(target)


def export(file: Path, *, animated: bool = False) -> None:
    """Write the open file; the ending chooses the format.

    Args:
        animated: With the keyframes of the scene's range, as one animation.
    Raises:
        BuildError: this Blender lacks the exporter, or it failed.
    """
    kind, path = file.suffix.lower(), str(file)
    try:
        if kind == ".blend":
            bpy.ops.wm.save_as_mainfile(filepath=path, compress=True)
        elif kind == ".glb":
            bpy.ops.export_scene.gltf(
                filepath=path,
                export_format="GLB",
                export_skins=True,
                export_morph=True,
                export_morph_normal=False,
                export_animations=animated,
                **(_GLTF_ANIMATION if animated else {}),
            )
        elif kind == ".fbx":
            bpy.ops.export_scene.fbx(
                filepath=path,
                object_types={"ARMATURE", "MESH"},
                add_leaf_bones=False,
                path_mode="COPY",
                embed_textures=True,
                bake_anim=animated,
                bake_anim_use_all_actions=False,
                bake_anim_use_nla_strips=False,
                bake_anim_simplify_factor=0.0,
            )
        else:
            bpy.ops.wm.usd_export(
                filepath=path,
                export_armatures=True,
                export_shapekeys=True,
                export_materials=True,
                generate_preview_surface=True,
                export_textures_mode="NEW",
                export_animation=animated,
                root_prim_path="/root",
            )
    except (AttributeError, RuntimeError, TypeError) as e:
        last = str(e).strip().splitlines()[-1:] or [type(e).__name__]
        raise BuildError(
            f"Blender's {kind} exporter failed: {last[0]}", fix="try another format, for example .blend"
        ) from e
