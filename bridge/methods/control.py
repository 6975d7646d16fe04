"""A user's image model steered by the labels: ControlNets, T2I-Adapters, IP-Adapter, inpainting, image to image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...procgen.codec import param
from ...procgen.errors import SpecError
from ..request import Answer, MethodParameters, Request
from ..train_options import CONTROLS
from . import methods


@dataclass(frozen=True)
class ControlParameters(MethodParameters):
    """How a user's image model is steered by the labels."""

    controls: tuple[str, ...] = param(
        ("pose", "depth", "normal"),
        doc="Label pictures that steer: pose, depth, normal, semantic; none steers nothing.",
    )
    control_models: tuple[str, ...] = param(
        (), doc="One network for each control, or one union network for all; the family's published ones when empty."
    )
    scales: tuple[float, ...] = param((0.8,), low=0.0, high=2.0, doc="Strength of each control, or one for all.")
    control_start: float = param(0.0, low=0.0, high=1.0, doc="Share of the steps at which control sets in.")
    control_end: float = param(1.0, low=0.0, high=1.0, doc="Share of the steps at which control ends.")
    steps: int = param(30, low=1, high=1000, doc="Denoising steps.")
    guidance: float = param(
        0.0, low=0.0, high=50.0, doc="Guidance by the words; 1 is none, 0 the family's own: 6, FLUX 3.5, Qwen-Image 4."
    )
    strength: float = param(
        1.0, low=0.01, high=1.0, doc="1 starts from noise; less keeps more of the rendered picture."
    )
    keep: Literal["nothing", "background", "people"] = param(
        "nothing", doc="Part of the rendered picture that stays as it is; the rest is painted anew."
    )
    grow: int = param(4, low=0, high=256, unit="px", doc="How far the painted part reaches over its border.")
    ip_adapter: str = param("", doc="IP-Adapter .safetensors file; the reference picture then sets the look.")
    ip_adapter_scale: float = param(0.6, low=0.0, high=2.0, doc="Strength of the reference picture.")
    width: int = param(0, low=0, high=4096, unit="px", doc="Width to work at; 0 = as rendered.")
    height: int = param(0, low=0, high=4096, unit="px", doc="Height to work at; 0 = as rendered.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.controls:
            if name not in CONTROLS:
                raise SpecError(f"there is no control {name!r}", expected=", ".join(CONTROLS))
        if len(set(self.controls)) < len(self.controls):
            raise SpecError("a control is named twice", got=", ".join(self.controls))
        if len(self.scales) not in (1, len(self.controls)) and self.controls:
            raise SpecError(
                "scales do not match the controls", expected=f"1 or {len(self.controls)}", got=len(self.scales)
            )
        if len(self.control_models) not in (0, 1, len(self.controls)):
            raise SpecError(
                "control_models do not match the controls", expected=f"none, 1 or {len(self.controls)}",
                got=len(self.control_models),
            )  # fmt: skip
        if self.control_start >= self.control_end:
            raise SpecError("control ends before it starts", got=f"{self.control_start} to {self.control_end}")

    def inputs(self) -> tuple[str, ...]:
        found = ["render", *self.controls]
        found += ["mask"] if self.keep != "nothing" else []
        return tuple(found + (["reference"] if self.ip_adapter else []))

    def parts(self) -> tuple[str, ...]:
        return tuple(m for m in (*self.control_models, self.ip_adapter) if m)


@methods.register("control", spec=ControlParameters)
def run_control(request: Request) -> Answer:
    """A user's image model steered by the labels: ControlNets, T2I-Adapters, IP-Adapter, inpainting, image to image."""
    from ..diffusion.control import synthesize

    return synthesize(request)
