"""An animated person comes back from a file as they moved: bones, skin and face, in a fresh Blender."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from vivant.procgen.blender.export_animation import write_animation
from vivant.procgen.one_person import level_ground, moving_person, sample_person
from vivant.procgen.people.performance import Performance, perform, rest_person
from vivant.procgen.people.person import dress_person
from vivant.procgen.people.skeleton import JOINT_NAMES
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import HumanSpec, replace

# In a process of its own: what is read must come from the file and from nothing that is still open.
READ = """
import json, sys
import bpy, numpy as np
path, out = sys.argv[1:3]
bpy.ops.wm.read_factory_settings(use_empty=True)
kind = path.rsplit(".", 1)[1]
bpy.context.scene.render.fps = 15  # glTF counts seconds, and is read at the scene's own rate
if kind == "glb":
    bpy.ops.import_scene.gltf(filepath=path, guess_original_bind_pose=False)
elif kind == "fbx":
    bpy.ops.import_scene.fbx(filepath=path, use_anim=True)
elif kind == "blend":
    bpy.ops.wm.open_mainfile(filepath=path)
else:
    bpy.ops.wm.usd_import(filepath=path)
scene = bpy.context.scene
rig = next(o for o in scene.objects if o.type == "ARMATURE")
body = next(o for o in scene.objects if o.type == "MESH" and o.name.split(".")[0].lower() == "body")
names = json.loads(sys.argv[3])
joints, skin, keys = [], [], []
for frame in json.loads(sys.argv[4]):
    scene.frame_set(frame)
    graph = bpy.context.evaluated_depsgraph_get()
    r = rig.evaluated_get(graph)
    joints.append([list(r.matrix_world @ r.pose.bones[n].head) for n in names])
    mesh = body.evaluated_get(graph).to_mesh()
    v = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", v)
    M = np.array(body.matrix_world)
    skin.append(v.reshape(-1, 3) @ M[:3, :3].T + M[:3, 3])
    blocks = body.data.shape_keys.key_blocks
    keys.append({k.name: k.value for k in blocks[1:]})
np.savez(out, joints=np.array(joints), skin=np.array(skin), keys=json.dumps(keys), rate=scene.render.fps / scene.render.fps_base)
"""
FRAMES = (1, 3, 6)


@pytest.fixture(scope="module")
def moved() -> tuple[HumanSpec, Performance]:
    """Somebody bare who talks with their hands and face, for a third of a second at 15 a second."""
    person = replace(sample_person(Seed(5).child("person")), outfit=(), hair=None, detail=0)
    human = moving_person(Seed(1), "talk", person=person)
    return human, perform(human, level_ground(), 0.4, 15.0)


def test_a_performance_is_the_motion(moved) -> None:
    from vivant.procgen.people.person import pose_person

    human, performance = moved
    assert performance.frames == 7
    assert np.abs(performance.turns[:, :, 3] - [0, 0, 0, 1]).max() < 1e-12
    joints = performance.joints()
    for k in (0, 4):
        body = pose_person(human, level_ground(), k / 15.0)
        assert np.abs(joints[k, :22] - body.joints[:22]).max() < 3e-3  # an expression moves joints of the face a little
    assert any(a.startswith(("jaw", "mouth")) for a in performance.actions)
    assert all(((v >= 0) & (v <= 1)).all() for v in performance.actions.values())


@pytest.mark.parametrize("ending", ["glb", "usdc", "fbx"])
def test_it_comes_back(moved, tmp_path: Path, ending: str) -> None:
    human, performance = moved
    still = rest_person(human)
    parts, hidden = dress_person(still, performance.rest)
    path = tmp_path / f"person.{ending}"
    write_animation(path, "person", still, performance, parts, hidden, texture=64)
    seen = tmp_path / "seen.npz"
    # glTF begins at second nought; FBX keeps frame f at second f / fps, and is read one frame late.
    frames = [f + {"glb": -1, "fbx": 1}.get(ending, 0) for f in FRAMES]
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path), str(seen), json.dumps(JOINT_NAMES), json.dumps(frames)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(seen) as data:
        got, keys = data["joints"], json.loads(str(data["keys"]))
        assert float(data["rate"]) == pytest.approx(15.0)
    wanted = performance.joints()[[f - 1 for f in FRAMES]]
    assert np.abs(got - wanted).max() < 1e-5  # 0.01 mm
    names = set(keys[0])
    assert set(performance.rest.model.arkit_names) <= names
    for frame, values in zip(FRAMES, keys, strict=True):
        for action, course in performance.actions.items():
            assert values[action] == pytest.approx(course[frame - 1], abs=1e-4), action


def test_glb_is_valid(moved, tmp_path: Path) -> None:
    """Khronos' validator: GLTF_VALIDATOR=…/node_modules/gltf-validator, from `npm install gltf-validator`."""
    where = os.environ.get("GLTF_VALIDATOR")
    if not where:
        pytest.skip("set GLTF_VALIDATOR to the folder of the npm package gltf-validator")
    human, performance = moved
    still = rest_person(human)
    parts, hidden = dress_person(still, performance.rest)
    path = tmp_path / "person.glb"
    write_animation(path, "person", still, performance, parts, hidden, texture=64)
    code = f"require({json.dumps(where)}).validateBytes(new Uint8Array(require('fs').readFileSync({json.dumps(str(path))})))"
    code += ".then(r => console.log(JSON.stringify(r.issues)))"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    issues = json.loads(done.stdout)
    assert issues["numErrors"] == 0, issues["messages"][:3]
