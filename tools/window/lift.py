# SPDX-License-Identifier: GPL-3.0-or-later
"""A face lifted from a photograph by mouse: the worker's Python tested, people lifted, the face put on somebody.

    convert docs/images/portraits.webp -crop 280x280+0+284 +repage photo.png
    FILES=photo.png WORKER=/path/to/python/with/the/lift/extra tools/window/run.sh tools/window/lift.py OUT
"""

import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Euler

ROOT = "bl_ext.user_default.vivant"
# The Lift panel's header while nobody is there and all panels but Person are closed, pixels below the sidebar's top.
LIFT = 400
PEOPLE = "vivant.add_person("


def addon(name: str) -> Any:
    return importlib.import_module(f"{ROOT}.addon.{name}")


def scenario(window: Any) -> Iterator:
    jobs, people = addon("jobs"), addon("people")
    here = Path(__file__).resolve().parent
    steps = window.result["steps"] = []
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.context.preferences.addons[ROOT].preferences.worker_python = str(here / "worker-python")
    window.leave()
    window.sidebar("Vivant")
    yield 0.5
    window.sidebar("Vivant")
    yield 1.5
    yield from window.toggle(LIFT)
    asked = bpy.context.scene.vivant
    asked.output = str(window.out)
    yield from window.typed(".vivant.photo", str(here / "photo.png"), LIFT)
    assert asked.photo == str(here / "photo.png"), asked.photo

    def finished(button: str, top: float) -> Iterator:
        began = time.monotonic()
        yield from window.press(button, top)
        while jobs.current() is None or (jobs.running() and time.monotonic() - began < 200):
            yield 0.3
        job = jobs.current()
        steps.append([button, job.state, job.message, f"{time.monotonic() - began:.0f} s"])
        assert job.state == "done", job.printed[-2000:]
        bpy.ops.vivant.dismiss_job()
        yield 1.0

    yield from finished("vivant.test_worker(", LIFT)
    yield from finished("vivant.lift(", LIFT)
    # Somebody to wear the face: the panel keeps it for whoever is selected.
    human = people.sample(3, "a young man in a white t-shirt with short brown hair")
    stand = importlib.import_module(f"{ROOT}.procgen.spec").replace(human, pose=people.sample_pose("stand", human))
    people.add(bpy.context, "Lifted", stand, 3)
    yield 2.0
    _, y = yield from window.seek(PEOPLE)
    yield from window.toggle(y - window.at(0, 0)[1] + 172)  # Person is folded away
    before = people.spec_of(people.active(bpy.context)).phenotype.features
    yield from window.press("vivant.wear_face(", 250)
    yield 3.0
    worn = people.spec_of(people.active(bpy.context)).phenotype.features
    steps.append(["vivant.wear_face(", "done" if worn != before else "nothing changed"])
    assert worn != before
    picture = bpy.data.images.load(str(here / "photo.png"))
    shown = bpy.data.objects.new("Photograph", None)
    shown.empty_display_type, shown.data, shown.empty_display_size = "IMAGE", picture, 0.36
    bpy.context.scene.collection.objects.link(shown)
    rig = bpy.context.object
    head = rig.matrix_world @ rig.pose.bones["head"].head
    shown.location, shown.rotation_euler = (head.x - 0.36, head.y - 0.1, head.z + 0.02), Euler((1.5708, 0.0, 0.0))
    space = window.area.spaces.active
    space.overlay.show_bones, space.overlay.show_floor, space.overlay.show_cursor = False, False, False
    view = space.region_3d
    view.view_location, view.view_distance = (head.x - 0.13, head.y, head.z + 0.03), 0.95
    view.view_rotation = Euler((1.5, 0.0, 0.0)).to_quaternion()
    yield 1.5
    yield from window.picture("lift")
