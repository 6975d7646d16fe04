"""The figure of lifted clothes in docs/lift-body.md: the picture, the body over it, texture and confidence of the garment that is seen
best, and the person who moves in the .glb, from ahead and from behind.

    python -m tools.lift_clothes D -o clothes.png --frame 000000_00 [--motion wave] [--at 20]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from vivant.addon import cli
from vivant.bridge.lift.result import read_result
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.drawing import resize
from vivant.procgen.dataset.png import read_png, write_png

TALL = 480
# Degrees about the person from ahead.
AROUND = (15.0, 165.0)


def figure(dataset: str, frame: str, motion: str, at: int, scratch: Path) -> np.ndarray:
    """(TALL, W, 3) uint8."""
    _run("lift", dataset, "-o", str(scratch), "--what", "clothes", "--frames", frame, "--quiet")
    folder = next((scratch / "subjects").iterdir())
    moving = scratch / "moving.glb"
    _run("animate", str(folder), motion, "-o", str(moving), "--seconds", "2")
    seen = read_result(folder).parts["clothes"].facts["garments"]
    name = max(seen, key=lambda n: seen[n])
    texture, sure = (read_png(folder / f"clothes_{n}.png") for n in (name, f"{name}_confidence"))
    overlay = read_png(folder / "body_overlay.png")
    shown = Dataset(dataset)[frame]
    box = shown.record.people[0].box_amodal
    x0, x1 = (0.0, shown["rgb"].shape[1]) if box is None else (box[0], box[2])
    tiles = [_upright(p, (x0 + x1) / 2 / p.shape[1]) for p in (shown["rgb"], overlay)]
    tiles += [np.asarray(resize(_rgb(p), TALL, TALL), np.uint8) for p in (texture, sure)]
    tiles += [_upright(p, 0.5) for p in shots(moving, at, scratch)]
    return np.concatenate(tiles, 1)


def _run(*argv: str) -> None:
    if cli.run(list(argv)) != 0:
        raise SystemExit("vivant " + " ".join(argv) + " failed")


def _rgb(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.repeat(picture[..., None], 3, -1) if picture.ndim == 2 else picture[..., :3])


def _upright(picture: np.ndarray, middle: float) -> np.ndarray:
    """The upright half of a picture about a person, whose middle is a share of its width."""
    height, width = picture.shape[:2]
    part = min(width, height // 2)
    left = int(np.clip(middle * width - part / 2, 0, width - part))
    return np.asarray(resize(_rgb(picture[:, left : left + part]), TALL // 2, TALL), np.uint8)


def shots(file: Path, frame: int, scratch: Path) -> list[np.ndarray]:
    """Pictures of a .glb, read into a new Blender, at one frame."""
    import bpy
    from mathutils import Vector

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(file))
    scene = bpy.context.scene
    scene.frame_set(frame)
    bodies = [o for o in scene.objects if o.type == "MESH" and o.name.startswith("body")]
    ends = [o.matrix_world @ Vector(c) for o in bodies for c in o.bound_box]
    low, high = min(v.z for v in ends), max(v.z for v in ends)
    middle = Vector((0.0, 0.0, (low + high) / 2))
    world = bpy.data.worlds.new("room")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (0.8, 0.8, 0.8, 1.0)
    scene.world = world
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "AREA"))
    for ob in (camera, lamp):
        scene.collection.objects.link(ob)
    scene.camera, camera.data.lens = camera, 70.0
    lamp.data.energy, lamp.data.size = 150.0, 2.0
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 24, True
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y = TALL // 2, TALL
    out = []
    for turn in AROUND:
        a = np.radians(turn)
        for ob, away, up in ((camera, 4.2, 0.05), (lamp, 3.0, 1.2)):
            b = a - (0.5 if ob is lamp else 0.0)
            ob.location = middle + Vector((np.sin(b) * away, -np.cos(b) * away, up))
            ob.rotation_euler = (middle - ob.location).to_track_quat("-Z", "Y").to_euler()
        camera.data.sensor_fit = "VERTICAL"
        camera.data.angle = 2.0 * float(np.arctan(0.58 * (high - low) / 4.2))
        scene.render.filepath = str(scratch / f"{turn:.0f}.png")
        bpy.ops.render.render(write_still=True)
        out.append(read_png(Path(scene.render.filepath)))
    return out


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--frame", default="000000_00")
    parser.add_argument("--motion", default="wave")
    parser.add_argument("--at", type=int, default=20, help="frame of the motion that is shown")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        write_png(args.out, figure(args.dataset, args.frame, args.motion, args.at, Path(scratch)))
    print(args.out)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at interpreter exit
