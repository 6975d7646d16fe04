"""Heads with known shape, expression and camera, rendered small and many: what the lift is measured and calibrated on.

    python -m tools.lift_heads OUT --count 50 --yaws=-60,-30,0,30,60 --expressions 2

Everybody is bare-shouldered, with hair, brows, beard, irises and skin as sampled, in soft light from a side of their own.
One file a picture and one a head appear whole; the same command again finishes what is missing. `--wrinkles` gives them relief
that no head of ours has (`tools.lift_wrinkles`), in picture, depth and normals; `--foreign` bends everything about the head and covers
part of it (`tools.lift_foreign`).

    OUT/heads/0003_smile.npz          posed vertices, betas, expression, activations of that head; its relief, metres by texel
    OUT/pictures/0003_smile_+30.npz   rgb, depth, normal (camera frame), K, T_cam_from_world, mask of the skin of the head
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace as with_changes
from pathlib import Path
from typing import Any

import numpy as np
from vivant.bridge.lift.detail_grid import detail_grid
from vivant.bridge.lift.open_head import open_head
from vivant.procgen.dataset.png import read_png
from vivant.procgen.files import replace_bytes
from vivant.procgen.frames import blender_matrix_from_cam, invert_rigid, look_at
from vivant.procgen.geometry import Light, SceneGeometry, SceneObject
from vivant.procgen.layout import Placement
from vivant.procgen.materials.shader import Shader
from vivant.procgen.npz import encode_npz
from vivant.procgen.one_person import level_ground
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.eyes import eye_centres
from vivant.procgen.people.person import dress_person, pose_person
from vivant.procgen.people.shape import PhenotypeRanges, sample_phenotype
from vivant.procgen.people.skeleton import HEAD
from vivant.procgen.registry import poses
from vivant.procgen.sample import sample_human
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import CameraSpec, HumanSpec, RenderSpec, replace

from tools.lift_foreign import Bend, worn
from tools.lift_wrinkles import SIZE as RELIEF_SIZE
from tools.lift_wrinkles import relief

EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "smile": {
        "mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.5, "cheekSquintRight": 0.5,
        "eyeSquintLeft": 0.3, "eyeSquintRight": 0.3,
    },
    "jaw": {"jawOpen": 0.7, "browInnerUp": 0.6, "eyeWideLeft": 0.5, "eyeWideRight": 0.5},
    "angry": {
        "browDownLeft": 0.9, "browDownRight": 0.9, "noseSneerLeft": 0.5, "noseSneerRight": 0.5,
        "mouthPressLeft": 0.5, "mouthPressRight": 0.5,
    },
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0, "mouthPucker": 0.6},
    "asym": {"mouthSmileLeft": 0.9, "eyeBlinkRight": 0.9, "browOuterUpLeft": 0.8, "jawLeft": 0.3},
}  # fmt: skip
# Height of what is seen, metres, unless it is said.
EXTENT = 0.36


def sample_head(seed: Seed) -> HumanSpec:
    """A bare-shouldered adult who stands."""
    phenotype = sample_phenotype(seed.child("phenotype").rng(), PhenotypeRanges())
    human = sample_human(seed, phenotype, Placement((0.0, 0.0), 0.0), level_ground(), 1)
    pose = poses.get("stand").make(seed.child("pose").rng(), phenotype)
    return replace(human, pose=pose, outfit=(), detail=1, hair_density=0.7, gaze=None, expression={}, seat=None)


def facing(body: BodyState, yaw: float, focal_mm: float, size: int, extent: float = EXTENT) -> CameraSpec:
    """A camera that sees the face from `yaw` degrees to the person's left, at the height of their gaze."""
    T = body.T[HEAD][:3, :3]
    middle = eye_centres(body).mean(0) + T @ np.array([0.0, 0.0, -0.03])
    turn = np.radians(yaw)
    ahead = T @ np.array([np.sin(turn), -np.cos(turn), 0.0])
    eye = middle + ahead * (extent * focal_mm / 36.0)
    return CameraSpec(
        eye=tuple(float(x) for x in eye), target=tuple(float(x) for x in middle), focal_mm=focal_mm, width=size, height=size
    )


