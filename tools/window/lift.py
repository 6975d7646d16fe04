# SPDX-License-Identifier: GPL-3.0-or-later
"""A person lifted from a photograph by mouse: the worker's Python tested, face, skin and clothes lifted, the face put on somebody,
then the clothes, and the dataset given whoever came of it.

    convert docs/images/portraits.webp -crop 280x280+0+284 +repage photo.png
    FILES=photo.png WORKER=/path/to/python/with/the/lift/extra LIMIT=1500 tools/window/run.sh tools/window/lift.py OUT
"""

import importlib
import json
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
WORN = "a man in a white t-shirt"


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
    # Everything is the last of five; Wearing appears with it.
    yield from window.wheel(".vivant.lift_parts", LIFT, times=4)
    assert asked.lift_parts.split(",")[-1] == "clothes", asked.lift_parts
    yield from window.typed(".vivant.lift_wearing", WORN, LIFT)
    assert asked.lift_wearing == WORN, asked.lift_wearing
    yield from finished("vivant.lift(", LIFT)
    lifted = window.out / "lift_photo" / "subjects" / "photo"
    found = sorted(p.name for p in lifted.iterdir())
    assert {"face.npz", "body.npz", "skin_color.png", "clothes_body.png"} <= set(found), found
    assert any(n.startswith("clothes_tshirt") for n in found), found
    # Somebody to wear the face: the panel keeps it for whoever is selected.
    human = people.sample(3, "a young man in a red jacket with short brown hair")
    stand = importlib.import_module(f"{ROOT}.procgen.spec").replace(human, pose=people.sample_pose("stand", human))
    people.add(bpy.context, "Lifted", stand, 3)
    yield 2.0
    _, y = yield from window.seek(PEOPLE)
    person = y - window.at(0, 0)[1] + 172
    dataset = person + 4 * 26
    yield from window.toggle(person)  # Person is folded away

    def worn() -> Any:
        return people.spec_of(people.active(bpy.context))

    def pictured() -> set[str]:
        return set(kept(people.active(bpy.context)).pictures)

    kept = importlib.import_module(f"{ROOT}.procgen.blender.pictured").kept_looks
    before, dressed = worn().phenotype.features, worn().outfit
    _, y = yield from window.seek("vivant.wear_face(", 250)
    window.click(200 + window.at(0, 0)[0], y)
    yield lambda: worn().phenotype.features != before
    yield 3.0
    steps.append(["vivant.wear_face(", "done", sorted(pictured())])
    assert worn().outfit == dressed and pictured() == {"body"}, pictured()
    # The same operator with clothes is the button below it.
    window.click(200 + window.at(0, 0)[0], y + 26)
    yield lambda: worn().outfit != dressed
    yield 3.0
    steps.append(["vivant.wear_face(clothes=True)", "done", sorted(pictured()), [g.kind for g in worn().outfit]])
    assert "tshirt" in {g.kind for g in worn().outfit}, worn().outfit
    assert {"body"} < pictured() and any(n.startswith("tshirt") for n in pictured()), pictured()
    yield from window.toggle(dataset)
    yield from window.press("vivant.cast_people(", dataset, columns=(240, 232))
    yield lambda: asked.cast
    yield 1.0
    cast = window.out / "cast"
    steps.append(["vivant.cast_people(", "done", sorted(p.name for p in cast.iterdir())])
    assert (cast / "Lifted.json").is_file() and (cast / "Lifted.looks.npz").is_file(), steps[-1]
    read = importlib.import_module(f"{ROOT}.procgen.people.looks")
    assert set(read.read_looks(cast / "Lifted.looks.npz").pictures) == pictured()
    assert json.loads((cast / "Lifted.json").read_text())
    yield from window.toggle(dataset)
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
