"""The rendered picture itself through the whole chain: tries a connection, loads no model, needs no torch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from ...procgen.codec import param
from ...procgen.dataset.png import read_png
from ..request import Answer, MethodParameters, Request
from . import methods


@dataclass(frozen=True)
class PassthroughParameters(MethodParameters):
    """The rendered picture, unchanged."""

    needs_model: ClassVar[bool] = False

    steps: int = param(4, low=1, high=10000, doc="Steps to count.")
    seconds: float = param(0.0, low=0.0, high=600.0, unit="s", doc="How long all steps take together.")


@methods.register("passthrough", spec=PassthroughParameters)
def run_passthrough(request: Request) -> Answer:
    """The rendered picture itself through the whole chain: tries a connection, loads no model, needs no torch."""
    p = request.parameters
    for step in range(p.steps):
        request.step(step, p.steps, "passing through")
        time.sleep(p.seconds / p.steps)
    request.step(p.steps, p.steps, "passed through")
    return Answer({"rgb": read_png(request.file("render"))[..., :3]}, {"steps": p.steps})
