"""Looks of people in files: a person, a cast and a scene that name them read back as they were written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vivant.procgen.errors import SpecError
from vivant.procgen.one_person import read_person, sample_person
from vivant.procgen.options import GenerateOptions
from vivant.procgen.people.looks import Looks, kept, looks_of, named_beside, read_looks, write_looks
from vivant.procgen.people.skin_relief import SkinRelief
from vivant.procgen.sample import scene_of
from vivant.procgen.seeds import Seed


@pytest.fixture
def looks(rng: np.random.Generator) -> Looks:
    pictures = {"body": rng.integers(0, 256, (16, 16, 4), np.uint8), "tshirt_1": rng.integers(0, 256, (8, 8, 3), np.uint8)}
    rest = rng.normal(size=(6, 5)).astype(np.float32) * 1e-3
    return Looks(pictures, SkinRelief(64, 20, 30, rest, {"jawOpen": 2 * rest, "mouthSmileLeft": -rest}))


def same(a: Looks, b: Looks) -> bool:
    assert a.relief is not None and b.relief is not None
    one, other = a.relief.arrays(), b.relief.arrays()
    return (
        set(a.pictures) == set(b.pictures) and all(np.array_equal(p, b.pictures[n]) for n, p in a.pictures.items())
        and set(one) == set(other) and all(np.array_equal(v, other[n]) for n, v in one.items())
    )  # fmt: skip


def test_a_person_a_cast_and_a_scene_read_back_identically(looks: Looks, tmp_path: Path) -> None:
    human = sample_person(Seed(2).child("person"))
    spec = tmp_path / "anna.json"
    spec.write_text(named_beside(human, spec, looks).to_json())
    person = read_person(spec)
    assert replace(person, looks="") == replace(human, looks="") and same(looks_of(person), looks)
    # Who is cast brings their looks; a scene that is kept in a dataset names its own copy, wherever the dataset goes.
    scene = scene_of(GenerateOptions(str(tmp_path / "D"), cast=(str(spec),), people=(1, 1), place="meadow"), 0)
    assert same(looks_of(scene.people[0]), looks)
    written = kept(scene, tmp_path / "D")
    file = tmp_path / "D" / "scenes" / "000000.json"
    file.parent.mkdir()
    file.write_text(written.to_json())
    spec.with_suffix(".looks.npz").unlink()
    (tmp_path / "D").rename(tmp_path / "E")
    again = scene_of(GenerateOptions(str(tmp_path / "F"), spec=str(tmp_path / "E" / "scenes" / "000000.json")), 0)
    assert same(looks_of(again.people[0]), looks)
    assert [replace(p, looks="") for p in again.people] == [replace(p, looks="") for p in scene.people]
    assert kept(again, tmp_path / "F").to_json() == written.to_json()
    # Without their file they are asked for by name.
    with pytest.raises(SpecError, match=r"looks of a person are missing: 'anna.looks.npz'"):
        read_person(spec)
    assert json.loads(spec.read_text())["looks"] == "anna.looks.npz"


def test_files_that_hold_no_looks(looks: Looks, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    write_looks(file, Looks({}, looks.relief))
    assert not read_looks(file).pictures and read_looks(file)
    write_looks(file, Looks())
    with pytest.raises(SpecError, match="holds no looks"):
        read_looks(file)
    write_looks(file, Looks({"body": np.zeros((4, 6, 3), np.uint8)}))
    with pytest.raises(SpecError, match="picture of 'body' is none"):
        read_looks(file)
