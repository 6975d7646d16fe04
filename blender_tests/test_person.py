"""`vivant person`: a character that other programs open, dressed, with a skeleton that moves what it should."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from scipy.spatial import cKDTree
from vivant.bridge.lift.detail_grid import detail_grid, surface_of
from vivant.bridge.lift.open_head import open_head
from vivant.procgen.blender.export_person import build_character, write_person
from vivant.procgen.errors import SpecError
from vivant.procgen.geometry import Mesh
from vivant.procgen.one_person import assemble_person, sample_person
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.face_keys import face_keys
from vivant.procgen.people.skeleton import JOINT_NAMES
from vivant.procgen.people.skin_relief import SkinRelief
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import HumanSpec, replace


@pytest.fixture(scope="module")
def person() -> tuple[HumanSpec, BodyState, list, np.ndarray]:
    spec = replace(sample_person(Seed(3).child("person"), pose="stand"), detail=0, hair_density=0.03)
    return (spec, *assemble_person(spec))


def surface_error(built: np.ndarray, found: np.ndarray) -> float:
    """Largest distance from a built vertex to the nearest imported one (formats split vertices at seams)."""
    return float(max(cKDTree(found).query(built)[0].max(), cKDTree(built).query(found)[0].max()))


def vertices(ob: bpy.types.Object) -> np.ndarray:
    """(V, 3) world positions after modifiers."""
    evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
    out = np.empty(len(evaluated.data.vertices) * 3, np.float32)
    evaluated.data.vertices.foreach_get("co", out)
    matrix = np.array(evaluated.matrix_world)
    return out.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


@pytest.fixture(scope="module")
def written(person: tuple, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Writes the person to a format, once."""
    folder = tmp_path_factory.mktemp("person")

    def write(ending: str) -> Path:
        path = folder / ending[1:] / f"anna{ending}"
        if not path.exists():
            write_person(path, "anna", *person, texture=128)
            assert {p.name for p in path.parent.iterdir()} <= {path.name, "textures"}, "nothing else is left"
        return path

    return write


def import_file(path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if path.suffix == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(path))
    elif path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    elif path.suffix == ".usd":
        bpy.ops.wm.usd_import(filepath=str(path))
    else:
        bpy.ops.wm.open_mainfile(filepath=str(path))


def test_blend_keeps_curves_and_bends_at_the_elbow(person: tuple, written: Callable) -> None:
    _, body, parts, _ = person
    import_file(written(".blend"))
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
    collection = build_character(bpy.context.scene, "anna", *person, {})
    for ob in collection.all_objects:
        if ob.type == "MESH":
            total = [sum(g.weight for g in v.groups) for v in ob.data.vertices]
            assert min(total) > 0.99, ob.name


def test_bind_pose_is_the_built_pose(person: tuple) -> None:
    _, _, parts, _ = person
    build_character(bpy.context.scene, "anna", *person, {})
    bpy.context.view_layer.update()
    built = next(p for p in parts if p.name == "body").geometry.vertices
    assert np.abs(vertices(bpy.data.objects["body"]) - built).max() < 1e-5


@pytest.mark.parametrize("ending", [".blend", ".glb", ".usd", ".fbx"])
def test_what_was_written_comes_back(person: tuple, written: Callable, ending: str) -> None:
    spec, body, parts, hidden = person
    import_file(written(ending))
    rig = next(ob for ob in bpy.data.objects if ob.type == "ARMATURE")
    assert {b.name for b in rig.data.bones} == set(JOINT_NAMES)
    meshes = {ob.name: ob for ob in bpy.data.objects if ob.type == "MESH"}
    assert {p.name for p in parts if ending != ".blend" or isinstance(p.geometry, Mesh)} <= set(meshes)
    for part in parts:
        if isinstance(part.geometry, Mesh):
            assert surface_error(part.geometry.vertices, vertices(meshes[part.name])) < 1e-5, part.name
    keys = meshes["body"].data.shape_keys.key_blocks
    assert [k.name for k in keys][1:] == list(body.model.arkit_names)
    # A key and a bone move what they should, in the file as in the body model.
    open_mouth = face_keys(spec, body, parts, hidden)["body"]["jawOpen"]
    keys["jawOpen"].value = 1.0
    bpy.context.view_layer.update()
    built = next(p for p in parts if p.name == "body").geometry.vertices
    assert surface_error(built + open_mouth, vertices(meshes["body"])) < 1e-5
    if ending != ".blend":
        images = {i.name.split(".")[0] for i in bpy.data.images if i.size[0]}
        assert any("body_albedo" in name for name in images) and any("normal" in name for name in images)


