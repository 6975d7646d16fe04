# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/blender.md, quickly: each panel beside somebody; nothing is tested.

FILES=tools/window/guide.py tools/window/run.sh tools/window/pictures.py OUT
The sidebar alone, panel by panel: montage OUT/panel_*.png -tile 4x -geometry +6+6 docs/images/blender_panels.webp. The others with
ImageMagick: for p in OUT/*.png; do convert $p -resize 1000x -quality 88 docs/images/blender_$(basename $p .png).webp; done
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).resolve().parent))
import guide as following


def strip(window: Any, name: str) -> Iterator:
    """The sidebar alone."""
    window.leave()
    yield 0.8
    region, (x, y) = window.region("UI"), window.at(0, 0)
    window.shot(f"panel_{name}", f"{region.width}x{min(region.height, 800)}+{x}+{y}")


def scenario(window: Any) -> Iterator:
    guide = following.Guide(window)
    people, jobs = guide.people, guide.jobs
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    window.leave()
    window.sidebar("Vivant")
    yield 0.5
    window.sidebar("Vivant")
    yield 1.0
    people.add(bpy.context, "Person 1", people.sample(1, "an old woman in a red coat"), 1)
    space = window.area.spaces.active
    space.overlay.show_bones = False
    following.look_at_people(window, 3.0)
    yield 1.0
    yield from guide.measure()
    yield from window.picture("person")
    for panel in ("body", "outfit", "pose"):
        yield from guide.toggle(panel)
        if panel == "outfit":
            guide.person.vivant.garment = len(guide.person.vivant.outfit) - 1
        yield from window.picture(panel)
        yield from guide.toggle(panel)
    for panel in ("face", "look", "hair", "rig", "presets"):
        yield from guide.toggle(panel)
        yield from strip(window, panel)
        yield from guide.toggle(panel)
    yield from window.toggle(guide.first - 163)
    guide.folded = True
    asked = guide.asked
    yield from guide.toggle("truth")
    asked.preview, asked.skeleton = "PART", True
    yield 1.0
    yield from window.picture("labels")
    asked.preview, asked.skeleton = "OFF", False
    yield from guide.toggle("truth")
    bpy.ops.vivant.add_place(kind="meadow", seed=3)
    bpy.ops.vivant.people_on_place(seed=2)
    bpy.ops.vivant.set_sky(look="golden_hour")
    stands = bpy.context.object.matrix_world
    view = space.region_3d
    view.view_location, view.view_distance = stands.translation + stands.to_3x3().col[0] * 0.5, 4.6
    view.view_location.z += 0.9
    view.view_rotation = Euler((1.5, 0.0, stands.to_euler().z + 0.35)).to_quaternion()
    space.overlay.show_floor = space.overlay.show_axis_x = space.overlay.show_axis_y = False
    for panel in ("place", "camera", "synthesis"):
        yield from guide.toggle(panel)
        yield from window.picture(panel)
        yield from guide.toggle(panel)
    for panel in ("lift", "help"):
        yield from guide.toggle(panel)
        yield from strip(window, panel)
        yield from guide.toggle(panel)
    asked.output = str(window.out / "data")
    bpy.ops.vivant.add_range(field="people.phenotype.age_years")
    asked.scenes, asked.width, asked.height, asked.samples, asked.people_max = 6, 96, 96, 1, 1
    yield from guide.toggle("dataset")
    bpy.ops.vivant.generate_dataset()
    began = time.monotonic()
    while jobs.running() and jobs.current().done < 2 and time.monotonic() - began < 200:
        yield 0.5
    yield from strip(window, "dataset")
    yield from window.picture("batch")
    jobs.cancel()
