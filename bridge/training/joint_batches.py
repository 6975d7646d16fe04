"""What the joint model learns from: frames beside the device that learns, and the batches that are drawn there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..attributes import Vocabulary
from ..diffusion.devices import free_bytes
from ..diffusion.joint_model import Scales
from ..diffusion.schedule import TRAIN_STEPS
from ..train_options import TrainOptions
from .frames import TrainingFrames

# Frames lie on the device up to this share of its free memory; a larger dataset stays in main memory, and batches travel.
_ROOM = 0.25


@dataclass
class Batch:
    """What one step learns from.

    Attributes:
        clean: For each kind (B, C, S, S), of mean 0 and spread 1 over all frames.
        skeleton: (B, 3, S, S) in [0, 1]. words: (B, MOST).
        times: For each kind (B,) int64.
        noise: For each kind like `clean`.
    """

    clean: list[Tensor]
    skeleton: Tensor
    words: Tensor
    times: list[Tensor]
    noise: list[Tensor]


class JointBatches:
    """Frames, and batches of them.

    Args:
        frames: What is drawn from.
        vocabulary: Numbers their words.
        options: How.
        scales: Kinds of pictures, and the mean and spread of each, which are taken out.
        device: Where batches are wanted. Its own generator draws them, so another kind of device draws others.
        room: Bytes that frames may take there; chosen when left out. It does not change what is drawn.
    """

    def __init__(
        self, frames: TrainingFrames, vocabulary: Vocabulary, options: TrainOptions, scales: Scales,
        device: str | torch.device = "cpu", room: int | None = None,
    ) -> None:  # fmt: skip
        self.options, self.scales, self.device = options, scales, torch.device(device)
        arrays = {name: getattr(frames, name) for name in (*scales, "skeleton", "mirrored")}
        room = int(_ROOM * free_bytes(self.device.type)) if room is None else room
        self.home = self.device if sum(a.nbytes for a in arrays.values()) <= room else torch.device("cpu")
        self.pictures = {name: torch.from_numpy(a).to(self.home) for name, a in arrays.items()}
        self.words = torch.tensor([vocabulary.numbers(w) for w in frames.words], dtype=torch.int64, device=self.device)

    def __len__(self) -> int:
        return len(self.words)

    def draw(self, number: int) -> Batch:
        """The batch of a number: on one kind of device a function of the seed and the number alone."""
        o, device, count = self.options, self.device, self.options.batch
        seed = int(np.random.SeedSequence((o.seed, number)).generate_state(1, np.uint64)[0] >> np.uint64(1))
        random = torch.Generator(device).manual_seed(seed)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(shape, generator=random, device=device)

        def times() -> Tensor:
            return torch.randint(TRAIN_STEPS, (count,), generator=random, device=device)

        keep = torch.randint(len(self), (count,), generator=random, device=device)
        flips, dropped = uniform(count) < (0.5 if o.flip else 0.0), uniform(count) < o.drop
        seen = {name: x[keep.to(self.home)].to(device) for name, x in self.pictures.items()}
        clean = [(target(k, seen[k], flips) - mean) / spread for k, (mean, spread) in self.scales.items()]
        skeleton = torch.where(_wide(flips), seen["mirrored"], seen["skeleton"]).permute(0, 3, 1, 2) / 255
        if o.jitter > 0:
            *clean, skeleton = windows([*clean, skeleton], 1 - o.jitter * uniform(count), uniform(count, 2))
        forgotten = dropped[:, None] | (uniform(count, self.words.shape[1]) < o.forget)
        shared = times()
        return Batch(
            clean,
            skeleton.masked_fill(_wide(dropped), 0),
            self.words[keep].masked_fill(forgotten, 0),
            [shared if o.shared_time else times() for _ in clean],
            [torch.randn(x.shape, generator=random, device=device) for x in clean],
        )


def target(kind: str, array: Tensor, flips: Tensor | None = None) -> Tensor:
    """(B, C, S, S) in [-1, 1] of what `TrainingFrames` holds of a kind; the background has the normal (0, 0, 0).

    Args:
        array: (B, S, S, C), or (B, S, S) of depth.
        flips: (B,) bool, which of them become mirror images; their normals' x changes its sign.
    """
    x = (array if array.ndim == 4 else array[..., None]).permute(0, 3, 1, 2).float()
    x = x / 127 if kind == "normal" else x / 127.5 - 1
    if flips is None:
        return x
    x = torch.where(_wide(flips), x.flip(3), x)
    if kind == "normal":
        x[:, 0] = torch.where(flips[:, None, None], -x[:, 0], x[:, 0])
    return x


def measure_scales(frames: TrainingFrames, kinds: tuple[str, ...]) -> Scales:
    """Mean and spread of each kind over all frames, which are looked at one by one."""
    scales = {}
    for kind in kinds:
        pictures = (target(kind, torch.from_numpy(a[None])).double() for a in getattr(frames, kind))
        mean, square = torch.stack([torch.stack([x.mean(), x.square().mean()]) for x in pictures]).mean(0).tolist()
        scales[kind] = (round(mean, 5), round(max((square - mean**2) ** 0.5, 0.05), 5))
    return scales


def windows(pictures: list[Tensor], side: Tensor, place: Tensor) -> list[Tensor]:
    """A square window of each frame, enlarged to its size, the same in all its pictures (B, C, S, S).

    A window lies within its frame: what would have to be made up at a border would be learnt, and drawn.

    Args:
        side: (B,) in (0, 1], share of the frame's side.
        place: (B, 2) in [0, 1], across and down: 0 touches the left or upper border, 1 the other one.
    """
    moves = torch.zeros(len(side), 2, 3, device=side.device)
    moves[:, 0, 0] = moves[:, 1, 1] = side
    moves[:, :, 2] = (2 * place - 1) * (1 - side[:, None])  # grids reach from -1 to 1
    together = torch.cat(pictures, 1)
    grid = nn.functional.affine_grid(moves, list(together.shape), align_corners=False)
    seen = nn.functional.grid_sample(together, grid, padding_mode="border", align_corners=False)
    return list(seen.split([p.shape[1] for p in pictures], 1))


def _wide(chosen: Tensor) -> Tensor:
    """(B, 1, 1, 1) of (B,)."""
    return chosen[:, None, None, None]
