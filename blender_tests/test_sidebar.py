"""The sidebar: registers and unregisters cleanly, draws only what Blender knows, and its operators do their work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
import vivant
from recording_layout import RecordingLayout
from vivant.addon.scene_spec import scene_spec
from vivant.procgen.sample import sample_scene
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import SceneSpec, replace


@pytest.fixture(autouse=True)
def registered(factory_settings: None) -> Iterator[None]:
    vivant.register()
    yield
    vivant.unregister()


def panels() -> list[type]:
    from vivant.addon.panels import CLASSES

    return list(CLASSES)


def operators() -> list[type]:
    from vivant.addon.operators import CLASSES

    return list(CLASSES)


def draw(panel: type) -> RecordingLayout:
    layout = RecordingLayout()
    panel.draw(SimpleNamespace(layout=layout), bpy.context)  # type: ignore[attr-defined]
    return layout


def draw_small_parts() -> list[RecordingLayout]:
    """Headers' arrows, menus, preferences, entries of File > Import and Export: all that draws beside panels."""
    from vivant.addon.operators import files, presets
    from vivant.addon.preferences import VivantPreferences

    out = []
    for how in (presets.VIVANT_MT_person_presets.draw, VivantPreferences.draw, files._import_menu, files._export_menu):
        layout = RecordingLayout()
        settings = SimpleNamespace(layout=layout, bl_rna=VivantPreferences.bl_rna)
        how(settings, bpy.context)
        out.append(layout)
    for panel in panels():
        if getattr(panel, "part", "") and panel.poll(bpy.context):  # type: ignore[attr-defined]
            out.append(RecordingLayout())
            panel.draw_header_preset(SimpleNamespace(layout=out[-1], part=panel.part), bpy.context)  # type: ignore[attr-defined]
    return out


def is_panel(cls: type) -> bool:
    return issubclass(cls, bpy.types.Panel)


def drawn() -> dict[str, RecordingLayout]:
    """Every panel whose poll lets it be drawn now."""
    shown = [p for p in panels() if is_panel(p) and getattr(p, "poll", lambda context: True)(bpy.context)]
    return {p.__name__: draw(p) for p in shown}


def test_the_recording_layout_refuses_mistakes() -> None:
    layout = RecordingLayout()
    for mistake in (
        lambda: layout.buton("vivant.add_person"),
        lambda: layout.operator("vivant.add_persom"),
        lambda: layout.operator("vivant.add_person", icn="NONE"),
        lambda: layout.label(text="x", icon="NO_SUCH_ICON"),
        lambda: layout.prop(bpy.context.scene.vivant, "sede"),
        lambda: setattr(layout, "use_property_splitt", True),
    ):
        with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
            mistake()


def test_panels_hang_together() -> None:
    names = {p.__name__ for p in panels()}
    for panel in panels():
        if is_panel(panel):
            assert panel.bl_category == "Vivant"  # type: ignore[attr-defined]
            assert getattr(panel, "bl_parent_id", "VIVANT_PT_main") in names
    closed = [p for p in panels() if "DEFAULT_CLOSED" in getattr(p, "bl_options", ())]
    assert len(closed) == sum(map(is_panel, panels())) - 2, "the main panel and the person are open, nothing else"


def test_panels_draw_in_an_empty_file() -> None:
    shown = drawn()
    assert {"VIVANT_PT_main", "VIVANT_PT_people", "VIVANT_PT_dataset"} <= set(shown)
    assert "VIVANT_PT_body" not in shown, "nobody is there"
    for name, layout in shown.items():
        assert layout.calls, name


def test_operators_explain_themselves() -> None:
    for operator in operators():
        if not issubclass(operator, bpy.types.Operator):
            continue
        tip = getattr(operator, "bl_description", "") or operator.__doc__ or ""
        assert len(tip) > 15, operator
        assert not tip.rstrip().endswith("."), "Blender adds the full stop"
        assert "REGISTER" in operator.bl_options
        rna = getattr(bpy.ops.vivant, operator.bl_idname.partition(".")[2]).get_rna_type()  # type: ignore[attr-defined]
        for prop in rna.properties:
            if prop.identifier not in ("rna_type", "filter_glob", "check_existing"):
                assert prop.description, (operator, prop.identifier)


