"""Training of the structure-guided refiner: a control network for a frozen base model that hears several label pictures.

Source: Liu et al., HyperHuman (arXiv 2310.08579), section 3.3: the base stays as it is, embedders are summed, each label
picture is zeroed at random, and what is predicted (noise or velocity) is what the base predicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from torch import Tensor, nn

from ...procgen.dataset import Dataset
from ...procgen.errors import SpecError
from ..diffusion.devices import choose_device, choose_dtype, noise
from ..diffusion.pipelines import load_base
from ..diffusion.refiner import make_refiner, random_keep, save_refiner, side_by_side
from ..models import fingerprint
from ..train_options import RefinerOptions, RefinerShape
from .checkpoint import FACTS, read_facts
from .curves import grid
from .model_card import refiner_card
from .refiner_frames import RefinerFrames, refiner_frames
from .trainer import Say, Trainer, split_scenes

FAMILIES = ("sd15", "sdxl")
_SAMPLE_GUIDANCE = 5.0


@dataclass
class RefinerBatch:
    """What one step learns from.

    Attributes:
        clean: (B, 4, h, w) latents.
        pictures: (B, 3n, S, S) in [0, 1], those that are zeroed already zero.
        text: (B, T, D). pooled: (B, P), None for SD 1.5.
        times: (B,) int64. noise: like `clean`.
    """

    clean: Tensor
    pictures: Tensor
    text: Tensor
    pooled: Tensor | None
    times: Tensor
    noise: Tensor

    def to(self, device: torch.device) -> RefinerBatch:
        """The same on a device."""
        return RefinerBatch(**{k: None if v is None else v.to(device) for k, v in vars(self).items()})


def draw_batch(frames: RefinerFrames, options: RefinerOptions, pictures: int, steps: int, number: int) -> RefinerBatch:
    """The batch of a step: a function of the seed and the step alone.

    Args:
        pictures: How many label pictures there are.
        steps: Noise levels of the base's schedule.
    """
    rng = np.random.default_rng((options.seed, number))
    rows = [frames.read(int(i)) for i in rng.integers(0, len(frames), options.batch)]
    wordless = rng.random(options.batch) < options.drop
    keep = random_keep(
        options.batch, pictures, options.silence, torch.Generator().manual_seed(int(rng.integers(2**62)))
    )
    times = torch.from_numpy(rng.integers(0, steps, options.batch))
    drawn = noise((options.batch, *rows[0]["latents"].shape), int(rng.integers(2**62)), "cpu", torch.float32)

    def words(name: str) -> Tensor:
        said = [frames.nothing[name] if w else row[name] for row, w in zip(rows, wordless, strict=True)]
        return torch.from_numpy(np.stack(said)).float()

    labels = torch.from_numpy(np.stack([row["pictures"] for row in rows])).permute(1, 0, 4, 2, 3).float() / 255
    return RefinerBatch(
        torch.from_numpy(np.stack([row["latents"] for row in rows])), side_by_side(list(labels), keep), words("text"),
        words("pooled") if "pooled" in frames.nothing else None, times, drawn,
    )  # fmt: skip


class RefinerTrainer(Trainer):
    """A training run of a refiner in a folder.

    Args:
        dataset: Frames to learn from.
        out: Folder of the refiner.
        options, shape: What to do.
        base: Folder, .safetensors file or hub name of the image model that is refined; it stays as it is.
        device: "auto", "cpu", "cuda" …
        resume, say: As for `Trainer`.
        download: Whether a hub model may be fetched.
    Raises:
        SpecError, DatasetError, BridgeError, MissingDependency: what cannot be trained, in one line.
    """

    sample_steps = 20

    def __init__(
        self,
        dataset: Dataset,
        out: Path,
        options: RefinerOptions,
        shape: RefinerShape,
        base: str,
        device: str = "auto",
        resume: bool = False,
        say: Say | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(out, options, resume, say)
        self.options: RefinerOptions = options
        self.dataset, self.shape, self.base = dataset, shape, base
        self.key = fingerprint(base)
        before = read_facts(self.folder) if (self.folder / FACTS).is_file() else {}
        if before and before.get("base_fingerprint") != self.key:
            raise SpecError("the run was begun with another base model", expected=before.get("base"), got=base)
        chosen = choose_device(device)
        self.say(0, 0, "loading the model")
        pipe, self.family = load_base(base, choose_dtype(options.precision, chosen), download)
        if self.family not in FAMILIES:
            raise SpecError(f"no refiner for family {self.family!r}", expected=", ".join(FAMILIES))
        for part in (pipe.unet, pipe.vae, pipe.text_encoder, getattr(pipe, "text_encoder_2", None)):
            if part is not None:
                part.requires_grad_(False).eval().to(chosen)
        pipe.vae.float()  # SDXL's overflows in fp16
        frames = refiner_frames(
            dataset, pipe, self.family, shape, options.learn, self.folder, self.key,
            lambda i, n: self.say(i, n, "reading frames"),
        )  # fmt: skip
        learnt, held = split_scenes(frames.names, options.held_out)
        self.learnt, self.held_out = frames.part(learnt), frames.part(held)
        self.unet, self.vae = pipe.unet, pipe.vae  # the text encoders are done, and go
        self.schedule = DDPMScheduler.from_config(pipe.scheduler.config)
        torch.manual_seed(options.seed)
        net = make_refiner(self.unet, len(shape.pictures), shape.embedder).float().train()
        if options.checkpointing:
            net.enable_gradient_checkpointing()
        self.place(net, device)

    def draw(self, number: int, held_out: bool = False) -> RefinerBatch | None:
        frames = self.held_out if held_out else self.learnt
        if not len(frames):
            return None
        steps = self.schedule.config.num_train_timesteps
        return draw_batch(frames, self.options, len(self.shape.pictures), steps, number).to(self.device)

    def losses(self, model: nn.Module, batch: RefinerBatch) -> dict[str, Tensor]:
        noisy = self.schedule.add_noise(batch.clean, batch.noise, batch.times)
        found = self.predict(model, noisy, batch.times, batch)
        wanted = batch.noise
        if self.schedule.config.prediction_type == "v_prediction":
            wanted = self.schedule.get_velocity(batch.clean, batch.noise, batch.times)
        return {"noise": nn.functional.mse_loss(found.float(), wanted.float())}

    def predict(self, net: nn.Module | None, noisy: Tensor, times: Tensor, batch: RefinerBatch) -> Tensor:
        """What the base says with the refiner; without one, the base alone.

        Args:
            noisy: (B, 4, h, w). times: () or (B,). batch: Its text and pictures are read.
        """
        dtype, added = self.unet.dtype, None
        if batch.pooled is not None:
            side = self.shape.size
            sizes = torch.tensor([side, side, 0, 0, side, side], device=noisy.device, dtype=dtype)
            added = {"text_embeds": batch.pooled.to(dtype), "time_ids": sizes.expand(len(noisy), -1)}
        text, noisy = batch.text.to(dtype), noisy.to(dtype)
        if net is None:
            return self.unet(noisy, times, text, added_cond_kwargs=added).sample
        down, middle = net(
            noisy, times, text, controlnet_cond=batch.pictures.to(dtype), added_cond_kwargs=added, return_dict=False
        )
        return self.unet(
            noisy, times, text, added_cond_kwargs=added,
            down_block_additional_residuals=[d.to(dtype) for d in down], mid_block_additional_residual=middle.to(dtype),
        ).sample  # fmt: skip

    def facts(self) -> dict[str, Any]:
        return {"shape": self.shape.to_dict(), "frames": len(self.learnt), "base": self.base,
                "base_fingerprint": self.key}  # fmt: skip

    def write_model(self, weights: dict[str, Tensor]) -> None:
        save_refiner(self.model, self.out, self.family, self.shape.pictures, weights)  # type: ignore[arg-type]

    def card(self, rows: list[dict[str, Any]]) -> str:
        return refiner_card(self.dataset, self.options, self.shape, self.base, self.step, len(self.learnt), rows)

    @torch.no_grad()
    def samples(self, most: int = 2) -> np.ndarray:
        """Rows of label pictures, learnt picture, and what base and refiner make of the labels: learnt and held-out frames."""
        rows: list[list[np.ndarray]] = []
        for frames in (self.learnt, self.held_out):
            for i in range(min(most, len(frames))):
                arrays = frames.read(i)
                clean = torch.from_numpy(arrays["latents"])[None].to(self.device)
                rows.append(
                    [*arrays["pictures"], self._decoded(clean), self._decoded(self._sampled(frames, arrays, i))]
                )
        return grid(rows)

    def _sampled(self, frames: RefinerFrames, arrays: dict[str, np.ndarray], seed: int) -> Tensor:
        schedule = DDIMScheduler.from_config(self.schedule.config)
        schedule.set_timesteps(self.sample_steps)
        labels = torch.from_numpy(arrays["pictures"]).permute(0, 3, 1, 2)[:, None].float() / 255

        def both(name: str) -> Tensor:
            return torch.from_numpy(np.stack([frames.nothing[name], arrays[name]])).float()

        state = noise((1, *arrays["latents"].shape), seed, self.device, torch.float32)
        batch = RefinerBatch(
            state, side_by_side(list(labels)).expand(2, -1, -1, -1), both("text"),
            both("pooled") if "pooled" in arrays else None, torch.zeros(2), state,
        ).to(self.device)  # fmt: skip
        for t in schedule.timesteps:
            with self.accelerator.autocast():
                without, words = (
                    self.predict(self.model, state.expand(2, -1, -1, -1), t.to(self.device), batch).float().chunk(2)
                )
            state = schedule.step(without + _SAMPLE_GUIDANCE * (words - without), t, state).prev_sample
        return state

    def _decoded(self, latents: Tensor) -> np.ndarray:
        first = next(self.vae.parameters())
        pixels = self.vae.decode(latents.to(first) / self.vae.config.scaling_factor).sample[0].float()
        return np.rint((pixels.permute(1, 2, 0).cpu().numpy() * 0.5 + 0.5).clip(0, 1) * 255).astype(np.uint8)
