# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten minutes with the sidebar in a real window: every panel opened, a person added by a click and edited, labels, a batch.

tools/window/run.sh tools/window/sidebar.py OUT: pictures, and result.json with timings. Times in CPU seconds of Blender's
main thread are those that do not depend on what else the machine does.
"""

import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Euler

ROOT = "bl_ext.user_default.vivant"


def addon(name: str) -> Any:
    return importlib.import_module(f"{ROOT}.addon.{name}")


# Headers of the closed panels, pixels below the sidebar's top, while a person is selected (Blender 4.3, scale 1).
HEADERS = {
    name: 371 + 26 * row
    for row, name in enumerate(
        (
            "body", "face", "look", "hair", "outfit", "pose", "rig", "presets", "place", "camera", "truth", "dataset", "synthesis",
            "lift", "help",
        )
    )
}  # fmt: skip


def timed(call: Any) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.thread_time()
    call()
    return {"wall_s": round(time.perf_counter() - wall, 4), "cpu_s": round(time.thread_time() - cpu, 4)}


class Drawing:
    """What our panels cost: CPU seconds within `poll` and `draw` of all of them together, redraw by redraw."""

    def __init__(self) -> None:
        self.spent = 0.0
        for cls in addon("panels").CLASSES:
            if issubclass(cls, bpy.types.Panel):
                for name in ("draw", "draw_header_preset"):
                    if name in dir(cls):
                        setattr(cls, name, self._measured(getattr(cls, name)))

    def _measured(self, draw: Any) -> Any:
        def measured(panel: Any, context: Any) -> None:
            began = time.thread_time()
            draw(panel, context)
            self.spent += time.thread_time() - began

        return measured

    def median_ms(self, window: Any, count: int = 9) -> float:
        """Of some redraws of the window as it is now."""
        out = []
        for _ in range(count):
            self.spent = 0.0
            window.region("UI").tag_redraw()
            window.redraw()
            out.append(self.spent * 1e3)
        assert max(out) > 0.0, "nothing was measured"
        return round(sorted(out)[count // 2], 3)


def scenario(window: Any) -> Iterator:
    people, jobs = addon("people"), addon("jobs")
    drawing = Drawing()
    window.leave()
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    window.sidebar("Vivant")
    yield 0.5
    window.sidebar("Vivant")
    yield 1.0
    # The first person, by one click on the button: it is the first row below the panel's header.
    measured = window.measure(addon("operators"), "add_person")
    window.click(*window.at(150, 45))
    yield lambda: any(people.is_person(c) for c in bpy.data.collections)
    person = next(c for c in bpy.data.collections if people.is_person(c))
    view = window.area.spaces.active.region_3d
    view.view_location, view.view_distance = (0.25, 0.0, 0.95), 3.6
    view.view_rotation = Euler((1.45, 0.0, 0.35)).to_quaternion()
    window.area.spaces.active.overlay.show_bones = False
    yield 2.0
    window.shot("person")
    bpy.ops.ed.undo()
    yield 0.5
    window.result["one undo takes the person away"] = not any(people.is_person(c) for c in bpy.data.collections)
    bpy.ops.ed.redo()
    yield 0.5
    person = next(c for c in bpy.data.collections if people.is_person(c))
    window.result["first person of the session"] = measured
    window.result["the same built anew"] = timed(lambda: people.build(person))
    window.result["somebody else"] = [timed(lambda s=s: bpy.ops.vivant.add_person(seed=s)) for s in (8, 9, 10)]
    for name in [c.name for c in bpy.data.collections if people.is_person(c) and c != person]:
        for ob in list(bpy.data.collections[name].objects):
            bpy.data.objects.remove(ob)
        bpy.data.collections.remove(bpy.data.collections[name])
    people.make_active(bpy.context, person)
    person, scene = next(c for c in bpy.data.collections if people.is_person(c)), bpy.context.scene
    people.build(person)

    fields = person.vivant
    fields.body.weight_kg += 1.0
    window.redraw()

    def step(group: Any, name: str, by: float) -> dict[str, float]:
        shown = timed(lambda: setattr(group, name, getattr(group, name) + by))
        drawn = timed(lambda: window.redraw())
        return {"field_cpu_s": shown["cpu_s"], "redraw_cpu_s": drawn["cpu_s"], "wall_s": shown["wall_s"] + drawn["wall_s"]}

    window.result["shape"] = [step(fields.body, "weight_kg", 2.0) for _ in range(5)]
    window.result["expression"] = [step(fields.face, "mouthSmileLeft", 0.1) for _ in range(4)]
    window.result["hand"] = [step(fields.left_hand, "amount", -0.1) for _ in range(4)]
    window.result["redraw alone"] = timed(window.redraw)
    people.build_due(now=True)

    drawn = window.result["sidebar drawn, CPU ms"] = {"all closed": drawing.median_ms(window)}
    for name in ("body", "face", "outfit", "pose", "rig", "camera", "synthesis", "lift"):
        yield from window.toggle(HEADERS[name])
        drawn[f"{name} open"] = drawing.median_ms(window)
        window.shot(name)
        yield from window.toggle(HEADERS[name])
    scene = bpy.context.scene  # undo gave out another one
    yield from window.toggle(HEADERS["truth"])
    for mode in ("PART", "NORMAL", "DEPTH"):
        scene.vivant.preview, scene.vivant.skeleton = mode, mode == "PART"
        yield 2.0
        window.shot(f"labels_{mode.lower()}")
    scene.vivant.preview, scene.vivant.skeleton = "OFF", False
    yield from window.toggle(HEADERS["truth"])

    bpy.ops.vivant.add_place(kind="meadow", seed=3)
    bpy.ops.vivant.set_sky(look="golden_hour")
    view = window.area.spaces.active.region_3d
    view.view_distance = 9.0
    yield from window.toggle(HEADERS["place"])
    window.shot("place")
    yield from window.toggle(HEADERS["place"])

    asked = scene.vivant
    asked.output = str(window.out / "data")
    asked.scenes, asked.width, asked.height, asked.samples, asked.people_max = 4, 96, 96, 1, 1
    bpy.ops.vivant.add_range(field="people.phenotype.age_years")
    asked.ranges[0].low, asked.ranges[0].high = 20.0, 40.0
    yield from window.toggle(HEADERS["dataset"])
    bpy.ops.vivant.generate_dataset()
    longest, last = 0.0, time.perf_counter()
    began = last
    while jobs.running() and jobs.current().done < 1 and time.perf_counter() - began < 100:
        yield 0.05
        longest, last = max(longest, time.perf_counter() - last - 0.05), time.perf_counter()
    window.result["longest gap between ticks while a batch renders, s"] = round(longest, 3)
    yield 0.5
    window.shot("batch")
    # Esc over the 3D view cancels.
    x, y = window.region("WINDOW").x + 300, 500
    window.xdotool(f"xdotool mousemove {x} {y}; sleep 0.2; xdotool mousemove {x + 3} {y}; sleep 0.3; xdotool key Escape")
    yield lambda: not jobs.running()
    yield 0.5
    window.result["Esc"] = jobs.current().state
    window.result["frames kept"] = len(list(Path(asked.output).glob("*/frames/0*")))
    window.shot("cancelled")
    assert window.result["Esc"] == "cancelled", jobs.current().message
    assert window.result["frames kept"] >= 1