def test_every_setting_explains_itself() -> None:
    for group in (bpy.context.scene.vivant, bpy.context.scene.collection.vivant):
        for prop in group.bl_rna.properties:
            if prop.identifier not in ("rna_type", "name") and prop.type not in ("POINTER", "COLLECTION"):
                assert prop.description, prop.identifier


def test_unregister_leaves_nothing() -> None:
    handlers = [len(getattr(bpy.app.handlers, n)) for n in ("undo_post", "redo_post", "load_post", "depsgraph_update_post")]
    vivant.unregister()
    assert not hasattr(bpy.types.Scene, "vivant") and not hasattr(bpy.types.Collection, "vivant")
    assert not [n for n in dir(bpy.types) if n.startswith(("VIVANT_", "Vivant"))]
    assert "add_person" not in dir(bpy.ops.vivant)
    for _ in range(3):  # enabling again and again leaks nothing
        vivant.register()
        vivant.unregister()
    vivant.register()
    assert handlers == [len(getattr(bpy.app.handlers, n)) for n in ("undo_post", "redo_post", "load_post", "depsgraph_update_post")]


def test_new_scene_leaves_the_users_scene_alone() -> None:
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = 321
    scene.vivant.people_min = scene.vivant.people_max = 1
    world, objects = scene.world, len(scene.objects)
    assert bpy.ops.vivant.new_scene(seed=5) == {"FINISHED"}
    assert (scene.render.engine, scene.render.resolution_x, scene.world) == ("BLENDER_WORKBENCH", 321, world)
    assert len(scene.objects) == objects
    made = next(s for s in bpy.data.scenes if s != scene)
    assert made.camera is not None and made.world is not None
    assert (made.render.resolution_x, made.render.resolution_y) == (512, 512)
    spec = scene_spec(made)
    assert len(spec.people) == 1
    assert SceneSpec.from_json(spec.to_json()) == spec
    # What was drawn is what stands there: the scene's own spec, seed and all.
    wanted = sample_scene(Seed(5).child("scene", 0), people=(1, 1))
    assert spec.place == wanted.place
    assert replace(spec.people[0], position=(0.0, 0.0), heading=0.0) == replace(wanted.people[0], position=(0.0, 0.0), heading=0.0)


def test_camera_spec_inverts_aim_camera() -> None:
    from vivant.procgen.blender.insert import camera_spec
    from vivant.procgen.blender.objects import aim_camera, make_camera
    from vivant.procgen.spec import CameraSpec

    scene = bpy.context.scene
    camera = make_camera("test")
    scene.collection.objects.link(camera)
    for spec in (
        CameraSpec(eye=(1.0, -4.0, 1.6), target=(0.2, 0.1, 1.1), focal_mm=70.0, width=640, height=360),
        CameraSpec(eye=(-3.0, 2.0, 4.0), target=(0.0, 0.0, 0.0), roll=0.4, shift=(0.1, -0.2), width=300, height=500),
        CameraSpec(eye=(0.0, -2.0, 1.0), target=(0.0, 0.0, 1.0), roll=-1.2, pixel_aspect=2.0, width=256, height=256),
    ):
        aim_camera(scene, camera, spec)
        bpy.context.view_layer.update()
        back = camera_spec(scene, camera)
        assert np.allclose(back.T_world_from_cam(), spec.T_world_from_cam(), atol=1e-5)
        assert np.allclose(back.K(), spec.K(), atol=1e-3)


def wait(seconds: float = 240.0) -> None:
    """What the timer does in a window: timers never tick in background mode."""
    from vivant.addon import jobs

    end = time.monotonic() + seconds
    while jobs.running() and time.monotonic() < end:
        jobs.update()
        time.sleep(0.1)


@pytest.mark.slow
def test_dataset_job_runs_to_its_end(tmp_path: Path) -> None:
    from vivant.addon import jobs
    from vivant.procgen.dataset import Dataset

    asked = bpy.context.scene.vivant
    asked.scenes, asked.people_min, asked.people_max = 1, 0, 0
    asked.width = asked.height = 32
    asked.samples = 1
    assert bpy.ops.vivant.generate_dataset(folder=str(tmp_path / "out")) == {"FINISHED"}
    job = jobs.current()
    assert job is not None and jobs.running()
    assert not bpy.ops.vivant.generate_dataset.poll(), "one job at a time"
    layout = draw(panels()[0])
    assert layout.named("progress") and ("vivant.cancel_job",) in [a for a, _ in layout.named("operator")]
    wait()
    assert job.state == "done", job.message
    assert len(Dataset(tmp_path / "out")) == 1
    assert job.factor == 1.0
    assert draw(panels()[0]).named("label")


