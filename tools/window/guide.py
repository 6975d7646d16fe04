# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/blender.md followed literally: every key and click that it names, done by a mouse in a real window, and what came of it.

tools/window/run.sh tools/window/guide.py OUT: pictures for the guide, and result.json with each step and whether it did what
the guide says. Numbers of a dataset are typed in by Python: only they would take long by mouse.
"""

import importlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Vector

ROOT = "bl_ext.user_default.vivant"
# Height of a panel's header (Blender's interface at scale 1).
ROW = 26
PARTS = ("body", "face", "look", "hair", "outfit", "pose", "rig", "presets")
PANELS = ("place", "camera", "truth", "dataset", "synthesis", "lift", "help")


def addon(name: str) -> Any:
    return importlib.import_module(f"{ROOT}.addon.{name}")


class Guide:
    """The steps, and what several of them need."""

    def __init__(self, window: Any) -> None:
        self.window = window
        self.people, self.jobs = addon("people"), addon("jobs")
        window.result["steps"] = self.steps = []

    def expect(self, step: str, came: Callable[[], object]) -> Iterator:
        """Wait a while for what a step is to bring, and note whether it came."""
        began = time.monotonic()
        while not came() and time.monotonic() - began < 15.0:
            yield 0.3
        self.steps.append([step, bool(came())])
        print("STEP", *self.steps[-1], flush=True)
        if not self.steps[-1][1]:
            self.window.shot(f"failed_{len(self.steps)}")

    @property
    def person(self) -> Any:
        return self.people.active(bpy.context)

    @property
    def asked(self) -> Any:
        return bpy.context.scene.vivant

    def rest(self) -> Iterator:
        """Until the person is built."""
        for _ in range(2):
            yield 0.8
            yield lambda: not self.people._due

    def header(self, panel: str) -> float:
        """Pixels from the sidebar's top to a closed panel's header, while all above it is closed but Person's own fields."""
        if panel in PARTS:
            return self.first + ROW * PARTS.index(panel)
        return self.first - (163 if self.folded else -ROW * len(PARTS)) + ROW * (PANELS.index(panel) + (1 if self.folded else 0))

    def measure(self) -> Iterator:
        """Where the headers are: below the fields of the person, which move when a job is shown above."""
        self.folded = False
        _, y = yield from self.window.seek("vivant.add_person(")
        self.first = y - self.window.at(0, 0)[1] - 36 + 371

    def toggle(self, panel: str) -> Iterator:
        """Click a panel's header until the sidebar looks different and has come to rest."""
        yield from self.window.toggle(self.header(panel))


def look_at_people(window: Any, distance: float = 3.3) -> None:
    view = window.area.spaces.active.region_3d
    view.view_location, view.view_distance = (0.25, 0.0, 0.92), distance
    view.view_rotation = Euler((1.45, 0.0, 0.35)).to_quaternion()


def look_into_place(window: Any, place: Any) -> None:
    """See the active person from the side where most of the place is, near enough for walls to stay behind the eye."""
    stands = bpy.context.object.matrix_world.translation
    middle = np.mean([ob.matrix_world @ Vector(ob.bound_box[0]) for ob in place.all_objects if ob.type == "MESH"], axis=0)
    view = window.area.spaces.active.region_3d
    view.view_location, view.view_distance = (stands.x, stands.y, stands.z + 0.9), 2.6
    view.view_rotation = Euler((1.4, 0.0, np.arctan2(middle[0] - stands.x, stands.y - middle[1]))).to_quaternion()


def scenario(window: Any) -> Iterator:
    guide = Guide(window)
    window.leave()
    yield 0.5
    for part in (first_person, change, pose, rig, place, labels, dataset, rest_of_it):
        began = time.monotonic()
        yield from part(guide, window)
        window.save()
        window.result.setdefault("seconds", {})[part.__name__] = round(time.monotonic() - began)
    failed = [step for step, well in guide.steps if not well]
    assert not failed, failed