def lamps(seed: Seed, middle: np.ndarray) -> tuple[list[Light], Shader]:
    """Key, fill and room, from sides that differ between people."""
    rng = seed.child("light").rng()
    side = float(rng.uniform(-80, 80))

    def lamp(azimuth: float, up: float, watts: float, size: float) -> Light:
        a = np.radians(azimuth)
        place = middle + 2.2 * np.array([np.sin(a), -np.cos(a), up])
        tint = 1.0 + 0.12 * rng.normal(size=3)
        return Light("area", watts, tuple(float(t) for t in tint), size, blender_matrix_from_cam(look_at(place, middle)))

    world = Shader("room")
    grey = 0.45 + 0.08 * rng.normal(size=3)
    world.surface(world.node("Background", "Background", {}, Color=tuple(float(g) for g in grey), Strength=float(rng.uniform(0.3, 0.8))))
    return [lamp(side, 0.5, 120.0, 1.4), lamp(side - 120.0, 0.1, 50.0, 1.8)], world


def add_relief(skin: Any, heights: np.ndarray) -> None:
    """Raise the built skin by heights (M,), metres, of `tools.lift_wrinkles`."""
    import bpy

    grid = detail_grid(open_head(), RELIEF_SIZE)
    # Textures of the modifier are positive: half a centimetre stands for nothing.
    whole = grid.whole(grid.picture(0.5 + heights / 0.01, 0.5), 0.5)
    image = bpy.data.images.new("relief", grid.size, grid.size, float_buffer=True, is_data=True)
    pixels = np.ones((grid.size, grid.size, 4), np.float32)
    pixels[..., :3] = whole[::-1, :, None]
    image.pixels.foreach_set(pixels.ravel())
    texture = bpy.data.textures.new("relief", "IMAGE")
    texture.image = image
    fine = skin.modifiers.new("fine", "SUBSURF")
    fine.levels = fine.render_levels = 2
    raised = skin.modifiers.new("relief", "DISPLACE")
    raised.texture, raised.texture_coords, raised.uv_layer = texture, "UV", "UVMap"
    raised.mid_level, raised.strength = 0.5, 0.01


