"""A dataset through the chain by the real worker and the real command line; resuming, records, and bad input."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vivant.addon import cli
from vivant.bridge.client import WorkerClient
from vivant.bridge.frame_inputs import UserFiles, frame_inputs, people_mask
from vivant.bridge.synthesize import SynthesizeOptions, read_run, runs, synthesize
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.drawing import resize
from vivant.procgen.dataset.lock import Lock
from vivant.procgen.dataset.png import read_png
from vivant.procgen.errors import SpecError, VivantError
from vivant.tests import sample_dataset


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerClient]:
    with WorkerClient(tmp_path_factory.mktemp("store")) as client:
        yield client


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset(sample_dataset.make_dataset(tmp_path / "ds"))


def test_every_frame_comes_back_with_its_record(dataset: Dataset, worker: WorkerClient) -> None:
    said: list[tuple] = []
    report = synthesize(dataset, SynthesizeOptions("passthrough", seed=5), worker, lambda *a: said.append(a))
    assert (report.made, report.kept, report.failed) == (list(dataset.names), [], {})
    assert {s[2] for s in said} == set(dataset.names)
    assert runs(dataset) == ("passthrough",)
    made = read_run(dataset, "passthrough")
    for item in made:
        assert np.array_equal(read_png(item.path("rgb")), item.source["rgb"])  # type: ignore[arg-type]
        assert item.record["prompt"].startswith(item.source.caption)
        assert (item.folder / item.record["labels"]).resolve() == item.source.folder.resolve()
    assert len({item.record["seed"] for item in made}) == len(made), "a seed of its own for each frame"
    page = read_png(report.root / "beside.png")
    assert page.shape[0] == 6 + len(made) * (256 + 6)
    cell = (page.shape[1] - 6) // 3
    render = np.rint(resize(made[0].source["rgb"], cell - 6, 256)).clip(0, 255)
    assert np.array_equal(page[6:262, 6:cell], render), "the render comes first"
    assert np.array_equal(page[6:262, 6 + 2 * cell : 3 * cell], render), "what passthrough made is the render"


def test_a_rerun_makes_what_is_missing_and_leaves_the_rest(dataset: Dataset, worker: WorkerClient) -> None:
    options = SynthesizeOptions("passthrough", name="run", seed=5)

    def stop(done: int, *_: object) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(dataset, options, worker, stop)
    root = dataset.root / "synthesis" / "run" / "frames"
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file()}
    assert sorted(os.listdir(root)) == list(dataset.names[:2])
    report = synthesize(dataset, options, worker)
    assert (report.kept, report.made) == (list(dataset.names[:2]), list(dataset.names[2:]))
    assert all(p.stat().st_mtime_ns == t for p, t in before.items())
    with pytest.raises(SpecError, match=r"made with another seed; expected 5; got 6.*--name"):
        synthesize(dataset, SynthesizeOptions("passthrough", name="run", seed=6), worker)


def test_a_worker_that_dies_once_is_replaced(dataset: Dataset, tmp_path: Path) -> None:
    with WorkerClient(tmp_path / "own") as client:
        options = SynthesizeOptions("passthrough", parameters={"steps": 100, "seconds": 0.8}, frames=("000000_00",))

        def kill() -> None:
            deadline = time.monotonic() + 20
            while client.pid is None and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.4)
            os.kill(client.pid, signal.SIGKILL)  # type: ignore[arg-type]

        thread = threading.Thread(target=kill)
        thread.start()
        report = synthesize(dataset, options, client)
        thread.join()
        assert report.made == ["000000_00"]


def test_what_is_left_out_is_chosen_by_the_model(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/config.json").write_text('{"_class_name": "JointDenoiser"}')
    (tmp_path / "mine/model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    mine = str(tmp_path / "mine")

    def settled(**given: str) -> tuple[str, str]:
        options = SynthesizeOptions(**given).settled()  # type: ignore[arg-type]
        return options.method, options.model

    assert settled() == settled(method="joint") == settled(model="vivant") == ("joint", "vivant")
    assert settled(model=mine) == ("joint", mine)
    assert settled(model="someone/sdxl") == ("control", "someone/sdxl")
    assert settled(method="passthrough") == ("passthrough", "")


def test_two_runs_in_one_folder_are_refused(dataset: Dataset, worker: WorkerClient) -> None:
    root = dataset.root / "synthesis" / "passthrough"
    lock = Lock.take(root / ".lock", "x")
    try:
        with pytest.raises(VivantError, match="another run is writing the synthesis"):
            synthesize(dataset, SynthesizeOptions("passthrough"), worker)
    finally:
        lock.release()


def test_inputs_of_every_kind(dataset: Dataset, worker: WorkerClient, tmp_path: Path) -> None:
    frame = dataset[0]
    names = ("render", "pose", "depth", "normal", "semantic", "mask", "skeleton", "attributes")
    found = frame_inputs(frame, names, worker.store, "sdxl", 24, 16)
    sizes = {n: read_png(worker.store.path(r)).shape[:2] for n, r in found.items() if r.suffix == ".png"}
    assert sizes["pose"] == sizes["depth"] == (16, 24)
    assert sizes["render"] == sizes["mask"] == (sample_dataset.HEIGHT, sample_dataset.WIDTH)
    mask = read_png(worker.store.path(found["mask"])) > 0
    assert np.array_equal(mask, people_mask(frame)) and mask.any()
    (tmp_path / "w.json").write_text("{}")
    files = UserFiles(workflow=tmp_path / "w.json")
    assert worker.store.read(frame_inputs(frame, ("workflow",), worker.store, files=files)["workflow"]) == b"{}"
    with pytest.raises(SpecError, match=r"needs a reference.*--reference"):
        frame_inputs(frame, ("reference",), worker.store)


def vivant(*argv: str) -> int:
    return cli.run(list(argv))


def test_the_command_line_and_its_json(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["synthesize", str(dataset.root), "--method", "passthrough", "--cache", str(tmp_path / "c"), "--json"]
    assert vivant(*argv, "--frames", "000001", "--prompt", "{caption} At night.", "--style", "plain") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["made"] == ["000001_00", "000001_01"]
    record = json.loads((Path(report["root"]) / "frames/000001_00/record.json").read_text())
    assert record["prompt"].endswith("At night.")
    assert vivant("measure", str(dataset.root), "--detector", "none", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdicts"]["unjudged"] == 2
    assert "no detector" in found["skipped"]["keypoints"]
    assert (
        json.loads((Path(report["root"]) / "frames/000001_00/record.json").read_text())["gate"]["verdict"] == "unjudged"
    )


BAD = {
    "no dataset": (["synthesize", "{tmp}/nothing", "--method", "passthrough"], "no dataset at", 1),
    "method": (["synthesize", "{ds}", "--method", "contrl"], "did you mean 'control'", 2),
    "no model": (["synthesize", "{ds}", "--method", "control"], "method 'control' needs a model.*--model", 2),
    "missing model": (["synthesize", "{ds}", "--model", "{tmp}/nothing"], "no model at", 2),
    "pickled model": (["synthesize", "{ds}", "--model", "{tmp}/x.ckpt"], "unpickled", 2),
    "parameter": (["synthesize", "{ds}", "--method", "joint", "--model", "x/y", "--set", "stepz=3"], "did you mean 'steps'", 2),
    "value": (["synthesize", "{ds}", "--method", "passthrough", "--set", "steps=0"], "steps is out of range", 2),
    "pair": (["synthesize", "{ds}", "--method", "passthrough", "--set", "steps"], "NAME=VALUE", 2),
    "style": (["synthesize", "{ds}", "--method", "passthrough", "--style", "foto"], "did you mean 'photo'", 2),
    "long prompt": (["synthesize", "{ds}", "--method", "passthrough", "--prompt", "x" * 5000], "prompt is too long", 2),
    "run name": (["synthesize", "{ds}", "--method", "passthrough", "--name", "../x"], "name of a run", 2),
    "frames": (["synthesize", "{ds}", "--method", "passthrough", "--frames", "77"], "no such frames", 1),
    "backend": (["synthesize", "{ds}", "--method", "passthrough", "--backend", "ftp://x"], "is no backend", 2),
    "nobody there": (
        ["synthesize", "{ds}", "--method", "passthrough", "--backend", "http://127.0.0.1:9"], "nothing answers at", 1
    ),
    "python": (["synthesize", "{ds}", "--method", "passthrough", "--python", "/no/python"], "cannot be started", 1),
    "workflow": (["synthesize", "{ds}", "--method", "workflow", "--set", 'pictures=["render"]'], "needs a workflow", 2),
    "no synthesis": (["measure", "{ds}"], "no syntheses.*vivant synthesize", 1),
    "unknown synthesis": (["measure", "{ds}", "--name", "x"], "no synthesis 'x'", 1),
    "gate": (["measure", "{ds}", "--set", "keypoint=1"], "did you mean 'keypoints'", 2),
    "detector": (["measure", "{ds}", "--name", "x", "--detector", "yolo"], "detector 'yolo'", 2),
    "kind of training": (["train", "jint", "{ds}", "-o", "{tmp}/m"], "Did you mean joint", 2),
    "nowhere to": (["train", "joint", "{ds}"], "-o", 2),
    "training option": (["train", "joint", "{ds}", "-o", "{tmp}/m", "--set", "ratee=1"], "did you mean 'rate'", 2),
    "size of the model": (["train", "joint", "{ds}", "-o", "{tmp}/m", "--size", "50"], "multiple of", 2),
    "open to all": (["worker", "--listen", "0", "--host", "0.0.0.0"], "needs a token", 2),
}  # fmt: skip


@pytest.fixture(scope="module")
def readonly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad")
    sample_dataset.make_dataset(root / "ds")
    (root / "x.ckpt").write_bytes(b"cos\nsystem\n")
    return root


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(case: str, readonly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv, words, status = BAD[case]
    argv = [a.replace("{ds}", str(readonly / "ds")).replace("{tmp}", str(readonly)) for a in argv]
    if argv[0] == "synthesize":
        argv += ["--cache", str(readonly / "cache"), "--quiet"]
    assert vivant(*argv) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    line = err.splitlines()[0]
    assert re.search(words, line), line
    assert "internal error" not in line


def test_a_full_disk_is_said_in_one_line(
    dataset: Dataset, worker: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from vivant.bridge import synthesize as module

    def full(path: object, data: bytes) -> None:
        from vivant.procgen.files import disk_error

        raise disk_error(OSError(errno.ENOSPC, "x"), "write", str(path))

    monkeypatch.setattr(module, "write_bytes", full)
    with pytest.raises(VivantError, match=r"No space left.*run the same command again"):
        synthesize(dataset, SynthesizeOptions("passthrough"), worker)
    assert not (dataset.root / "synthesis/passthrough").exists()
