"""The refiner's trainer and its use: it learns, resumes to the bit, is silent as made, hears any of its pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from vivant.addon import cli
from vivant.bridge.diffusion.control import grow_mask
from vivant.bridge.diffusion.refiner import load_refiner, save_refiner
from vivant.bridge.pictures import read_mask, read_picture
from vivant.bridge.synthesize import read_run
from vivant.bridge.train_options import RefinerOptions, RefinerShape
from vivant.bridge.training.checkpoint import read_log
from vivant.bridge.training.refiner_trainer import RefinerTrainer, draw_batch
from vivant.bridge_tests.jobs import awaken, label_files, run
from vivant.bridge_tests.tiny import tiny_sd15, tiny_sdxl
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.png import read_png, write_png
from vivant.procgen.errors import VivantError
from vivant.tests import sample_dataset

SHAPE = RefinerShape(size=64, embedder=(4, 8, 8, 8))
OPTIONS = RefinerOptions(steps=3, batch=2, every=10**6, held_out=0.5, warmup=2, rate=1e-3)


@pytest.fixture(autouse=True, scope="module")
def few_steps() -> Iterator[None]:
    """Sample pictures in two steps: what is tested is that they are there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RefinerTrainer, "sample_steps", 2)
        yield


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Dataset(sample_dataset.make_dataset(tmp_path_factory.mktemp("refiner") / "ds"))


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bases")
    torch.manual_seed(0)
    tiny_sdxl(root / "a").save_pretrained(root / "sdxl")
    tiny_sd15(root / "b").save_pretrained(root / "sd15")
    return root