def first_person(guide: Guide, window: Any) -> Iterator:
    people = guide.people
    window.keys("x", "Return")
    yield lambda: "Cube" not in bpy.context.scene.objects
    yield from guide.expect("X deletes the cube that a new file has where people will stand", lambda: True)
    window.keys("n")
    yield lambda: window.region("UI").width > 100
    yield 1.0
    yield from guide.expect("N opens the sidebar", lambda: window.area.spaces.active.show_region_ui)
    region = window.region("UI")
    for down in range(60, 420, 20):  # down the tabs until ours is reached
        x, y = window.at(region.width - 8, down)
        window.click(x, y)
        yield 0.9
        if region.active_panel_category == "Vivant":
            break
    yield from guide.expect("there is a Vivant tab", lambda: region.active_panel_category == "Vivant")
    yield 1.0
    x, y = yield from window.seek("vivant.add_person(")
    measured = window.measure(addon("operators"), "add_person")
    window.click(x, y)
    clicked = time.perf_counter()
    yield lambda: any(map(people.is_person, bpy.data.collections))
    window.redraw()
    window.result["first person: click to picture, wall s, with 0.4 s of the mouse"] = round(time.perf_counter() - clicked, 2)
    window.result["first person: the operator alone"] = measured
    window.result["first person: keys and clicks"] = "N, the tab, the button"
    yield from guide.expect("one click adds somebody", lambda: guide.person is not None and bpy.context.object.type == "ARMATURE")
    worn = [o for o in guide.person.objects if o.get("vivant_semantic", "").endswith("clothes")]
    yield from guide.expect("dressed and rigged, selected", lambda: worn and bpy.context.object.select_get())
    window.keys("ctrl+z")
    yield 1.5
    yield from guide.expect("one undo takes the person away", lambda: not any(map(people.is_person, bpy.data.collections)))
    yield from window.typed(".vivant.describe", "an old woman in a red coat")
    yield from guide.expect("In Words takes words", lambda: guide.asked.describe == "an old woman in a red coat")
    yield from window.press("vivant.add_person(")
    yield lambda: guide.person is not None
    human = people.spec_of(guide.person)
    yield from guide.expect("an old woman in a red coat", lambda: human.phenotype.age_years > 60 and human.phenotype.gender > 0.5)
    guide.asked.describe = ""
    look_at_people(window)
    window.area.spaces.active.overlay.show_bones = False
    yield 1.0
    yield from guide.measure()
    yield from window.picture("person")


def change(guide: Guide, window: Any) -> Iterator:
    people, top = guide.people, guide.first
    yield from guide.toggle("body")
    yield from window.picture("body")
    before = people.spec_of(guide.person).phenotype
    yield from window.drag(".vivant.body.weight_kg", 9, top)
    yield from guide.rest()
    after = people.spec_of(guide.person).phenotype
    yield from guide.expect("a slider changes the body", lambda: after.weight_kg > before.weight_kg + 3)
    yield from guide.expect("and it is built a moment later", lambda: not people.waiting(guide.person) and not people.problems)
    window.keys("ctrl+z")
    yield from guide.rest()
    yield from guide.expect("undo takes the slider back", lambda: people.spec_of(guide.person).phenotype == before)
    yield from guide.toggle("body")

    yield from guide.toggle("outfit")
    yield from window.picture("outfit")
    count = len(people.spec_of(guide.person).outfit)
    order = [g.kind for g in people.spec_of(guide.person).outfit]
    columns = (region_right(window), )
    yield from window.press("vivant.move_garment(outwards=True", top + ROW * 4, columns=columns)
    yield from guide.rest()
    yield from guide.expect("arrows reorder garments", lambda: [g.kind for g in people.spec_of(guide.person).outfit] != order)
    yield from window.press("vivant.remove_garment(", top + ROW * 4, columns=columns)
    yield from guide.rest()
    yield from guide.expect("minus takes one off", lambda: len(people.spec_of(guide.person).outfit) == count - 1)
    yield from garment_menu(guide, window, top, columns)
    yield from guide.rest()
    yield from guide.expect("plus puts one on", lambda: len(people.spec_of(guide.person).outfit) == count)
    yield from guide.toggle("outfit")

    yield from guide.toggle("face")
    yield from window.wheel(".expression_preset", top + ROW, times=2)
    yield from guide.rest()
    yield from guide.expect("an expression from the list", lambda: people.spec_of(guide.person).expression)
    yield from window.typed(".expression_strength", "0.6", top + ROW)
    yield from guide.expect("its strength", lambda: guide.person.vivant.expression_strength < 0.95)
    target = bpy.data.objects["Light"]
    guide.person.vivant.gaze_target = target
    gaze = importlib.import_module(f"{ROOT}.procgen.blender.gaze")
    yield from guide.expect("eyes follow an object", lambda: gaze.target_of(bpy.context.object) == target)
    guide.person.vivant.gaze_target = None
    yield from guide.toggle("face")

    kept = people.spec_of(guide.person)
    x, y = yield from window.seek(".vivant.kept", top - 90, top - 5, (40,))
    window.click(x, y)
    yield 1.0
    there = f"xdotool mousemove {x + 62} {y}; sleep 0.3; xdotool mousemove {x + 60} {y}; sleep 0.3"
    window.xdotool(f"xdotool keydown shift; sleep 0.1; {there}; xdotool click 1; sleep 0.2; xdotool keyup shift")
    yield 1.5
    yield from guide.expect("parts are kept by clicks", lambda: {"body"} < set(guide.person.vivant.kept))
    yield from window.press("vivant.randomise(", top - 150, top - 90, (region_right(window),))
    yield from guide.rest()
    now = people.spec_of(guide.person)
    yield from guide.expect("the body was kept", lambda: now.phenotype.weight_kg == kept.phenotype.weight_kg)
    yield from guide.expect("the arrows draw the rest", lambda: now.outfit != kept.outfit)
    # Blender does not say what lies under the mouse in a header.
    window.click(*window.at(region_right(window) - 20, guide.header("look")))
    yield 0.8
    yield from guide.rest()
    yield from guide.expect("arrows in a header draw that part", lambda: people.spec_of(guide.person).skin != now.skin)
    yield from guide.expect("and that part alone", lambda: people.spec_of(guide.person).outfit == now.outfit)
    yield from guide.rest()


