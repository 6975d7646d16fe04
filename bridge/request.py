"""What a method gets and gives: a job with its files, a way to say how far it is, and arrays back."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..procgen.codec import Spec
from ..procgen.errors import BridgeError
from .protocol import Job


class Cancelled(Exception):  # noqa: N818 (it is no error)
    """The client asked for the job to stop; raised by `Request.step`."""


class MethodParameters(Spec):
    """Base of the parameters of a method: a frozen dataclass of `param(...)` fields, checked before any model is loaded.

    Attributes:
        needs_model: Whether a job must name a model.
        outputs: Names of what comes back at most.
    """

    needs_model: ClassVar[bool] = True
    outputs: ClassVar[tuple[str, ...]] = ("rgb",)

    def inputs(self) -> tuple[str, ...]:
        """Names of the input files that a job with these parameters needs."""
        return ("render",)

    def parts(self) -> tuple[str, ...]:
        """Further models, as folders, files or names, whose content decides the result."""
        return ()


@dataclass
class Request:
    """A job at work.

    Attributes:
        job: What was asked.
        parameters: The method's parameters, checked.
        files: Input name -> file.
        say: Called with (step, steps, text); raises `Cancelled` when the client wants no more.
        session: Models that stay loaded between jobs, by name; each method keeps its own entries.
    """

    job: Job
    parameters: Any
    files: Mapping[str, Path]
    say: Callable[[int, int, str], None]
    session: dict[str, Any] = field(default_factory=dict)

    def step(self, step: int, steps: int, text: str = "") -> None:
        """Report progress; call it at least once a denoising step.

        Raises:
            Cancelled: the job was cancelled.
        """
        self.say(step, steps, text)

    def forget(self) -> None:
        """Let go of all models of the session, before others are loaded."""
        self.session.clear()
        gc.unfreeze()  # the worker leaves models out of its search for garbage while they stay
        gc.collect()

    def file(self, name: str) -> Path:
        """An input file that must be there."""
        if name not in self.files:
            raise BridgeError(
                f"method {self.job.method!r} lacks its input {name!r}",
                got=", ".join(sorted(self.files)) or "no inputs",
                fix=f"send {name!r}, or parameters that do without",
            )
        return self.files[name]


@dataclass
class Answer:
    """What a method made.

    Attributes:
        arrays: "rgb" (H, W, 3) uint8, "depth" (H, W) float32 metres or relative, "normal" (H, W, 3) float32, "mask" (H, W)
            uint8 …
        facts: JSON about how: seed, steps, model, device, dtype, licence.
    """

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any] = field(default_factory=dict)