@pytest.mark.slow
def test_cancel_interrupts_and_kills_the_children(tmp_path: Path) -> None:
    from vivant.addon import jobs

    asked = bpy.context.scene.vivant
    asked.scenes, asked.width, asked.height, asked.samples = 50, 1024, 1024, 4096
    bpy.ops.vivant.generate_dataset(folder=str(tmp_path / "out"))
    job = jobs.current()
    assert job is not None
    time.sleep(3.0)
    jobs.update()
    assert job.state == "running", job.message
    began = time.monotonic()
    assert bpy.ops.vivant.cancel_job() == {"FINISHED"}
    assert time.monotonic() - began < 10.0
    assert job.state == "cancelled"
    assert job.process.poll() is not None
    with pytest.raises(ProcessLookupError):  # nobody of its group is left
        for _ in range(50):
            os.killpg(job.process.pid, 0)
            time.sleep(0.1)


def test_a_job_that_fails_says_why(tmp_path: Path) -> None:
    from vivant.addon import jobs

    job = jobs.start("Test", ["generate", str(tmp_path / "out"), "--place", "nowhere"], tmp_path / "out", 1)
    wait(60)
    assert job.state == "failed"
    assert "place 'nowhere'" in job.message


def test_a_killed_worker_is_told_in_plain_words(tmp_path: Path) -> None:
    from vivant.addon import jobs

    job = jobs.start("Test", ["generate", str(tmp_path / "out"), "--scenes", "99"], tmp_path / "out", 99)
    os.killpg(job.process.pid, signal.SIGKILL)
    wait(60)
    assert job.state == "failed"
    assert "killed" in job.message and "Fix:" in job.message


def test_a_job_outlives_loading_and_ends_with_us(tmp_path: Path) -> None:
    from vivant.addon import jobs

    job = jobs.start("Test", ["generate", str(tmp_path / "out"), "--scenes", "99"], tmp_path / "out", 99)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    jobs.update()
    assert job.state == "running" and jobs.current() is job
    jobs.stop()
    assert job.process.poll() is not None


def test_a_child_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    """Blender that is killed cannot cancel anything: the child must notice by itself."""
    from vivant.procgen.farm.launch import command

    line = command("addon.watched", "run", ["generate", str(tmp_path / "out"), "--scenes", "99"])
    child = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(1.0)
    assert child.poll() is None and child.stdin is not None
    child.stdin.close()
    assert child.wait(30) != 0
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.killpg(child.pid, 0)
            time.sleep(0.1)


def test_ranges_of_the_list_are_what_generate_reads() -> None:
    from vivant.addon import ranges_list
    from vivant.procgen.ranges import check_ranges, flatten

    for field in ranges_list.fields().values():  # every field that is offered can be given in full
        full = field.choices if field.kind == "choice" else (field.low, field.high)
        if field.kind == "int":
            full = tuple(map(int, full))
        check_ranges({field.name: tuple(v == "true" for v in full) if set(full) == {"true", "false"} else full})
    asked = bpy.context.scene.vivant
    assert bpy.ops.vivant.add_range(field="people.phenotype.age_years") == {"FINISHED"}
    asked.ranges[0].low, asked.ranges[0].high = 70.0, 20.0
    bpy.ops.vivant.add_range(field="people.eyes.iris")
    assert asked.ranges[1].choices == set(ranges_list.field_of(asked.ranges[1]).choices), "all, until it is narrowed"
    asked.ranges[1].choices = {"green", "blue"}
    ranges = ranges_list.as_ranges(asked.ranges)
    assert ranges == {"people.phenotype.age_years": (20.0, 70.0), "people.eyes.iris": ("green", "blue")}
    assert flatten(tomllib.loads(ranges_list.as_toml(ranges))["ranges"]) == ranges
    draw(next(p for p in panels() if p.__name__ == "VIVANT_PT_ranges"))
    with pytest.raises(RuntimeError, match="no scene has a field"):
        bpy.ops.vivant.add_range(field="people.wings")


