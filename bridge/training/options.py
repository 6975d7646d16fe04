"""What a training run is asked to do; torch-free, so that a command line and a sidebar can show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...procgen.codec import Spec, param


@dataclass(frozen=True)
class TrainOptions(Spec):
    """Options of `vivant train joint`; all but the number of steps must stay the same when a run is resumed."""

    steps: int = param(20000, low=1, high=10**8, doc="Optimiser steps.")
    batch: int = param(16, low=1, high=4096, doc="Pictures a step.")
    accumulate: int = param(1, low=1, high=1024, doc="Batches whose gradients are summed before a step.")
    rate: float = param(2e-4, low=1e-8, high=1.0, doc="Learning rate of AdamW, after a warm-up.")
    warmup: int = param(200, low=0, high=10**6, doc="Steps until the full rate.")
    decay: float = param(0.01, low=0.0, high=1.0, doc="Weight decay.")
    clip: float = param(1.0, low=0.0, high=1e6, doc="Largest norm of the gradients; 0 = any.")
    average: float = param(
        0.999, low=0.0, high=0.99999, doc="Decay of the running average of the weights, which is what is kept."
    )
    drop: float = param(0.15, low=0.0, high=1.0, doc="Share of pictures that are learnt without skeleton and words.")
    flip: bool = param(True, doc="Also learn from mirror images.")
    shared_time: bool = param(True, doc="One noise level for all kinds; false draws one each, which is worse.")
    held_out: float = param(0.05, low=0.0, high=0.5, doc="Share of the scenes that are kept for judging.")
    precision: Literal["fp32", "fp16", "bf16"] = param("fp32", doc="Mixed precision.")
    checkpointing: bool = param(False, doc="Trade time for memory: compute activations twice.")
    every: int = param(500, low=1, high=10**7, doc="Steps between saving, judging and sample pictures.")
    seed: int = param(0, low=0, doc="Seed of weights, order and noise.")
