"""From a dataset to judged pictures through the real command line and the real worker, with models made here."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from vivant.addon import cli
from vivant.bridge.client import WorkerClient
from vivant.bridge.diffusion.joint_model import load_joint
from vivant.bridge.pictures import read_output
from vivant.bridge_tests.tiny import tiny_sd15
from vivant.procgen.dataset import Dataset
from vivant.tests import sample_dataset

SMALL = (
    "--size",
    "16",
    "--set",
    "channels=[8,16]",
    "--set",
    "attention=[false,true]",
    "--set",
    "layers=1",
    "--set",
    "words=16",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_dataset.make_dataset(tmp_path_factory.mktemp("chain") / "ds")


def vivant(capsys: pytest.CaptureFixture[str], *argv: str) -> dict:
    assert cli.run([*argv, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_train_synthesize_measure(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(tmp_path / "model")
    train = ("train", "joint", str(root), "-o", model, "--device", "cpu", "--threads", "1")
    first = vivant(capsys, *train, "--steps", "2", "--batch", "2", *SMALL)
    assert first["step"] == 2
    more = vivant(capsys, *train, "--steps", "3", "--resume")
    assert (more["step"], more["steps_made"]) == (3, 1), "resuming takes up the run's own options"
    assert load_joint(model).shape.size == 16

    argv = (
        "synthesize",
        str(root),
        "--method",
        "joint",
        "--model",
        model,
        "--set",
        "steps=2",
        "--cache",
        str(tmp_path / "c"),
    )
    made = vivant(capsys, *argv, "--seed", "4")
    assert len(made["made"]) == 4
    folder = Path(made["root"]) / "frames" / "000000_00"
    record = json.loads((folder / "record.json").read_text())
    x0, y0, x1, y1 = record["window"]
    assert x1 - x0 == y1 - y0 == sample_dataset.HEIGHT
    assert read_output("depth", folder / "depth.exr").shape == (16, 16)
    assert np.isfinite(read_output("normal", folder / "normal.exr")).all()
    assert vivant(capsys, *argv, "--seed", "4")["kept"] == made["made"]

    report = vivant(capsys, "measure", str(root), "--name", "joint", "--detector", "none")
    assert {"depth_rmse", "normal_angle", "consistency_angle"} <= set(report["overall"])
    gate = json.loads((folder / "record.json").read_text())["gate"]
    assert gate["verdict"] in ("accept", "relabel", "reject")
    assert sum(report["verdicts"].values()) == 4


def test_a_training_that_is_ended_keeps_what_it_learnt(root: Path, tmp_path: Path) -> None:
    """SIGTERM is what a cluster sends before it kills; a shell's background jobs do not hear Ctrl-C."""
    out = tmp_path / "model"
    argv = ["train", "joint", str(root), "-o", str(out), "--device", "cpu", "--threads", "1", "--steps", "100000",
            "--batch", "2", *SMALL]  # fmt: skip
    code = "import sys; from vivant.addon.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen([sys.executable, "-c", code, *argv], stderr=subprocess.PIPE, text=True)
    log, limit = out / "training" / "log.jsonl", time.monotonic() + 120
    while not (log.is_file() and log.read_bytes().count(b"\n") >= 3):
        assert process.poll() is None and time.monotonic() < limit, "no step was made"
        time.sleep(0.05)
    process.terminate()
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    step = json.loads((out / "training" / "state.json").read_text())["step"]
    assert step >= 3
    assert load_joint(out).shape.size == 16


def test_a_control_stack_through_the_worker(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    tiny_sd15(tmp_path / "t").save_pretrained(tmp_path / "sd15")
    made = vivant(
        capsys, "synthesize", str(root), "--model", str(tmp_path / "sd15"), "--set", "controls=[]", "--set", "steps=2",
        "--device", "cpu", "--frames", "000000", "--name", "plain", "--cache", str(tmp_path / "c"), "--prompt", "{caption} " * 9,
    )  # fmt: skip
    assert made["made"] == ["000000_00", "000000_01"]
    for frame in Dataset(root)[:2]:
        record = json.loads((Path(made["root"]) / "frames" / frame.name / "record.json").read_text())
        assert record["facts"]["family"] == "sd15"
        assert record["facts"]["device"] == "cpu"


def test_the_worker_says_what_it_has(tmp_path: Path) -> None:
    with WorkerClient(tmp_path) as client:
        found = client.capabilities()
    assert found["packages"]["torch"] is True
    assert found["devices"][-1]["name"] == "cpu"
    assert found["devices"][-1]["free_gb"] > 0