def test_synthesis_asks_for_what_the_panel_says_and_shows_what_came_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vivant.addon.cli import build_parser
    from vivant.addon.operators import bridge

    asked = bpy.context.scene.vivant
    asked.method, asked.model, asked.control_network, asked.prompt = "control", "sdxl", "my refiner", "a woman"
    args = build_parser().parse_args(bridge.synthesis_arguments(bpy.context, tmp_path, ("000000_00",)))
    assert (args.method, args.model, args.prompt, args.frames) == ("control", "sdxl", "a woman", "000000_00")
    assert args.set == ['control_models=["my refiner"]']
    asked.method = "passthrough"
    assert "--set" not in bridge.synthesis_arguments(bpy.context, tmp_path)
    shown: list[Path] = []
    monkeypatch.setattr(bridge, "show_picture", shown.append)
    bridge.show_beside(tmp_path)
    assert not shown
    for i, name in enumerate(("new", "old")):
        page = tmp_path / "synthesis" / name / "beside.png"
        page.parent.mkdir(parents=True)
        page.touch()
        os.utime(page, (100 - i, 100 - i))
    bridge.show_beside(tmp_path)
    assert shown == [tmp_path / "synthesis/new/beside.png"], "the newest"


def test_this_frame_becomes_a_photograph_that_is_measured(tmp_path: Path) -> None:
    """One click renders the frame with its labels and synthesises it, another says how far it drifted; both by the real worker."""
    from vivant.addon import jobs

    scene = bpy.context.scene
    asked = scene.vivant
    asked.output, asked.method, asked.backend = str(tmp_path), "passthrough", "worker"
    scene.render.resolution_x = scene.render.resolution_y = 48
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    with pytest.raises(RuntimeError, match="Synthesise first"):
        bpy.ops.vivant.measure()
    scene.camera = None
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.vivant.synthesize(which="FRAME")
    scene.camera = bpy.data.objects.new("lens", bpy.data.cameras.new("lens"))
    scene.collection.objects.link(scene.camera)
    bpy.ops.mesh.primitive_cube_add(location=(0.0, 0.0, -4.0))
    assert bpy.ops.vivant.synthesize(which="FRAME") == {"FINISHED"}
    first = jobs.current()
    wait(240)
    assert first.state == "done" and first.title == "Frame", first.message
    assert jobs.current().title == "Synthesis", "goes on by itself"
    assert jobs.current().state == "done", jobs.current().message
    folder = Path(asked.dataset)
    assert len(list(folder.glob("synthesis/passthrough/frames/*/rgb.png"))) == 1
    assert bpy.ops.vivant.measure() == {"FINISHED"}
    wait(60)
    assert jobs.current().state == "done" and "1 " in jobs.current().message
    assert (folder / "synthesis/passthrough/measured.json").is_file()


def test_offline_is_respected(tmp_path: Path) -> None:
    """Servers elsewhere are asked only when Blender may go online; the worker and this machine's servers always."""
    from vivant.addon import bridging, jobs

    for address, elsewhere in (
        ("worker", False), ("", False), ("http://127.0.0.1:8188", False), ("comfyui://localhost:8188", False), ("http://[::1]:80", False),
        ("http://10.0.0.7:8188", True), ("gpu.example.org:8188", True), ("comfyui://gpu:8188", True), ("http://", True),
    ):  # fmt: skip
        assert bridging.leaves_this_machine(address) == elsewhere, address
    assert not bpy.app.online_access, "factory settings"
    (tmp_path / "dataset.json").write_text("{}")
    asked = bpy.context.scene.vivant
    asked.dataset, asked.backend = str(tmp_path), "http://gpu.example.org:8188"
    with pytest.raises(RuntimeError, match="works offline"):
        bpy.ops.vivant.synthesize()
    job = jobs.launch("Test", [sys.executable, "-c", "import os; print(os.environ['HF_HUB_OFFLINE'])"], tmp_path, 0)
    wait(30)
    assert job.state == "done" and job.message == "1"
