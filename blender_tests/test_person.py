"""`vivant person`: a character that other programs open, dressed, with a skeleton that moves what it should."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from vivant.procgen.blender.export_person import write_person
from vivant.procgen.errors import SpecError
from vivant.procgen.one_person import assemble_person, sample_person
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.skeleton import JOINT_NAMES
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import replace


@pytest.fixture(scope="module")
def person() -> tuple[BodyState, list]:
    spec = replace(sample_person(Seed(3).child("person"), pose="stand"), detail=0, hair_density=0.03)
    return assemble_person(spec)


def vertices(ob: bpy.types.Object) -> np.ndarray:
    """(V, 3) world positions after modifiers."""
    evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
    out = np.empty(len(evaluated.data.vertices) * 3, np.float32)
    evaluated.data.vertices.foreach_get("co", out)
    matrix = np.array(evaluated.matrix_world)
    return out.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def test_blend_keeps_curves_and_bends_at_the_elbow(person: tuple, tmp_path: Path) -> None:
    body, parts = person
    names = write_person(tmp_path / "anna.blend", "anna", body, parts)
    assert "anna" in names and len(names) == len(parts) + 1
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "anna.blend"))
    rig = bpy.data.objects["anna"]
    assert sorted(b.name for b in rig.data.bones) == sorted(JOINT_NAMES)
    assert any(ob.type == "CURVES" for ob in bpy.data.objects) == any(p.semantic == "hair" for p in parts)
    skin = bpy.data.objects["body"]
    rest = vertices(skin)
    joints = body.joints
    bone = rig.pose.bones["left_elbow"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (0.9, 0.0, 0.0)
    bpy.context.view_layer.update()
    moved = np.linalg.norm(vertices(skin) - rest, axis=1)
    far = np.linalg.norm(rest - joints[JOINT_NAMES.index("left_elbow")], axis=1) > 0.45
    right = rest[:, 0] < 0
    assert moved[far & right].max() < 1e-4, "nothing else moves"
    wrist = np.linalg.norm(rest - joints[JOINT_NAMES.index("left_wrist")], axis=1) < 0.05
    assert moved[wrist].min() > 0.1, "the wrist does"
    # What is rigid stays rigid: distances within the hand do not change.
    hand = np.flatnonzero(np.linalg.norm(rest - joints[JOINT_NAMES.index("left_middle2")], axis=1) < 0.03)
    before = np.linalg.norm(rest[hand[:1]] - rest[hand], axis=1)
    after = np.linalg.norm(vertices(skin)[hand[:1]] - vertices(skin)[hand], axis=1)
    assert np.abs(before - after).max() < 0.002


def test_every_vertex_is_bound(person: tuple) -> None:
    from vivant.procgen.blender.rig import insert_rigged

    collection, _ = insert_rigged(bpy.context.scene, "anna", *person)
    for ob in collection.all_objects:
        if ob.type == "MESH":
            total = [sum(g.weight for g in v.groups) for v in ob.data.vertices]
            assert min(total) > 0.99, ob.name


def test_bind_pose_is_the_built_pose(person: tuple) -> None:
    from vivant.procgen.blender.rig import insert_rigged

    body, parts = person
    insert_rigged(bpy.context.scene, "anna", body, parts)
    bpy.context.view_layer.update()
    built = next(p for p in parts if p.name == "body").geometry.vertices
    assert np.abs(vertices(bpy.data.objects["body"]) - built).max() < 1e-5


@pytest.mark.slow
def test_glb_opens_elsewhere_with_skin_and_colours(person: tuple, tmp_path: Path) -> None:
    body, parts = person
    write_person(tmp_path / "anna.glb", "anna", body, parts)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "anna.glb"))
    rig = next(ob for ob in bpy.data.objects if ob.type == "ARMATURE")
    assert {b.name for b in rig.data.bones} == set(JOINT_NAMES)
    meshes = {ob.name: ob for ob in bpy.data.objects if ob.type == "MESH" and ob.parent == rig}
    assert {p.name for p in parts} <= set(meshes)
    skin = meshes["body"].data
    colours = np.empty(len(skin.color_attributes[0].data) * 4, np.float32)
    skin.color_attributes[0].data.foreach_get("color", colours)
    colours = colours.reshape(-1, 4)[:, :3]
    assert 0.01 < np.median(colours[:, 0]) < 0.95
    assert np.median(colours[:, 0]) > np.median(colours[:, 2]), "skin is redder than blue"
    assert colours.std(0).max() > 0.005, "zones of the skin arrive"


def test_unknown_ending_is_refused(person: tuple, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"anna\.obj.*\.blend"):
        write_person(tmp_path / "anna.obj", "anna", *person)
