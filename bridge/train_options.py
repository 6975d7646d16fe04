"""What a training run is asked to do, and how the model is built; torch-free, so that a sidebar can show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..procgen.codec import Spec, param
from ..procgen.errors import SpecError

CONTROLS = ("pose", "depth", "normal", "semantic")
KINDS = ("rgb", "depth", "normal")
CHANNELS = {"rgb": 3, "depth": 1, "normal": 3}


@dataclass(frozen=True)
class RunOptions(Spec):
    """Options of every training run; all but the number of steps must stay the same when a run is resumed."""

    steps: int = param(20000, low=1, high=10**8, doc="Optimiser steps.")
    batch: int = param(16, low=1, high=4096, doc="Pictures a step.")
    accumulate: int = param(1, low=1, high=1024, doc="Batches whose gradients are summed before a step.")
    rate: float = param(2e-4, low=1e-8, high=1.0, doc="Learning rate of AdamW, after a warm-up.")
    warmup: int = param(200, low=0, high=10**6, doc="Steps until the full rate.")
    cooldown: int = param(0, low=0, high=10**7, doc="Last steps, over which the rate falls to zero.")
    decay: float = param(0.01, low=0.0, high=1.0, doc="Weight decay.")
    clip: float = param(1.0, low=0.0, high=1e6, doc="Largest norm of the gradients; 0 = any.")
    average: float = param(
        0.999, low=0.0, high=0.99999, doc="Decay of the running average of the weights, which is what is kept."
    )
    drop: float = param(0.15, low=0.0, high=1.0, doc="Share of pictures that are learnt without words (and skeleton).")
    held_out: float = param(0.05, low=0.0, high=0.5, doc="Share of the scenes that are kept for judging.")
    precision: Literal["fp32", "fp16", "bf16"] = param("fp32", doc="Mixed precision.")
    checkpointing: bool = param(False, doc="Trade time for memory: compute activations twice.")
    every: int = param(500, low=1, high=10**7, doc="Steps between saving, judging and sample pictures.")
    seed: int = param(0, low=0, doc="Seed of weights, order and noise.")


@dataclass(frozen=True)
class TrainOptions(RunOptions):
    """Options of `vivant train joint`."""

    flip: bool = param(True, doc="Also learn from mirror images.")
    shared_time: bool = param(True, doc="One noise level for all kinds; false draws one each, which is worse.")
    jitter: float = param(0.0, low=0.0, high=0.5, doc="Most of its side that a picture loses: windows of it are learnt.")
    forget: float = param(0.0, low=0.0, high=1.0, doc="Share of the words that are left out, each by itself.")
    dropout: float = param(0.0, low=0.0, high=0.9, doc="Share of what residual layers hand on that is zeroed.")
    start: str = param("", doc="Joint model whose weights are the first ones; chance if empty.")


@dataclass(frozen=True)
class RefinerOptions(RunOptions):
    """Options of `vivant train refiner`."""

    batch: int = param(4, low=1, high=4096, doc="Pictures a step.")
    rate: float = param(1e-5, low=1e-8, high=1.0, doc="Learning rate of AdamW, after a warm-up.")
    silence: float = param(0.5, low=0.0, high=1.0, doc="Share of label pictures that are zeroed, each by itself.")
    learn: str = param(
        "",
        doc="Synthesis of the dataset whose pictures are learnt, but those that the gate turned down; renders if empty.",
    )


@dataclass(frozen=True)
class RefinerShape(Spec):
    """Architecture of a refiner; its encoder is a copy of the base model's."""

    size: int = param(512, low=64, high=2048, unit="px", doc="Width and height of the pictures; a multiple of 64.")
    pictures: tuple[str, ...] = param(("pose", "depth", "normal"), doc="Label pictures that it hears.")
    embedder: tuple[int, ...] = param((16, 32, 96, 256), low=4, high=1024, doc="Channels of each picture's embedder.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size % 64:
            raise SpecError("the size does not fit the levels", expected="a multiple of 64", got=self.size)
        if not self.pictures or len(set(self.pictures)) < len(self.pictures):
            raise SpecError("a refiner hears each label picture once, and at least one", got=", ".join(self.pictures))
        for name in self.pictures:
            if name not in CONTROLS:
                raise SpecError(f"there is no label picture {name!r}", expected=", ".join(CONTROLS))
        if len(self.embedder) != 4:
            raise SpecError("an embedder halves three times", expected="four numbers of channels", got=self.embedder)


@dataclass(frozen=True)
class JointShape(Spec):
    """Architecture of a joint model."""

    size: int = param(64, low=16, high=512, unit="px", doc="Width and height of the pictures; a multiple of 16.")
    fold: int = param(2, low=1, high=8, doc="Pixels a side that are folded into channels.")
    channels: tuple[int, ...] = param((48, 96, 144), low=8, high=2048, doc="Channels of the levels, multiples of 8.")
    layers: int = param(2, low=1, high=6, doc="Residual layers a level.")
    attention: tuple[bool, ...] = param((False, True, True), doc="Whether a level attends to the words.")
    words: int = param(96, low=8, high=2048, doc="Width of a word's embedding.")
    kinds: tuple[str, ...] = param(KINDS, doc="Kinds of pictures, a branch each.")
    schedule: str = param("squaredcos_cap_v2", doc="Noise schedule, a beta schedule of diffusers.")

    def __post_init__(self) -> None:
        super().__post_init__()
        levels = len(self.channels)
        if len(self.attention) != levels or levels < 2:
            raise SpecError("channels and attention do not match", expected="the same number of levels, at least 2")
        if self.size % (self.fold * 2 ** (levels - 1)):
            raise SpecError(
                "the size does not fit the levels", expected=f"a multiple of {self.fold * 2 ** (levels - 1)}"
            )
        if any(c % 8 for c in self.channels):
            raise SpecError("channels are no multiples of 8", got=self.channels)
        for kind in self.kinds:
            if kind not in CHANNELS:
                raise SpecError(f"there is no kind {kind!r}", expected=", ".join(KINDS))
