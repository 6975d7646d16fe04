"""Training of the joint model: its losses and what is shown of it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate.utils import AutocastKwargs
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn

from ...procgen.dataset import Dataset
from ..attributes import Vocabulary
from ..diffusion.joint import sample_joint, to_arrays
from ..diffusion.joint_model import JointDenoiser, load_joint, save_joint, take_over
from ..diffusion.schedule import make_schedule, noisy
from ..pictures import as_picture
from ..train_options import JointShape, TrainOptions
from .curves import grid
from .frames import TrainingFrames, joined, read_frames
from .joint_batches import Batch, JointBatches, measure_scales
from .model_card import model_card
from .trainer import Say, Trainer, split_scenes


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

    processor_draws = False

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
        for module in model.modules():
            if isinstance(module, ResnetBlock2D):
                module.dropout.p = options.dropout
        self.schedule = make_schedule(shape.schedule)
        self.place(model, device)
        # Held-out frames are judged as they are.
        plain = replace(options, jitter=0.0, drop=0.0, forget=0.0)
        self.batches, self.held_batches = (
            JointBatches(part, vocabulary, o, model.scales, self.device)
            for part, o in ((self.learnt, options), (self.held_out, plain))
        )
        alone = options.accumulate == 1 and not options.checkpointing and self.accelerator.num_processes == 1
        if self.device.type == "cuda" and alone:
            self.record()

    def record(self) -> None:
        """Record what the UNet starts on the GPU, and replay it in every step; batches are alike but for their content.

        It is some three thousand small kernels, and to start one by one takes the processor longer than the GPU computes.
        Gradients lie where the recording puts them, so none can be summed over several batches.
        """
        batch = self.batches.draw(0)
        with self.accelerator.autocast(AutocastKwargs(cache_enabled=False)):
            folded, text = self.model.heard(batch.clean, batch.skeleton, batch.words)
            example = ([x.detach() for x in folded], batch.times[0], text.detach().requires_grad_())
            warnings.filterwarnings("ignore", message="The AccumulateGrad node's stream")  # it is meant
            self.model.unet = torch.cuda.make_graphed_callables(self.model.unet, example)  # type: ignore[arg-type]

    def draw(self, number: int, held_out: bool = False) -> Batch | None:
        batches = self.held_batches if held_out else self.batches
        return batches.draw(number) if len(batches) else None

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
        for frames, batches in ((self.learnt, self.batches), (self.held_out, self.held_batches)):
            count = min(most, len(frames))
            if not count:
                continue
            skeleton = (
                torch.from_numpy(np.ascontiguousarray(frames.skeleton[:count].transpose(0, 3, 1, 2))).float() / 255
            )
            made = sample_joint(self.model, skeleton, batches.words[:count], list(range(count)), steps=20)
            for i in range(count):
                shown = [frames.skeleton[i], frames.rgb[i]]
                rows.append(shown + [as_picture(k, a) for k, a in to_arrays(made, i).items()])
        return grid(rows, scale=max(1, 192 // self.shape.size))


def split(frames: TrainingFrames, share: float) -> tuple[TrainingFrames, TrainingFrames]:
    """Learnt and held-out frames, by whole scenes."""
    learnt, held = split_scenes(frames.names, share)
    return frames.part(learnt), frames.part(held)