def test_textures_show_the_skin(written: Callable) -> None:
    import_file(written(".glb"))
    image = next(i for i in bpy.data.images if "body_albedo" in i.name)
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    colours = pixels.reshape(-1, 4)[:, :3]
    colours = colours[colours.max(1) > 0.02]
    assert len(colours) > 0.3 * 128**2
    assert 0.1 < np.median(colours[:, 0]) < 0.98
    assert np.median(colours[:, 0]) > np.median(colours[:, 2]), "skin is redder than blue"
    assert colours.std(0).max() > 0.005, "zones of the skin arrive"


def test_usd_validates(written: Callable) -> None:
    pytest.importorskip("pxr.UsdValidation", reason="usd-core is not installed")
    # In a process of its own: bpy carries another copy of the same library.
    code = (
        "import sys; from pxr import Usd, UsdValidation as v; stage = Usd.Stage.Open(sys.argv[1]);"
        "found = v.ValidationContext(v.ValidationRegistry().GetOrLoadAllValidators()).Validate(stage);"
        "print(len(list(stage.Traverse())), *[e.GetMessage() for e in found], sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(written(".usd"))], capture_output=True, text=True, check=True
    )
    count, *errors = done.stdout.splitlines()
    assert int(count) > 50 and errors == []


def test_gltf_validates(written: Callable) -> None:
    root = os.environ.get("GLTF_VALIDATOR")
    if root is None or shutil.which("node") is None:
        pytest.skip("set GLTF_VALIDATOR to the folder of the npm package gltf-validator")
    code = (
        "const v = require(process.argv[1]), fs = require('fs');"
        "v.validateBytes(new Uint8Array(fs.readFileSync(process.argv[2]))).then(r => console.log(JSON.stringify(r)))"
    )
    done = subprocess.run(["node", "-e", code, root, str(written(".glb"))], capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert report["issues"]["numErrors"] == 0, report["issues"]["messages"][:3]
    assert report["info"]["totalVertexCount"] > 10000 and report["info"]["hasMorphTargets"]


def test_unknown_ending_is_refused(person: tuple, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"anna\.obj.*\.blend"):
        write_person(tmp_path / "anna.obj", "anna", *person)


def test_lips_go_with_their_own_jaw(person: tuple) -> None:
    body = person[1]
    collection = build_character(bpy.context.scene, "anna", *person, {})
    skin = next(ob for ob in collection.all_objects if ob.name == "body")
    jaw = skin.vertex_groups["jaw"].index
    share = np.array([sum(g.weight for g in v.groups if g.group == jaw) for v in skin.data.vertices])
    at = cKDTree(body.posed[: body.count]).query(vertices(skin))[1]
    exact = body.weights[: body.count, body.joint("jaw")][at]
    assert (share > 0.3).sum() > 50
    # Four joints a vertex are kept of six; upper and lower lip, which touch, differ by more than half.
    assert np.abs(share - exact).max() < 0.1


def ripples(direction: int) -> SkinRelief:
    """Waves of 0.3 mm across the face, along rows (0) or columns (1) of the UV map; a wrinkle of jawOpen in the middle."""
    size, top, left, side = 512, 250, 400, 48
    wave = np.sin(2 * np.pi * np.arange(side) / 12.0) * np.hanning(side)
    heights = np.outer(np.hanning(side), wave) if direction == 0 else np.outer(wave, np.hanning(side))
    return SkinRelief(size, top, left, (3e-4 * heights).astype(np.float32), {"jawOpen": np.full((side, side), 1e-4, np.float32)})


def baked_normals(person: tuple, relief: SkinRelief | None) -> np.ndarray:
    """(512, 512, 3) in [-1, 1], row 0 on top."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    spec, body, parts, hidden = person
    only = [p for p in parts if p.name == "body"]
    build_character(bpy.context.scene, "anna", spec, body, only, hidden, {}, texture=512, relief=relief)
    image = bpy.data.images["anna_body_normal"]
    return np.array(image.pixels[:], np.float32).reshape(512, 512, 4)[::-1, :, :3] * 2.0 - 1.0


def test_relief_is_baked_into_the_normal_map(person: tuple) -> None:
    """The map leans away from what rises to the right, and away from what rises towards the top."""
    plain = baked_normals(person, None)
    head = open_head()
    grid = detail_grid(head, 512)
    texels = grid.whole(grid.picture(surface_of(grid, head, head.vertices).steps, 1.0), 1.0)
    for direction in (0, 1):
        relief = ripples(direction)
        more = baked_normals(person, relief) - plain
        outside = np.ones((512, 512), bool)
        outside[relief.top - 2 : relief.top + 50, relief.left - 2 : relief.left + 50] = False
        assert np.abs(more[outside]).max() < 0.02
        window = more[relief.top : relief.top + 48, relief.left : relief.left + 48]
        down, right = np.gradient(relief.rest)
        rise = (right, -down)[direction] / texels[relief.top : relief.top + 48, relief.left : relief.left + 48, direction]
        x, y = -rise.ravel(), window[..., direction].ravel()
        assert np.corrcoef(x, y)[0, 1] > 0.9
        assert 0.8 < (x @ y) / (x @ x) < 1.2


def test_relief_follows_the_keys_in_a_blend(person: tuple) -> None:
    spec, body, parts, hidden = person
    bpy.ops.wm.read_factory_settings(use_empty=True)
    only = [p for p in parts if p.name == "body"]
    keys = {"body": {"jawOpen": np.zeros((len(only[0].geometry.vertices), 3), np.float32)}}
    given = replace(spec, expression={"jawOpen": 0.25})
    made = build_character(bpy.context.scene, "anna", given, body, only, hidden, keys, relief=ripples(0))
    skin = next(ob for ob in made.all_objects if ob.type == "MESH")
    skin.data.shape_keys.key_blocks["jawOpen"].value = 0.5
    material = skin.material_slots[0].material.evaluated_get(bpy.context.evaluated_depsgraph_get())
    node = material.node_tree.nodes["vivant relief jawOpen"]
    assert node.inputs[0].default_value == pytest.approx(0.25) and node.inputs[1].default_value == pytest.approx(0.5)


def test_pictures_take_the_place_of_colours(person: tuple) -> None:
    """A picture on the left half of the skin's map is what is baked there; the other half keeps the person's own skin."""
    spec, body, parts, hidden = person
    only = [p for p in parts if p.name == "body"]

    def albedo(pictures: dict[str, np.ndarray]) -> np.ndarray:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        build_character(bpy.context.scene, "anna", spec, body, only, hidden, {}, texture=256, pictures=pictures)
        image = next(i for i in bpy.data.images if i.name == "anna_body_albedo")
        return np.array(image.pixels[:], np.float32).reshape(256, 256, 4)[::-1, :, :3]

    plain = albedo({})
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[:, :32] = (20, 200, 60, 255)
    made = albedo({"body": picture})
    covered = plain.max(2) > 0.02
    left = covered & (np.arange(256) < 120)
    right = covered & (np.arange(256) > 136)
    assert left.sum() > 1000 and right.sum() > 1000
    assert np.abs(np.median(made[left], 0) - np.array([20, 200, 60]) / 255).max() < 0.02
    # Texels around the islands repeat the faces across the seam, wherever those lie in the map.
    assert np.percentile(np.abs(made[right] - plain[right]), 95) < 0.02
