"""A workflow of the user's own on ComfyUI, with %prompt%, %negative_prompt%, %seed% and %pose%, %depth% … filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...procgen.codec import param
from ...procgen.errors import SpecError
from ..request import Answer, MethodParameters, Request
from . import methods


@dataclass(frozen=True)
class WorkflowParameters(MethodParameters):
    """A workflow of the user's own, exported from ComfyUI with "Export (API)"."""

    needs_model: ClassVar[bool] = False

    pictures: tuple[str, ...] = param(
        ("render", "pose", "depth", "normal"), doc="Pictures that the workflow may name as %pose%, %depth% …"
    )

    def inputs(self) -> tuple[str, ...]:
        return (*self.pictures, "workflow")


@methods.register("workflow", spec=WorkflowParameters)
def run_workflow(request: Request) -> Answer:
    """A workflow of the user's own on ComfyUI, with %prompt%, %seed% and %pose%, %depth% … filled in."""
    raise SpecError("a worker cannot run ComfyUI workflows", fix="give the server: --backend comfyui://127.0.0.1:8188")