def region_right(window: Any) -> float:
    return window.region("UI").width - 40


def garment_menu(guide: Guide, window: Any, top: float, columns: tuple[float, ...]) -> Iterator:
    x, y = yield from window.seek("vivant.remove_garment(", top + ROW * 4, columns=columns)
    yield from window.from_menu(x, y - 20, down=1)  # plus is the one above minus


def pose(guide: Guide, window: Any) -> Iterator:
    people, top = guide.people, guide.first + ROW * 5
    yield from guide.toggle("pose")
    kind = people.spec_of(guide.person).pose.kind
    yield from window.wheel(".vivant.pose.kind", top + 100, times=1)
    yield from guide.rest()
    yield from guide.expect("another pose family", lambda: people.spec_of(guide.person).pose.kind != kind)
    yield from window.picture("pose")
    yield from window.press("vivant.copy_pose(", top, top + 60, (60,))
    yield from guide.expect("Copy puts the pose on the clipboard", lambda: "vivant_pose" in bpy.context.window_manager.clipboard)
    before = people.pose_now(guide.person)
    clip = bpy.context.window_manager.clipboard
    yield from window.press("vivant.mirror_pose(", top, top + 60, (210,))
    yield from guide.rest()
    yield from guide.expect("Mirror", lambda: np.abs(people.pose_now(guide.person) - before)[:22].max() > 0.02)
    x, y = yield from window.seek("vivant.paste_pose(", top, top + 60, (130,))
    bpy.context.window_manager.clipboard = clip  # looking for the button used the clipboard
    window.click(x, y)
    yield from guide.rest()
    yield from guide.expect("Paste", lambda: np.abs(people.pose_now(guide.person) - before)[:22].max() < 0.02)
    yield from window.press("vivant.reset_pose(", top, top + 160)
    yield from guide.rest()
    yield from guide.expect("Back to Preset", lambda: not guide.person.vivant.by_hand)
    # A bone turned in pose mode is kept when the shape changes.
    window.keys("ctrl+Tab")
    yield 1.5
    yield from guide.expect("Ctrl-Tab: pose mode", lambda: bpy.context.mode == "POSE")
    rig = bpy.context.object
    bone = rig.data.bones["left_elbow"]
    rig.data.bones.active = bone
    select = importlib.import_module(f"{ROOT}.procgen.blender.compat").select_bone
    for each in rig.pose.bones:
        select(each, each.name == bone.name)
    window.keys("r", "x", "6", "0", "Return")
    yield 3.0
    turned = people.pose_now(guide.person)
    guide.person.vivant.body.height_m -= 0.08
    yield from guide.rest()
    kept = np.abs(people.pose_now(guide.person) - turned)[:22].max() < 0.02
    yield from guide.expect("a pose by hand is kept", lambda: kept and guide.person.vivant.by_hand)
    window.keys("ctrl+Tab")
    yield 1.5
    yield from window.press("vivant.reset_pose(", top, top + 160)
    yield from guide.rest()
    yield from guide.toggle("pose")


