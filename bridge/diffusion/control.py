"""The method "control": a user's image model, steered by the labels of a frame."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
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
from .call_arguments import control_arguments, guidance_arguments, multiple, start_noise, text_arguments
from .devices import Fit, fit, forget_peak, peak_gb
from .ip_adapter import load_ip_adapter
from .pipelines import load_base, load_networks, pipeline_for, place


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
        request.forget()  # outside the handler: its traceback would keep the tensors alive
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
    if task != "text" and int(p.steps * p.strength) < 1:
        raise SpecError("the strength leaves no step", got=f"{p.steps} steps x {p.strength}", fix="more of either")
    forget_peak(plan.device)
    pipe, family, kind = _pipeline(request, p, plan, task)
    work_w, work_h = (max(8, round(s * plan.scale)) for s in (width, height))
    step = multiple(pipe, kind)
    padded = (math.ceil(work_w / step) * step, math.ceil(work_h / step) * step)

    def ready(picture: np.ndarray) -> Tensor:
        """(1, C, H, W) in [0, 1], made to fit and its border continued to a size that the model takes."""
        small = picture if picture.shape[:2] == (work_h, work_w) else resize(picture, work_w, work_h)
        small = small.reshape(work_h, work_w, -1).astype(np.float32) / 255
        full = np.pad(small, ((0, padded[1] - work_h), (0, padded[0] - work_w), (0, 0)), mode="edge")
        return torch.from_numpy(np.ascontiguousarray(full.transpose(2, 0, 1)))[None].to(plan.dtype)

    arguments = text_arguments(pipe, family, job.prompt, job.negative_prompt)
    arguments |= {"width": padded[0], "height": padded[1], "num_inference_steps": p.steps, "output_type": "np"}
    arguments |= guidance_arguments(family, p.guidance)
    arguments["generator"] = torch.Generator("cpu").manual_seed(job.seed)
    images = [ready(read_picture(request.file(name))) for name in p.controls]
    arguments |= control_arguments(pipe, family, kind, p, images, task)
    repaint = None
    if task != "text":
        arguments |= {"image": ready(render), "strength": p.strength}
    else:
        arguments["latents"] = start_noise(pipe, family, padded, job.seed, plan.dtype)
    if task == "inpaint":
        people = read_mask(request.file("mask"))
        if people.shape != render.shape[:2]:
            raise SpecError("the mask does not fit the render", expected=render.shape[:2], got=people.shape)
        repaint = people if p.keep == "background" else ~people
        soft = grow_mask(repaint, p.grow)
        arguments["mask_image"] = (ready(soft * 255)[:, :1] > 0.01).to(plan.dtype)
    if p.ip_adapter:
        arguments["ip_adapter_image"] = read_picture(request.file("reference"))
    arguments |= _progress(pipe, request, int(p.steps * (p.strength if task != "text" else 1)))
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
             "out_of_memory": tried, "peak_gb": peak_gb(plan.device)}  # fmt: skip
    return Answer({"rgb": rgb}, facts)


def _pipeline(request: Request, p: ControlParameters, plan: Fit, task: str) -> tuple[Any, str, str]:
    """A placed pipeline, its family, and the kind of its network; what the next job needs again stays in the session."""
    job, models = request.job, tuple(p.control_models)
    asked = (p.controls, tuple((m, fingerprint(m)) for m in models))
    base_key = (job.model, fingerprint(job.model), p.ip_adapter and fingerprint(p.ip_adapter), plan)
    if plan.offload != "none":
        base_key += (asked, task)  # parts that hang on one pipeline's hooks cannot be handed to another

    def load() -> tuple[Any, str]:
        request.forget()
        request.step(0, p.steps, "loading the model")
        base, family = load_base(job.model, plan.dtype, job.download)
        if p.ip_adapter:
            load_ip_adapter(base, family, p.ip_adapter)
        return base, family

    def load_net() -> tuple[Any, str]:
        request.session.pop("control pipeline", None)
        return load_networks(family, p.controls, models, plan.dtype, job.download)

    def assemble() -> Any:
        pipe = pipeline_for(base, family, kind, task, network)
        place(pipe, plan)
        return pipe

    base, family = _kept(request, "control base", base_key, load)
    network, kind = _kept(request, "control network", (base_key, asked), load_net)
    pipe = _kept(request, "control pipeline", (base_key, asked, task), assemble)
    if p.ip_adapter:
        if not hasattr(pipe, "set_ip_adapter_scale"):
            raise SpecError(
                f"{type(pipe).__name__} takes no IP-Adapter", fix="use ControlNets with it, or leave it out"
            )
        pipe.set_ip_adapter_scale(p.ip_adapter_scale)
    return pipe, family, kind


def _kept(request: Request, name: str, key: Any, make: Callable[[], Any]) -> Any:
    """A part of the session, made anew when it is asked for with another key."""
    if name not in request.session or request.session[name][0] != key:
        request.session.pop(name, None)
        request.session[name] = (key, make())
    return request.session[name][1]


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
