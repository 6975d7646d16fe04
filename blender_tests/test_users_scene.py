"""A scene of the user's own: rig, animation, compositor, light and camera stay theirs, and its labels are proven."""

from __future__ import annotations

import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
import vivant
from somebody import small
from test_sidebar import wait

SIZE = 96


@pytest.fixture
def mine(factory_settings: None) -> Iterator[Any]:
    """A floor, a lamp, a camera, and a flag that waves on a rig of the user's with an action; nothing of Vivant's."""
    vivant.register()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_plane_add(size=8.0)
    bpy.ops.object.light_add(type="SUN", rotation=(0.6, 0.2, 0.0))
    bpy.ops.object.camera_add(location=(0.6, -4.2, 1.3), rotation=(np.radians(86.0), 0.0, np.radians(8.0)))
    scene.camera = bpy.context.object
    bpy.ops.object.armature_add(location=(0.9, 0.3, 0.0))
    rig = bpy.context.object
    rig.name = "Flag rig"
    bpy.ops.mesh.primitive_cube_add(size=0.5, location=(0.9, 0.3, 1.0))
    flag = bpy.context.object
    flag.name = "Flag"
    group = flag.vertex_groups.new(name="Bone")
    group.add(list(range(8)), 1.0, "REPLACE")
    flag.modifiers.new("Armature", "ARMATURE").object = rig
    bone = rig.pose.bones["Bone"]
    bone.rotation_mode = "XYZ"
    for frame, turn in ((1, 0.0), (11, 0.8)):
        bone.rotation_euler = (0.0, 0.0, turn)
        bone.keyframe_insert("rotation_euler", frame=frame)
    scene.frame_set(6)
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    yield scene
    vivant.unregister()


def corners(name: str = "Flag") -> np.ndarray:
    ob = bpy.data.objects[name].evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([ob.matrix_world @ v.co for v in ob.data.vertices])


def theirs(scene: Any) -> tuple[Any, ...]:
    """What is the user's: settings, world, frame, selection, animation, materials."""
    rig = bpy.data.objects["Flag rig"]
    return (
        scene.render.engine, scene.render.resolution_x, scene.render.filepath, scene.frame_current, scene.camera.name,
        scene.world, scene.view_settings.view_transform, rig.animation_data.action.name, len(bpy.data.actions),
        sorted(ob.name for ob in bpy.context.selected_objects), bpy.context.view_layer.objects.active.name,
        [m.name for m in bpy.data.objects["Flag"].data.materials], bpy.context.mode,
    )  # fmt: skip


def test_the_users_rig_keeps_moving_as_it_did(mine: Any) -> None:
    from vivant.addon import people

    before, flag = theirs(mine), corners()
    assert np.ptp(flag[:, 0]) > 0.6, "the action turns the flag"
    anna = people.add(bpy.context, "Anna", small(3), 3)
    anna.vivant.body.height_m = 1.6
    people.build_due(now=True)
    bpy.ops.vivant.mirror_pose()
    bpy.ops.vivant.add_ik()
    bpy.context.view_layer.objects.active = bpy.data.objects["Flag"]
    for ob in bpy.context.view_layer.objects:
        ob.select_set(ob.name == "Flag")
    assert theirs(mine) == before
    assert np.abs(corners() - flag).max() < 1e-6


@pytest.mark.slow
def test_labels_of_the_users_scene_are_proven(mine: Any, tmp_path: Path) -> None:
    from vivant.addon import jobs, people
    from vivant.addon.cli import run
    from vivant.procgen.dataset import Dataset

    people.add(bpy.context, "Anna", small(3), 3)
    mine.vivant.output = str(tmp_path / "out")
    before, flag = theirs(mine), corners()
    assert bpy.ops.vivant.render_labels() == {"FINISHED"}
    wait()
    job = jobs.current()
    assert job is not None and job.state == "done", job and job.message
    assert theirs(mine) == before
    folder = Path(mine.vivant.dataset)
    frame = Dataset(folder)[0]
    names = {o.name: o.id for o in frame.record.objects}
    assert any("Flag" in n for n in names), names
    person = frame.people[0]
    assert person.record.visible_px > 100 and person.record.keypoints["coco17"].visibility.max() == 2
    # The flag is where its rig holds it at this frame: its corners project into its own mask or behind somebody.
    camera = frame.record.camera
    ids = next(i for n, i in names.items() if n.startswith("Flag"))
    mask = frame["object"] == ids
    assert mask.sum() > 50
    K, T = np.array(camera.K), np.array(camera.T_cam_from_world)
    seen = flag @ T[:3, :3].T + T[:3, 3]
    xy = (seen @ K.T)[:, :2] / seen[:, 2:]
    rows, columns = np.nonzero(mask)
    assert abs(xy[:, 0].max() - columns.max()) < 2.0 and abs(xy[:, 1].min() - rows.min()) < 2.0
    assert run(["verify", str(folder), "--witness", "none", "--quiet"]) == 0


def test_places_that_cannot_be_written_are_told(mine: Any, tmp_path: Path) -> None:
    from vivant.addon import jobs

    (tmp_path / "file").write_text("in the way")
    # A file in the way; a file system that takes no folders from anybody, not even from root.
    for folder, words in ((tmp_path / "file" / "out", "Not a directory"), (Path("/proc/vivant/out"), "/proc/vivant")):
        mine.vivant.output = str(folder)
        for operator in (bpy.ops.vivant.render_labels, bpy.ops.vivant.generate_dataset, bpy.ops.vivant.open_folder):
            with pytest.raises(RuntimeError) as told:
                operator()
            assert words in str(told.value) and "Fix:" in str(told.value)
            assert len(str(told.value).strip().splitlines()) == 1
    assert not jobs.running()


def test_an_unsaved_file_writes_to_the_default_folder(mine: Any) -> None:
    mine.vivant.output = "//renders"
    assert not bpy.data.filepath
    assert mine.vivant.output_folder(bpy.context).is_absolute()
    assert "renders" not in mine.vivant.output_folder(bpy.context).name


def test_a_worker_python_that_is_missing_or_bare_says_what_to_install(mine: Any, tmp_path: Path) -> None:
    from vivant.addon import jobs

    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = tmp_path / "bare" / "bin" / "python"
    for asked, words in ((python, ("torch", f"{python} -m pip install")), (tmp_path / "nowhere", ("not there", "Fix:"))):
        job = jobs.start("Worker", ["worker", "--check", "--python", str(asked)], python, 0)
        wait(60)
        assert job.state == "failed"
        assert all(w in job.message for w in words) and "Traceback" not in job.printed, job.printed


def test_a_fault_of_ours_is_one_line_and_goes_into_the_diagnostics(mine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from vivant.addon import people
    from vivant.addon.operators import saying

    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(people, "sample", broken)
    with pytest.raises(RuntimeError) as told:
        bpy.ops.vivant.add_person()
    assert len(str(told.value).strip().splitlines()) == 1 and "ZeroDivisionError: planted" in str(told.value)
    assert "planted" in saying.faults[-1] and "Traceback" in saying.faults[-1]
    assert bpy.ops.vivant.copy_diagnostics() == {"FINISHED"}