def rig(guide: Guide, window: Any) -> Iterator:
    people, top = guide.people, guide.first + ROW * 6
    yield from guide.toggle("rig")
    yield from window.press("vivant.add_ik(", top)
    yield from guide.rest()
    limbs = importlib.import_module(f"{ROOT}.procgen.blender.limbs")
    yield from guide.expect("Add IK Controls", lambda: limbs.has_ik(bpy.context.object))
    yield from window.picture("rig")
    yield from window.press("vivant.remove_ik(", top)
    yield from window.press("vivant.add_shape_keys(", top)
    yield 2.0

    def keys() -> list[int]:
        meshes = [ob.data for ob in guide.person.objects if ob.type == "MESH" and ob.data.shape_keys]
        return [len(mesh.shape_keys.key_blocks) for mesh in meshes]

    yield from guide.expect("52 face actions as shape keys", lambda: 53 in keys())
    yield from window.wheel(".vivant.motion.kind", top, times=2)
    yield from guide.rest()
    yield from guide.expect("a motion from the list", lambda: people.spec_of(guide.person).motion.kind != "none")
    bpy.context.scene.frame_end = 12
    yield from window.press("vivant.bake_motion(", top)
    yield 3.0
    yield from guide.expect("Bake Motion keys the bones", lambda: getattr(bpy.context.object.animation_data, "action", None))
    guide.person.vivant.motion.kind = "none"
    bpy.context.object.animation_data_clear()
    bpy.ops.vivant.reset_pose()
    yield from guide.toggle("rig")
    # Files dropped onto the window: the operator that Blender calls then.
    motion = str(window.out / "own.bvh")
    bpy.ops.vivant.export_motion(filepath=motion)
    with window.override():
        bpy.ops.wm.drop_import_file("INVOKE_DEFAULT", directory=str(window.out), files=[{"name": "own.bvh"}])
    yield from guide.expect("a motion file that is dropped moves the person", lambda: guide.person.vivant.motion.kind == "file")
    guide.person.vivant.motion.kind = "none"
    bpy.context.object.animation_data_clear()
    bpy.ops.vivant.reset_pose()
    yield from guide.rest()


def place(guide: Guide, window: Any) -> Iterator:
    places = addon("places")
    world, camera, engine = bpy.context.scene.world, bpy.context.scene.camera, bpy.context.scene.render.engine
    # Person is folded away, so that the panels below have room.
    yield from window.toggle(guide.first - 163)
    guide.folded = True
    top = guide.header("place")
    yield from guide.toggle("place")
    yield from window.from_menu(*window.at(150, top + 29))
    yield lambda: places.in_scene(bpy.context.scene) is not None
    yield from guide.expect("Add Place builds one", lambda: True)
    yield 1.0
    window.keep_pace()
    yield from window.press("vivant.people_on_place(", top, columns=(region_right(window) - 30,))
    yield from guide.rest()
    yield from guide.expect("Place People stands them on it", lambda: guide.person.vivant.on_place)
    look_into_place(window, places.in_scene(bpy.context.scene))
    yield from window.picture("place")
    yield from guide.toggle("place")
    yield from guide.toggle("camera")
    cameras = count_cameras()
    top = guide.header("camera")
    yield from window.press("vivant.add_camera(", top)
    yield 1.0
    yield from guide.expect("Add Camera adds one", lambda: count_cameras() == cameras + 1)
    x, y = yield from window.seek("vivant.add_camera(", top)
    yield from window.from_menu(x, y + 44, down=3)  # below it
    scene = bpy.context.scene
    yield from guide.expect("Set Sky gives another world", lambda: scene.world != world)
    yield from guide.expect("and keeps the old one", lambda: world.name in bpy.data.worlds)
    yield from guide.expect("camera and engine are the user's", lambda: scene.camera == camera and scene.render.engine == engine)
    yield from window.picture("camera")
    yield from guide.toggle("camera")


def count_cameras() -> int:
    return sum(ob.type == "CAMERA" for ob in bpy.context.scene.objects)


