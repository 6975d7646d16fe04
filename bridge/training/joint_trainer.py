"""Training of the joint model: its batches, its losses and what is shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...procgen.dataset import Dataset
from ..attributes import Vocabulary
from ..diffusion.devices import noise
from ..diffusion.joint import sample_joint, to_arrays
from ..diffusion.joint_model import JointDenoiser, Scales, load_joint, save_joint, take_over
from ..diffusion.schedule import TRAIN_STEPS, make_schedule, noisy
from ..pictures import as_picture
from ..train_options import JointShape, TrainOptions
from .curves import grid
from .frames import TrainingFrames, joined, mirror, read_frames
from .model_card import model_card
from .trainer import Say, Trainer, split_scenes


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
    if options.jitter > 0:
        *clean, skeleton = jittered(rng, [*clean, skeleton], options.jitter)
    noises = [noise(tuple(x.shape), int(s), "cpu", torch.float32) for x, s in zip(clean, seeds, strict=True)]
    return Batch(clean, skeleton, words, times, noises)


def jittered(rng: np.random.Generator, pictures: list[Tensor], most: float) -> list[Tensor]:
    """Pictures (B, C, S, S) of the same frames, shifted and scaled alike; what comes in from outside repeats the border.

    Args:
        most: Largest shift, and largest change of the scale, share of the size.
    """
    batch = len(pictures[0])
    move = torch.zeros(batch, 2, 3)
    move[:, 0, 0] = move[:, 1, 1] = torch.from_numpy(1 + rng.uniform(-most, most, batch)).float()
    move[:, :, 2] = torch.from_numpy(2 * rng.uniform(-most, most, (batch, 2))).float()  # grids reach from -1 to 1
    together = torch.cat(pictures, 1)
    places = nn.functional.affine_grid(move, list(together.shape), align_corners=False)
    moved = nn.functional.grid_sample(together, places, padding_mode="border", align_corners=False)
    return list(moved.split([p.shape[1] for p in pictures], 1))


def losses(model: nn.Module, schedule: Any, batch: Batch, kinds: tuple[str, ...]) -> dict[str, Tensor]:
    """Mean squared error of the velocity of each kind."""
    pairs = [noisy(schedule, [x], [e], t) for x, e, t in zip(batch.clean, batch.noise, batch.times, strict=True)]
    inputs, targets = [p[0][0] for p in pairs], [p[1][0] for p in pairs]
    found = model(inputs, batch.times[0], batch.skeleton, batch.words)
    return {k: nn.functional.mse_loss(v.float(), t) for k, v, t in zip(kinds, found, targets, strict=True)}


class JointTrainer(Trainer):
    """A training run in a folder.

    Args:
        dataset: Frames to learn from.
        out: Folder of the model; the run's state lies in its subfolder "training".
        options, shape: What to do.
        device: "auto", "cpu", "cuda" …
        resume: Go on with a run that is there; without it an existing run is an error.
        say: Called with (step, steps, text); may raise to stop, the state is saved first.
        also: Further datasets; nothing of them is held out.
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
        also: Sequence[Dataset] = (),
    ) -> None:
        super().__init__(out, options, resume, say)
        self.options: TrainOptions = options
        self.datasets, self.shape = (dataset, *also), shape

        def read(found: Dataset) -> TrainingFrames:
            return read_frames(found, shape.size, self.folder, lambda i, n: self.say(i, n, "reading frames"))

        learnt, self.held_out = split(read(dataset), options.held_out)
        self.learnt = joined([learnt, *map(read, also)])
        vocabulary = Vocabulary(sorted({w for words in self.learnt.words for w in words}))
        torch.manual_seed(options.seed)
        first = load_joint(options.start) if options.start else None
        model = JointDenoiser(shape, vocabulary, first.scales if first else measure_scales(self.learnt, shape.kinds))
        if first is not None:
            take_over(model, first)
        if options.checkpointing:
            model.unet.enable_gradient_checkpointing()
        self.schedule = make_schedule(shape.schedule)
        self.numbers, self.held_numbers = (
            torch.tensor([vocabulary.numbers(w) for w in part.words], dtype=torch.int64)
            for part in (self.learnt, self.held_out)
        )
        self.place(model, device)

    def draw(self, number: int, held_out: bool = False) -> Batch | None:
        frames, numbers = (self.held_out, self.held_numbers) if held_out else (self.learnt, self.numbers)
        if not len(frames):
            return None
        batch = draw_batch(frames, numbers, self.options, self.shape.kinds, number, self.model.scales)

        def move(tensors: list[Tensor]) -> list[Tensor]:
            return [t.to(self.device) for t in tensors]

        return Batch(move(batch.clean), batch.skeleton.to(self.device), batch.words.to(self.device), move(batch.times),
                     move(batch.noise))  # fmt: skip

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        return losses(model, self.schedule, batch, self.shape.kinds)

    def facts(self) -> dict[str, Any]:
        return {"shape": self.shape.to_dict(), "frames": len(self.learnt)}

    def write_model(self, weights: dict[str, Tensor]) -> None:
        save_joint(self.model, self.out, weights)

    def card(self, rows: list[dict[str, Any]]) -> str:
        parameters = sum(p.numel() for p in self.model.parameters())
        return model_card(self.datasets, self.options, self.shape, parameters, self.step, len(self.learnt), rows)

    def samples(self, most: int = 4) -> np.ndarray:
        """Rows of skeleton, rendered picture, then the model's kinds: learnt frames first, then held-out ones."""
        rows: list[list[np.ndarray]] = []
        for frames, numbers in ((self.learnt, self.numbers), (self.held_out, self.held_numbers)):
            count = min(most, len(frames))
            if not count:
                continue
            skeleton = (
                torch.from_numpy(np.ascontiguousarray(frames.skeleton[:count].transpose(0, 3, 1, 2))).float() / 255
            )
            made = sample_joint(self.model, skeleton, numbers[:count], list(range(count)), steps=20)
            for i in range(count):
                shown = [frames.skeleton[i], frames.rgb[i]]
                rows.append(shown + [as_picture(k, a) for k, a in to_arrays(made, i).items()])
        return grid(rows, scale=max(1, 192 // self.shape.size))


def split(frames: TrainingFrames, share: float) -> tuple[TrainingFrames, TrainingFrames]:
    """Learnt and held-out frames, by whole scenes."""
    learnt, held = split_scenes(frames.names, share)
    return frames.part(learnt), frames.part(held)
