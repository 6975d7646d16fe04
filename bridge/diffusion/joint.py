"""Sampling the joint model, and the method "joint" of the worker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ...procgen.dataset.drawing import resize
from ..attributes import Vocabulary, decode_words
from ..models import fingerprint
from ..pictures import read_picture
from ..request import Answer, Request
from ..train_options import CHANNELS
from .devices import Fit, choose_device, choose_dtype
from .joint_model import JointDenoiser, load_joint, schedule_of
from .schedule import ancestral_step

Say = Callable[[int, int], None]


@torch.no_grad()
def sample_joint(
    model: JointDenoiser,
    skeleton: Tensor,
    words: Tensor,
    seeds: list[int],
    steps: int = 20,
    guidance: float = 1.5,
    say: Say | None = None,
) -> dict[str, Tensor]:
    """Pictures of all kinds by ancestral steps (DDIM with eta = 1) with trailing spacing.

    Fresh noise at every step lets a small model mend what it drew before; without it the same weights draw blocks and
    smears where people should be.

    Args:
        model: In evaluation mode.
        skeleton: (B, 3, S, S) in [0, 1]. words: (B, MOST) numbers.
        seeds: One a picture; a picture is the same in any batch.
        steps: Denoising steps.
        guidance: 1 is none; more pushes away from what is drawn without skeleton and words.
        say: Called with (step, steps) before each step.
    Returns:
        Kind -> (B, C, S, S) in [-1, 1] by the model's reckoning (not clipped).
    """
    first = next(model.parameters())
    device, dtype = first.device, first.dtype
    skeleton, words = skeleton.to(device, dtype), words.to(device)
    shape = model.shape
    schedule = schedule_of(model)
    schedule.set_timesteps(steps)
    sources = [[torch.Generator("cpu").manual_seed(3 * s + i) for s in seeds] for i in range(len(shape.kinds))]
    sizes = [(1, CHANNELS[k], shape.size, shape.size) for k in shape.kinds]

    def drawn() -> list[Tensor]:  # on the CPU in fp32, so that a seed means the same everywhere
        return [
            torch.cat([torch.randn(size, generator=g) for g in row]).to(device, dtype)
            for row, size in zip(sources, sizes, strict=True)
        ]

    state = drawn()
    times = [int(t) for t in schedule.timesteps] + [-1]
    for i, t in enumerate(times[:-1]):
        if say is not None:
            say(i, steps)
        time = torch.full((len(seeds),), t, device=device)
        velocity = model(state, time, skeleton, words)
        if guidance != 1.0:
            without = model(state, time, torch.zeros_like(skeleton), torch.zeros_like(words))
            velocity = [u + guidance * (v - u) for u, v in zip(without, velocity, strict=True)]
        state = [
            ancestral_step(schedule, v, t, times[i + 1], x, e).to(dtype)
            for v, x, e in zip(velocity, state, drawn(), strict=True)
        ]
    if say is not None:
        say(steps, steps)
    scales = [model.scales[k] for k in shape.kinds]
    return {k: x * spread + mean for k, x, (mean, spread) in zip(shape.kinds, state, scales, strict=True)}


def to_arrays(made: dict[str, Tensor], index: int) -> dict[str, np.ndarray]:
    """One sample as files hold it: rgb (S, S, 3) uint8, depth (S, S) relative, normal (S, S, 3) of unit length.

    The model draws inverse depth relative to the picture, 1 near and 0 far; "depth" is one over it, up to scale.
    """
    out: dict[str, np.ndarray] = {}
    for kind, values in made.items():
        array = values[index].float().cpu().permute(1, 2, 0).numpy()
        if kind == "rgb":
            out[kind] = np.rint((array.clip(-1, 1) * 0.5 + 0.5) * 255).astype(np.uint8)
        elif kind == "depth":
            inverse = (array[..., 0].clip(-1, 1) * 0.5 + 0.5).astype(np.float32)
            out[kind] = 1.0 / np.maximum(inverse, 1e-3)
        else:
            length = np.linalg.norm(array, axis=-1, keepdims=True)
            unit = array / np.maximum(length, 1e-6)
            out[kind] = np.where(length > 0.25, unit, 0.0).astype(np.float32)  # nothing there: the background
    return out


def skeleton_tensor(picture: np.ndarray, size: int) -> Tensor:
    """(3, size, size) in [0, 1] of a skeleton picture (H, W, 3) uint8 of any size."""
    small = resize(picture, size, size) if picture.shape[:2] != (size, size) else picture
    return torch.from_numpy(np.ascontiguousarray(small.astype(np.float32).transpose(2, 0, 1) / 255.0))


def words_tensor(words: list[str], vocabulary: Vocabulary) -> Tensor:
    """(MOST,) int64."""
    return torch.tensor(vocabulary.numbers(words), dtype=torch.int64)


def synthesize(request: Request) -> Answer:
    """One frame with the joint model that the job names."""
    job, p = request.job, request.parameters
    fit = Fit(device := choose_device(job.device), choose_dtype(job.dtype, device))
    key = f"joint {job.model} {fingerprint(job.model)} {fit.device} {fit.dtype}"
    if key not in request.session:
        request.step(0, p.steps, "loading the model")
        request.forget()
        request.session[key] = load_joint(job.model, fit.device, fit.dtype)
    model: JointDenoiser = request.session[key]
    skeleton = skeleton_tensor(read_picture(request.file("skeleton")), model.shape.size)
    words = decode_words(request.file("attributes").read_bytes())
    made = sample_joint(
        model, skeleton[None], words_tensor(words, model.vocabulary)[None], [job.seed], p.steps, p.guidance,
        lambda i, n: request.step(i, n, "denoising"),
    )  # fmt: skip
    facts = {"device": fit.device, "dtype": fit.dtype_name, "size": model.shape.size, "depth": "relative"}
    return Answer(to_arrays(made, 0), facts)
