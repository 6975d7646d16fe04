"""The joint model that ships: it is there, small and free, runs offline, and draws where the skeleton stands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from vivant.addon import cli
from vivant.bridge.diffusion.joint import sample_joint, skeleton_tensor, to_arrays, words_tensor
from vivant.bridge.diffusion.joint_model import JointDenoiser, load_joint
from vivant.bridge.models import EMBEDDED, identify, place
from vivant.procgen.dataset.drawing import Canvas
from vivant.procgen.dataset.openpose import POINTS, draw_body
from vivant.tests import sample_dataset

WORDS = ["place:room", "time:day", "shot:full-body", "angle:eye level", "count:1", "gender:female", "action:standing"]
# A person who stands, by the points that a skeleton has: metres across and down from the neck.
STANDING = {
    "nose": (0.0, -0.17), "neck": (0.0, 0.0),
    "right_shoulder": (-0.17, 0.02), "right_elbow": (-0.21, 0.3), "right_wrist": (-0.22, 0.54),
    "left_shoulder": (0.17, 0.02), "left_elbow": (0.21, 0.3), "left_wrist": (0.22, 0.54),
    "right_hip": (-0.1, 0.5), "right_knee": (-0.1, 0.92), "right_ankle": (-0.1, 1.33),
    "left_hip": (0.1, 0.5), "left_knee": (0.1, 0.92), "left_ankle": (0.1, 1.33),
}  # fmt: skip


@pytest.fixture(scope="module")
def model() -> JointDenoiser:
    return load_joint(EMBEDDED)


def skeleton(across: float, size: int) -> torch.Tensor:
    """Somebody who stands `across` of the picture's width from its left edge."""
    fine = 4 * size
    canvas = Canvas.blank(fine, fine, (0, 0, 0))
    known = {n: np.array([across + 0.5 * x, 0.25 + 0.42 * y]) * fine for n, (x, y) in STANDING.items()}
    assert set(known) <= set(POINTS)
    draw_body(canvas, known, np.ones(2), fine / 64)
    return skeleton_tensor(canvas.to_uint8(), size)


def test_it_is_small_and_free() -> None:
    info = identify(EMBEDDED)
    assert (info.family, info.role, info.licence) == ("joint", "joint", "cc0-1.0")
    assert 1e6 < info.bytes <= 20e6
    card = (place(EMBEDDED) / "README.md").read_text(encoding="utf-8")
    assert all(word in card for word in ("learnt from", "steps", "Limits"))


def test_people_are_drawn_where_the_skeleton_stands(model: JointDenoiser) -> None:
    size = model.shape.size
    picture = torch.stack([skeleton(0.3, size), skeleton(0.7, size)])
    words = words_tensor(WORDS, model.vocabulary).expand(2, -1)
    made = sample_joint(model, picture, words, [4, 4], steps=8)
    left, right = (to_arrays(made, i) for i in range(2))
    # Seeds and words are equal, so what differs is the person: nearer than what is behind, on the side that was asked for.
    nearer = 1 / left["depth"] - 1 / right["depth"]
    band = slice(size // 4, 3 * size // 4)
    assert nearer[band, : size // 2].mean() > 0.05
    assert nearer[band, size // 2 :].mean() < -0.05
    for one, x in ((left, 0.3), (right, 0.7)):
        body = one["normal"][band, round(x * size) - 3 : round(x * size) + 4]
        assert np.linalg.norm(body, axis=-1).min() > 0.99, "a surface with normals"


def test_a_dataset_without_a_word_about_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = sample_dataset.make_dataset(tmp_path / "ds")
    argv = [
        "synthesize",
        str(root),
        "--set",
        "steps=2",
        "--frames",
        "000000_00",
        "--cache",
        str(tmp_path / "c"),
        "--json",
    ]
    assert cli.run(argv) == 0, capsys.readouterr().err
    report = json.loads(capsys.readouterr().out)
    header = json.loads((Path(report["root"]) / "synthesis.json").read_text())
    assert (header["method"], header["model"]) == ("joint", EMBEDDED)
    record = json.loads((Path(report["root"]) / "frames/000000_00/record.json").read_text())
    assert set(record["files"]) == {"rgb", "depth", "normal"}
