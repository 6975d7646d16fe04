"""What the pipelines of each family are called with: the same picture has another name, range or order in each."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from ...procgen.errors import SpecError
from ..methods.control import ControlParameters
from .devices import noise
from .refiner import heard
from .text import prompt_embeds

# Numbers of xinsir's union network for SDXL, and of the first union networks for FLUX.
_UNION_MODES = {"pose": 0, "depth": 1, "normal": 4, "semantic": 5}
_FLUX_MODES = {"depth": 2, "pose": 4}

_GUIDANCE = {"flux": 3.5, "qwenimage": 4.0}  # what their authors recommend; FLUX's is a number that the model reads


def guidance_arguments(family: str, asked: float) -> dict[str, float]:
    """How strongly the words pull, under the name that the family has for it; 0 is the family's own strength."""
    value = asked or _GUIDANCE.get(family, 6.0)
    return {"true_cfg_scale" if family == "qwenimage" else "guidance_scale": value}


def multiple(pipe: Any, kind: str) -> int:
    """What width and height must be multiples of."""
    step = pipe.vae_scale_factor
    if not hasattr(pipe, "unet"):
        step *= 2  # transformers read patches of two latents
    if kind == "t2i_adapter":
        step = math.lcm(step, pipe.adapter.total_downscale_factor)
    return step


def text_arguments(pipe: Any, family: str, prompt: str, negative: str) -> dict[str, Any]:
    """Prompts: embedded at any length for CLIP's families, as words for the others."""
    if family in ("sd15", "sdxl"):
        return dict(prompt_embeds(pipe, family, prompt, negative))
    # Without a negative prompt Qwen-Image leaves out guidance altogether; FLUX has guidance of another kind.
    return {"prompt": prompt, "negative_prompt": negative or (" " if family == "qwenimage" else None)}


def start_noise(pipe: Any, family: str, size: tuple[int, int], seed: int, dtype: torch.dtype) -> Tensor:
    """The latents that a picture from words alone starts from, as the pipeline wants them.

    FLUX and Qwen-Image draw from the generator while they encode the control pictures, before they draw noise; noise of
    our own keeps a picture what it is when a control is silent.

    Args:
        size: Width and height, multiples of `multiple`.
    """
    width, height = (s // pipe.vae_scale_factor for s in size)
    if family in ("sd15", "sdxl"):
        return noise((1, pipe.unet.config.in_channels, height, width), seed, "cpu", dtype)
    channels = pipe.transformer.config.in_channels // 4
    drawn = noise((1, channels, height, width), seed, "cpu", dtype)
    return pipe._pack_latents(drawn, 1, channels, height, width)


def control_arguments(
    pipe: Any, family: str, kind: str, p: ControlParameters, images: list[Tensor], task: str
) -> dict[str, Any]:
    """Label pictures, their strengths and times.

    Args:
        kind: Of the network, "" for none.
        images: (1, 3, H, W) in [0, 1] for each control.
        task: "text", "image" or "inpaint".
    Raises:
        SpecError: the network cannot do what the parameters ask for.
    """
    if not kind:
        return {}
    scales = list(p.scales) if len(p.scales) > 1 else list(p.scales) * len(images)
    several = len(images) > 1
    if kind == "t2i_adapter":
        return _adapter(family, p, images, scales)
    if kind == "refiner":
        if len(set(scales)) > 1:
            raise SpecError("a refiner has one scale for all label pictures", got=scales, fix="--set 'scales=[0.8]'")
        images = [heard(pipe.controlnet, dict(zip(p.controls, images, strict=True)))]
        scales, several = scales[:1], False
    union = kind == "controlnet_union"
    if family in ("flux", "qwenimage"):
        images = [2 * i - 1 for i in images]  # they encode tensors as they are, and the encoder wants [-1, 1]
    # Plain pipelines call the control picture "image", those that also take a picture call it "control_image".
    name = "image" if task == "text" and family in ("sd15", "sdxl") and not union else "control_image"
    out: dict[str, Any] = {
        name: images if several or union else images[0],
        "controlnet_conditioning_scale": scales if several or union else scales[0],
        "control_guidance_start": p.control_start,
        "control_guidance_end": p.control_end,
    }
    if union:
        out["control_mode"] = [_UNION_MODES[c] for c in p.controls]
    elif family == "flux":
        nets = getattr(pipe.controlnet, "nets", [pipe.controlnet])
        modes = [_flux_mode(c) if net.union else 0 for c, net in zip(p.controls, nets, strict=True)]
        if several or nets[0].union:  # several networks want a number each, even those that hear none
            out["control_mode"] = modes if several else modes[0]
    return out


def _adapter(family: str, p: ControlParameters, images: list[Tensor], scales: list[float]) -> dict[str, Any]:
    if p.control_start > 0 or (p.control_end < 1 and family == "sd15"):
        can = "control_end alone" if family == "sdxl" else "neither control_start nor control_end"
        raise SpecError(f"T2I-Adapters of family {family!r} heed {can}", fix="leave it out, or use ControlNets")
    return {
        "image": images if len(images) > 1 else images[0],
        "adapter_conditioning_scale": scales if len(images) > 1 else scales[0],
        "adapter_conditioning_factor": p.control_end,
    }


def _flux_mode(control: str) -> int:
    if control not in _FLUX_MODES:
        raise SpecError(f"FLUX's union networks take no {control!r}", expected=", ".join(_FLUX_MODES))
    return _FLUX_MODES[control]
