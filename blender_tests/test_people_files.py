"""People as files, and what cannot be done with them: wrong files, folders that take none, linked people, nobody chosen."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
import vivant
from recording_layout import RecordingLayout
from somebody import small
from test_sidebar import draw_small_parts, drawn


def test_lists_menus_headers_and_preferences_draw(anna: Any) -> None:
    from vivant.addon.operators import presets
    from vivant.addon.panels import person, truth

    bpy.ops.vivant.save_person_preset(name="somebody")
    bpy.ops.vivant.add_range(field="sky.warmth")
    small_parts = draw_small_parts()
    assert all(layout.calls for layout in small_parts) and len(small_parts) >= 4 + 6
    asked, outfit = bpy.context.scene.vivant, anna.vivant.outfit
    for cls, data, items in ((person.VIVANT_UL_garments, anna.vivant, outfit), (truth.VIVANT_UL_ranges, asked, asked.ranges)):
        layout = RecordingLayout()
        cls.draw_item(SimpleNamespace(), bpy.context, layout, data, items[0], 0, data, "", 0, 0)
        assert layout.named("prop") and layout.named("label")
    (presets.folder() / "somebody.json").unlink()


def test_without_an_active_object_somebody_else_is_meant_or_nobody(anna: Any) -> None:
    from vivant.addon import people

    bpy.context.view_layer.objects.active = None
    bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection
    assert people.active(bpy.context) == anna, "the only one there is"
    assert bpy.ops.vivant.skin_tone(tone="tan") == {"FINISHED"}
    drawn()
    people.add(bpy.context, "Ben", small(11), 11)
    bpy.context.view_layer.objects.active = None
    bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection
    assert people.active(bpy.context) is None, "two, and none is chosen"
    for name in ("skin_tone", "randomise", "mirror_pose", "export_person", "export_motion", "save_person_preset", "add_ik"):
        assert not getattr(bpy.ops.vivant, name).poll(), name
    assert bpy.ops.vivant.add_person.poll()
    drawn()


def test_bad_input_is_answered_in_one_line(anna: Any, tmp_path: Path) -> None:
    ops = bpy.ops.vivant
    wrong = {
        "picture.png": b"\x89PNG",
        "empty.json": b"",
        "list.json": b"[1, 2]",
        "other.json": json.dumps({"hello": 1}).encode(),
        "text.npz": b"no archive",
        "motion.bvh": b"HIERARCHY nonsense",
        "broken.json": b'{"place": {"kind": "atlantis"}}',
    }
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RuntimeError) as told:
            ops.import_file(filepath=str(tmp_path / name))
        assert "Traceback" not in str(told.value) and len(str(told.value).strip().splitlines()) == 1, name
    with pytest.raises(RuntimeError, match="no file"):
        ops.import_file(filepath=str(tmp_path / "nowhere.json"))
    bpy.context.scene.camera = None
    assert not ops.render_labels.poll()
    assert not ops.contact_sheet.poll() and not ops.verify_dataset.poll(), "no dataset yet"
    bpy.context.view_layer.objects.active = bpy.data.objects["Cube"]
    bpy.ops.object.mode_set(mode="EDIT")
    for name in ("add_person", "skin_tone", "new_scene", "add_place", "import_file"):
        assert not getattr(ops, name).poll(), name
    bpy.ops.object.mode_set(mode="OBJECT")
    rig = anna.objects["Anna"]
    bpy.data.objects.remove(rig)
    assert not ops.skin_tone.poll(), "the armature is gone"
    drawn()


def test_files_round_trip(anna: Any, tmp_path: Path) -> None:
    from vivant.addon import people

    ops = bpy.ops.vivant
    assert ops.export_person(filepath=str(tmp_path / "anna.json")) == {"FINISHED"}
    assert ops.import_file(filepath=str(tmp_path / "anna.json")) == {"FINISHED"}
    assert people.spec_of(people.active(bpy.context)) == people.spec_of(anna)
    with pytest.raises(RuntimeError, match="no Vivant place"):
        ops.export_scene(filepath=str(tmp_path / "scene.json"))
    assert ops.export_person(filepath=str(tmp_path / "anna.npz")) == {"FINISHED"}
    data = np.load(tmp_path / "anna.npz")
    assert data["poses"].shape == (1, 165) and data["betas"].ndim == 1


def test_a_file_brings_its_shape_unless_it_is_another_models(anna: Any, tmp_path: Path) -> None:
    from vivant.addon import people
    from vivant.procgen.blender import live

    file = tmp_path / "ben.npz"
    ben = people.add(bpy.context, "Ben", small(11), 11)
    wanted = live.body_of(ben, people.spec_of(ben)).betas
    assert bpy.ops.vivant.export_person(filepath=str(file)) == {"FINISHED"}
    bpy.context.view_layer.objects.active = live.rig_of(anna)
    own = people.spec_of(anna).phenotype
    with np.load(file) as data:
        np.savez(tmp_path / "other.npz", **{**data, "betas": np.ones(10, np.float32)})
    assert bpy.ops.vivant.import_file(filepath=str(tmp_path / "other.npz")) == {"FINISHED"}
    assert people.spec_of(anna).phenotype == own
    assert bpy.ops.vivant.import_file(filepath=str(file)) == {"FINISHED"}
    found = live.body_of(anna, people.spec_of(anna))
    off = np.linalg.norm(found.model.shapedirs @ (found.betas - wanted), axis=1)
    assert off.mean() < 0.0005, "metres"


@pytest.mark.parametrize("ending", ["bvh", "npz"])
def test_a_motion_goes_out_and_comes_back(anna: Any, tmp_path: Path, ending: str) -> None:
    """What the armature does over the scene's frames, by keys of the user's, is what the file brings back onto it."""
    from vivant.addon import people
    from vivant.procgen.blender import live

    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 4
    rig = live.rig_of(anna)
    for frame, turn in ((1, 0.0), (4, -0.7)):  # an elbow bends one way alone
        bone = rig.pose.bones["left_elbow"]
        bone.rotation_quaternion = (np.cos(turn / 2), 0.0, 0.0, np.sin(turn / 2))
        bone.keyframe_insert("rotation_quaternion", frame=frame)
    scene.frame_set(4)
    wanted = people.pose_now(anna)
    scene.frame_set(2)
    file = tmp_path / f"wave.{ending}"
    assert bpy.ops.vivant.export_motion(filepath=str(file)) == {"FINISHED"}
    assert scene.frame_current == 2, "the user's frame"
    bpy.ops.vivant.reset_pose()
    assert bpy.ops.vivant.import_file(filepath=str(file)) == {"FINISHED"}
    scene.frame_set(4)
    off = np.abs(people.pose_now(anna) - wanted)
    assert np.abs(wanted[18]).max() > 0.6 and off[12:22].max() < 0.02
    assert off[1:22].max() < 0.1, "legs settle on the ground"
    with pytest.raises(RuntimeError, match="bvh or"):
        bpy.ops.vivant.export_motion(filepath=str(tmp_path / "wave.fbx"))


def test_files_that_are_dropped_reach_the_reader(anna: Any, tmp_path: Path) -> None:
    """Blender asks the file handler which operator takes a file of this ending; ours takes the four that it names."""
    handler = bpy.types.VIVANT_FH_files
    assert set(handler.bl_file_extensions.split(";")) == {".json", ".npz", ".bvh"}
    assert handler.bl_import_operator == "vivant.import_file" and not handler.poll_drop(bpy.context), "no area in the background"
    for menu in (bpy.types.TOPBAR_MT_file_import, bpy.types.TOPBAR_MT_file_export):
        assert any(f.__module__.endswith("addon.operators.files") for f in menu.draw._draw_funcs)


def test_linked_people_are_not_changed(saved: Path, factory_settings: None) -> None:
    vivant.register()
    with bpy.data.libraries.load(str(saved), link=True) as (_, here):
        here.collections = ["Anna"]
    bpy.context.scene.collection.children.link(here.collections[0])
    assert not bpy.ops.vivant.skin_tone.poll()
    assert isinstance(drawn()["VIVANT_PT_people"], RecordingLayout)
    vivant.unregister()


def test_overridden_people_are_not_changed(saved: Path, factory_settings: None) -> None:
    vivant.register()
    with bpy.data.libraries.load(str(saved), link=True) as (_, here):
        here.collections = ["Anna"]
    scene, layer = bpy.context.scene, bpy.context.view_layer
    made = here.collections[0].override_hierarchy_create(scene, layer, do_fully_editable=True)
    assert made is not None and made.override_library is not None
    rig = next(ob for ob in made.all_objects if ob.type == "ARMATURE")
    layer.objects.active = rig
    before = made["vivant_person"]
    for name in ("skin_tone", "mirror_pose", "randomise", "add_garment"):
        assert not getattr(bpy.ops.vivant, name).poll(), name
    drawn()
    assert made["vivant_person"] == before
    vivant.unregister()


def test_files_where_nobody_may_write_are_told(anna: Any) -> None:
    """/proc takes no files from anybody, not even from root, whom permissions do not stop."""
    for name, ending in (("export_person", "json"), ("export_person", "npz"), ("export_motion", "bvh")):
        with pytest.raises(RuntimeError) as told:
            getattr(bpy.ops.vivant, name)(filepath=f"/proc/vivant.{ending}")
        assert "Fix:" in str(told.value) and len(str(told.value).strip().splitlines()) == 1, told.value
