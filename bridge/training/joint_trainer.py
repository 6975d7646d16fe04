"""Training of the joint model.

Every step draws its frames, times, noise and mirror images from the seed and its own number, so a run that was stopped and
resumed is the run that was never stopped.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ...procgen.dataset import Dataset
from ...procgen.dataset.png import write_png
from ...procgen.errors import BridgeError, SpecError
from ..attributes import Vocabulary
from ..diffusion.devices import choose_device, noise
from ..diffusion.joint import sample_joint, to_arrays
from ..diffusion.joint_model import JointDenoiser, Scales, save_joint
from ..diffusion.schedule import TRAIN_STEPS, make_schedule, noisy
from ..train_options import JointShape, TrainOptions
from .checkpoint import FACTS, append_log, load_state, read_log, save_state
from .curves import grid, loss_picture
from .frames import TrainingFrames, mirror, read_frames
from .model_card import model_card

Say = Callable[[int, int, str], None]


@dataclass
class Batch:
    """What one step learns from.

    Attributes:
        clean: For each kind (B, C, S, S) in [-1, 1].
        skeleton: (B, 3, S, S) in [0, 1]. words: (B, MOST).
        times: For each kind (B,) int64.
        noise: For each kind like `clean`.
    """

    clean: list[Tensor]
    skeleton: Tensor
    words: Tensor
    times: list[Tensor]
    noise: list[Tensor]


def clean_pictures(frames: TrainingFrames, keep: np.ndarray, flips: np.ndarray, kinds: tuple[str, ...]) -> list[Tensor]:
    """Training targets in [-1, 1]; the background has the normal (0, 0, 0)."""
    rgb, depth, normal = frames.rgb[keep], frames.depth[keep], frames.normal[keep]
    turned = mirror(rgb, depth, normal)
    flip = flips[:, None, None]
    arrays = {
        "rgb": np.where(flip[..., None], turned[0], rgb).astype(np.float32) / 127.5 - 1,
        "depth": np.where(flip, turned[1], depth)[..., None].astype(np.float32) / 127.5 - 1,
        "normal": np.where(flip[..., None], turned[2], normal).astype(np.float32) / 127,
    }
    return [torch.from_numpy(np.ascontiguousarray(arrays[k].transpose(0, 3, 1, 2))) for k in kinds]


def measure_scales(frames: TrainingFrames, kinds: tuple[str, ...]) -> Scales:
    """Mean and spread of each kind over all frames."""
    everything = clean_pictures(frames, np.arange(len(frames)), np.zeros(len(frames), bool), kinds)
    return {
        k: (round(float(x.mean()), 5), round(max(float(x.std()), 0.05), 5))
        for k, x in zip(kinds, everything, strict=True)
    }


def draw_batch(
    frames: TrainingFrames,
    numbers: Tensor,
    options: TrainOptions,
    kinds: tuple[str, ...],
    step: int,
    scales: Scales | None = None,
) -> Batch:
    """The batch of a step: a function of the seed and the step alone.

    Args:
        numbers: (F, MOST) words of the frames.
        scales: Mean and spread of each kind, which are taken out; nothing is when left out.
    """
    rng = np.random.default_rng((options.seed, step))
    keep = rng.integers(0, len(frames), options.batch)
    flips = rng.random(options.batch) < (0.5 if options.flip else 0.0)
    dropped = torch.from_numpy(rng.random(options.batch) < options.drop)
    pairs = [(scales or {}).get(k, (0.0, 1.0)) for k in kinds]
    drawn = clean_pictures(frames, keep, flips, kinds)
    clean = [(x - mean) / spread for x, (mean, spread) in zip(drawn, pairs, strict=True)]
    picture = np.where(flips[:, None, None, None], frames.mirrored[keep], frames.skeleton[keep])
    skeleton = torch.from_numpy(np.ascontiguousarray(picture.transpose(0, 3, 1, 2))).float() / 255
    skeleton[dropped] = 0
    words = numbers[torch.from_numpy(keep)].clone()
    words[dropped] = 0
    shared = torch.from_numpy(rng.integers(0, TRAIN_STEPS, options.batch))
    times = [
        shared if options.shared_time else torch.from_numpy(rng.integers(0, TRAIN_STEPS, options.batch)) for _ in kinds
    ]
    seeds = rng.integers(0, 2**62, len(kinds))
    noises = [noise(tuple(x.shape), int(s), "cpu", torch.float32) for x, s in zip(clean, seeds, strict=True)]
    return Batch(clean, skeleton, words, times, noises)


def losses(model: nn.Module, schedule: Any, batch: Batch, kinds: tuple[str, ...]) -> dict[str, Tensor]:
    """Mean squared error of the velocity of each kind."""
    pairs = [noisy(schedule, [x], [e], t) for x, e, t in zip(batch.clean, batch.noise, batch.times, strict=True)]
    inputs, targets = [p[0][0] for p in pairs], [p[1][0] for p in pairs]
    found = model(inputs, batch.times[0], batch.skeleton, batch.words)
    return {k: nn.functional.mse_loss(v.float(), t) for k, v, t in zip(kinds, found, targets, strict=True)}


class JointTrainer:
    """A training run in a folder.

    Args:
        dataset: Frames to learn from.
        out: Folder of the model; the run's state lies in its subfolder "training".
        options, shape: What to do.
        device: "auto", "cpu", "cuda" …
        resume: Go on with a run that is there; without it an existing run is an error.
        say: Called with (step, steps, text); may raise to stop, the state is saved first.
    Raises:
        SpecError, DatasetError, BridgeError: what cannot be trained, in one line.
    """

    def __init__(
        self,
        dataset: Dataset,
        out: Path,
        options: TrainOptions,
        shape: JointShape,
        device: str = "auto",
        resume: bool = False,
        say: Say | None = None,
    ) -> None:
        self.out, self.folder, self.options, self.shape = out, out / "training", options, shape
        self.say = say or (lambda step, steps, text: None)
        self.dataset = dataset
        begun = (self.folder / FACTS).is_file()
        if begun and not resume:
            raise SpecError(f"there is a training run in {str(out)!r}", fix="add --resume, or choose another folder")
        frames = read_frames(dataset, shape.size, self.folder, lambda i, n: self.say(i, n, "reading frames"))
        self.learnt, self.held_out = split(frames, options.held_out)
        vocabulary = Vocabulary(sorted({w for words in self.learnt.words for w in words}))
        torch.manual_seed(options.seed)
        self.model = JointDenoiser(shape, vocabulary, measure_scales(self.learnt, shape.kinds))
        if options.checkpointing:
            self.model.unet.enable_gradient_checkpointing()
        self.schedule = make_schedule(shape.schedule)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), options.rate, weight_decay=options.decay)
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.step = load_state(self.folder, self.model, self.average, self.optimizer, options) if begun else 0
        device = choose_device(device)
        mixed = "no" if options.precision == "fp32" else options.precision
        if mixed == "fp16" and device == "cpu":
            raise SpecError("the CPU cannot train in fp16", fix="--precision bf16 or fp32")
        self.accelerator = Accelerator(mixed_precision=mixed, cpu=device == "cpu")
        self.prepared, self.optimizer = self.accelerator.prepare(self.model, self.optimizer)
        self.device = self.accelerator.device
        self.average = {k: v.to(self.device) for k, v in self.average.items()}
        self.numbers = torch.tensor([vocabulary.numbers(w) for w in self.learnt.words], dtype=torch.int64)

    def run(self) -> dict[str, Any]:
        """Train up to the wanted number of steps; returns the last losses."""
        last: dict[str, float] = {}
        began, first = time.perf_counter(), self.step
        try:
            while self.step < self.options.steps:
                last = self._step()
                total = sum(last.values())
                if not np.isfinite(total):
                    raise BridgeError(
                        f"the loss is no number at step {self.step}",
                        fix="a smaller --rate, or --precision fp32; then --resume",
                    )
                append_log(self.folder, {"step": self.step, "what": "train", "loss": last})
                self.say(self.step, self.options.steps, f"loss {total:.3f}")
                if self.step % self.options.every == 0 and self.step < self.options.steps:
                    self.save()
        except BridgeError:
            raise  # a state with such weights must not replace the last good one
        except BaseException:
            self.save(pictures=False)
            raise
        self.save()
        seconds = time.perf_counter() - began
        return {"step": self.step, "loss": last, "seconds": seconds, "steps_made": self.step - first}

    def _step(self) -> dict[str, float]:
        o, kinds = self.options, self.shape.kinds
        rate = o.rate * min(1.0, (self.step + 1) / max(o.warmup, 1))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        sums = dict.fromkeys(kinds, 0.0)
        for part in range(o.accumulate):
            number = (self.step * o.accumulate + part) * self.accelerator.num_processes + self.accelerator.process_index
            batch = self._to_device(draw_batch(self.learnt, self.numbers, o, kinds, number, self.model.scales))
            with self.accelerator.autocast():
                found = losses(self.prepared, self.schedule, batch, kinds)
            self.accelerator.backward(torch.stack(list(found.values())).sum() / o.accumulate)
            for kind, value in found.items():
                sums[kind] += float(value.detach()) / o.accumulate
        if o.clip > 0:
            self.accelerator.clip_grad_norm_(self.prepared.parameters(), o.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self._average()
        return {k: round(v, 6) for k, v in sums.items()}

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.options.average, (1 + self.step) / (10 + self.step))  # young averages forget faster
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value.detach(), 1 - keep)
            else:
                self.average[name].copy_(value)

    def _to_device(self, batch: Batch) -> Batch:
        def move(tensors: list[Tensor]) -> list[Tensor]:
            return [t.to(self.device) for t in tensors]

        return Batch(move(batch.clean), batch.skeleton.to(self.device), batch.words.to(self.device), move(batch.times),
                     move(batch.noise))  # fmt: skip

    # -- what is kept ----------------------------------------------------------------------------------------------------
    def save(self, pictures: bool = True) -> None:
        """Write the state, the averaged model, its card, the curves and samples."""
        if not self.accelerator.is_main_process:
            return
        facts = {"options": self.options.to_dict(), "shape": self.shape.to_dict(), "frames": len(self.learnt)}
        save_state(self.folder, self.step, self.model, self.average, self.optimizer, facts)
        save_joint(self.model, self.out, self.average)
        if not pictures:
            return
        with self._averaged():
            judged = self._judge()
            if judged:
                append_log(self.folder, {"step": self.step, "what": "held_out", "loss": judged})
            write_png(self.folder / "samples.png", self._samples())
        rows = read_log(self.folder, self.step)
        write_png(self.folder / "curves.png", loss_picture(rows))
        parameters = sum(p.numel() for p in self.model.parameters())
        card = model_card(self.dataset, self.options, self.shape, parameters, self.step, len(self.learnt), rows)
        (self.out / "README.md").write_text(card, encoding="utf-8")

    @contextlib.contextmanager
    def _averaged(self) -> Any:
        own = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        self.model.eval()
        try:
            yield
        finally:
            self.model.load_state_dict(own)
            self.model.train()

    @torch.no_grad()
    def _judge(self) -> dict[str, float]:
        """Loss on held-out frames, always with the same times and noise."""
        if not len(self.held_out):
            return {}
        numbers = torch.tensor([self.model.vocabulary.numbers(w) for w in self.held_out.words], dtype=torch.int64)
        sums = dict.fromkeys(self.shape.kinds, 0.0)
        for i in range(4):
            batch = self._to_device(
                draw_batch(self.held_out, numbers, self.options, self.shape.kinds, 10**9 + i, self.model.scales)
            )
            for kind, value in losses(self.model, self.schedule, batch, self.shape.kinds).items():
                sums[kind] += float(value) / 4
        return {k: round(v, 6) for k, v in sums.items()}

    def _samples(self, most: int = 4) -> np.ndarray:
        """Rows of skeleton, rendered picture, then the model's kinds: learnt frames first, then held-out ones."""
        rows: list[list[np.ndarray]] = []
        for frames, count in ((self.learnt, most), (self.held_out, most)):
            count = min(count, len(frames))
            if not count:
                continue
            skeleton = (
                torch.from_numpy(np.ascontiguousarray(frames.skeleton[:count].transpose(0, 3, 1, 2))).float() / 255
            )
            words = torch.tensor([self.model.vocabulary.numbers(w) for w in frames.words[:count]], dtype=torch.int64)
            made = sample_joint(self.model, skeleton, words, list(range(count)), steps=20)
            for i in range(count):
                shown = [frames.skeleton[i], frames.rgb[i]]
                rows.append(shown + [as_picture(k, a) for k, a in to_arrays(made, i).items()])
        return grid(rows, scale=max(1, 192 // self.shape.size))


def as_picture(kind: str, array: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 of an output for people to look at."""
    if kind == "depth":
        inverse = 1.0 / np.maximum(array, 1e-6)
        array = np.rint(255 * inverse / max(float(inverse.max()), 1e-6)).astype(np.uint8)
        return np.repeat(array[..., None], 3, -1)
    if kind == "normal":
        return np.rint((array * (0.5, -0.5, -0.5) + 0.5) * 255).clip(0, 255).astype(np.uint8)
    return array


def split(frames: TrainingFrames, share: float) -> tuple[TrainingFrames, TrainingFrames]:
    """Learnt and held-out frames; whole scenes are held out, so that no view of a learnt scene is judged."""
    scenes = sorted({name.split("_")[0] for name in frames.names})
    count = round(share * len(scenes))
    held = set(scenes[len(scenes) - count :]) if count else set()
    inside = np.array([name.split("_")[0] in held for name in frames.names])
    return frames.part(np.flatnonzero(~inside)), frames.part(np.flatnonzero(inside))