@pytest.fixture(scope="module")
def trained(dataset: Dataset, bases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "r"
    RefinerTrainer(dataset, out, OPTIONS, SHAPE, str(bases / "sdxl"), "cpu").run()
    return out


def trainer(dataset: Dataset, out: Path, base: Path, resume: bool = False, **changes: object) -> RefinerTrainer:
    options = RefinerOptions.from_dict({**OPTIONS.to_dict(), **changes})
    return RefinerTrainer(dataset, out, options, SHAPE, str(base), "cpu", resume)


def test_it_learns_from_a_synthesis_but_what_the_gate_turned_down(bases: Path, tmp_path: Path) -> None:
    root = sample_dataset.make_dataset(tmp_path / "ds")
    assert cli.run(["synthesize", str(root), "--method", "passthrough", "--name", "photos", "--quiet"]) == 0
    dataset = Dataset(root)
    made = read_run(dataset, "photos")
    first = made[0].folder / "record.json"
    first.write_text(json.dumps({**json.loads(first.read_text()), "gate": {"verdict": "reject", "reasons": ["test"]}}))
    for one in made:  # another picture than the render
        write_png(one.path("rgb"), 255 - read_png(one.path("rgb")))
    photos = trainer(dataset, tmp_path / "p", bases / "sdxl", learn="photos", held_out=0.0).learnt
    renders = trainer(dataset, tmp_path / "r", bases / "sdxl", held_out=0.0).learnt
    assert set(photos.names) == {m.source.name for m in made[1:]} < set(renders.names)
    of_photo, of_render = (dict(np.load(part.files[part.names.index(photos.names[0])])) for part in (photos, renders))
    assert np.array_equal(of_photo["pictures"], of_render["pictures"])
    assert not np.allclose(of_photo["latents"], of_render["latents"], atol=0.05)


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_as_made_it_is_the_frozen_base(dataset: Dataset, bases: Path, tmp_path: Path, family: str) -> None:
    fresh = trainer(dataset, tmp_path, bases / family)
    batch = fresh.draw(0)
    with torch.no_grad():
        with_it, without = (fresh.predict(net, batch.clean, batch.times, batch) for net in (fresh.model, None))
    assert torch.equal(with_it, without)
    base = {k: v.clone() for k, v in fresh.unet.state_dict().items()}
    for _ in range(3):
        fresh.advance()
    assert all(torch.equal(v, base[k]) for k, v in fresh.unet.state_dict().items()), "the base stays as it is"
    with torch.no_grad():
        assert not torch.equal(fresh.predict(fresh.model, batch.clean, batch.times, batch), without)


def test_pictures_are_zeroed_each_by_itself_and_words_left_out(dataset: Dataset, bases: Path, tmp_path: Path) -> None:
    fresh = trainer(dataset, tmp_path, bases / "sdxl")
    options = RefinerOptions.from_dict({**OPTIONS.to_dict(), "batch": 40, "drop": 0.5})
    batch = draw_batch(fresh.learnt, options, 3, 1000, 7)
    shown = batch.pictures.reshape(40, 3, -1).abs().sum(-1) > 0
    assert 0.3 < float(shown.float().mean()) < 0.7
    assert 1 < len({tuple(row) for row in shown.tolist()}) <= 8
    assert not torch.equal(shown[:, 0], shown[:, 1])
    nothing = torch.from_numpy(fresh.learnt.nothing["text"]).float()
    wordless = (batch.text == nothing).flatten(1).all(1)
    assert 0.25 < float(wordless.float().mean()) < 0.75
    assert torch.equal(batch.noise, draw_batch(fresh.learnt, options, 3, 1000, 7).noise)
    everything = RefinerOptions.from_dict({**options.to_dict(), "silence": 0.0})
    assert (draw_batch(fresh.learnt, everything, 3, 1000, 7).pictures.reshape(40, 3, -1).abs().sum(-1) > 0).all()


def test_training_lowers_the_loss(dataset: Dataset, bases: Path, tmp_path: Path) -> None:
    learner = trainer(dataset, tmp_path, bases / "sdxl", rate=1e-2, batch=4, held_out=0.0, silence=0.0)
    batch = learner.draw(10**6)

    def loss() -> float:
        with torch.no_grad():
            return float(learner.losses(learner.model, batch)["noise"])

    before = loss()
    for _ in range(15):
        learner.advance()
    assert loss() < 0.9 * before


def test_a_resumed_run_is_the_run_that_never_stopped(
    dataset: Dataset, bases: Path, trained: Path, tmp_path: Path
) -> None:
    stopped = trainer(dataset, tmp_path, bases / "sdxl", steps=2)
    stopped.run()
    more = trainer(dataset, tmp_path, bases / "sdxl", resume=True)
    assert more.step == 2
    more.run()
    for name in ("model.safetensors", "training/state.safetensors"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes(), name


def test_a_run_leaves_a_network_curves_samples_and_a_card(trained: Path) -> None:
    net = load_refiner(trained)
    assert net.pictures == ("pose", "depth", "normal")
    assert read_png(trained / "training/curves.png").shape == (480, 900, 3)
    assert read_png(trained / "training/samples.png").shape == (4 + 4 * 68, 4 + 5 * 68, 3)
    assert "pose, depth, normal" in (trained / "README.md").read_text()
    assert [r["step"] for r in read_log(trained / "training") if r["what"] == "held_out"] == [3]
    assert not any(p.suffix in (".bin", ".pt", ".pkl") for p in trained.rglob("*")), "nothing is pickled"


def test_it_steers_through_method_control(bases: Path, trained: Path, tmp_path: Path) -> None:
    files = label_files(tmp_path)
    net = load_refiner(trained)
    for part in net.controlnet_cond_embedding.parts:
        torch.nn.init.normal_(part.conv_out.weight)
    save_refiner(awaken(net), tmp_path / "loud", "sdxl", net.pictures)
    refined = {"control_models": (str(tmp_path / "loud"),)}
    base, model = run(files, bases / "sdxl").arrays["rgb"], bases / "sdxl"
    all_three = run(files, model, controls=("pose", "depth", "normal"), **refined)
    assert all_three.facts["network"] == "refiner"
    turned = run(files, model, controls=("normal", "pose", "depth"), **refined).arrays["rgb"]
    assert np.array_equal(all_three.arrays["rgb"], turned), "its own order counts, not that of the controls"
    alone = run(files, model, controls=("depth",), **refined).arrays["rgb"]
    assert not np.array_equal(alone, all_three.arrays["rgb"])
    silent = run(files, model, controls=("pose", "depth"), scales=(0.0,), **refined).arrays["rgb"]
    assert np.array_equal(silent, base) and not np.array_equal(alone, base)
    kept = run(files, model, controls=("pose", "depth"), keep="background", grow=2, **refined).arrays["rgb"]
    untouched = grow_mask(read_mask(files["mask"]), 2) == 0
    assert np.array_equal(kept[untouched], read_picture(files["render"])[untouched])
    for parameters, family, words in (
        ({"controls": ("semantic",)}, "sdxl", "hears no 'semantic'"),
        ({"controls": ("pose", "depth"), "scales": (0.5, 1.0)}, "sdxl", "one scale"),
        ({"controls": ("pose",)}, "sd15", "refines models of family 'sdxl'"),
    ):
        with pytest.raises(VivantError, match=words):
            run(files, bases / family, **parameters, **refined)
    weights = tmp_path / "loud" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(VivantError, match="cut short"):
        load_refiner(tmp_path / "loud")


def test_the_command_line_and_what_cannot_be_trained(
    dataset: Dataset, bases: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ("--batch", "2", "--size", "64", "--set", "embedder=[4,8,8,8]", "--set", "held_out=0", "--device", "cpu")
    argv = ("train", "refiner", str(dataset.root), "-o", str(tmp_path / "r"), "--json", "--threads", "1")
    assert cli.run([*argv, *small, "--model", str(bases / "sd15"), "--steps", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["steps_made"] == 1
    assert cli.run([*argv, "--steps", "2", "--resume", "--device", "cpu"]) == 0, "base and options are the run's own"
    assert json.loads(capsys.readouterr().out)["steps_made"] == 1
    for extra, words in (
        ((), "needs the image model that it refines"),
        (("--model", str(trained)), "is a refiner, not an image model"),
        (("--model", str(bases / "sdxl"), "--size", "100"), "a multiple of 64"),
        (("--model", str(bases / "sdxl"), "--set", "flip=false"), "flip"),
        (("--model", str(bases / "sdxl"), "--set", 'learn="none"'), "there is no synthesis 'none'"),
    ):
        assert cli.run([*argv[:4], str(tmp_path / "other"), *small, *extra]) != 0
        assert words in capsys.readouterr().err
    with pytest.raises(VivantError, match="another base model"):
        trainer(dataset, trained, bases / "sd15", resume=True)
    with pytest.raises(VivantError, match="begun with another silence"):
        trainer(dataset, trained, bases / "sdxl", resume=True, silence=0.1)
