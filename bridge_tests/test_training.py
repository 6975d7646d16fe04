"""Training on real frames: it learns, it resumes to the bit, and what cannot be trained is said in one line."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from vivant.bridge.attributes import Vocabulary
from vivant.bridge.diffusion.joint import sample_joint
from vivant.bridge.diffusion.joint_model import JointDenoiser, Scales, load_joint, take_over
from vivant.bridge.skeleton import skeleton_picture, square_window
from vivant.bridge.train_options import JointShape, TrainOptions
from vivant.bridge.training.checkpoint import read_log
from vivant.bridge.training.curves import grid, loss_picture
from vivant.bridge.training.frames import TrainingFrames, frame_arrays, mirror, read_frames
from vivant.bridge.training.joint_batches import JointBatches, measure_scales, target, windows
from vivant.bridge.training.joint_trainer import JointTrainer, losses, split
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.png import read_png
from vivant.procgen.errors import VivantError
from vivant.tests import sample_dataset

SHAPE = JointShape(size=16, channels=(8, 16), attention=(False, True), layers=1, words=16)
OPTIONS = TrainOptions(steps=6, batch=2, every=4, held_out=0.5, warmup=2, rate=2e-3)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Dataset(sample_dataset.make_dataset(tmp_path_factory.mktemp("training") / "ds"))


@pytest.fixture(scope="module")
def trained(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "m"
    JointTrainer(dataset, out, OPTIONS, SHAPE, "cpu").run()
    return out


def test_frames_become_small_square_arrays(dataset: Dataset) -> None:
    frame = dataset[0]
    x0, y0, x1, y1 = square_window(frame)
    assert x1 - x0 == y1 - y0 == min(frame.camera.width, frame.camera.height)
    rgb, depth, normal, people, skeleton, mirrored = frame_arrays(frame, 12)
    crop = (slice(y0, y1), slice(x0, x1))
    assert np.array_equal(rgb, frame["rgb"][crop]), "at its own size a picture stays as it is"
    seen = np.isfinite(frame["depth"][crop])
    assert (depth[~seen] == 0).all()
    assert depth.max() == 255
    length = np.linalg.norm(normal.astype(float), axis=-1)
    assert ((np.abs(length - 127) < 2) | (length == 0)).all()
    assert np.array_equal(people > 127, np.isin(frame["instance"][crop], [1, 2]))
    assert skeleton.shape == mirrored.shape == (12, 12, 3)


def test_a_mirrored_skeleton_swaps_left_and_right(dataset: Dataset) -> None:
    """Mirroring twice is the identity: the mirror of the picture with left and right swapped back."""
    frame = dataset[0]
    window = square_window(frame)
    plain, turned = (skeleton_picture(frame, window, 48, mirrored=m) for m in (False, True))
    assert plain.any()
    there, here = plain[:, ::-1].max(-1) > 0, turned.max(-1) > 0
    assert (there & here).sum() > 0.9 * max(there.sum(), here.sum()), "the same place, save which limb lies on top"
    assert not np.array_equal(plain[:, ::-1], turned), "other colours"


def test_mirror_images_of_normals_turn_their_x() -> None:
    rng = np.random.default_rng(0)
    rgb, depth, normal = rng.random((2, 4, 4, 3)), rng.random((2, 4, 4)), rng.normal(size=(2, 4, 4, 3))
    twice = mirror(*mirror(rgb, depth, normal))
    assert all(np.array_equal(a, b) for a, b in zip(twice, (rgb, depth, normal), strict=True))
    assert np.array_equal(mirror(rgb, depth, normal)[2][:, :, 0, 0], -normal[:, :, -1, 0])


def test_arrays_are_kept(dataset: Dataset, tmp_path: Path) -> None:
    first = read_frames(dataset, 16, tmp_path)
    said: list[int] = []
    again = read_frames(dataset, 16, tmp_path, lambda i, n: said.append(i))
    assert said == []
    assert again.names == first.names and again.words == first.words
    assert np.array_equal(again.normal, first.normal)


def test_whole_scenes_are_held_out(dataset: Dataset) -> None:
    learnt, held = split(read_frames(dataset, 16), 0.5)
    assert {n[:6] for n in learnt.names} == {"000000"} and {n[:6] for n in held.names} == {"000001"}
    learnt, held = split(read_frames(dataset, 16), 0.0)
    assert (len(learnt), len(held)) == (4, 0)


PLAIN = dict.fromkeys(SHAPE.kinds, (0.0, 1.0))


def batches(frames: TrainingFrames, scales: Scales = PLAIN, room: int | None = None, **options: Any) -> JointBatches:
    """Batches of frames with some options changed; words are numbered from 2."""
    vocabulary = Vocabulary(sorted({w for words in frames.words for w in words}))
    return JointBatches(frames, vocabulary, dataclasses.replace(OPTIONS, **options), scales, "cpu", room)


def test_one_time_for_all_kinds_and_noise_of_their_own(dataset: Dataset) -> None:
    frames = read_frames(dataset, 16)
    batch, again, other = (batches(frames).draw(number) for number in (3, 3, 4))
    assert torch.equal(batch.times[0], batch.times[1]) and torch.equal(batch.times[0], batch.times[2])
    assert not torch.equal(batch.noise[0], batch.noise[2])
    assert torch.equal(again.noise[0], batch.noise[0]) and not torch.equal(other.noise[0], batch.noise[0])
    apart = batches(frames, shared_time=False).draw(3)
    assert not torch.equal(apart.times[0], apart.times[1])


def test_what_is_dropped_and_what_is_forgotten(dataset: Dataset) -> None:
    read = read_frames(dataset, 16)
    frames = dataclasses.replace(read, words=(tuple(f"word {i}" for i in range(20)),) * len(read))
    dropped = batches(frames, drop=1.0).draw(3)
    assert not dropped.skeleton.any() and not dropped.words.any()
    whole, part = (batches(frames, batch=32, drop=0.0, forget=f).draw(3) for f in (0.0, 0.5))
    assert torch.equal(whole.skeleton, part.skeleton), "words alone are forgotten"
    said = whole.words > 0
    assert torch.equal(part.words[part.words > 0], whole.words[part.words > 0])
    assert 0.4 < float((part.words[said] == 0).float().mean()) < 0.6


def test_a_batch_shows_frames_and_mirror_images(dataset: Dataset) -> None:
    frames = read_frames(dataset, 16)
    batch = batches(frames, batch=96, drop=0.0).draw(0)
    plain = mirror(frames.rgb, frames.depth, frames.normal)
    seen = set()
    for k in range(96):
        rgb = np.rint((batch.clean[0][k].permute(1, 2, 0).numpy() + 1) * 127.5)
        normal = np.rint(batch.clean[2][k].permute(1, 2, 0).numpy() * 127)
        depth = np.rint((batch.clean[1][k, 0].numpy() + 1) * 127.5)
        skeleton = np.rint(batch.skeleton[k].permute(1, 2, 0).numpy() * 255)
        found = [
            (i, turned)
            for i in range(len(frames))
            for turned, (a, b, c, d) in enumerate((
                (frames.rgb[i], frames.depth[i], frames.normal[i], frames.skeleton[i]),
                (plain[0][i], plain[1][i], plain[2][i], frames.mirrored[i]),
            ))
            if all(map(np.array_equal, (rgb, depth, normal, skeleton), (a, b, c, d)))
        ]  # fmt: skip
        assert len(found) == 1, "one frame, all its pictures the same way round"
        seen.add(found[0])
    assert len(seen) == 2 * len(frames)


def test_where_frames_lie_changes_nothing(dataset: Dataset) -> None:
    """Main memory keeps frames that are too many for the device."""
    frames = read_frames(dataset, 16)
    some = batches(frames, room=0)
    assert some.home.type == "cpu"
    assert torch.equal(some.draw(5).clean[0], batches(frames, room=10**9).draw(5).clean[0])


def test_every_kind_is_learnt_at_one_spread_and_drawn_at_its_own(dataset: Dataset, trained: Path) -> None:
    frames = read_frames(dataset, 16)
    scales = measure_scales(frames, SHAPE.kinds)
    for kind, (mean, spread) in scales.items():
        x = target(kind, torch.from_numpy(getattr(frames, kind)))
        assert (mean, spread) == (pytest.approx(float(x.mean()), abs=1e-4), pytest.approx(float(x.std()), abs=1e-3))
    for clean in batches(frames, scales, batch=64, flip=False).draw(0).clean:
        assert abs(float(clean.mean())) < 0.1 and float(clean.std()) == pytest.approx(1, abs=0.15)
    model = load_joint(trained)
    assert set(model.scales) == set(SHAPE.kinds) and model.scales["rgb"] != (0.0, 1.0)
    words, skeleton = torch.zeros(1, 40, dtype=torch.int64), torch.zeros(1, 3, 16, 16)
    own = sample_joint(model, skeleton, words, [1], steps=2)["depth"]
    mean, spread = model.scales["depth"]
    model.scales = dict.fromkeys(SHAPE.kinds, (0.0, 1.0))
    assert torch.allclose(sample_joint(model, skeleton, words, [1], steps=2)["depth"] * spread + mean, own, atol=1e-5)


def test_training_lowers_the_loss(dataset: Dataset, tmp_path: Path) -> None:
    options = TrainOptions(steps=60, batch=4, every=10**6, held_out=0.0, warmup=5, rate=5e-3, flip=False, drop=0.0)
    trainer = JointTrainer(dataset, tmp_path, options, SHAPE, "cpu")
    batch = trainer.draw(10**6)
    assert batch is not None
    with torch.no_grad():
        before = losses(trainer.model, trainer.schedule, batch, SHAPE.kinds)
    while trainer.step < 60:
        trainer.advance()
    with torch.no_grad():
        after = losses(trainer.model, trainer.schedule, batch, SHAPE.kinds)
    for kind in SHAPE.kinds:
        assert float(after[kind]) < 0.8 * float(before[kind]), kind


def test_a_run_leaves_a_model_curves_samples_and_a_card(trained: Path) -> None:
    assert load_joint(trained).shape == SHAPE
    assert read_png(trained / "training/curves.png").shape == (480, 900, 3)
    assert read_png(trained / "training/samples.png").ndim == 3
    card = (trained / "README.md").read_text()
    assert "16 x 16" in card and "2 rendered frames" in card and "loss, held-out scenes | rgb" in card
    rows = read_log(trained / "training")
    assert [r["step"] for r in rows if r["what"] == "train"] == [1, 2, 3, 4, 5, 6]
    assert [r["step"] for r in rows if r["what"] == "held_out"] == [4, 6]
    assert not any(p.suffix in (".bin", ".pt", ".pkl") for p in trained.rglob("*")), "nothing is pickled"


def test_a_resumed_run_is_the_run_that_never_stopped(dataset: Dataset, trained: Path, tmp_path: Path) -> None:
    class Stopped(BaseException):
        pass

    def say(step: int, steps: int, text: str) -> None:
        if step == 3 and text.startswith("loss"):
            raise Stopped

    with pytest.raises(Stopped):
        JointTrainer(dataset, tmp_path, OPTIONS, SHAPE, "cpu", say=say).run()
    assert json.loads((tmp_path / "training/state.json").read_text())["step"] == 3
    trainer = JointTrainer(dataset, tmp_path, OPTIONS, SHAPE, "cpu", resume=True)
    assert trainer.step == 3
    trainer.run()
    for name in ("model.safetensors", "training/state.safetensors"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes(), name
    assert trainer.run()["steps_made"] == 0, "nothing is left to do"


def test_batches_that_are_drawn_ahead_are_those_of_the_run(dataset: Dataset, trained: Path, tmp_path: Path) -> None:
    trainer = JointTrainer(dataset, tmp_path, OPTIONS, SHAPE, "cpu")
    trainer.draws_ahead = True  # as beside a GPU
    trainer.run()
    assert (tmp_path / "model.safetensors").read_bytes() == (trained / "model.safetensors").read_bytes()


def test_more_datasets_are_learnt_and_none_of_them_is_held_out(dataset: Dataset, tmp_path: Path) -> None:
    alone = JointTrainer(dataset, tmp_path / "a", OPTIONS, SHAPE, "cpu")
    more = JointTrainer(dataset, tmp_path / "b", OPTIONS, SHAPE, "cpu", also=[dataset])
    assert more.held_out.names == alone.held_out.names
    assert len(more.learnt) == len(alone.learnt) + len(read_frames(dataset, 16))
    assert np.array_equal(more.learnt.skeleton[: len(alone.learnt)], alone.learnt.skeleton)
    assert more.card([]).count("seed ") == 2


def test_training_starts_from_a_model_that_is_there(dataset: Dataset, trained: Path, tmp_path: Path) -> None:
    options = TrainOptions.from_dict({**OPTIONS.to_dict(), "start": str(trained)})
    trainer, first = JointTrainer(dataset, tmp_path, options, SHAPE, "cpu"), load_joint(trained)
    assert trainer.model.scales == first.scales
    for name, value in first.state_dict().items():
        if name != "words.weight":
            assert torch.equal(trainer.model.state_dict()[name], value), name
    known = JointDenoiser(SHAPE, Vocabulary(["a", "b"]))
    other = JointDenoiser(SHAPE, Vocabulary(["moon", "b", "a"]))
    take_over(other, known)
    assert torch.equal(other.words.weight[[0, 1, 4, 3]], known.words.weight), "each word keeps its meaning"
    wider = dataclasses.replace(SHAPE, channels=(8, 24))
    with pytest.raises(VivantError, match="built otherwise"):
        JointTrainer(dataset, tmp_path / "w", options, wider, "cpu")


def test_windows_are_the_same_in_all_pictures_and_within_them() -> None:
    column = torch.linspace(-1, 1, 65)[1::2].expand(4, 1, 32, 32)
    row = column.transpose(2, 3)
    side = torch.tensor([1.0, 0.5, 0.5, 0.75])
    place = torch.tensor([[0.3, 0.9], [0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    x, both = windows([column, torch.cat([column, row], 1)], side, place)
    assert torch.allclose(x[:, 0], both[:, 0])
    assert torch.allclose(x[0], column[0], atol=1e-5), "all of it"
    reach = torch.stack([both.amin((2, 3)), both.amax((2, 3))], -1)
    wanted = torch.tensor([[[-1, 0], [0, 1]], [[0, 1], [-1, 0]], [[-0.75, 0.75]] * 2])
    assert torch.allclose(reach[1:], wanted.float(), atol=0.04)


def test_windows_dropout_and_forgetting_leave_a_run_what_seed_and_step_make_it(
    dataset: Dataset, tmp_path: Path
) -> None:
    options = dataclasses.replace(OPTIONS, jitter=0.3, dropout=0.5, forget=0.3)
    runs = [JointTrainer(dataset, tmp_path / name, options, SHAPE, "cpu") for name in "ab"]
    seen = [runs[0].advance() for _ in range(3)]
    torch.rand(7)
    assert [runs[1].advance() for _ in range(3)] == seen
    plain = JointTrainer(dataset, tmp_path / "c", dataclasses.replace(options, dropout=0.0), SHAPE, "cpu")
    assert plain.advance() != seen[0]
    judged = runs[0].draw(10**9, held_out=True)
    assert judged is not None and judged.skeleton.flatten(1).any(1).all(), "as they are"


def test_runs_that_cannot_be_begun(dataset: Dataset, trained: Path, tmp_path: Path) -> None:
    for change, resume, words in (
        ({}, False, "there is a training run.*--resume"),
        ({"rate": 1.0}, True, "begun with another rate"),
        ({"decay": 0.5, "seed": 0}, True, "another decay"),
    ):
        with pytest.raises(VivantError, match=words):
            JointTrainer(
                dataset, trained, TrainOptions.from_dict({**OPTIONS.to_dict(), **change}), SHAPE, "cpu", resume
            )
    with pytest.raises(VivantError, match="CPU cannot train in fp16"):
        JointTrainer(dataset, tmp_path, TrainOptions(precision="fp16"), SHAPE, "cpu")
    state = trained / "training/state.safetensors"
    whole = state.read_bytes()
    state.write_bytes(whole[:-4])
    try:
        with pytest.raises(VivantError, match="cut short"):
            JointTrainer(dataset, trained, OPTIONS, SHAPE, "cpu", resume=True)
    finally:
        state.write_bytes(whole)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_state(dataset: Dataset, tmp_path: Path) -> None:
    trainer = JointTrainer(dataset, tmp_path, OPTIONS, SHAPE, "cpu")
    with torch.no_grad():
        trainer.model.words.weight.fill_(float("nan"))
    with pytest.raises(VivantError, match=r"no number at step 1.*--rate"):
        trainer.run()
    assert not (tmp_path / "training/state.json").exists()


def test_curves_and_grids_are_pictures() -> None:
    rows = [{"step": s, "what": "train", "loss": {"rgb": 1 / s, "depth": 2 / s}} for s in range(1, 200)]
    picture = loss_picture(rows, 400, 300)
    assert picture.shape == (300, 400, 3)
    assert len({tuple(c) for c in picture.reshape(-1, 3)}) > 20
    assert loss_picture([], 40, 30).shape == (30, 40, 3)
    page = grid([[np.full((4, 4, 3), 200, np.uint8)] * 3, [np.full((4, 4, 3), 90, np.uint8)]], scale=2, gap=1)
    assert page.shape == (19, 28, 3)


def test_the_rate_falls_to_nothing_over_the_cooldown(dataset: Dataset, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "m")
    options = dataclasses.replace(OPTIONS, steps=16, cooldown=10)
    trainer = JointTrainer(dataset, tmp_path / "m", options, SHAPE, "cpu", resume=True)
    rates = []
    while trainer.step < options.steps:
        trainer.advance()
        rates.append(trainer.optimizer.param_groups[0]["lr"])
    assert np.allclose(rates, [OPTIONS.rate * k / 10 for k in range(10, 0, -1)])
