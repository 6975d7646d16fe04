"""Lifted skin and clothes on people: in the open file, in files, and in the frames of a dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from vivant.bridge.lift.open_head import open_head
from vivant.bridge.lift.result import LiftResult, PartResult, write_result
from vivant.procgen.dataset import Dataset
from vivant.procgen.errors import SpecError
from vivant.procgen.generate import generate
from vivant.procgen.one_person import read_person
from vivant.procgen.options import GenerateOptions
from vivant.procgen.people.looks import looks_of
from vivant.procgen.people.skin_relief import SkinRelief
from vivant.procgen.sample import scene_of

GREEN = (20, 200, 40)


@pytest.fixture
def lifted(tmp_path: Path) -> Path:
    """Somebody whose lifted skin is green all over, with a ridge in it."""
    head = open_head()
    face = PartResult({"head": head.name, "activations": {}}, {"shape": np.zeros((1, head.identity_count))})
    skin = np.full((64, 64, 4), 255, np.uint8)
    skin[..., :3] = GREEN
    rest = np.zeros((16, 16), np.float32)
    rest[8] = 0.001
    relief = SkinRelief(64, 20, 30, rest, {"jawOpen": 2 * rest})
    parts = {"face": face, "skin": PartResult({}, {}, {"color": skin}), "detail": PartResult({}, relief.arrays())}
    return write_result(tmp_path / "lift", LiftResult("green", {}, parts))


def skin_images(collection: Any) -> set[str]:
    from vivant.procgen.blender import live
    from vivant.procgen.blender.compat import node_tree

    body = live.parts_of(collection)["body"]
    nodes = [n for slot in body.material_slots for n in node_tree(slot.material).nodes]
    return {n.image.name for n in nodes if n.bl_idname == "ShaderNodeTexImage" and n.image is not None}


def test_lifted_skin_is_worn_kept_and_written(anna: Any, lifted: Path, tmp_path: Path) -> None:
    from vivant.addon import people
    from vivant.addon.operators.dataset import dataset_arguments
    from vivant.procgen.blender.pictured import kept_looks

    assert not skin_images(anna)
    assert bpy.ops.vivant.wear_face(folder=str(lifted)) == {"FINISHED"}
    worn = skin_images(anna)
    assert len(worn) == 2  # the picture and the relief
    bpy.ops.vivant.build_person()
    assert skin_images(anna) == worn
    # Written and read again, pixel by pixel.
    file = tmp_path / "anna.json"
    assert bpy.ops.vivant.export_person(filepath=str(file)) == {"FINISHED"}
    assert json.loads(file.read_text())["looks"] == "anna.looks.npz"
    looks = looks_of(read_person(file))
    assert (looks.pictures["body"][..., :3] == GREEN).all()
    assert looks.relief is not None and np.abs(looks.relief.at({"jawOpen": 0.5})[8] - 0.002).max() < 1e-6
    assert bpy.ops.vivant.import_file(filepath=str(file)) == {"FINISHED"}
    again = people.active(bpy.context)
    assert again != anna and len(skin_images(again)) == 2
    assert (kept_looks(again).pictures["body"][..., :3] == GREEN).all()
    # Everybody is cast, with what they wear.
    asked = bpy.context.scene.vivant
    asked.output = str(tmp_path / "out")
    assert bpy.ops.vivant.cast_people() == {"FINISHED"}
    argv = dataset_arguments(asked, "D", 1)
    cast = [argv[i + 1] for i, a in enumerate(argv) if a == "--cast"]
    assert len(cast) == len(people.in_scene(bpy.context.scene)) == 2
    assert all(read_person(path).looks for path in cast)
    asked.cast = str(tmp_path / "nowhere")
    with pytest.raises(RuntimeError, match="nobody can be cast"):
        bpy.ops.vivant.generate_dataset()


def test_the_lift_panel_asks_as_a_shell_would(anna: Any, tmp_path: Path) -> None:
    from vivant.addon.operators.bridge import lift_arguments

    asked = bpy.context.scene.vivant
    asked.lift_wearing = "a man in a white shirt"
    said = {}
    for item in asked.bl_rna.properties["lift_parts"].enum_items:
        asked.lift_parts = item.identifier
        said[item.identifier] = lift_arguments(bpy.context, Path("a.png"), tmp_path)
    from vivant.bridge.lift.run import planned

    every = {part for what in said for part in planned(what.split(","))}
    assert every == {"face", "detail", "skin", "body", "texture", "clothes"}
    for what, argv in said.items():
        assert argv[argv.index("--what") + 1] == what
        assert ("wearing=a man in a white shirt" in argv) == ("clothes" in what)


def test_who_is_cast_has_lifted_skin_in_every_frame(lifted: Path, tmp_path: Path) -> None:
    from vivant.addon import cli

    spec = tmp_path / "green.json"
    assert cli.run(["person", str(tmp_path / "green.blend"), "--face", str(lifted), "--write-spec", str(spec), "--json"]) == 0
    out = tmp_path / "D"
    options = GenerateOptions(
        str(out), cast=(str(spec),), people=(1, 1), width=96, height=96, samples=1, place="meadow", channels=("albedo", "semantic"),
    )  # fmt: skip
    assert generate(options).ok
    dataset = Dataset(out)
    frame = dataset[dataset.names[0]]
    skin = frame["semantic"] == frame.record.semantics["skin"]
    albedo = frame["albedo"][skin]
    green = (albedo[:, 1] > 4 * albedo[:, 0]) & (albedo[:, 1] > 4 * albedo[:, 2])
    assert skin.sum() > 20 and green.mean() > 0.8
    # The dataset has all that its scenes need.
    name = json.loads((out / "scenes" / "000000.json").read_text())["people"][0]["looks"]
    assert (out / "looks" / name).is_file() and frame.record.people[0].spec["looks"] == name
    spec.with_suffix(".looks.npz").unlink()
    again = GenerateOptions(str(tmp_path / "E"), spec=str(out / "scenes" / "000000.json"), channels=("albedo",))
    assert looks_of(scene_of(again, 0).people[0]).pictures.keys() == {"body"}
    (out / "looks" / name).unlink()
    with pytest.raises(SpecError, match="looks of a person are missing"):
        scene_of(again, 0)


def test_what_blender_develops_is_undone() -> None:
    """Colours through Blender's own view transform and back."""
    from vivant.bridge.lift.tone import Tone

    from tools.measure_view import developed

    rng = np.random.default_rng(0)
    colors = 0.18 * 2.0 ** (rng.uniform(-3.5, 2.0, (500, 1)) + rng.uniform(-0.5, 0.5, (500, 3)))
    for look in ("AgX - Medium High Contrast", "None"):
        saved = np.rint(255.0 * developed(colors, "AgX", look)).astype(np.uint8)
        back = Tone("AgX", look).linear(saved[None])[0]
        assert np.median(np.abs(back / colors - 1.0)) < 0.04
        assert np.percentile(np.abs(back / colors - 1.0), 95) < 0.12