def render_head(
    seed: Seed, number: int, names: Sequence[str], yaws: Sequence[int], size: int, samples: int, out: Path,
    wrinkles: bool = False, extent: float = EXTENT, foreign: bool = False,
) -> int:  # fmt: skip
    """All pictures of one identity that are missing; how many were made."""
    from vivant.procgen.blender import objects, settings
    from vivant.procgen.blender.build_scene import build
    from vivant.procgen.blender.render import develop, render_picture, render_truth, scratch

    made = 0
    own = seed.child("head", number)
    human = sample_head(own)
    if foreign:
        human = replace(human, outfit=worn(own, number))
    focal = float(own.child("lens").rng().uniform(60.0, 135.0))
    for name in names:
        wanted = {yaw: out / "pictures" / f"{number:04d}_{name}_{yaw:+03d}.npz" for yaw in yaws}
        if all(p.exists() for p in wanted.values()):
            continue
        strength = float(own.child("strength", name).rng().uniform(0.7, 1.0))
        activations = {k: v * strength for k, v in EXPRESSIONS[name].items()}
        body = pose_person(replace(human, expression=activations), level_ground(), 0.0)
        parts, _ = dress_person(replace(human, expression=activations), body)
        posed = body.posed[: body.count]
        if foreign:
            bend = Bend(own, body)
            posed, parts = bend(posed).astype(np.float32), [bend.part(p) for p in parts]
        middle = eye_centres(body).mean(0)
        lights, world = lamps(own, middle)
        head = {
            "posed": posed, "betas": body.betas, "expression": body.expression, "pose": body.pose,
            "names": np.array(sorted(activations)), "values": np.array([activations[k] for k in sorted(activations)]),
            "T_head": body.T[HEAD],
        }  # fmt: skip
        if wrinkles:
            head["relief"] = relief(own).at(activations).astype(np.float32)
        replace_bytes(out / "heads" / f"{number:04d}_{name}.npz", encode_npz(head))
        settings.no_factory_surprises()
        items = [with_changes(p, instance=1, person=0) for p in parts]
        built = build(SceneGeometry(items, lights, world, [body]))
        if wrinkles:
            add_relief(next(ob for ob, item in zip(built.objects, items, strict=True) if item.name == "body"), head["relief"])
        settings.picture(built.picture, RenderSpec(samples=samples, adaptive_threshold=0.1), threads=1)
        # The finer prefilter costs a second a picture, which no detector sees.
        built.picture.cycles.denoising_prefilter, built.picture.cycles.denoising_input_passes = "FAST", "RGB"
        settings.ground_truth(built.truth, threads=1)
        built.picture.render.use_persistent_data = True
        skin = _ids(items)
        for yaw, path in wanted.items():
            camera = facing(body, float(yaw), focal, size, extent)
            with scratch() as folder:
                objects.aim_camera(built.truth, built.camera, camera)
                raw = render_truth(built.truth, folder)
                objects.aim_camera(built.picture, built.camera, camera)
                render_picture(built.picture, folder)
                develop(built.picture, folder / "rgb.png", 0.6)
                rgb = read_png(folder / "rgb.png")[..., :3]
            T = invert_rigid(camera.T_world_from_cam())
            mask = np.isin(raw.object, skin)
            normal = np.where(mask[..., None], raw.normal @ T[:3, :3].T, 0.0)
            arrays = {
                "rgb": rgb, "depth": np.where(mask, raw.depth, np.inf).astype(np.float32), "normal": normal.astype(np.float32),
                "mask": mask, "K": camera.K(), "T_cam_from_world": T,
            }  # fmt: skip
            replace_bytes(path, encode_npz(arrays))
            made += 1
    return made


def _ids(items: Sequence[SceneObject]) -> list[int]:
    """Object ids of the skin: what hair covers is not seen."""
    return [i + 1 for i, item in enumerate(items) if item.name == "body"]


def chosen(text: str, number: int) -> list[str]:
    """Expressions of a head: by name, all, or so many in turn, spread over the list."""
    every = list(EXPRESSIONS)
    if text.isdecimal():
        count = int(text)
        return [every[(number + k * len(every) // count) % len(every)] for k in range(count)]
    return every if text == "all" else text.split(",")


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", type=Path)
    p.add_argument("--seed", type=int, default=11)
    p.add_argument("--first", type=int, default=0)
    p.add_argument("--count", type=int, default=10)
    p.add_argument("--yaws", default="-60,-30,0,30,60")
    p.add_argument("--expressions", default="all", help="names with commas, all, or so many a head, in turn")
    p.add_argument("--size", type=int, default=192)
    p.add_argument("--samples", type=int, default=5)
    p.add_argument("--wrinkles", action="store_true")
    p.add_argument("--foreign", action="store_true", help="heads that no face of ours is like")
    p.add_argument("--extent", type=float, default=EXTENT, help="height of what is seen, metres")
    args = p.parse_args(argv)
    yaws = [int(y) for y in args.yaws.split(",")]
    for folder in ("heads", "pictures"):
        (args.out / folder).mkdir(parents=True, exist_ok=True)
    for number in range(args.first, args.first + args.count):
        names = chosen(args.expressions, number)
        made = render_head(Seed(args.seed), number, names, yaws, args.size, args.samples, args.out, args.wrinkles, args.extent,
                           args.foreign)  # fmt: skip
        print(f"{number}: {made} pictures", flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at interpreter exit
