"""What every training run does alike: steps, running average, saving, resuming, curves.

Every step draws what it learns from from the seed and its own number, so a run that was stopped and resumed is the run that
was never stopped.
"""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from ...procgen.dataset.png import write_png
from ...procgen.errors import BridgeError, SpecError
from ..diffusion.devices import choose_device
from ..train_options import RunOptions
from .checkpoint import FACTS, append_log, load_state, read_log, save_state
from .curves import loss_picture

Say = Callable[[int, int, str], None]
_JUDGED = 4  # batches of held-out frames
_AHEAD = 3  # batches that are drawn while one is learnt
_FAR = 10**9  # numbers of those batches: no step of a run has them


class Trainer(ABC):
    """A training run in a folder. A kind of model says in a subclass what is learnt, and from what.

    Args:
        out: Folder of the model; the run's state lies in its subfolder "training".
        options: What to do.
        resume: Go on with a run that is there; without it an existing run is an error.
        say: Called with (step, steps, text); may raise to stop, the state is saved first.
    """

    processor_draws = True  # whether the processor draws batches that another device learns

    def __init__(self, out: Path, options: RunOptions, resume: bool, say: Say | None) -> None:
        self.out, self.folder, self.options = out, out / "training", options
        self.say = say or (lambda step, steps, text: None)
        self.begun = (self.folder / FACTS).is_file()
        if self.begun and not resume:
            raise SpecError(f"there is a training run in {str(out)!r}", fix="add --resume, or choose another folder")
        self.step = 0
        self.draws_ahead = False
        self._drawers: ThreadPoolExecutor | None = None
        self._ahead: dict[int, Future[Any]] = {}

    # -- what a subclass says --------------------------------------------------------------------------------------------
    @abstractmethod
    def draw(self, number: int, held_out: bool = False) -> Any:
        """The batch of a number, on the device: a function of the seed and the number alone."""

    @abstractmethod
    def losses(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
        """Losses by name; their sum is what is lowered."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What the run's state.json says besides options and step."""

    @abstractmethod
    def write_model(self, weights: dict[str, Tensor]) -> None:
        """Write the model with its averaged weights."""

    @abstractmethod
    def samples(self) -> np.ndarray:
        """A picture of what the averaged model, which is in place, makes."""

    @abstractmethod
    def card(self, rows: list[dict[str, Any]]) -> str:
        """README.md of the model, from the run's log."""

    # -- the run ---------------------------------------------------------------------------------------------------------
    def place(self, model: nn.Module, device: str) -> None:
        """Take a model that is to be trained: optimiser, running average, the saved state if there is one, device."""
        o = self.options
        device = choose_device(device)
        mixed = "no" if o.precision == "fp32" else o.precision
        if mixed == "fp16" and device == "cpu":
            raise SpecError("the CPU cannot train in fp16", fix="--precision bf16 or fp32")
        self.accelerator = Accelerator(mixed_precision=mixed, cpu=device == "cpu")
        self.device = self.accelerator.device
        self.model = model.to(self.device)
        on_cuda = self.device.type == "cuda"
        if on_cuda:  # the same sizes in every step, and convolutions that read channels together
            torch.backends.cudnn.benchmark = True
            model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.optimizer: Any = torch.optim.AdamW(model.parameters(), o.rate, weight_decay=o.decay, fused=on_cuda or None)
        self.average = {k: v.detach().clone() for k, v in model.state_dict().items()}
        if self.begun:
            self.step = load_state(self.folder, model, self.average, self.optimizer, o)
        self.prepared, self.optimizer = self.accelerator.prepare(model, self.optimizer)
        self.draws_ahead = self.processor_draws and self.device.type != "cpu"

    def run(self) -> dict[str, Any]:
        """Train up to the wanted number of steps; returns the last losses."""
        last: dict[str, float] = {}
        began, first = time.perf_counter(), self.step
        try:
            while self.step < self.options.steps:
                last = self.advance()
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

    def advance(self) -> dict[str, float]:
        """One step of the optimiser; the losses that it saw."""
        o = self.options
        left = max(o.steps - self.step, 0) / o.cooldown if o.cooldown else 1.0
        rate = o.rate * min(1.0, (self.step + 1) / max(o.warmup, 1), left)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        kinds: list[str] = []
        seen: Any = 0.0
        for part in range(o.accumulate):
            number = (self.step * o.accumulate + part) * self.accelerator.num_processes + self.accelerator.process_index
            batch = self._drawn(number)
            torch.manual_seed(o.seed + number)  # for what the model itself leaves to chance
            with self.accelerator.autocast():
                found = self.losses(self.prepared, batch)
            kinds, values = list(found), torch.stack(list(found.values())) / o.accumulate
            self.accelerator.backward(values.sum())
            seen = seen + values.detach()
        if o.clip > 0:
            self.accelerator.clip_grad_norm_(self.prepared.parameters(), o.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self._average()
        return dict(zip(kinds, (round(v, 6) for v in seen.tolist()), strict=True))

    def _drawn(self, number: int) -> Any:
        """The batch of a number. While another device learns, the processor draws the next ones."""
        if not self.draws_ahead:
            return self.draw(number)
        if self._drawers is None:
            # One thread each: many that share each operation would wait for each other, and for the rest of the machine.
            self._drawers = ThreadPoolExecutor(_AHEAD, "drawing", torch.set_num_threads, (1,))
        for ahead in range(_AHEAD + 1):
            later = number + ahead * self.accelerator.num_processes
            if later not in self._ahead:
                self._ahead[later] = self._drawers.submit(self.draw, later)
        return self._ahead.pop(number).result()

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.options.average, (1 + self.step) / (10 + self.step))  # young averages forget faster
        own = self.model.state_dict()
        mixed = [k for k, v in own.items() if v.is_floating_point()]
        get_ema_multi_avg_fn(keep)([self.average[k] for k in mixed], [own[k] for k in mixed], 0)
        for name in own.keys() - set(mixed):
            self.average[name].copy_(own[name])

    # -- what is kept ----------------------------------------------------------------------------------------------------
    def save(self, pictures: bool = True) -> None:
        """Write the state, the averaged model, its card, the curves and samples."""
        if not self.accelerator.is_main_process:
            return
        facts = {"options": self.options.to_dict(), **self.facts()}
        save_state(self.folder, self.step, self.model, self.average, self.optimizer, facts)
        self.write_model(self.average)
        if not pictures:
            return
        with self._averaged():
            judged = self._judge()
            if judged:
                append_log(self.folder, {"step": self.step, "what": "held_out", "loss": judged})
            write_png(self.folder / "samples.png", self.samples())
        rows = read_log(self.folder, self.step)
        write_png(self.folder / "curves.png", loss_picture(rows))
        (self.out / "README.md").write_text(self.card(rows), encoding="utf-8")

    @contextlib.contextmanager
    def _averaged(self) -> Iterator[None]:
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
        sums: dict[str, float] = {}
        for i in range(_JUDGED):
            batch = self.draw(_FAR + i, held_out=True)
            if batch is None:
                return {}
            for kind, value in self.losses(self.model, batch).items():
                sums[kind] = sums.get(kind, 0.0) + float(value) / _JUDGED
        return {k: round(v, 6) for k, v in sums.items()}


def split_scenes(names: tuple[str, ...], share: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of learnt and of held-out frames; whole scenes are held out, so that no view of a learnt one is judged."""
    scenes = sorted({name.split("_")[0] for name in names})
    count = round(share * len(scenes))
    held = set(scenes[len(scenes) - count :]) if count else set()
    inside = np.array([name.split("_")[0] in held for name in names])
    return np.flatnonzero(~inside), np.flatnonzero(inside)