def labels(guide: Guide, window: Any) -> Iterator:
    scene, jobs = bpy.context.scene, guide.jobs
    top = guide.header("truth")
    yield from guide.toggle("truth")
    for shown in ("INSTANCE", "SEMANTIC", "PART"):
        yield from window.wheel(".vivant.preview", top)
        yield from guide.expect(f"Show: {shown}", lambda shown=shown: scene.vivant.preview == shown)
    yield from window.press(".vivant.skeleton", top)
    yield from guide.expect("Skeleton", lambda: scene.vivant.skeleton)
    yield from window.picture("labels")
    scene.vivant.preview, scene.vivant.skeleton = "OFF", False
    scene.camera = next(ob for ob in scene.objects if ob.type == "CAMERA" and ob.name != "Camera")
    scene.render.resolution_x = scene.render.resolution_y = 128
    scene.render.engine, scene.cycles.samples = "CYCLES", 4
    scene.vivant.output = str(window.out / "data")
    yield from window.press("vivant.render_labels(", top)
    yield from guide.expect("Render Frame with Labels starts", lambda: jobs.running())
    began = time.monotonic()
    while jobs.running() and time.monotonic() - began < 150:
        yield 0.5
    yield from guide.expect(f"and ends well ({jobs.current().message})", lambda: jobs.current().state == "done")
    bpy.ops.vivant.verify_dataset()
    while jobs.running() and time.monotonic() - began < 250:
        yield 0.5
    yield from guide.expect(f"Verify proves it ({jobs.current().message})", lambda: jobs.current().state == "done")
    bpy.ops.vivant.dismiss_job()
    yield 0.5
    yield from guide.toggle("truth")


def dataset(guide: Guide, window: Any) -> Iterator:
    jobs = guide.jobs

    def small() -> None:
        asked = guide.asked
        asked.scenes, asked.width, asked.height, asked.samples, asked.people_max = 3, 96, 96, 1, 1
        asked.output = str(window.out / "data")
        if not asked.ranges:
            bpy.ops.vivant.add_range(field="people.phenotype.age_years")

    small()
    top = guide.header("dataset")
    yield from guide.toggle("dataset")
    yield from window.press("vivant.generate_dataset(", top)
    yield from guide.expect("Generate Dataset starts", lambda: jobs.running())
    bpy.ops.ed.undo()
    yield from guide.expect("undo does not disturb it", lambda: jobs.running())
    bpy.ops.ed.redo()
    small()  # what Python asked for above went with it
    gaps, last = [], time.perf_counter()
    began = last
    while jobs.running() and jobs.current().done < 1 and time.perf_counter() - began < 150:
        yield 0.05
        gaps.append(time.perf_counter() - last - 0.05)
        last = time.perf_counter()
    window.result["batch: longest and median gap between ticks, s"] = [round(max(gaps), 3), round(float(np.median(gaps)), 3)]
    yield from window.picture("batch")
    window.keys("Escape")
    yield lambda: not jobs.running()
    yield from guide.expect("Esc stops it", lambda: jobs.current().state == "cancelled")
    kept = jobs.current().done  # what was at work is finished after that
    bpy.ops.vivant.dismiss_job()
    yield 0.5
    yield from window.press("vivant.generate_dataset(", top)
    while jobs.running() and time.perf_counter() - began < 300:
        yield 0.5
    yield from guide.expect("the same button continues it", lambda: jobs.current().state == "done" and jobs.current().kept >= kept >= 1)
    bpy.ops.vivant.dismiss_job()
    yield 0.5
    yield from window.press("vivant.contact_sheet(", top, columns=(80,))
    yield lambda: not jobs.running()
    yield 1.5
    yield from guide.expect("Contact Sheet is made", lambda: jobs.current().state == "done")
    yield from guide.expect("and shown", lambda: len(bpy.context.window_manager.windows) == 2)
    window.shot("sheet")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[-1]):
        bpy.ops.wm.window_close()
    yield 0.5


def rest_of_it(guide: Guide, window: Any) -> Iterator:
    """Presets, files, and Blender closed in the middle of a job: run.sh looks for processes that are left."""
    with window.override():
        bpy.ops.vivant.export_person("EXEC_DEFAULT", filepath=str(window.out / "person.npz"))
        bpy.ops.vivant.dismiss_job()
        guide.asked.scenes, guide.asked.seed = 20, 99
        bpy.ops.vivant.generate_dataset()
    yield from guide.expect("a person as a file", lambda: (window.out / "person.npz").is_file())
    yield 4.0
    window.result["closed with a job at work"] = guide.jobs.running()

