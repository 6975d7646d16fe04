"""Picture, depth and normals denoised together by the small model that ships, or by one that `vivant train joint` made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...procgen.codec import param
from ..request import Answer, MethodParameters, Request
from . import methods


@dataclass(frozen=True)
class JointParameters(MethodParameters):
    """Picture, depth and normals in one denoising."""

    outputs: ClassVar[tuple[str, ...]] = ("rgb", "depth", "normal")

    steps: int = param(20, low=1, high=1000, doc="Denoising steps.")
    guidance: float = param(1.5, low=0.0, high=20.0, doc="Classifier-free guidance; 1 is none.")

    def inputs(self) -> tuple[str, ...]:
        return ("render", "skeleton", "attributes")


@methods.register("joint", spec=JointParameters)
def run_joint(request: Request) -> Answer:
    """Picture, depth and normals denoised together by the small model that ships, or one that `vivant train joint` made."""
    from ..diffusion.joint import synthesize

    return synthesize(request)
