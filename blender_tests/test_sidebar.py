"""The sidebar: registers and unregisters cleanly, draws only what Blender knows, and its operators do their work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
import vivant
from recording_layout import RecordingLayout


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


@pytest.mark.parametrize("name", [c.__name__ for c in __import__("vivant.addon.panels", fromlist=["CLASSES"]).CLASSES])
def test_panels_draw(name: str) -> None:
    panel = next(p for p in panels() if p.__name__ == name)
    layout = draw(panel)
    assert layout.named("operator") or layout.named("prop")
    assert panel.bl_category == "Vivant"  # type: ignore[attr-defined]
    if name != "VIVANT_PT_main":
        assert panel.bl_parent_id == "VIVANT_PT_main"  # type: ignore[attr-defined]
        assert "DEFAULT_CLOSED" in panel.bl_options  # type: ignore[attr-defined]


def test_every_operator_is_on_a_panel_and_explains_itself() -> None:
    drawn = {args[0] for p in panels() for args, _ in draw(p).named("operator")}
    drawn.add("vivant.cancel_job")  # only while a job runs
    for operator in operators():
        assert operator.bl_idname in drawn  # type: ignore[attr-defined]
        tip = getattr(operator, "bl_description", "") or operator.__doc__ or ""
        assert len(tip) > 20
        assert not tip.rstrip().endswith("."), "Blender adds the full stop"
        if operator.bl_idname in ("vivant.add_person", "vivant.new_scene"):  # type: ignore[attr-defined]
            assert {"REGISTER", "UNDO"} <= operator.bl_options  # type: ignore[attr-defined]


def test_every_setting_explains_itself() -> None:
    group = bpy.context.scene.vivant
    for prop in group.bl_rna.properties:
        if prop.identifier not in ("rna_type", "name"):
            assert prop.description


def test_unregister_leaves_nothing() -> None:
    vivant.unregister()
    assert not hasattr(bpy.types.Scene, "vivant")
    assert not [n for n in dir(bpy.types) if n.startswith("VIVANT_")]
    assert "add_person" not in dir(bpy.ops.vivant)
    vivant.register()


def test_add_person_is_dressed_and_stands_at_the_cursor() -> None:
    bpy.context.scene.cursor.location = (2.0, 1.0, 0.5)
    assert bpy.ops.vivant.add_person(seed=3) == {"FINISHED"}
    collection = next(c for c in bpy.data.collections if c.get("vivant_person") is not None)
    spec = json.loads(collection["vivant_person"])
    assert spec["outfit"], "people are dressed by default"
    bpy.context.view_layer.update()
    points = np.concatenate(
        [
            np.array([ob.matrix_world @ v.co for v in ob.data.vertices])
            for ob in collection.all_objects
            if ob.type == "MESH"
        ]
    )
    middle = (points.min(0) + points.max(0)) / 2
    assert abs(middle[0] - 2.0) < 0.5 and abs(middle[1] - 1.0) < 0.7
    assert abs(points[:, 2].min() - 0.5) < 0.05, "soles on the cursor's level"


def test_same_seed_same_person() -> None:
    bpy.ops.vivant.add_person(seed=11)
    bpy.ops.vivant.add_person(seed=11)
    first, second = (c["vivant_person"] for c in bpy.data.collections if c.get("vivant_person") is not None)
    assert first == second


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
    spec = json.loads(made.vivant.spec)
    assert len(spec["people"]) == 1
    assert (made.render.resolution_x, made.render.resolution_y) == (512, 512)


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
        import os

        for _ in range(50):
            os.killpg(job.process.pid, 0)
            time.sleep(0.1)


def test_a_job_that_fails_says_why(tmp_path: Path) -> None:
    from vivant.addon import jobs

    job = jobs.start("Test", ["generate", str(tmp_path / "out"), "--place", "nowhere"], tmp_path / "out", 1)
    wait(60)
    assert job.state == "failed"
    assert "place 'nowhere'" in job.message


def test_loading_a_file_stops_the_job(tmp_path: Path) -> None:
    from vivant.addon import jobs

    job = jobs.start("Test", ["generate", str(tmp_path / "out"), "--scenes", "99"], tmp_path / "out", 99)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert job.state in ("cancelled", "failed")
    assert job.process.poll() is not None
