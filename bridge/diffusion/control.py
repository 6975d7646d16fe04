"""The method "control": a user's image model, steered by the labels of a frame."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...procgen.dataset.drawing import resize
from ...procgen.errors import BridgeError, SpecError
from ..methods.control import ControlParameters
from ..models import fingerprint, identify
from ..pictures import read_mask, read_picture
from ..request import Answer, Request
from .devices import Fit, fit, noise
from .pipelines import load_base, load_networks, pipeline_for, place
from .text import prompt_embeds

# Numbers of xinsir's union network for SDXL, and of the first union networks for FLUX.
_UNION_MODES = {"pose": 0, "depth": 1, "normal": 4, "semantic": 5}
_FLUX_MODES = {"depth": 2, "pose": 4}


def synthesize(request: Request) -> Answer:
    """One frame; on running out of memory again with the next remedy, at last smaller."""
    p: ControlParameters = request.parameters
    render = read_picture(request.file("render"))
    height, width = p.height or render.shape[0], p.width or render.shape[1]
    info = identify(request.job.model)
    plan: Fit | None = fit(request.job.device, request.job.dtype, max(info.bytes, 1) // 2, width, height)
    tried: list[str] = []
    while plan is not None:
        try:
            return _attempt(request, p, render, width, height, plan, tried)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as e:
            if not isinstance(e, torch.OutOfMemoryError | MemoryError) and "out of memory" not in str(e).lower():
                raise
            tried.append(f"{plan.offload} offload, slicing {plan.slicing}, scale {plan.scale:.2f}")
        request.session.clear()  # outside the handler: its traceback would keep the tensors alive
        if plan.device == "cuda":
            torch.cuda.empty_cache()
        plan = plan.smaller()
    raise BridgeError(
        "the device is out of memory, even with everything that saves some", got=f"tried {'; '.join(tried)}",
        fix="a smaller width and height, fewer controls, a smaller model, or --device cpu",
    )  # fmt: skip


def _attempt(
    request: Request, p: ControlParameters, render: np.ndarray, width: int, height: int, plan: Fit, tried: list[str]
) -> Answer:
    job = request.job
    task = "inpaint" if p.keep != "nothing" else "image" if p.strength < 1 else "text"
    pipe, family, kind = _pipeline(request, p, plan, task)
    work_w, work_h = (max(8, round(s * plan.scale)) for s in (width, height))
    step = _multiple(pipe, kind)
    padded = (math.ceil(work_w / step) * step, math.ceil(work_h / step) * step)

    def ready(picture: np.ndarray) -> Tensor:
        """(1, C, H, W) in [0, 1], made to fit and its border continued to a size that the model takes."""
        small = picture if picture.shape[:2] == (work_h, work_w) else resize(picture, work_w, work_h)
        small = small.reshape(work_h, work_w, -1).astype(np.float32) / 255
        full = np.pad(small, ((0, padded[1] - work_h), (0, padded[0] - work_w), (0, 0)), mode="edge")
        return torch.from_numpy(np.ascontiguousarray(full.transpose(2, 0, 1)))[None].to(plan.dtype)

    arguments = _text(pipe, family, job.prompt, job.negative_prompt)
    arguments |= {"width": padded[0], "height": padded[1], "num_inference_steps": p.steps, "output_type": "np"}
    arguments["true_cfg_scale" if family == "qwenimage" else "guidance_scale"] = p.guidance
    arguments["generator"] = torch.Generator("cpu").manual_seed(job.seed)
    images = [ready(read_picture(request.file(name))) for name in p.controls]
    arguments |= _control_arguments(pipe, family, kind, p, images, task)
    repaint = None
    if task != "text":
        arguments |= {"image": ready(render), "strength": p.strength}
    elif family in ("sd15", "sdxl"):
        shape = (
            1,
            pipe.unet.config.in_channels,
            padded[1] // pipe.vae_scale_factor,
            padded[0] // pipe.vae_scale_factor,
        )
        arguments["latents"] = noise(shape, job.seed, "cpu", plan.dtype)
    if task == "inpaint":
        people = read_mask(request.file("mask"))
        repaint = people if p.keep == "background" else ~people
        soft = grow_mask(repaint, p.grow)
        arguments["mask_image"] = (ready(soft * 255)[:, :1] > 0.01).to(plan.dtype)
    if p.ip_adapter:
        arguments["ip_adapter_image"] = read_picture(request.file("reference"))
    arguments |= _progress(pipe, request, math.ceil(p.steps * (p.strength if task != "text" else 1)))
    known = inspect.signature(type(pipe).__call__).parameters
    made = pipe(**{k: v for k, v in arguments.items() if k in known}).images[0]
    picture = np.asarray(made, np.float32)[:work_h, :work_w] * 255
    if not np.isfinite(picture).all():
        raise BridgeError("the model made numbers that are none", fix="--dtype fp32, or bf16 where the device has it")
    if (work_w, work_h) != (width, height):
        picture = resize(picture, width, height)
    rgb = np.rint(picture).clip(0, 255).astype(np.uint8)
    if repaint is not None:
        rgb = _composite(rgb, render, repaint, p.grow)
    facts = {"family": family, "network": kind, "task": task, "device": plan.device, "dtype": plan.dtype_name,
             "offload": plan.offload, "made_at": [work_w, work_h], "licence": identify(job.model).licence,
             "out_of_memory": tried}  # fmt: skip
    return Answer({"rgb": rgb}, facts)


def _pipeline(request: Request, p: ControlParameters, plan: Fit, task: str) -> tuple[Any, str, str]:
    """A placed pipeline, kept in the session while jobs ask for the same."""
    job = request.job
    models = tuple(p.control_models)
    key = ("control", job.model, fingerprint(job.model), p.controls, models, p.ip_adapter, plan, task)
    name = repr(key)
    if name not in request.session:
        request.step(0, p.steps, "loading the model")
        request.session.clear()
        base, family = load_base(job.model, plan.dtype, job.download)
        network, kind = load_networks(family, p.controls, models, plan.dtype, job.download)
        pipe = pipeline_for(base, family, kind, task, network)
        if p.ip_adapter:
            _load_ip_adapter(pipe, p.ip_adapter)
        place(pipe, plan)
        request.session[name] = (pipe, family, kind)
    pipe, family, kind = request.session[name]
    if p.ip_adapter:
        pipe.set_ip_adapter_scale(p.ip_adapter_scale)
    return pipe, family, kind


def _load_ip_adapter(pipe: Any, file: str) -> None:
    path = Path(file).expanduser()
    if path.suffix != ".safetensors" or not path.is_file():
        raise SpecError("an IP-Adapter is one .safetensors file on this machine", got=file)
    if not hasattr(pipe, "load_ip_adapter"):
        raise SpecError(f"{type(pipe).__name__} takes no IP-Adapter", fix="leave out ip_adapter")
    encoder = path.parent / "image_encoder"
    if getattr(pipe, "image_encoder", None) is None and not encoder.is_dir():
        raise SpecError(f"there is no image encoder beside {path.name!r}", fix=f"copy its folder to {str(encoder)!r}")
    pipe.load_ip_adapter(
        str(path.parent), subfolder="", weight_name=path.name, local_files_only=True,
        image_encoder_folder=str(encoder) if encoder.is_dir() else None,
    )  # fmt: skip


def _multiple(pipe: Any, kind: str) -> int:
    """What width and height must be multiples of."""
    step = pipe.vae_scale_factor
    if not hasattr(pipe, "unet"):
        step *= 2  # transformers read patches of two latents
    if kind == "t2i_adapter":
        step = math.lcm(step, pipe.adapter.total_downscale_factor)
    return step


def _text(pipe: Any, family: str, prompt: str, negative: str) -> dict[str, Any]:
    if family in ("sd15", "sdxl"):
        return dict(prompt_embeds(pipe, family, prompt, negative))
    return {"prompt": prompt, "negative_prompt": negative or None}


def _control_arguments(
    pipe: Any, family: str, kind: str, p: ControlParameters, images: list[Tensor], task: str
) -> dict[str, Any]:
    if not kind:
        return {}
    scales = list(p.scales) if len(p.scales) > 1 else list(p.scales) * len(images)
    several = len(images) > 1
    if kind == "t2i_adapter":
        return {
            "image": images if several else images[0],
            "adapter_conditioning_scale": scales if several else scales[0],
            "adapter_conditioning_factor": p.control_end,
        }
    union = kind == "controlnet_union"
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
    elif family == "flux" and getattr(pipe.controlnet, "union", False):
        modes = [_flux_mode(c) for c in p.controls]
        out["control_mode"] = modes if several else modes[0]
    return out


def _flux_mode(control: str) -> int:
    if control not in _FLUX_MODES:
        raise SpecError(f"FLUX's union networks take no {control!r}", expected=", ".join(_FLUX_MODES))
    return _FLUX_MODES[control]


def _progress(pipe: Any, request: Request, steps: int) -> dict[str, Any]:
    request.step(0, steps, "denoising")
    if "callback_on_step_end" in inspect.signature(type(pipe).__call__).parameters:

        def ended(_: Any, i: int, t: Any, kept: dict[str, Any]) -> dict[str, Any]:
            request.step(i + 1, steps, "denoising")
            return kept

        return {"callback_on_step_end": ended}
    return {"callback": lambda i, t, latents: request.step(i + 1, steps, "denoising"), "callback_steps": 1}


def grow_mask(mask: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) float32: 1 within a mask, falling to 0 over `radius` pixels outside of it."""
    out = mask.astype(np.float32)
    reached = mask.copy()
    for i in range(1, radius + 1):
        wider = reached.copy()
        wider[1:] |= reached[:-1]
        wider[:-1] |= reached[1:]
        wider[:, 1:] |= reached[:, :-1]
        wider[:, :-1] |= reached[:, 1:]
        out[wider & ~reached] = 1 - i / (radius + 1)
        reached = wider
    return out


def _composite(rgb: np.ndarray, render: np.ndarray, repaint: np.ndarray, radius: int) -> np.ndarray:
    """What is kept is the render to the last bit; over `radius` pixels the two are mixed."""
    height, width = rgb.shape[:2]
    if render.shape[:2] != (height, width):
        render = np.rint(resize(render, width, height)).clip(0, 255).astype(np.uint8)
        repaint = resize(repaint[..., None].astype(np.float32), width, height)[..., 0] > 0.5
    weight = grow_mask(repaint, radius)[..., None]
    mixed = np.rint(weight * rgb + (1 - weight) * render).astype(np.uint8)
    return np.where(weight > 0, mixed, render)
